import Foundation
import Postgres

/// A case of reconciliation (对账差异): the bank and our books do not agree about one trade.
public struct Difference: Sendable {
    /// Its row.
    public let id: Int64
    /// The number people use, `DF…`.
    public let number: String
    /// Of which channel.
    public let channel: Channel
    /// What differs.
    public let kind: DifferenceClass
    /// The bank's settlement day.
    public let settlementDate: LocalDate
    /// The order it is about; nil where nobody knows.
    public let orderNumber: String?
    /// The bank's serial, where the bank has one.
    public let serial: String?
    /// What the bank says, in fen.
    public let bankAmount: Money?
    /// What our books say, in fen.
    public let ourAmount: Money?
    /// What happened, in words.
    public let detail: String
    /// What the machine has parked for it.
    public let parking: Parking
    /// How much is parked, in fen; zero where nothing is.
    public let amount: Money
    /// Whether it is money parked that came back by a payout whose loss the platform has borne.
    public let isBorne: Bool
    /// Where it stands.
    public let state: DifferenceState
    /// How it is, or is to be, handled.
    public let handling: Handling?
    /// The enterprise concerned: the order's, or the one proposed.
    public let enterprise: Enterprise.ID?
    /// The enterprise's name.
    public let enterpriseName: String?
    /// The enterprise's merchant number.
    public let merchantNumber: String?
    /// The reason of the last proposal.
    public let reason: String
    /// Rises with every step; a decision is about one version.
    public let version: Int
    /// When it was found.
    public let raisedAt: Date
    /// When it came to its present state.
    public let stateSince: Date
    /// Where the order stands, if it is a top-up.
    public let topUp: TopUpStatus?
    let orderID: Int64?

    /// Whether the bank gives back by itself what is parked: money that it took after the time allowed.
    public var waitsForBank: Bool { parking == .receipt && topUp == .lateDebited }

    /// The ways in which it may be handled, for the choice on its page.
    public var choices: [Handling] {
        switch parking {
        case .receipt where waitsForBank: []
        // What came by a payout returned has no payer to whom the gateway could give it back.
        case .receipt where channel == .gateway: [.credited, .returned]
        // What has come into the reserve account is somebody's, or the platform's own.
        case .receipt where channel == .reserve: [.credited, .ownFunds]
        case .receipt: [isBorne ? .recovered : .credited]
        // What the bank has drawn from the reserve account without a net.
        case .loss where channel == .reserve && kind == .bankOnly: [.ownFunds, .borne]
        // A net that has not arrived is no company's doing.
        case .loss where channel == .reserve: [.madeGood, .borne]
        case .loss, .order: [.charged, .madeGood, .borne]
        // A payment that a biller's statements deny: a case of either class has kept it from being settled.
        case .none where channel == .biller && (kind == .oursOnly || kind == .amountDiffers):
            [.writtenOff, .writeOffFailed]
        case .none where isSurplus: [.ownFunds]
        // A top-up in review of which no file has anything ends with the bank's word that the payer has the money.
        case .none where topUp == .inReview && kind == .oursOnly && serial == nil: [.absent]
        case .none
        where kind == .oursOnly
            && (refundNumber != nil || settlementNumber != nil || (orderID != nil && topUp == nil)):
            [.absent, .acknowledged]
        case .none: [.acknowledged]
        }
    }

    /// Whether a proposal to credit or charge it has to name the enterprise, because no order tells whose it is.
    public var namesEnterprise: Bool { orderNumber == nil && choices.contains(where: \.concernsEnterprise) }

    /// Whether it is about what a net has brought too much and nothing has explained by its waiting days. No line of a statement
    /// has its serial; it is parked only when two people end it.
    public var isSurplus: Bool { channel == .reserve && kind == .amountDiffers && serial == nil }

    /// What stands in place of a serial in cases about a line of a biller's statement: the biller's code and the number
    /// under which it has the payment.
    static func billerSerial(_ biller: String, _ payment: String) -> String { "\(biller)/\(payment)" }

    /// The refund that a case is about of which the bank knows nothing; it stands in place of the bank's serial.
    public var refundNumber: String? { serial.flatMap { $0.hasPrefix("RF") ? $0 : nil } }

