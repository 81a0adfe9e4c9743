import Cryptography

/// A payout (代付) to a corporate account.
public struct Payout: Sendable, Equatable {
    private static let corporateAccount = "04"

    /// Merchant, order number and time of sending.
    public let order: OrderIdentity
    /// Amount in fen.
    public let amountFen: Int64
    /// The account's number; travels encrypted.
    public let accountNumber: Secret<String>
    /// The account's holder.
    public let holderName: Secret<String>
    /// The holder's business licence number: its unified social credit code.
    public let licenceNumber: String
    /// Where the notification goes.
    public let backURL: String
    /// The bank's postscript, up to 32 bytes.
    public let postscript: String?
    /// Comes back as it was sent; at most 1024 bytes.
    public let requestReserved: String?

    /// Throws `invalidField` when UnionPay would refuse a value.
    public init(
        order: OrderIdentity, amountFen: Int64, accountNumber: Secret<String>, holderName: Secret<String>,
        licenceNumber: String, backURL: String, postscript: String? = nil, requestReserved: String? = nil
    ) throws(MessageError) {
        _ = try FieldCheck.amount(amountFen)
        let account = accountNumber.revealed
        guard (4...40).contains(account.utf8.count), account.utf8.allSatisfy(ASCII.isLetterOrDigit) else {
            throw .invalidField(.accNo, reason: "not 4 to 40 letters and digits")
        }
        try FieldCheck.backURL(backURL)
        if let postscript { try FieldCheck.length(postscript, of: .billNo, atMost: 32) }
        if let requestReserved { try FieldCheck.reserved(requestReserved) }
        self.order = order
        self.amountFen = amountFen
        self.accountNumber = accountNumber
        self.holderName = holderName
        self.licenceNumber = licenceNumber
        self.backURL = backURL
        self.postscript = postscript
        self.requestReserved = requestReserved
        // Refuses a name that cannot be written; better here than when the order is about to be sent.
        _ = try reservedText()
    }

    /// Reads a payout that a merchant sent; for the bank's side, which holds the key to encrypted fields.
    public init(_ verified: VerifiedMessage, decryptingWith key: PrivateKey) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        try reader.require(.bizType, is: Product.payout.rawValue)
        try reader.require(.payout)
        try reader.require(.accType, is: Self.corporateAccount)
        try reader.require(.currencyCode, is: FieldCheck.currency)
        let account = try reader.text(.accNo)
        guard
            let encrypted = Base64.decode(account), let plain = try? key.decryptPKCS1(encrypted),
            let accountNumber = String(validating: plain, as: UTF8.self)
        else { throw .invalidField(.accNo, reason: "cannot be decrypted") }
        let holder = try BracedFields.decode(reader.text(.reserved), of: .reserved)
        guard let name = holder["comDebitCardAccName"], let licence = holder["businessLicenseRegNo"] else {
            throw .invalidField(.reserved, reason: "no holder")
        }
        self = try Payout(
            order: reader.identity(), amountFen: reader.fen(.txnAmt), accountNumber: Secret(accountNumber),
            holderName: Secret(name), licenceNumber: licence, backURL: reader.text(.backUrl),
            postscript: verified.message[.billNo], requestReserved: verified.message[.reqReserved])
    }

    /// The message, not signed yet, the account number encrypted to UnionPay's encryption certificate.
    public func message(encryptingTo certificate: Certificate) throws -> Message {
        var message = Message.transaction(
            .payout, of: .payout, order: order, channel: Message.internetChannel)
        message[.txnAmt] = String(amountFen)
        message[.currencyCode] = FieldCheck.currency
        message[.backUrl] = backURL
        message[.accType] = Self.corporateAccount
        let encrypted = try certificate.publicKey.encryptPKCS1(Array(accountNumber.revealed.utf8))
        message[.accNo] = Base64.encode(encrypted)
        message[.encryptCertId] = certificate.serialDecimal
        message[.reserved] = try reservedText()
        message[.billNo] = postscript
        message[.reqReserved] = requestReserved
        return message
    }

    /// Two payouts are equal when all their values are.
    public static func == (left: Payout, right: Payout) -> Bool {
        left.order == right.order && left.amountFen == right.amountFen
            && left.accountNumber.revealed == right.accountNumber.revealed
            && left.holderName.revealed == right.holderName.revealed
            && left.licenceNumber == right.licenceNumber && left.backURL == right.backURL
            && left.postscript == right.postscript && left.requestReserved == right.requestReserved
    }

    private func reservedText() throws(MessageError) -> String {
        try BracedFields.encode(
            [("comDebitCardAccName", holderName.revealed), ("businessLicenseRegNo", licenceNumber)],
            for: .reserved)
    }
}

/// The immediate answer to a payout: whether it is on its way, never that it arrived.
public struct PayoutAnswer: Sendable, Equatable {
    /// The order.
    public let order: OrderIdentity
    /// How it went.
    public let responseCode: ResponseCode
    /// UnionPay's text for that.
    public let responseText: String
    /// UnionPay's number of the transaction, where it has one.
    public let queryID: QueryID?

    /// An answer, for the bank's side.
    public init(
        order: OrderIdentity, responseCode: ResponseCode, responseText: String? = nil, queryID: QueryID? = nil
    ) {
        self.order = order
        self.responseCode = responseCode
        self.responseText = responseText ?? responseCode.text
        self.queryID = queryID
    }

    /// Reads an answer.
    public init(_ verified: VerifiedMessage) throws(MessageError) {
        let reader = FieldReader(message: verified.message)
        try reader.require(.bizType, is: Product.payout.rawValue)
        try reader.require(.payout)
        order = try reader.identity()
        responseCode = try reader.responseCode(.respCode)
        responseText = verified.message[.respMsg] ?? ""
        queryID = try reader.optionalQueryID(.queryId)
    }

    /// What the answer means for the order.
    public var outcome: Acceptance {
        Acceptance(responseCode, in: .payoutAnswer, queryID: queryID)
    }

    /// The message, not signed yet; for the bank's side.
    public var message: Message {
        var message = Message.transaction(.payout, of: .payout, order: order)
        message[.respCode] = responseCode.code
        message[.respMsg] = responseText
        message[.queryId] = queryID?.text
        return message
    }
}
