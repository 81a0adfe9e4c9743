/// The kind of result that a response code is read from: one code means different things in different places.
public enum ResponseContext: Sendable, Hashable, CaseIterable {
    /// respCode of a query's answer: whether the query itself worked.
    case queryAnswer
    /// respCode of a payment's notification, or origRespCode of a query about a payment.
    case paymentResult
    /// respCode of the immediate answer to a payout.
    case payoutAnswer
    /// respCode of a payout's notification, or origRespCode of a query about a payout.
    case payoutResult

    /// The context of a final result for a product.
    public static func result(of product: Product) -> ResponseContext {
        switch product {
        case .personalGateway, .businessGateway: .paymentResult
        case .payout: .payoutResult
        }
    }
}

/// What is to be done about a response code.
public enum Treatment: Sendable, Hashable {
    /// Final success; in a query's answer: the query worked, look at the original code.
    case success
    /// Taken on, result later.
    case accepted
    /// Final refusal; no money moved.
    case refused
    /// Debited after the time allowed; UnionPay gives it back by itself.
    case debitedLate
    /// Not decided: query, later again.
    case askAgain
    /// UnionPay does not know the order, which is not a refusal.
    case notKnown
    /// Says nothing about the order: leave it unknown; the reconciliation file decides.
    case unclear
}

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

    /// The code itself.
    public var description: String { code }
}

/// One row of the table of response codes.
public struct ResponseCodeEntry: Sendable, Equatable {
    /// Two characters.
    public let code: String
    /// UnionPay's text, in Chinese.
    public let text: String
    /// What it means, in English.
    public let meaning: String
    /// What to do about it as the result of a payment.
    public let payment: Treatment
    /// What to do about it in a query's answer.
    public let query: Treatment
    /// What to do about it in the immediate answer to a payout.
    public let payoutAnswer: Treatment
    /// What to do about it as the result of a payout.
    public let payoutResult: Treatment

    /// What to do about the code where it stands.
    public func treatment(in context: ResponseContext) -> Treatment {
        switch context {
        case .queryAnswer: query
        case .paymentResult: payment
        case .payoutAnswer: payoutAnswer
        case .payoutResult: payoutResult
        }
    }
}
