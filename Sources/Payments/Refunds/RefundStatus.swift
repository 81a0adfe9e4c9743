import Postgres

/// Where a refund stands.
public enum RefundStatus: String, Sendable, CaseIterable, PostgresCodable {
    case requested, approved, sending, unknown, accepted, awaitingFunds, completed, refused, rejected
    case withdrawn, disputed

    /// What can happen to a refund.
    public enum Event: String, Sendable, CaseIterable {
        case requested, approved, rejected, withdrawn, completedInternally, sendStarted, noAnswer
        case answerUnclear, resent, accepted, confirmed, fundsReturned, refused, absentFromFiles, denied
        case acknowledged, charged, borne
    }

    /// The table of money.md 2.4: from, event, to.
    public static let steps: [(from: RefundStatus?, event: Event, to: RefundStatus)] = [
        (nil, .requested, .requested),
        (.requested, .approved, .approved),
        (.requested, .rejected, .rejected),
        (.requested, .withdrawn, .withdrawn),
        (.approved, .completedInternally, .completed),
        (.approved, .sendStarted, .sending),
        (.sending, .noAnswer, .unknown),
        (.unknown, .answerUnclear, .unknown),
        (.unknown, .resent, .sending),
        (.sending, .accepted, .accepted),
        (.unknown, .accepted, .accepted),
        (.sending, .confirmed, .completed),
        (.unknown, .confirmed, .completed),
        (.accepted, .confirmed, .completed),
        (.sending, .confirmed, .awaitingFunds),
        (.unknown, .confirmed, .awaitingFunds),
        (.accepted, .confirmed, .awaitingFunds),
        (.awaitingFunds, .fundsReturned, .completed),
        (.sending, .refused, .refused),
        (.unknown, .refused, .refused),
        (.accepted, .refused, .refused),
        (.sending, .absentFromFiles, .refused),
        (.unknown, .absentFromFiles, .refused),
        (.accepted, .absentFromFiles, .refused),
        (.refused, .confirmed, .completed),
        (.refused, .confirmed, .disputed),
        (.completed, .denied, .disputed),
        (.disputed, .acknowledged, .completed),
        (.disputed, .charged, .refused),
        (.disputed, .borne, .completed),
    ]

    /// Where `event` leads; `choosing` names the one meant where the table leaves a choice.
    static func after(_ event: Event, from: RefundStatus?, choosing: RefundStatus? = nil)
        throws(IllegalStep) -> RefundStatus
    {
        let fitting = steps.filter { $0.from == from && $0.event == event }.map(\.to)
        let chosen = choosing.map { wanted in fitting.filter { $0 == wanted } } ?? fitting
        guard chosen.count == 1, let next = chosen.first else {
            throw IllegalStep(subject: "refund", from: from?.rawValue ?? "–", event: event.rawValue)
        }
        return next
    }

    /// No step of its own follows.
    public var isFinal: Bool {
        switch self {
        case .completed, .refused, .rejected, .withdrawn: true
        case .requested, .approved, .sending, .unknown, .accepted, .awaitingFunds, .disputed: false
        }
    }
}
