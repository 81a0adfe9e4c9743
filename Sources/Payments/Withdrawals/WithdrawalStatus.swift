/// Where a withdrawal stands.
public enum WithdrawalStatus: String, OrderStatus {
    case pendingReview, accepted, sending, unknown, atBank, paid, refused, cancelled, returnedToMaker, expired
    case returned, paymentParked

    /// What can happen to a withdrawal.
    public enum Event: String, CaseIterable, Sendable {
        case submitted, approved, returnedToMaker, reviewExpired, cancelled, accountNoLongerValid, sendStarted
        case bankAccepted, bankRefused, noAnswer, paidConfirmed, resent, absentFromFiles, answerUnclear
        case promisePassed, notKnown, neverPaid, payoutReturned, charged, madeGood, borne
    }

    /// The kind of order this is the status of.
    public static let kind = OrderKind.withdrawal

    /// The state's name.
    public var state: String { rawValue }

    /// No step of its own follows.
    public var isFinal: Bool {
        switch self {
        case .paid, .refused, .cancelled, .returnedToMaker, .expired, .returned: true
        case .pendingReview, .accepted, .sending, .unknown, .atBank, .paymentParked: false
        }
    }

    /// What the books must show.
    public var position: [Account: Position] {
        switch self {
        case .pendingReview, .accepted, .sending, .unknown:
            [.enterpriseAvailable: Position(1, fees: 1), .enterpriseFrozen: Position(-1, fees: -1)]
        case .atBank:
            [.enterpriseAvailable: Position(1, fees: 1), .withdrawalInTransit: Position(-1, fees: -1)]
        case .paid:
            [
                .enterpriseAvailable: Position(1, fees: 1), .bankClearing: Position(-1),
                .feeIncome: Position(0, fees: -1),
            ]
        // Less where the fee was given back (P34).
        case .returned: [.enterpriseAvailable: Position(0, fees: 1), .feeIncome: Position(0, fees: -1)]
        // Whether our fee is with us depends on what it was before; I3 knows.
        case .paymentParked:
            [
                .differenceReceivable: Position(1), .bankClearing: Position(-1),
                .enterpriseAvailable: Position(0, fees: 1), .feeIncome: Position(0, fees: -1),
            ]
        default: [:]
        }
    }

    /// The table of money.md 2.3: from, event, to, posting.
    public static let transitions: [Transition<WithdrawalStatus>] = [
        rows([nil], .submitted, .pendingReview, "P10"),
        rows([nil], .submitted, .accepted, "P10"),
        rows([.pendingReview], .approved, .accepted),
        rows([.pendingReview], .returnedToMaker, .returnedToMaker, "P11"),
        rows([.pendingReview], .reviewExpired, .expired, "P11"),
        rows([.pendingReview, .accepted], .cancelled, .cancelled, "P11"),
        rows([.accepted], .accountNoLongerValid, .returnedToMaker, "P11"),
        rows([.accepted], .sendStarted, .sending),
        rows([.sending, .unknown], .bankAccepted, .atBank, "P30"),
        rows([.sending, .unknown], .bankRefused, .refused, "P11"),
        rows([.sending], .noAnswer, .unknown),
        rows([.sending, .unknown], .paidConfirmed, .paid, "P30 + P31"),
        rows([.unknown], .resent, .sending),
        rows([.unknown], .absentFromFiles, .refused, "P11"),
        rows([.atBank], .paidConfirmed, .paid, "P31"),
        rows([.atBank], .bankRefused, .refused, "P32"),
        rows([.atBank], .answerUnclear, .atBank),
        rows([.unknown], .answerUnclear, .unknown),
        rows([.atBank], .promisePassed, .atBank),
        rows([.unknown], .promisePassed, .unknown),
        rows([.atBank], .notKnown, .atBank, late: true),
        rows([.atBank], .payoutReturned, .returned, "P31 + P33", late: true),
        rows([.paid], .payoutReturned, .returned, "P33 (P34)", late: true),
        rows([.paid], .absentFromFiles, .paid, late: true),
        rows([.paid], .neverPaid, .refused, "P33 (P34)", late: true),
        rows([.returned], .paidConfirmed, .paymentParked, "P40", late: true),
        rows([.refused], .paidConfirmed, .paymentParked, "P40", late: true),
        rows([.paymentParked], .charged, .paid, "P42"),
        rows([.paymentParked], .madeGood, .returned, "P44"),
        rows([.paymentParked], .madeGood, .refused, "P44"),
        rows([.paymentParked], .borne, .returned, "P45"),
        rows([.paymentParked], .borne, .refused, "P45"),
        rows([.refused], .payoutReturned, .refused, late: true),
    ].flatMap { $0 }
}
