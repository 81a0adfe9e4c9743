/// UnionPay's message to backUrl about the result of an order. HTTP 200 within 10 seconds acknowledges it; otherwise it
/// is sent again, five times in all, so the receiver must take repetitions.
///
/// Payments notify only success; payouts and refunds notify success and failure.
public struct TransactionNotification: Sendable, Equatable {
    /// The order's product; of a refund it is the payment's.
    public let product: Product
    /// The order.
    public let order: OrderIdentity
    /// What the order was.
    public let kind: TransactionKind
    /// What became of it.
    public let responseCode: ResponseCode
    /// UnionPay's text for that, for example `成功[0000000]`.
    public let responseText: String
    /// UnionPay's record; nil only in a notification of failure without one.
    public let transaction: BankTransaction?
    /// What was sent along with the order.
    public let requestReserved: String?

    /// A notification, for the bank's side.
    public init(
        product: Product, order: OrderIdentity, kind: TransactionKind? = nil, responseCode: ResponseCode,
        responseText: String? = nil, transaction: BankTransaction?, requestReserved: String? = nil
    ) {
        self.product = product
        self.order = order
        self.kind = kind ?? product.kind
        self.responseCode = responseCode
        self.responseText = responseText ?? "\(responseCode.text)[00000\(responseCode.code)]"
        self.transaction = transaction
        self.requestReserved = requestReserved
    }

    /// Reads a notification. One of success must bring the transaction.
    public init(_ verified: VerifiedMessage) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        product = try reader.product()
        kind = try reader.kind(of: product)
        order = try reader.identity()
        responseCode = try reader.responseCode(.respCode)
        responseText = verified.message[.respMsg] ?? ""
        requestReserved = verified.message[.reqReserved]
        let isSuccess = responseCode.treatment(of: .result(of: kind)) == .success
        if isSuccess || verified.message[.queryId] != nil {
            transaction = try BankTransaction(reader)
        } else {
            transaction = nil
        }
    }

    /// What the notification means for the order.
    public var outcome: TransactionOutcome {
        TransactionOutcome(responseCode, of: kind, transaction: transaction)
    }

    /// The message, not signed yet; for the bank's side.
    public var message: Message {
        var message = Message.transaction(kind, of: product, order: order)
        message[.respCode] = responseCode.code
        message[.respMsg] = responseText
        message[.reqReserved] = requestReserved
        transaction?.write(to: &message)
        return message
    }
}
