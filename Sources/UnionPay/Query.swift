/// A question about one order.
public struct Query: Sendable, Equatable {
    static let transactionType = "00"

    /// The product of the order asked about; of a refund it is the payment's.
    public let product: Product
    /// The order asked about.
    public let order: OrderIdentity
    /// What the answer must be about. The query itself does not carry it: UnionPay knows what the order was, so a query
    /// that the bank's side read always has the product's own kind here.
    public let kind: TransactionKind

    /// Asks about an order; `kind` is the product's own unless told otherwise.
    public init(product: Product, order: OrderIdentity, kind: TransactionKind? = nil) {
        self.product = product
        self.order = order
        self.kind = kind ?? product.kind
    }

    /// Reads a query that a merchant sent; for the bank's side.
    public init(_ verified: VerifiedMessage) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        try reader.require(.txnType, is: Self.transactionType)
        try reader.require(.txnSubType, is: "00")
        self.init(product: try reader.product(), order: try reader.identity())
    }

    /// The message, not signed yet.
    public var message: Message {
        var message = Message.transaction(kind, of: product, order: order)
        message[.txnType] = Self.transactionType
        message[.txnSubType] = "00"
        return message
    }
}

/// The answer to a query. `responseCode` says whether the query worked, `originalCode` what became of the order.
public struct QueryAnswer: Sendable, Equatable {
    /// The product asked about.
    public let product: Product
    /// The order asked about.
    public let order: OrderIdentity
    /// What the order was.
    public let kind: TransactionKind
    /// How the query itself went.
    public let responseCode: ResponseCode
    /// UnionPay's text for that.
    public let responseText: String
    /// What became of the order; nil when the query did not work.
    public let originalCode: ResponseCode?
    /// UnionPay's text for that.
    public let originalText: String?
    /// What UnionPay knows about the order's transaction; nil when it knows none.
    public let transaction: BankTransaction?

    /// An answer, for the bank's side.
    public init(
        product: Product, order: OrderIdentity, kind: TransactionKind? = nil, responseCode: ResponseCode,
        responseText: String? = nil, originalCode: ResponseCode? = nil, originalText: String? = nil,
        transaction: BankTransaction? = nil
    ) {
        self.product = product
        self.order = order
        self.kind = kind ?? product.kind
        self.responseCode = responseCode
        self.responseText = responseText ?? responseCode.text
        self.originalCode = originalCode
        self.originalText = originalText ?? originalCode?.text
        self.transaction = transaction
    }

    /// Reads the answer to a query about a transaction of this kind, the product's own unless told otherwise. A query
    /// that worked must tell a result, and a result of success must bring the transaction.
    public init(_ verified: VerifiedMessage, about kind: TransactionKind? = nil) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        product = try reader.product()
        self.kind = kind ?? product.kind
        // An answer about an order that was found tells that order's type, any other one the query's own.
        if verified.message[.txnType] != Query.transactionType { try reader.require(self.kind) }
        order = try reader.identity()
        responseCode = try reader.responseCode(.respCode)
        responseText = verified.message[.respMsg] ?? ""
        guard responseCode.treatment(of: .queryAnswer) == .success else {
            (originalCode, originalText, transaction) = (nil, nil, nil)
            return
        }
        let original = try reader.responseCode(.origRespCode)
        originalCode = original
        originalText = verified.message[.origRespMsg]
        let isSuccess = original.treatment(of: .result(of: self.kind)) == .success
        if isSuccess || verified.message[.queryId] != nil {
            transaction = try BankTransaction(reader)
        } else {
            transaction = nil
        }
    }

    /// What the answer means for the order.
    public var outcome: TransactionOutcome {
        switch responseCode.treatment(of: .queryAnswer) {
        case .success: break
        case .notKnown: return .notKnown
        case .askAgain: return .askAgain(responseCode)
        case .accepted, .refused, .debitedLate, .unclear: return .unclear(responseCode)
        }
        // A successful query without a result is refused by `init`; one made by hand is unclear at best.
        guard let originalCode else { return .unclear(responseCode) }
        return TransactionOutcome(originalCode, of: kind, transaction: transaction)
    }

    /// What is asked next, and when, if the answer leaves that open.
    public var next: NextQuestion {
        let next = responseCode.next(in: .queryAnswer)
        guard next == .originalCode, let originalCode else { return next }
        return originalCode.next(in: .result(of: kind))
    }

    /// The message, not signed yet; for the bank's side.
    public var message: Message {
        let found = responseCode.treatment(of: .queryAnswer) == .success
        var message =
            found
            ? Message.transaction(kind, of: product, order: order)
            : Query(product: product, order: order).message
        message[.respCode] = responseCode.code
        message[.respMsg] = responseText
        message[.origRespCode] = originalCode?.code
        message[.origRespMsg] = originalText
        transaction?.write(to: &message)
        return message
    }
}
