/// Where a top-up stands.
public enum TopUpStatus: String, OrderStatus {
    case created, atBank, closing, closed, credited, lateDebited, refundedByBank, inReview, returned
    case reversalParked, reversed

    /// What can happen to a top-up.
    public enum Event: String, CaseIterable, Sendable {
        case ordered, handedOff, cancelled, deadlinePassed, paidConfirmed, answerUnclear,
            declinedBeforeTimeout
        case cancelRequested, notPaidConfirmed, absentFromFiles, lateDebitReported, bankRefundConfirmed
        case bankRefundOverdue, receiptMismatched, creditApproved, returnCompleted, paidAgain, reversedByBank
        case charged, madeGood, borne
    }

    /// The kind of order this is the status of.
    public static let kind = OrderKind.topUp

    /// The state's name.
    public var state: String { rawValue }

    /// No step of its own follows.
    public var isFinal: Bool {
        switch self {
        case .closed, .credited, .refundedByBank, .returned, .reversed: true
        case .created, .atBank, .closing, .lateDebited, .inReview, .reversalParked: false
        }
    }

    /// Whether the bank's word that it was paid would credit it; a closed order too, however late.
    var waitsForBank: Bool { [.atBank, .closing, .closed].contains(self) }

    /// Whether the bank's word that it was paid changes it: after a late debit that word contradicts, and leads to people.
    var canBePaid: Bool { waitsForBank || self == .lateDebited }

    /// Whether the bank has to bring it to its end by itself first: it gives back what it took too late, or its files bring what it
    /// reports.
    var isLeftToBank: Bool { self == .lateDebited || self == .inReview }

    /// What the books must show.
    public var position: [Account: Position] {
        switch self {
        case .credited: [.bankClearing: Position(1), .enterpriseAvailable: Position(-1)]
        case .reversalParked: [.differenceReceivable: Position(1), .enterpriseAvailable: Position(-1)]
        default: [:]
        }
    }

    /// The table of money.md 2.1: from, event, to, posting.
    public static let transitions: [Transition<TopUpStatus>] = [
        rows([nil], .ordered, .created),
        rows([.created], .handedOff, .atBank),
        rows([.created], .cancelled, .closed),
        rows([.created], .deadlinePassed, .closed),
        rows([.atBank], .paidConfirmed, .credited, "P01"),
        rows([.atBank], .answerUnclear, .atBank),
        rows([.atBank], .declinedBeforeTimeout, .atBank),
        rows([.atBank], .cancelRequested, .closing),
        rows([.atBank], .deadlinePassed, .closing),
        rows([.closing], .paidConfirmed, .credited, "P01"),
        rows([.closing], .notPaidConfirmed, .closed),
        rows([.closing], .absentFromFiles, .closed),
        rows(
            [.atBank, .closing, .closed], .lateDebitReported, .lateDebited, "– (P02 if in the file)",
            late: true),
        rows([.closed], .paidConfirmed, .credited, "P01", late: true),
        rows([.lateDebited], .bankRefundConfirmed, .refundedByBank, "P04 if P02"),
        rows([.lateDebited], .paidConfirmed, .inReview, "P02 if not yet", late: true),
        rows([.lateDebited], .bankRefundOverdue, .inReview),
        rows([.refundedByBank], .paidConfirmed, .inReview, "P02", late: true),
        rows([.atBank, .closing, .closed], .receiptMismatched, .inReview, "P02", late: true),
        rows([.inReview], .creditApproved, .credited, "P03"),
        rows([.inReview], .returnCompleted, .returned, "by the refund"),
        rows([.inReview], .bankRefundConfirmed, .refundedByBank, "P04", late: true),
        rows([.credited], .paidAgain, .credited, "P02", late: true),
        rows([.credited], .lateDebitReported, .credited, late: true),
        rows([.credited], .reversedByBank, .reversalParked, "P40", late: true),
        rows([.credited], .absentFromFiles, .reversalParked, "P40", late: true),
        rows([.returned], .bankRefundConfirmed, .returned, "P40", late: true),
        rows([.reversalParked], .charged, .reversed, "P42"),
        rows([.reversalParked], .madeGood, .credited, "P44"),
        rows([.reversalParked], .borne, .credited, "P45"),
    ].flatMap { $0 }
}
