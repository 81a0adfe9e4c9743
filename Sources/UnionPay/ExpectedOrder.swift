/// An order as stored, to be compared with what UnionPay says before anything is booked.
public struct ExpectedOrder: Sendable, Equatable {
    /// Merchant, number and time.
    public let order: OrderIdentity
    /// The product.
    public let product: Product
    /// What the order is.
    public let kind: TransactionKind
    /// Amount in fen.
    public let amountFen: Int64
    /// Of a refund: UnionPay's number of the payment.
    public let originalQueryID: QueryID?

    /// An order in CNY of the product's own kind.
    public init(product: Product, order: OrderIdentity, amountFen: Int64) {
        self.order = order
        self.product = product
        self.kind = product.kind
        self.amountFen = amountFen
        self.originalQueryID = nil
    }

    /// A refund.
    public init(_ refund: Refund) {
        order = refund.order
        product = refund.product
        kind = .refund
        amountFen = refund.amountFen
        originalQueryID = refund.originalQueryID
    }

    /// The fields in which a notification differs from this order; empty when it is about this order.
    public func differences(in notification: TransactionNotification) -> [Field] {
        differences(
            product: notification.product, order: notification.order, kind: notification.kind,
            transaction: notification.transaction)
    }

    /// The fields in which a query's answer differs from this order; empty when it is about this order.
    public func differences(in answer: QueryAnswer) -> [Field] {
        differences(
            product: answer.product, order: answer.order, kind: answer.kind, transaction: answer.transaction)
    }

    private func differences(
        product: Product, order: OrderIdentity, kind: TransactionKind, transaction: BankTransaction?
    ) -> [Field] {
        var fields: [Field] = []
        if order.merchant != self.order.merchant { fields.append(.merId) }
        if order.number != self.order.number { fields.append(.orderId) }
        if order.time != self.order.time { fields.append(.txnTime) }
        if product != self.product { fields.append(.bizType) }
        if kind != self.kind { fields.append(.txnType) }
        if let transaction {
            if transaction.amountFen != amountFen { fields.append(.txnAmt) }
            if transaction.currencyCode != FieldCheck.currency { fields.append(.currencyCode) }
            if let original = transaction.originalQueryID, original != originalQueryID {
                fields.append(.origQryId)
            }
        }
        return fields
    }
}
