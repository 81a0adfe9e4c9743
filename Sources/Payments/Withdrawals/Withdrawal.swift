import Foundation

/// A withdrawal (提现): unspent money goes back to the bank account registered at opening.
public struct Withdrawal: Sendable {
    /// What all orders have.
    public let reference: OrderReference
    /// Where it stands.
    public let status: WithdrawalStatus
    /// The registered account as copied at submission.
    public let account: PayoutAccount
    /// The promise shown before confirmation: from this day …
    public let expectedFrom: LocalDate
    /// … to this one.
    public let expectedUntil: LocalDate
    /// Whether the calendar was known when the promise was made.
    public let isCalendarKnown: Bool
    /// The one time (Beijing) under which the bank knows it; nil before it was first sent.
    public let transactionTime: String?
    /// When it was submitted.
    public let createdAt: Date
    /// When it came to its present state.
    public let stateSince: Date
    /// The bank's serial, once paid.
    public let bankSerial: String?
    /// Why it failed, in words.
    public let reason: String?
    /// When the bank is asked next, while the result is open.
    public let nextQuestionAt: Date?

    /// The customer-visible number.
    public var number: String { reference.number }
    /// How much.
    public var amount: Money { reference.amount }
}

/// The account at a bank to which a withdrawal goes. The number itself stays sealed.
public struct PayoutAccount: Sendable {
    /// Its row.
    public let id: RegisteredAccount.ID
    /// The bank's name.
    public let bankName: String
    /// The last four digits of the number.
    public let tail: String
    /// In whose name it is: the enterprise's.
    public let holderName: String
    /// The holder's credit code.
    let creditCode: String
    /// The number, sealed for its row.
    let sealedNumber: [UInt8]
    /// Whether withdrawals may go there now.
    public let isVerified: Bool
}

/// What the bank's answer says about a payout.
enum PayoutEvidence: Sendable, Equatable {
    /// Taken by the bank, not yet paid.
    case accepted
    /// Paid: the bank's serial, and its settlement day as month and day (`MMDD`).
    case paid(serial: String, settlementDay: String)
    /// Never entered, or failed finally.
    case refused(code: String, text: String)
    /// The bank does not know it (34).
    case notKnown
    /// On its way, or no answer that can be believed.
    case unclear(reason: String)
}

/// What a clerk is shown before confirming a withdrawal.
public struct WithdrawalOffer: Sendable {
    /// The balances now.
    public let balances: Balances
    /// Where the money goes; nil when there is no account that it may go to.
    public let account: PayoutAccount?
    /// When it should arrive if submitted now.
    public let expected: WorkingDayEstimateRange
}

/// The days between which a withdrawal should arrive.
public struct WorkingDayEstimateRange: Sendable, Equatable {
    /// The first day.
    public let from: LocalDate
    /// The last day.
    public let until: LocalDate
    /// Years whose calendar is not loaded, which makes the range wider.
    public let missingYears: [Int]
}

/// Why a withdrawal could not be submitted.
public enum WithdrawalError: Error, Equatable {
    /// Not more than nothing, or more than one order may be.
    case amountOutside
    /// The available balance is short by this much.
    case balanceShort(Money)
    /// No verified registered account: none, or under change.
    case noVerifiedAccount
    /// The enterprise may not pay now.
    case enterpriseNotActive
    /// Not this enterprise's, or no such order.
    case notFound
    /// It has been sent to the bank and cannot be cancelled.
    case tooLate
}
