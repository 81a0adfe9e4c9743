/// UnionPay's response codes as data, from the code list of the official ACP sample; the treatments are ours.
///
/// Four rules stand behind them. A code that does not decide an order for good is never a refusal. In a query's answer
/// an error is about the query, so nothing there refuses an order. A payout, or a refund, is refused only by a code that
/// says it never entered: not by UnionPay's system classes (01 to 06), nor by 12, 34, 37, 60, 83 and 99, since what is
/// refused too early is money paid twice; 05 as the result of one that UnionPay knows is acceptance. A code that belongs
/// to another product (a PIN, a QR code, a batch) says nothing.
public enum ResponseCodeTable {
    /// All codes, in the order of UnionPay's list.
    public static let entries: [ResponseCodeEntry] = systemCodes + merchantCodes + issuerCodes

    /// One row for each code in each call.
    public static var rows: [ResponseCodeRow] {
        entries.flatMap { entry in ResponseContext.allCases.map { entry.row(in: $0) } }
    }

    static let byCode: [String: ResponseCodeEntry] = Dictionary(
        uniqueKeysWithValues: entries.map { ($0.code, $0) })

    /// 00 to 29: UnionPay's system and the message itself; A6 belongs to 00.
    private static let systemCodes: [ResponseCodeEntry] = [
        entry(
            "00", "成功", "success",
            payment: .success, query: .success, payoutAnswer: .accepted, payoutResult: .success,
            refundAnswer: .accepted, refundResult: .success, file: .success),
        entry(
            "01", "交易失败。详情请咨询95516", "failed",
            payment: .refused, query: .unclear, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
        entry(
            "02", "系统未开放或暂时关闭，请稍后再试", "system closed",
            payment: .refused, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
        entry(
            "03", "交易通讯超时，请发起查询交易", "communication time-out",
            payment: .askAgain, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
        entry(
            "04", "交易状态未明，请查询对账结果", "state unclear",
            payment: .askAgain, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
        entry(
            "05", "交易已受理，请稍后查询交易结果", "accepted, result later",
            payment: .askAgain, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .accepted,
            refundAnswer: .askAgain, refundResult: .accepted, file: .askAgain),
        entry(
            "06", "系统繁忙，请稍后再试", "system busy",
            payment: .refused, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
        entry(
            "10", "报文格式错误", "message format",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "11", "验证签名失败", "signature check failed",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "12", "重复交易", "duplicate transaction",
            payment: .askAgain, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
        entry(
            "13", "报文交易要素缺失", "element missing",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "14", "批量文件格式错误", "batch file format",
            payment: .unclear, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "A6", "有缺陷的成功", "defective success",
            payment: .success, query: .unclear, payoutAnswer: .accepted, payoutResult: .success,
            refundAnswer: .accepted, refundResult: .success, file: .unclear),
    ]

    /// 30 to 59: on the side of the merchant.
    private static let merchantCodes: [ResponseCodeEntry] = [
        entry(
            "30", "交易未通过，请尝试使用其他银联卡支付或联系95516", "declined",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "31", "商户状态不正确", "merchant state",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "32", "无此交易权限", "no permission for this transaction",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "33", "交易金额超限", "amount over limit",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "34", "查无此交易", "no such transaction",
            payment: .notKnown, query: .notKnown, payoutAnswer: .notKnown, payoutResult: .notKnown,
            refundAnswer: .notKnown, refundResult: .notKnown, file: .unclear),
        entry(
            "35", "原交易不存在或状态不正确", "original not found or wrong state",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "36", "与原交易信息不符", "does not match the original",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "37", "已超过最大查询次数或操作过于频繁", "too many queries",
            payment: .askAgain, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
        entry(
            "38", "银联风险受限", "risk limit",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "39", "交易不在受理时间范围内", "outside service hours",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "40", "绑定关系检查失败", "binding check failed",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "41", "批量状态不正确，无法下载", "batch not ready",
            payment: .unclear, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .askAgain),
        entry(
            "42", "扣款成功但交易超过规定支付时间", "debited but after payTimeout",
            payment: .debitedLate, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "43", "无此业务权限，详情请咨询95516", "no permission for this business",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "44", "输入号码错误或暂未开通此项业务，详情请咨询95516", "number wrong or service not open",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "45", "原交易已被成功退货或已被成功撤销", "original already refunded or cancelled",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .askAgain, refundResult: .refused, file: .unclear),
        entry(
            "46", "交易已被成功冲正", "already reversed",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .askAgain, refundResult: .refused, file: .unclear),
    ]

    /// 60 to 99: on the side of the account's bank, and general ones.
    private static let issuerCodes: [ResponseCodeEntry] = [
        entry(
            "60", "交易失败，详情请咨询您的发卡行", "issuer failure",
            payment: .refused, query: .unclear, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .unclear),
        entry(
            "61", "输入的卡号无效，请确认后输入", "invalid card",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "62", "交易失败，发卡银行不支持该商户，请更换其他银行卡", "issuer does not support the merchant",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "63", "卡状态不正确", "card state",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "64", "卡上的余额不足", "insufficient funds",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "65", "输入的密码、有效期或CVN2有误，交易失败", "PIN, expiry or CVN2 wrong",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "66", "持卡人身份信息或手机号输入不正确，验证失败", "holder identity or phone wrong",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "67", "密码输入次数超限", "PIN tries exceeded",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "68", "您的银行卡暂不支持该业务，请向您的银行或95516咨询", "card does not support this",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "69", "您的输入超时，交易失败", "input timed out",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "70", "交易已跳转，等待持卡人输入", "waiting for the holder",
            payment: .askAgain, query: .unclear, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .unclear),
        entry(
            "71", "动态口令或短信验证码校验失败", "one-time code wrong",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "72", "您尚未在银行网点柜面或个人网银签约加办银联无卡支付业务", "not enrolled",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "73", "支付卡已超过有效期", "card expired",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "74", "扣款成功，销账未知", "debited, bill write-off unknown",
            payment: .unclear, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "75", "扣款成功，销账失败", "debited, bill write-off failed",
            payment: .unclear, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "76", "需要验密开通", "PIN enrolment needed",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "77", "银行卡未开通认证支付", "authenticated payment not open",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "78", "发卡行交易权限受限，详情请咨询您的发卡行", "issuer restriction",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "79", "此卡可用，但发卡行暂不支持短信验证", "no SMS verification at issuer",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "80", "交易失败，Token 已过期", "token expired",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "81", "月累计交易笔数(金额)超限", "monthly limit",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "82", "需要校验密码", "PIN needed",
            payment: .askAgain, query: .unclear, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .unclear),
        entry(
            "83", "发卡行（渠道）处理中", "issuer processing",
            payment: .askAgain, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
        entry(
            "85", "交易失败，营销规则不满足", "promotion rule",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "86", "二维码状态错误", "QR state",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "87", "支付次数超限", "too many payments",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "88", "无此二维码", "no such QR",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "89", "无此Token、TR状态无效或者Token状态无效", "token invalid",
            payment: .refused, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .unclear),
        entry(
            "90", "账户余额不足", "account balance insufficient",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .unclear),
        entry(
            "91", "认证失败", "authentication failed",
            payment: .refused, query: .unclear, payoutAnswer: .refused, payoutResult: .refused,
            refundAnswer: .refused, refundResult: .refused, file: .refused),
        entry(
            "98", "文件不存在", "file does not exist",
            payment: .unclear, query: .unclear, payoutAnswer: .unclear, payoutResult: .unclear,
            refundAnswer: .unclear, refundResult: .unclear, file: .notKnown),
        entry(
            "99", "通用错误", "general error",
            payment: .refused, query: .askAgain, payoutAnswer: .askAgain, payoutResult: .askAgain,
            refundAnswer: .askAgain, refundResult: .askAgain, file: .askAgain),
    ]

    private static func entry(
        _ code: String, _ text: String, _ meaning: String, payment: Treatment, query: Treatment,
        payoutAnswer: Treatment, payoutResult: Treatment, refundAnswer: Treatment, refundResult: Treatment,
        file: Treatment
    ) -> ResponseCodeEntry {
        ResponseCodeEntry(
            code: code, text: text, meaning: meaning,
            treatments: [
                .paymentResult: payment, .queryAnswer: query, .payoutAnswer: payoutAnswer,
                .payoutResult: payoutResult, .refundAnswer: refundAnswer, .refundResult: refundResult,
                .fileAnswer: file,
            ])
    }
}

/// One code of the table.
public struct ResponseCodeEntry: Sendable, Equatable {
    /// Two characters.
    public let code: String
    /// UnionPay's text, in Chinese.
    public let text: String
    /// What it means, in English.
    public let meaning: String
    fileprivate let treatments: [ResponseContext: Treatment]

    /// What to do about the code where it stands.
    public func treatment(in context: ResponseContext) -> Treatment {
        treatments[context] ?? .unclear
    }

    /// What the code means in one call.
    public func row(in context: ResponseContext) -> ResponseCodeRow {
        ResponseCodeRow(code: code, context: context, treatment: treatment(in: context))
    }
}
