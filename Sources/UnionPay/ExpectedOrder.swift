/// An order as stored, to be compared with what UnionPay says before anything is booked.
public struct ExpectedOrder: Sendable, Equatable {
    /// Merchant, number and time.
    public let order: OrderIdentity
    /// The product.
    public let product: Product
    /// Amount in fen.
    public let amountFen: Int64

    /// An order in CNY.
    public init(product: Product, order: OrderIdentity, amountFen: Int64) {
        self.order = order
        self.product = product
        self.amountFen = amountFen
    }

    /// The fields in which a notification differs from this order; empty when it is about this order.
    public func differences(in notification: TransactionNotification) -> [Field] {
        differences(
            product: notification.product, order: notification.order, transaction: notification.transaction)
    }

    /// The fields in which a query's answer differs from this order; empty when it is about this order.
    public func differences(in answer: QueryAnswer) -> [Field] {
        differences(product: answer.product, order: answer.order, transaction: answer.transaction)
    }

    private func differences(
        product: Product, order: OrderIdentity, transaction: BankTransaction?
    ) -> [Field] {
        var fields: [Field] = []
        if order.merchant != self.order.merchant { fields.append(.merId) }
        if order.number != self.order.number { fields.append(.orderId) }
        if order.time != self.order.time { fields.append(.txnTime) }
        if product != self.product { fields.append(.bizType) }
        if let transaction {
            if transaction.amountFen != amountFen { fields.append(.txnAmt) }
            if transaction.currencyCode != FieldCheck.currency { fields.append(.currencyCode) }
        }
        return fields
    }
}
