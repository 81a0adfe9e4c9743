import UnionPay

/// What happens to a payout, by the last four characters of the account: documented, so that everybody can provoke each
/// case with a real-looking account.
enum PayoutRule: String, CaseIterable, Sendable {
    /// Arrives after the usual delay.
    case arrives = ""
    /// Refused in the immediate answer.
    case refusedAtOnce = "0001"
    /// Accepted, and refused after the usual delay.
    case refusedLater = "0002"
    /// Arrives after ten times the usual delay.
    case slow = "0003"
    /// Accepted, and the answer is lost; arrives after the usual delay.
    case answerLost = "0004"
    /// The answer says 05 (taken on, ask later); arrives after the usual delay.
    case answeredUnclear = "0005"

    /// The rule for an account.
    init(accountTail: String?) {
        self = Self.allCases.first { $0 != .arrives && $0.rawValue == accountTail } ?? .arrives
    }

    /// The code with which the payout is refused; nil when it is not.
    var refusalCode: String? {
        switch self {
        case .refusedAtOnce: "61"
        case .refusedLater: "63"
        default: nil
        }
    }

    /// By how much the usual delay is multiplied.
    var delayFactor: Double {
        self == .slow ? 10 : 1
    }

    /// What people are told about it.
    var explanation: String {
        switch self {
        case .arrives: "其他尾号：受理后按到账延时到账"
        case .refusedAtOnce: "立即拒绝（应答码 61）"
        case .refusedLater: "受理后拒绝（应答码 63）"
        case .slow: "到账慢（延时的 10 倍）"
        case .answerLost: "受理成功，但应答丢失（连接超时）"
        case .answeredUnclear: "应答 05（已受理，请查询），之后到账"
        }
    }
}
