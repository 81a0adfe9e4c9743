/// Products of UnionPay that are in use here; the raw value is the bizType.
public enum Product: String, Sendable, Hashable, CaseIterable {
    /// B2C gateway payment.
    case personalGateway = "000201"
    /// B2B gateway payment, by corporate internet banking (企业网银).
    case businessGateway = "000202"
    /// Payout (代付).
    case payout = "000401"

    /// txnType of the product's own transaction.
    public var transactionType: String {
        switch self {
        case .personalGateway, .businessGateway: "01"
        case .payout: "12"
        }
    }

    /// txnSubType of the product's own transaction.
    public var transactionSubtype: String {
        switch self {
        case .personalGateway, .businessGateway: "01"
        case .payout: "00"
        }
    }
}
