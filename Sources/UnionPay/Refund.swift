/// A refund (退货) of a payment at the gateway: all of it or a part, several times up to its amount, within 11 months.
///
/// It serves money that goes back to its payer; UnionPay settles it in 1 to 10 days.
public struct Refund: Sendable, Equatable {
    /// The payment's product.
    public let product: Product
    /// Merchant, the refund's own order number and its own time of sending.
    public let order: OrderIdentity
    /// UnionPay's number of the payment.
    public let originalQueryID: QueryID
    /// Amount in fen, at most what is left of the payment.
    public let amountFen: Int64
    /// Where the notification goes.
    public let backURL: String
    /// Comes back as it was sent; at most 1024 bytes.
    public let requestReserved: String?

    /// Throws `invalidField` when UnionPay would refuse a value.
    public init(
        of product: Product = .businessGateway, order: OrderIdentity, originalQueryID: QueryID,
        amountFen: Int64, backURL: String, requestReserved: String? = nil
    ) throws(MessageError) {
        guard product.kind == .payment else {
            throw .invalidField(.bizType, reason: "only a payment at the gateway can be refunded")
        }
        _ = try FieldCheck.amount(amountFen)
        try FieldCheck.backURL(backURL)
        if let requestReserved { try FieldCheck.reserved(requestReserved) }
        self.product = product
        self.order = order
        self.originalQueryID = originalQueryID
        self.amountFen = amountFen
        self.backURL = backURL
        self.requestReserved = requestReserved
    }

    /// Reads a refund that a merchant sent; for the bank's side.
    public init(_ verified: VerifiedMessage) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        try reader.require(.refund)
        try reader.require(.currencyCode, is: FieldCheck.currency)
        self = try Refund(
            of: reader.product(), order: reader.identity(),
            originalQueryID: QueryID(reader.text(.origQryId), of: .origQryId),
            amountFen: reader.fen(.txnAmt), backURL: reader.text(.backUrl),
            requestReserved: verified.message[.reqReserved])
    }

    /// The message, not signed yet.
    public var message: Message {
        var message = Message.transaction(
            .refund, of: product, order: order, channel: Message.internetChannel)
        message[.txnAmt] = String(amountFen)
        message[.currencyCode] = FieldCheck.currency
        message[.backUrl] = backURL
        message[.origQryId] = originalQueryID.text
        message[.reqReserved] = requestReserved
        return message
    }

    /// The question what became of it.
    public var query: Query {
        Query(product: product, order: order, kind: .refund)
    }
}

/// The immediate answer to a refund: whether it is on its way, never that the money went back.
public struct RefundAnswer: Sendable, Equatable {
    /// The payment's product.
    public let product: Product
    /// The refund's order.
    public let order: OrderIdentity
    /// How it went.
    public let responseCode: ResponseCode
    /// UnionPay's text for that.
    public let responseText: String
    /// UnionPay's number of the refund, where it has one.
    public let queryID: QueryID?
    /// UnionPay's number of the payment, where the answer names it.
    public let originalQueryID: QueryID?

    /// An answer, for the bank's side.
    public init(
        to refund: Refund, responseCode: ResponseCode, responseText: String? = nil, queryID: QueryID? = nil
    ) {
        product = refund.product
        order = refund.order
        self.responseCode = responseCode
        self.responseText = responseText ?? responseCode.text
        self.queryID = queryID
        originalQueryID = refund.originalQueryID
    }

    /// Reads an answer.
    public init(_ verified: VerifiedMessage) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        try reader.require(.refund)
        product = try reader.product()
        order = try reader.identity()
        responseCode = try reader.responseCode(.respCode)
        responseText = verified.message[.respMsg] ?? ""
        queryID = try reader.optionalQueryID(.queryId)
        originalQueryID = try reader.optionalQueryID(.origQryId)
    }

    /// What the answer means for the order.
    public var outcome: Acceptance {
        Acceptance(responseCode, in: .refundAnswer, queryID: queryID)
    }

    /// The message, not signed yet; for the bank's side.
    public var message: Message {
        var message = Message.transaction(.refund, of: product, order: order)
        message[.respCode] = responseCode.code
        message[.respMsg] = responseText
        message[.queryId] = queryID?.text
        message[.origQryId] = originalQueryID?.text
        return message
    }
}