    /// The payout to a biller, likewise.
    public var settlementNumber: String? { serial.flatMap { $0.hasPrefix("ST") ? $0 : nil } }
}

/// What differs. Each line of a file ends in exactly one class, or is matched.
public enum DifferenceClass: String, Sendable, CaseIterable, PostgresCodable {
    /// The bank has a trade that no order of ours explains (长款).
    case bankOnly
    /// We have booked what the complete files of D to D+3 lack (短款).
    case oursOnly
    /// Both have it, with other amounts.
    case amountDiffers
    /// Both have it, and say other things about it.
    case stateDiffers
    /// The bank has it twice.
    case duplicate
    /// The bank took another fee than agreed.
    case feeDiffers
    /// We have it, the file of its day does not: the next days' files may. Posts nothing.
    case cutOff
}

/// What the machine has parked for a difference until people decide.
public enum Parking: String, Sendable, CaseIterable, PostgresCodable {
    /// Nothing.
    case none
    /// Money of somebody that is with us (P02).
    case receipt
    /// Money that we miss, posted by the difference (P40).
    case loss
    /// Money that we miss, posted by the order's own step (P40, P41).
    case order
}

/// What two people decide about a difference.
public enum Handling: String, Sendable, CaseIterable, PostgresCodable {
    /// 补账 to an enterprise (P03).
    case credited
    /// 退款 to the payer (P05 and a refund).
    case returned
    /// 收回: the platform has borne its loss, and so it is the platform's (P46).
    case recovered
    /// 自有资金: the platform's own money, put into the reserve or taken out (P53).
    case ownFunds
    /// The bank took it back by itself (P04); found by the machine.
    case takenBack
    /// 冲正, charged to the enterprise (P42).
    case charged
    /// The bank makes it good (P44).
    case madeGood
    /// The platform bears it (P45).
    case borne
    /// The bank never carried it out: the money of an order is set free, or comes back (P11, P33); a payout to a biller may be
    /// tried again (P62 where it was booked), and so may a refund. Of a top-up: it has given the money back to the payer.
    case absent
    /// Looked at; nothing to post.
    case acknowledged
    /// The biller confirms what its statements lack.
    case writtenOff
    /// The biller has not written it off; the company gets its money back (P24).
    case writeOffFailed

    /// Whether it moves an enterprise's money.
    var concernsEnterprise: Bool { self == .credited || self == .charged }
}

/// Where a difference stands.
public enum DifferenceState: String, Sendable, CaseIterable, PostgresCodable {
    case open, waitingCutOff, selfCleared, proposed, resolved

    /// What can happen to a difference.
    public enum Event: String, Sendable, CaseIterable {
        case found, foundMissing, foundCleared, laterFileMatched, daysPassed, handlingProposed, approved,
            returned
        case contradicted
    }

    /// The table of money.md 2.8: from, event, to.
    public static let steps: [(from: DifferenceState?, event: Event, to: DifferenceState)] = [
        (nil, .found, .open),
        (nil, .foundMissing, .waitingCutOff),
        (nil, .foundCleared, .selfCleared),
        (.open, .laterFileMatched, .selfCleared),
        (.waitingCutOff, .laterFileMatched, .selfCleared),
        (.proposed, .laterFileMatched, .selfCleared),
        (.waitingCutOff, .daysPassed, .open),
        (.open, .handlingProposed, .proposed),
        (.proposed, .approved, .resolved),
        (.proposed, .returned, .open),
        (.selfCleared, .contradicted, .open),
        (.resolved, .contradicted, .open),
    ]

    /// Whether a person still has to look at it.
    public var isOpen: Bool { self == .open || self == .proposed }
}

/// Why a difference was not changed.
public enum DifferenceError: Error, Hashable, Sendable {
    /// There is no such case within the person's reach.
    case notFound
    /// The role does not do this.
    case notAllowed
    /// A reason has to be given.
    case reasonMissing
    /// This is no way to handle such a case.
    case unfitting
    /// Money is to be credited or charged, and nobody says whose it is.
    case enterpriseMissing
    /// No enterprise has the merchant number that was named.
    case enterpriseUnknown
    /// The enterprise's account is closed.
    case enterpriseClosed
    /// Somebody else changed or decided it in between.
    case stale
    /// The decider has a hand in the proposal.
    case samePerson
}
