import Foundation

/// UnionPay's record of a transaction, as notifications and query answers bring it: the evidence on which money is
/// booked.
public struct BankTransaction: Sendable, Equatable {
    /// UnionPay's number; unique, so one credit for each.
    public let queryID: QueryID
    /// Amount in fen.
    public let amountFen: Int64
    /// Currency, three digits; 156 is CNY.
    public let currencyCode: String
    /// System trace number, 6 digits.
    public let traceNumber: String?
    /// Time of transmission, `MMddHHmmss`.
    public let traceTime: String?
    /// Settlement day, `MMdd`: UnionPay sends no year, see `settlementDate(bookedAt:)`.
    public let settleDate: String?
    /// Settlement amount in fen.
    public let settleAmountFen: Int64?
    /// Settlement currency, three digits.
    public let settleCurrencyCode: String?
    /// Of a refund: UnionPay's number of the payment, where the message names it.
    public let originalQueryID: QueryID?

    /// A record, for the bank's side.
    public init(
        queryID: QueryID, amountFen: Int64, currencyCode: String = "156", traceNumber: String? = nil,
        traceTime: String? = nil, settleDate: String? = nil, settleAmountFen: Int64? = nil,
        settleCurrencyCode: String? = nil, originalQueryID: QueryID? = nil
    ) {
        self.queryID = queryID
        self.amountFen = amountFen
        self.currencyCode = currencyCode
        self.traceNumber = traceNumber
        self.traceTime = traceTime
        self.settleDate = settleDate
        self.settleAmountFen = settleAmountFen
        self.settleCurrencyCode = settleCurrencyCode
        self.originalQueryID = originalQueryID
    }

    init(_ reader: FieldReader) throws(MessageError) {
        queryID = try QueryID(reader.text(.queryId))
        amountFen = try reader.fen(.txnAmt)
        currencyCode = try reader.digits(.currencyCode, count: 3)
        traceNumber = try reader.optionalDigits(.traceNo, count: 6)
        traceTime = try reader.optionalDigits(.traceTime, count: 10)
        settleDate = try reader.optionalDigits(.settleDate, count: 4)
        settleAmountFen = try reader.optionalFen(.settleAmt)
        settleCurrencyCode = try reader.optionalDigits(.settleCurrencyCode, count: 3)
        originalQueryID = try reader.optionalQueryID(.origQryId)
    }

    /// The settlement day with the year that brings it nearest to the moment of booking; nil without one.
    public func settlementDate(bookedAt moment: Date) -> SettlementDate? {
        settleDate.flatMap { SettlementDate(monthDay: $0, bookedAt: moment) }
    }

    func write(to message: inout Message) {
        message[.queryId] = queryID.text
        message[.txnAmt] = String(amountFen)
        message[.currencyCode] = currencyCode
        message[.traceNo] = traceNumber
        message[.traceTime] = traceTime
        message[.settleDate] = settleDate
        message[.settleAmt] = settleAmountFen.map { String($0) }
        message[.settleCurrencyCode] = settleCurrencyCode
        message[.origQryId] = originalQueryID?.text
    }
}

/// What a message means for the order it is about.
public enum TransactionOutcome: Sendable, Equatable {
    /// The money moved.
    case succeeded(BankTransaction)
    /// A payout that is known and on its way: the result comes later (05).
    case accepted
    /// The money did not move, for good. For a payment at the gateway that holds only after payTimeout: before it, the
    /// payer may try again.
    case refused(ResponseCode)
    /// Debited after payTimeout (code 42): UnionPay gives the money back by itself, so it is not a payment.
    case debitedLate
    /// Not decided yet: query again later.
    case askAgain(ResponseCode)
    /// UnionPay does not know the order. That is not a refusal: query later, and let the reconciliation file decide.
    case notKnown
    /// Nothing can be concluded: a query that was wrong itself, a code that is not known here, or a code of another
    /// product.
    case unclear(ResponseCode)

    /// What a final-looking code says about an order of this kind.
    init(_ code: ResponseCode, of kind: TransactionKind, transaction: BankTransaction?) {
        switch code.treatment(of: .result(of: kind)) {
        case .success:
            // Success without evidence is not booked.
            self = transaction.map { .succeeded($0) } ?? .unclear(code)
        case .refused: self = .refused(code)
        case .debitedLate: self = .debitedLate
        case .askAgain: self = .askAgain(code)
        case .notKnown: self = .notKnown
        case .accepted: self = .accepted
        case .unclear: self = .unclear(code)
        }
    }
}
