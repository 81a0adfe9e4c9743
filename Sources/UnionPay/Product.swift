/// Products of UnionPay that are in use here; the raw value is the bizType.
public enum Product: String, Sendable, Hashable, CaseIterable {
    /// B2C gateway payment.
    case personalGateway = "000201"
    /// B2B gateway payment, by corporate internet banking (企业网银).
    case businessGateway = "000202"
    /// Payout (代付).
    case payout = "000401"

    /// What the product's own transactions are; a gateway payment can be refunded as well.
    public var kind: TransactionKind {
        switch self {
        case .personalGateway, .businessGateway: .payment
        case .payout: .payout
        }
    }
}

/// What a transaction does with money.
public enum TransactionKind: Sendable, Hashable, CaseIterable {
    /// The payer pays at the gateway (消费).
    case payment
    /// Money goes out to an account (代付).
    case payout
    /// A payment, or a part of it, goes back to its payer (退货).
    case refund

    /// txnType.
    var type: String {
        switch self {
        case .payment: "01"
        case .payout: "12"
        case .refund: "04"
        }
    }

    /// txnSubType.
    var subtype: String {
        switch self {
        case .payment: "01"
        case .payout, .refund: "00"
        }
    }
}

extension Message {
    /// What every message about a transaction starts with; requests at the gateway name the channel too.
    static func transaction(
        _ kind: TransactionKind, of product: Product, order: OrderIdentity, channel: String? = nil
    ) -> Message {
        var message = Message([
            .bizType: product.rawValue, .accessType: "0", .merId: order.merchant.text,
            .orderId: order.number.text, .txnTime: order.time.digits, .txnType: kind.type,
            .txnSubType: kind.subtype,
        ])
        message[.channelType] = channel
        return message
    }

    /// 07, internet.
    static let internetChannel = "07"
}
