import Foundation

/// One bill of a customer number, as the biller tells it. Amounts are fen.
public struct Bill: Sendable, Equatable, Codable {
    /// The biller's number of the bill.
    public let billNumber: String
    /// What it is for: a month `yyyy-MM`, or the biller's words.
    public let period: String
    /// Without the late fee.
    public let principal: Int64
    /// The late fee, as the biller counts it.
    public let lateFee: Int64
    /// What is to be paid: both together.
    public let amount: Int64

    /// Whether the parts are no less than nothing and make up a whole that is more.
    var addsUp: Bool {
        let (sum, isTooMuch) = principal.addingReportingOverflow(lateFee)
        return principal >= 0 && lateFee >= 0 && amount > 0 && !isTooMuch && sum == amount
            && amount <= Self.most && (1...64).contains(billNumber.count) && period.count <= 64
            && !billNumber.hasInvisibleCharacters && !period.hasInvisibleCharacters
    }

    /// More than any bill, and far from where sums of bills overflow, in fen.
    private static let most: Int64 = 1_000_000_000_000
}

/// What a biller said when a clerk asked for the bills of a customer number.
public struct BillQuery: Sendable {
    /// What came of asking.
    public enum Outcome: String, Sendable {
        /// The biller knows the number; there may be no bills.
        case answered
        /// The biller does not know the number.
        case unknownCustomer
        /// No answer that can be believed.
        case unavailable
    }

    let id: Int64
    /// The query's number, for addresses.
    public let number: String
    /// Who was asked.
    public let biller: Biller
    /// The name of the biller's city.
    public let cityName: String
    /// What is paid to the biller, in words.
    public let itemName: String
    /// The customer number asked for.
    public let customerNumber: String
    /// Whose number it is, as far as the biller shows it.
    public let customerName: String
    /// What came of it.
    public let outcome: Outcome
    /// The open bills.
    public let bills: [Bill]
    /// When.
    public let askedAt: Date

    /// How long what the biller said may be confirmed, in seconds.
    public static let lifetimeSeconds = 15.0 * 60
    /// Until when.
    public var expiresAt: Date { askedAt.addingTimeInterval(Self.lifetimeSeconds) }

    /// All arrears together. Throws when a biller sends nonsense.
    public func arrears() throws(MoneyOverflow) -> Money {
        try Money.sum(bills.map { Money(fen: $0.amount) })
    }
}

/// A bill payment (对公消费): money set aside, sent to the biller, written off there.
public struct BillPayment: Sendable {
    /// What all orders have.
    public let reference: OrderReference
    /// Where it stands.
    public let status: BillPaymentStatus
    /// Who is paid.
    public let biller: Biller
    /// The name of the biller's city.
    public let cityName: String
    /// What is paid for, in words.
    public let itemName: String
    /// The customer number paid for.
    public let customerNumber: String
    /// Whose number it is, as far as the biller shows it.
    public let customerName: String
    /// The bills paid; empty for a prepayment.
    public let bills: [Bill]
    /// The part that pays bills.
    public let arrears: Money
    /// The part kept by the biller for the customer.
    public let prepaid: Money
    /// When it was submitted.
    public let createdAt: Date
    /// When it came to its present state.
    public let stateSince: Date
    /// The biller's serial, once it has one.
    public let billerSerial: String?
    /// Why it failed, in the biller's words.
    public let reason: String?
    /// When the biller is asked next, while the result is open.
    public let nextQuestionAt: Date?
    /// The query that has the bills as they were when they were found changed, and the payment went back.
    public let changedQueryNumber: String?

    /// The customer-visible number.
    public var number: String { reference.number }
    /// How much.
    public var amount: Money { reference.amount }
}

/// What a biller's answer says about a payment.
enum BillerEvidence: Sendable, Equatable {
    /// Written off under the biller's serial.
    case writtenOff(serial: String)
    /// Taken, but whether it was written off is not known (74).
    case writeOffUnknown(serial: String)
    /// Taken, and could not be written off (75).
    case writeOffFailed(serial: String, reason: String)
    /// Never taken, finally.
    case refused(reason: String)
    /// The biller has no such payment.
    case notKnown
    /// No answer that can be believed.
    case noAnswer(reason: String)
}

/// Why a bill payment could not be submitted.
public enum BillPaymentError: Error, Equatable {
    /// No such biller, or not at present.
    case unknownBiller
    /// The customer number does not look like one of this biller's.
    case malformedNumber
    /// No such query of this enterprise.
    case queryNotFound
    /// The query is too old to be confirmed; ask again.
    case queryExpired
    /// There is nothing to pay.
    case nothingToPay
    /// Nothing was chosen, or something that the biller did not list.
    case billsNotChosen
    /// The amount is not what the bills chosen come to.
    case amountNotArrears(Money)
    /// The amount is outside of what the biller takes.
    case amountOutside(least: Money, most: Money)
    /// The available balance is short by this much.
    case balanceShort(Money)
    /// Another order for one of these bills is on its way.
    case alreadyBeingPaid(String?)
    /// The enterprise may not pay now.
    case enterpriseNotActive
    /// Not this enterprise's, or no such order.
    case notFound
}
