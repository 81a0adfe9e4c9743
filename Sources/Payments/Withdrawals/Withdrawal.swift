import Foundation

/// A withdrawal (提现): unspent money goes back to the bank account registered at opening.
public struct Withdrawal: Sendable {
    /// What all orders have.
    public let reference: OrderReference
    /// Where it stands.
    public let status: WithdrawalStatus
    /// The registered account as copied at submission.
    public let account: PayoutAccount
    /// What was promised when it was submitted.
    public let promise: ArrivalPromise
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
    /// What companies are told of the pause of its channel, while that is paused.
    public var pauseNotice: String?
    /// Whether our fee goes back with the money if the bank returns it (P34); the channel's rule at the submission.
    var givesFeeBack = false
    /// Whether follow-up monitoring keeps it back until two people have looked at it.
    public var isKeptBack = false

    /// The payout as the bank is told of it.
    var payout: PayoutOrder {
        PayoutOrder(
            subject: .order(reference.id), number: number, amount: amount, transactionTime: transactionTime,
            sealedAccount: account.sealedNumber, place: .registeredAccountNumber(account.id),
            holderName: account.holderName, licenceNumber: account.creditCode)
    }

    /// The customer-visible number.
    public var number: String { reference.number }
    /// How much.
    public var amount: Money { reference.amount }
    /// The day, in Beijing, under which the bank knows it; before it is sent, that of its submission.
    var sentOn: LocalDate { transactionTime.flatMap(LocalDate.init(bankTime:)) ?? LocalDate(createdAt) }
    /// The first day of the promise.
    public var expectedFrom: LocalDate { promise.from }
    /// The last day of the promise.
    public var expectedUntil: LocalDate { promise.until }
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
    /// On its way, or no answer that can be believed; it is not asked about again before this many seconds.
    case unclear(reason: String, pauseSeconds: Int = 0)

    /// When to ask next.
    func next(after attempts: Int, from moment: Date) -> Date {
        let next = Rhythm.payout.next(after: attempts, from: moment)
        guard case .unclear(_, let pauseSeconds) = self else { return next }
        return max(next, moment.addingTimeInterval(Double(pauseSeconds)))
    }
}

/// What a clerk is shown before confirming a withdrawal.
public struct WithdrawalOffer: Sendable {
    /// The balances now.
    public let balances: Balances
    /// Where the money goes; nil when there is no account that it may go to.
    public let account: PayoutAccount?
    /// When it should arrive if submitted now.
    public let expected: ArrivalPromise
    /// What companies are told of the pause of the channel, while that is paused: an order waits until it is over.
    public let pauseNotice: String?
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
    /// It would arrive later than was promised before the confirmation.
    case promiseChanged
}
