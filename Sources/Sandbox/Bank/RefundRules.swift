/// What happens to a refund, by the last two digits of its amount in fen: documented, so that everybody can provoke each
/// case.
enum RefundRule: Int64, CaseIterable, Sendable {
    /// Confirmed after the usual delay.
    case confirmed = -1
    /// Refused in the immediate answer.
    case refusedAtOnce = 91
    /// Accepted, and refused after the usual delay.
    case refusedLater = 92
    /// Accepted, and the answer is lost; confirmed after the usual delay.
    case answerLost = 93
    /// The answer says 05 (taken on, ask later); confirmed after the usual delay.
    case answeredUnclear = 94

    /// The rule for an amount in fen.
    init(amount: Int64) {
        self = RefundRule(rawValue: amount % 100) ?? .confirmed
    }

    /// The code with which the refund is refused; nil when it is not.
    var refusalCode: String? {
        switch self {
        case .refusedAtOnce: "32"
        case .refusedLater: "63"
        default: nil
        }
    }

    /// What people are told about it.
    var explanation: String {
        switch self {
        case .confirmed: "其他金额：受理后按退款延时完成"
        case .refusedAtOnce: "立即拒绝（应答码 32）"
        case .refusedLater: "受理后拒绝（应答码 63）"
        case .answerLost: "受理成功，但应答丢失（连接超时）"
        case .answeredUnclear: "应答 05（已受理，请查询），之后完成"
        }
    }
}
