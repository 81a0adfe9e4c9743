import Postgres

/// Where a settlement to a biller stands (money.md 2.7).
public enum BillerSettlementStatus: String, Sendable, CaseIterable, PostgresCodable {
    case collecting, reconciling, pendingReview, payable, sending, unknown, atBank, paid, carriedForward

    /// What can happen to a settlement.
    public enum Event: String, Sendable, CaseIterable {
        case started, collected, differencesFound, agreed, nothingToPay, proposed, returned, approved
        case sendStarted, unsendable, noAnswer, resent, bankAccepted, bankRefused, absentFromFiles
        case paidConfirmed, payoutReturned
    }

    /// The table: from, event, to, posting.
    public static let steps:
        [(from: BillerSettlementStatus?, event: Event, to: BillerSettlementStatus, postings: String)] = [
            (nil, .started, .collecting, ""),
            (.collecting, .collected, .reconciling, ""),
            (.reconciling, .differencesFound, .reconciling, ""),
            (.reconciling, .agreed, .pendingReview, ""),
            (.reconciling, .nothingToPay, .carriedForward, ""),
            (.pendingReview, .proposed, .pendingReview, ""),
            (.pendingReview, .returned, .collecting, ""),
            (.pendingReview, .approved, .payable, "P60"),
            (.pendingReview, .approved, .carriedForward, "P60"),
            (.payable, .sendStarted, .sending, ""),
            (.payable, .unsendable, .payable, ""),
            (.sending, .noAnswer, .unknown, ""),
            (.unknown, .resent, .sending, ""),
            (.sending, .bankAccepted, .atBank, ""),
            (.unknown, .bankAccepted, .atBank, ""),
            (.sending, .paidConfirmed, .paid, "P61"),
            (.unknown, .paidConfirmed, .paid, "P61"),
            (.atBank, .paidConfirmed, .paid, "P61"),
            (.sending, .bankRefused, .payable, ""),
            (.unknown, .bankRefused, .payable, ""),
            (.atBank, .bankRefused, .payable, ""),
            (.unknown, .absentFromFiles, .payable, ""),
            (.payable, .paidConfirmed, .paid, "P61"),
            (.paid, .payoutReturned, .payable, "P62"),
            (.paid, .absentFromFiles, .payable, "P62"),
            (.payable, .proposed, .payable, ""),
            (.payable, .returned, .payable, ""),
            (.payable, .approved, .payable, ""),
        ]

    /// Where `event` leads; `choosing` names the one meant where the table leaves a choice.
    static func after(
        _ event: Event, from: BillerSettlementStatus?, choosing: BillerSettlementStatus? = nil
    ) throws(IllegalStep) -> BillerSettlementStatus {
        let fitting = steps.filter { $0.from == from && $0.event == event }.map(\.to)
        let chosen = choosing.map { wanted in fitting.filter { $0 == wanted } } ?? fitting
        guard chosen.count == 1, let next = chosen.first else {
            throw IllegalStep(
                subject: "biller settlement", from: from?.rawValue ?? "–", event: event.rawValue)
        }
        return next
    }

    /// Whether the bank has it, or may have it.
    var isSent: Bool { self == .sending || self == .unknown || self == .atBank }
}
