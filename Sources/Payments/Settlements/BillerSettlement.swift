import Foundation
import Postgres

/// A settlement to a biller (收费单位结算): what companies have paid, and the biller's own statement has, goes to its account.
/// Amounts are fen.
public struct BillerSettlement: Sendable {
    /// One payout by which it was tried; to the bank an order of its own.
    public struct Attempt: Sendable {
        /// How it ended, where it was not paid or did not stay so.
        public enum Outcome: String, Sendable, CaseIterable, PostgresCodable {
            /// The bank has refused it.
            case refused
            /// The bank has never had it, as two people have decided.
            case absent
            /// It was paid and came back.
            case returned
            /// It cannot be put into a message of the bank.
            case unsendable
            /// It was not sent, because an earlier one was paid after all.
            case superseded
        }

        /// The number under which the bank knows it.
        public let number: String
        /// The one time (Beijing) under which the bank knows it; nil before it was first sent.
        public let transactionTime: String?
        /// The bank's serial, once paid.
        public let bankSerial: String?
        /// The settlement day on which it was paid.
        public let settlementDate: LocalDate?
        /// How it ended; nil while it is under way, or paid.
        public let outcome: Outcome?

        /// The day, in Beijing, under which the bank knows it; nil before it was first sent.
        var sentOn: LocalDate? { transactionTime.flatMap(LocalDate.init(bankTime:)) }
    }

    /// A proposal to pay it that waits for a second person.
    public struct Proposal: Sendable {
        /// Who has proposed it.
        public let by: StaffMember.ID
        /// That person's name.
        public let name: String
    }

    let id: Int64
    /// The number people use, `ST…`.
    public let number: String
    /// The biller's code.
    public let billerCode: String
    /// The biller's name.
    public let billerName: String
    let cityCode: String
    /// The working day on which it was put together.
    public let day: LocalDate
    /// How many payments it pays.
    public let payments: Int
    /// What they come to.
    public let gross: Money
    /// What the biller owes us and is kept back.
    public let netted: Money
    /// What the biller pays us for it.
    public let fee: Money
    /// What the biller gets.
    public let net: Money
    /// Where it stands.
    public let status: BillerSettlementStatus
    /// The proposal that waits for a second person.
    public let proposal: Proposal?
    /// Rises with every step; a decision is about one version.
    public let version: Int
    /// When it was put together.
    public let createdAt: Date
    /// When it came to its present state.
    public let stateSince: Date
    /// Where the money goes, or would go now; nil where the biller has no account.
    public let account: BillerAccount?
    /// The payout that is under way or was the last; nil before the first.
    public let attempt: Attempt?
    /// Whether follow-up monitoring keeps it back until two people have looked at it.
    public var isKeptBack = false

    /// Whether it waits for a proposal of a person: two have not agreed on it yet, or it came to nothing at the bank.
    public var awaitsProposal: Bool { proposal == nil && awaitsPeople }

    /// Whether it waits for people.
    public var awaitsPeople: Bool {
        switch status {
        case .pendingReview: true
        case .payable: attempt?.outcome != nil
        default: false
        }
    }

    /// Whether nothing more happens to it by itself: it is paid or carried forward, or came to nothing at the bank.
    var rests: Bool {
        status == .paid || status == .carriedForward || status == .payable && attempt?.outcome != nil
    }

    /// The payout as the bank is told of it.
    var payout: PayoutOrder? {
        guard let account, let attempt else { return nil }
        return PayoutOrder(
            subject: .settlement(id), number: attempt.number, amount: net,
            transactionTime: attempt.transactionTime, sealedAccount: account.sealedNumber,
            place: .billerAccountNumber(account.id), holderName: account.holderName,
            licenceNumber: account.licenceNumber)
    }
}

/// The account of a biller at a bank. The number itself stays sealed.
public struct BillerAccount: Sendable {
    let id: Int64
    /// The bank's name.
    public let bankName: String
    /// The last four digits of the number.
    public let tail: String
    /// In whose name it is.
    public let holderName: String
    let licenceNumber: String
    let sealedNumber: [UInt8]
}

/// A payment that a settlement pays.
public struct BillerSettlementLine: Sendable {
    /// Its row, which orders the lines.
    let orderID: Int64
    /// The payment's number.
    public let number: String
    /// 户号.
    public let customerNumber: String
    /// The biller's serial.
    public let billerSerial: String
    /// The day of the biller's statement that has it.
    public let agreedOn: LocalDate?
    /// How much, in fen.
    public let amount: Money
    /// Whether the region of whoever looks reaches the company that paid it.
    public var isReached = true
}

/// A settlement with all that its page shows.
public struct BillerSettlementDetails: Sendable {
    /// The settlement.
    public let settlement: BillerSettlement
    /// Its payments, the first of them.
    public let lines: [BillerSettlementLine]
    /// Its payouts, the first one first.
    public let attempts: [BillerSettlement.Attempt]
    /// What a person has to look at and nobody has closed.
    public let workItems: [OpenWorkItem]
    /// The cases of reconciliation about its payouts, the ended ones too.
    public let differences: [Difference]
    /// What it and its cases have posted, oldest first.
    public let postings: [PostedLine]
    /// A page of the messages about its payouts, the newest first.
    public let messages: ListPage<KeptBankMessage, Int64>
    /// What happened, oldest first.
    public let events: [Event]

    /// Whether nothing but a person will close its items: nothing happens to it by itself, and no case about it is open.
    public var isLeftToPeople: Bool { settlement.rests && !differences.contains { $0.state.isOpen } }

    /// Something that happened to it.
    public struct Event: Sendable {
        /// The event's name in the table of its states.
        public let event: String
        /// When.
        public let at: Date
        /// The person's name; nil for the machine and the bank.
        public let staffName: String?
        /// A reason, a serial, an answer code.
        public let note: String
    }
}

/// Why a settlement was not changed.
public enum BillerSettlementError: Error, Hashable, Sendable {
    /// There is no such settlement within the person's reach.
    case notFound
    /// The role does not do this.
    case notAllowed
    /// A reason has to be given, of at most 500 characters.
    case reasonMissing
    /// The biller has no account at a bank.
    case accountMissing
    /// The biller does not have one of the payments any more, or owes less than is kept back: it is to be put together anew.
    case paymentsChanged
    /// Somebody else changed or decided it in between.
    case stale
    /// The decider has a hand in the proposal.
    case samePerson
}
