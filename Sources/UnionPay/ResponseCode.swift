/// A response code of UnionPay, two characters.
public struct ResponseCode: Sendable, Hashable, CustomStringConvertible {
    /// 成功.
    public static let success = ResponseCode(known: "00")
    /// 有缺陷的成功.
    public static let defectiveSuccess = ResponseCode(known: "A6")
    /// 交易状态未明.
    public static let stateUnclear = ResponseCode(known: "04")
    /// 交易已受理，请稍后查询交易结果.
    public static let accepted = ResponseCode(known: "05")
    /// 报文格式错误.
    public static let formatError = ResponseCode(known: "10")
    /// 验证签名失败.
    public static let wrongSignature = ResponseCode(known: "11")
    /// 重复交易.
    public static let duplicate = ResponseCode(known: "12")
    /// 查无此交易.
    public static let noSuchTransaction = ResponseCode(known: "34")
    /// 已超过最大查询次数或操作过于频繁.
    public static let tooManyQueries = ResponseCode(known: "37")
    /// 文件不存在.
    public static let noFile = ResponseCode(known: "98")
    /// 扣款成功但交易超过规定支付时间.
    public static let debitedLate = ResponseCode(known: "42")

    /// The code itself.
    public let code: String

    /// Any code of two ASCII letters or digits, known or not; throws `invalidField` for other text.
    public init(_ code: String, of field: Field = .respCode) throws(MessageError) {
        guard code.utf8.count == 2, code.utf8.allSatisfy(ASCII.isLetterOrDigit) else {
            throw .invalidField(field, reason: "not two letters or digits")
        }
        self.code = code
    }

    private init(known code: String) {
        self.code = code
    }

    /// The code's row in the table; nil for a code that the table does not have.
    public var entry: ResponseCodeEntry? {
        ResponseCodeTable.byCode[code]
    }

    /// UnionPay's text, or the bare code where the table has none.
    public var text: String {
        entry?.text ?? code
    }

    /// What is to be done about the code where it stands. A code that the table does not have decides nothing.
    public func treatment(of context: ResponseContext) -> Treatment {
        entry?.treatment(in: context) ?? .unclear
    }

    /// What is asked next, and when, after the code where it stands.
    public func next(in context: ResponseContext) -> NextQuestion {
        ResponseCodeRow(code: code, context: context, treatment: treatment(of: context)).next
    }

    /// The code itself.
    public var description: String { code }
}
