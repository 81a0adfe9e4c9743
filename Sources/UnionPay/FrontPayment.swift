/// A payment at the gateway: the payer's browser is sent to UnionPay with it.
public struct FrontPayment: Sendable, Equatable {
    /// B2B or B2C gateway; the two differ by this only.
    public let product: Product
    /// Merchant, order number and time of sending.
    public let order: OrderIdentity
    /// Amount in fen.
    public let amountFen: Int64
    /// Where the browser returns; the return proves nothing.
    public let frontURL: String
    /// Where the notification goes.
    public let backURL: String
    /// After this moment UnionPay refuses the payment, except that a late payment at a bank's own site is taken and
    /// given back by itself (code 42).
    public let payTimeout: BeijingTime?
    /// Sends the browser straight to one bank, for example ICBC; needs a permission.
    public let bankCode: String?
    /// Network address of the payer.
    public let customerAddress: String?
    /// Comes back as it was sent; at most 1024 bytes.
    public let requestReserved: String?

    /// Throws `invalidField` when UnionPay would refuse a value.
    public init(
        product: Product = .businessGateway, order: OrderIdentity, amountFen: Int64, frontURL: String,
        backURL: String, payTimeout: BeijingTime? = nil, bankCode: String? = nil,
        customerAddress: String? = nil, requestReserved: String? = nil
    ) throws(MessageError) {
        guard product.kind == .payment else {
            throw .invalidField(.bizType, reason: "a payout is not a payment at the gateway")
        }
        _ = try FieldCheck.amount(amountFen)
        try FieldCheck.url(frontURL, of: .frontUrl)
        try FieldCheck.backURL(backURL)
        if let bankCode { try FieldCheck.length(bankCode, of: .issInsCode, atMost: 20) }
        if let requestReserved { try FieldCheck.reserved(requestReserved) }
        self.product = product
        self.order = order
        self.amountFen = amountFen
        self.frontURL = frontURL
        self.backURL = backURL
        self.payTimeout = payTimeout
        self.bankCode = bankCode
        self.customerAddress = customerAddress
        self.requestReserved = requestReserved
    }

    /// Reads a payment that a merchant sent; for the bank's side.
    public init(_ verified: VerifiedMessage) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        try reader.require(.payment)
        try reader.require(.currencyCode, is: FieldCheck.currency)
        self = try FrontPayment(
            product: reader.product(), order: reader.identity(), amountFen: reader.fen(.txnAmt),
            frontURL: reader.text(.frontUrl), backURL: reader.text(.backUrl),
            payTimeout: reader.optionalTime(.payTimeout), bankCode: verified.message[.issInsCode],
            customerAddress: verified.message[.customerIp], requestReserved: verified.message[.reqReserved])
    }

    /// The message, not signed yet.
    public var message: Message {
        var message = Message.transaction(
            .payment, of: product, order: order, channel: Message.internetChannel)
        message[.txnAmt] = String(amountFen)
        message[.currencyCode] = FieldCheck.currency
        message[.frontUrl] = frontURL
        message[.backUrl] = backURL
        message[.payTimeout] = payTimeout?.digits
        message[.issInsCode] = bankCode
        message[.customerIp] = customerAddress
        message[.reqReserved] = requestReserved
        return message
    }
}
