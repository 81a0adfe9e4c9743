/// Reads typed values from a message, checking each field.
struct FieldReader {
    let message: Message

    /// The value of a field that must be there.
    func text(_ field: Field) throws(MessageError) -> String {
        guard let value = message[field] else { throw .missingField(field) }
        return value
    }

    /// Throws unless the field has this value.
    func require(_ field: Field, is expected: String) throws(MessageError) {
        let value = try text(field)
        guard value == expected else {
            throw .invalidField(field, reason: "\(expected) expected, not \(value.prefix(40))")
        }
    }

    /// Merchant, order number and time.
    func identity() throws(MessageError) -> OrderIdentity {
        OrderIdentity(
            merchant: try MerchantNumber(text(.merId)), number: try OrderNumber(text(.orderId)),
            time: try time(.txnTime))
    }

    /// A moment, `yyyyMMddHHmmss`.
    func time(_ field: Field) throws(MessageError) -> BeijingTime {
        guard let time = BeijingTime(digits: try text(field)) else {
            throw .invalidField(field, reason: "not yyyyMMddHHmmss")
        }
        return time
    }

    /// A moment that may be absent.
    func optionalTime(_ field: Field) throws(MessageError) -> BeijingTime? {
        message[field] == nil ? nil : try time(field)
    }

    /// An amount in fen of 1 to 12 digits; zero only where the caller allows it.
    func fen(_ field: Field, allowingZero: Bool = false) throws(MessageError) -> Int64 {
        let value = try text(field)
        guard
            (1...12).contains(value.utf8.count), value.utf8.allSatisfy(ASCII.isDigit),
            let fen = Int64(value), fen > 0 || allowingZero
        else { throw .invalidField(field, reason: "not an amount in fen") }
        return fen
    }

    /// An amount that may be absent.
    func optionalFen(_ field: Field) throws(MessageError) -> Int64? {
        message[field] == nil ? nil : try fen(field, allowingZero: true)
    }

    /// Exactly `count` digits, for currency and dates.
    func digits(_ field: Field, count: Int) throws(MessageError) -> String {
        let value = try text(field)
        guard value.utf8.count == count, value.utf8.allSatisfy(ASCII.isDigit) else {
            throw .invalidField(field, reason: "not \(count) digits")
        }
        return value
    }

    /// Exactly `count` digits that may be absent.
    func optionalDigits(_ field: Field, count: Int) throws(MessageError) -> String? {
        message[field] == nil ? nil : try digits(field, count: count)
    }

    /// UnionPay's number of a transaction that may be absent: documented with 21 digits; up to 32 letters and digits are
    /// taken, since a number of another length would still be good evidence of a payment.
    func optionalQueryID(_ field: Field) throws(MessageError) -> QueryID? {
        guard let value = message[field] else { return nil }
        return try QueryID(value, of: field)
    }

    /// A response code.
    func responseCode(_ field: Field) throws(MessageError) -> ResponseCode {
        try ResponseCode(text(field), of: field)
    }

    /// The product, from bizType.
    func product() throws(MessageError) -> Product {
        let value = try text(.bizType)
        guard let product = Product(rawValue: value) else {
            throw .invalidField(.bizType, reason: "a product that is not in use here: \(value.prefix(40))")
        }
        return product
    }

    /// Throws unless txnType and txnSubType are those of the kind.
    func require(_ kind: TransactionKind) throws(MessageError) {
        try require(.txnType, is: kind.type)
        try require(.txnSubType, is: kind.subtype)
    }

    /// What the message is about, from txnType and txnSubType: the product's own kind, or the refund of a payment.
    func kind(of product: Product) throws(MessageError) -> TransactionKind {
        let isRefund = product.kind == .payment && message[.txnType] == TransactionKind.refund.type
        let kind: TransactionKind = isRefund ? .refund : product.kind
        try require(kind)
        return kind
    }
}
