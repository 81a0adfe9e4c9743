import Foundation

/// A top-up (充值): money that comes from the company's bank through the corporate gateway to its dedicated
/// expenditure account. What the bank is told never changes after the order is made.
public struct TopUp: Sendable {
    /// What all orders have.
    public let reference: OrderReference
    /// Where it stands.
    public let status: TopUpStatus
    /// The code of the bank chosen, and its name.
    public let bankCode: String
    /// The bank's name.
    public let bankName: String
    /// Whether the gateway is told the bank's code and sends the payer on to it at once; else the payer chooses the bank on
    /// the gateway's own page.
    public let isDirect: Bool
    /// The one time (Beijing, `yyyyMMddHHmmss`) under which the bank knows the order.
    public let transactionTime: String
    /// Until when the bank takes the payment.
    public let payUntil: Date
    /// When it was ordered.
    public let createdAt: Date
    /// When it came to its present state.
    public let stateSince: Date
    /// The bank's serial number, once booked.
    public let bankSerial: String?
    /// When the bank is asked next, while the result is open.
    public let nextQuestionAt: Date?

    /// The customer-visible number.
    public var number: String { reference.number }
    /// How much.
    public var amount: Money { reference.amount }
}

/// What the gateway's answer says about a top-up. Everything that cannot be believed is ``unclear``.
enum TopUpEvidence: Sendable, Equatable {
    /// The money is there: the bank's serial, and its settlement day as month and day (`MMDD`).
    case paid(serial: String, settlementDay: String)
    /// Debited after the time allowed; the bank gives it back by itself.
    case debitedLate
    /// The gateway says this attempt failed; before the deadline the payer may try again.
    case declined(code: String)
    /// The gateway does not know the order.
    case notKnown
    /// On its way, or no answer that can be believed; it is not asked about again before this many seconds.
    case unclear(reason: String, pauseSeconds: Int = 0)

    /// When to ask next.
    func next(after attempts: Int, from moment: Date) -> Date {
        let next = Rhythm.payment.next(after: attempts, from: moment)
        guard case .unclear(_, let pauseSeconds) = self else { return next }
        return max(next, moment.addingTimeInterval(Double(pauseSeconds)))
    }

    /// Whether the bank has told us nothing.
    var isSilence: Bool {
        switch self {
        case .notKnown, .unclear: true
        case .paid, .debitedLate, .declined: false
        }
    }

    /// Whether it says that this order brings no money. Before the deadline a declined attempt says nothing about the
    /// next one.
    func isNo(isOverdue: Bool) -> Bool {
        switch self {
        case .debitedLate: true
        case .declined: isOverdue
        case .paid, .notKnown, .unclear: false
        }
    }
}

/// Why a top-up could not be ordered or changed.
public enum TopUpError: Error, Equatable {
    /// The enterprise may not receive money now.
    case enterpriseNotActive
    /// There is no such bank to choose.
    case unknownBank
    /// The bank's channel is paused.
    case channelPaused
    /// The bank takes no payments now.
    case bankNotAvailable(BankAvailability)
    /// The bank's least of one top-up.
    case belowLeast(Money)
    /// The bank's most of one top-up.
    case aboveMost(Money)
    /// The bank's most of a day, and what is left of it.
    case aboveDay(most: Money, left: Money)
    /// A top-up of the same amount is open, and the clerk was not told of it.
    case sameAmountOpen(number: String)
    /// Not this enterprise's, or no such order.
    case notFound
    /// The order is past the point where this can be done; its page shows where it stands.
    case tooLate
}
