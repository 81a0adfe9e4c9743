/// Where a bill payment stands: what became of the money, and what the biller did with it.
public struct BillPaymentStatus: OrderStatus {
    /// What became of the money.
    public enum Payment: String, Sendable, CaseIterable {
        case pendingReview, ready, sending, unknown, paid, refused, returnedToMaker, withdrawn, expired
    }

    /// What the biller did with it.
    public enum WriteOff: String, Sendable, CaseIterable {
        case none, pending, writtenOff, failed, disputed, reversed
    }

    /// What can happen to a bill payment.
    public enum Event: String, CaseIterable, Sendable {
        case submitted, approved, returnedToMaker, withdrawn, reviewExpired, billChanged, stopped, sendStarted
        case writtenOff, writeOffUnknown, writeOffFailed, refused, noAnswer, answerUnclear, notKnown, resent
        case absentFromFiles, partlyWrittenOff, fullyRefunded, writeOffDenied, writtenOffLate
        case charged, billerReversed, borne
    }

    /// What became of the money.
    public let payment: Payment
    /// What the biller did with it.
    public let writeOffState: WriteOff

    /// The kind of order this is the status of.
    public static let kind = OrderKind.billPayment

    /// A status of the pairs that exist; others are never built.
    init(_ payment: Payment, _ writeOffState: WriteOff = .none) {
        self.payment = payment
        self.writeOffState = writeOffState
    }

    static let pendingReview = BillPaymentStatus(.pendingReview)
    static let ready = BillPaymentStatus(.ready)
    static let sending = BillPaymentStatus(.sending)
    static let unknown = BillPaymentStatus(.unknown)
    static let refused = BillPaymentStatus(.refused)
    static let refusedDisputed = BillPaymentStatus(.refused, .disputed)
    static let returnedToMaker = BillPaymentStatus(.returnedToMaker)
    static let withdrawn = BillPaymentStatus(.withdrawn)
    static let expired = BillPaymentStatus(.expired)
    static let writeOffPending = BillPaymentStatus(.paid, .pending)
    static let writtenOff = BillPaymentStatus(.paid, .writtenOff)
    static let writeOffFailed = BillPaymentStatus(.paid, .failed)
    static let disputed = BillPaymentStatus(.paid, .disputed)
    static let reversed = BillPaymentStatus(.paid, .reversed)

    /// The pairs that exist.
    public static let allCases: [BillPaymentStatus] = [
        .pendingReview, .ready, .sending, .unknown, .writeOffPending, .writtenOff, .writeOffFailed, .disputed,
        .reversed, .refused, .refusedDisputed, .returnedToMaker, .withdrawn, .expired,
    ]

    /// The name of the payment state.
    public var state: String { payment.rawValue }
    /// The name of the write-off state.
    public var writeOff: String { writeOffState.rawValue }

    /// No step of its own follows.
    public var isFinal: Bool {
        switch (payment, writeOffState) {
        case (.paid, .writtenOff), (.paid, .failed), (.paid, .reversed), (.refused, .none): true
        case (.returnedToMaker, _), (.withdrawn, _), (.expired, _): true
        default: false
        }
    }

    /// What the books must show.
    public var position: [Account: Position] {
        switch (payment, writeOffState) {
        case (.pendingReview, _), (.ready, _), (.sending, _), (.unknown, _):
            [.enterpriseAvailable: Position(1, fees: 1), .enterpriseFrozen: Position(-1, fees: -1)]
        case (.paid, .pending): [.enterpriseAvailable: Position(1), .writeOffPending: Position(-1)]
        // A loss that a biller's late word has parked counts as if the company had borne it.
        case (.paid, .writtenOff), (.paid, .disputed), (.refused, .disputed):
            [.enterpriseAvailable: Position(1), .billerPayable: Position(-1)]
        default: [:]
        }
    }

    /// The table of money.md 2.2: from, event, to, posting.
    public static let transitions: [Transition<BillPaymentStatus>] = [
        rows([nil], .submitted, .pendingReview, "P10"),
        rows([nil], .submitted, .ready, "P10"),
        rows([.pendingReview], .approved, .ready),
        rows([.pendingReview], .returnedToMaker, .returnedToMaker, "P11"),
        rows([.pendingReview], .withdrawn, .withdrawn, "P11"),
        rows([.pendingReview], .reviewExpired, .expired, "P11"),
        rows([.ready], .billChanged, .returnedToMaker, "P11"),
        rows([.ready], .withdrawn, .withdrawn, "P11"),
        rows([.ready], .stopped, .withdrawn, "P11"),
        rows([.ready], .sendStarted, .sending),
        rows([.sending, .unknown], .writtenOff, .writtenOff, "P20"),
        rows([.sending, .unknown], .writeOffUnknown, .writeOffPending, "P21"),
        rows([.sending, .unknown], .writeOffFailed, .writeOffFailed, "P21, then refund P23"),
        rows([.sending, .unknown], .refused, .refused, "P11"),
        rows([.sending], .noAnswer, .unknown),
        rows([.unknown], .answerUnclear, .unknown),
        rows([.unknown], .notKnown, .unknown),
        rows([.unknown], .resent, .sending),
        rows([.unknown], .absentFromFiles, .refused, "P11"),
        rows([.writeOffPending], .writtenOff, .writtenOff, "P22"),
        rows([.writeOffPending], .partlyWrittenOff, .writtenOff, "P22 part, P23 rest"),
        rows([.writeOffPending], .writeOffFailed, .writeOffFailed, "refund P23"),
        rows([.writeOffPending], .absentFromFiles, .writeOffFailed, "refund P23"),
        rows([.writtenOff], .fullyRefunded, .reversed, "by the refund"),
        rows([.writtenOff], .writeOffDenied, .disputed, late: true),
        rows([.disputed], .writtenOff, .writtenOff),
        rows([.disputed], .writeOffFailed, .writeOffFailed, "refund P24 or P25"),
        rows([.refused], .writtenOffLate, .refusedDisputed, "P41", late: true),
        rows([.writeOffFailed], .writtenOffLate, .disputed, "P41", late: true),
        rows([.refusedDisputed], .charged, .writtenOff, "P42"),
        rows([.refusedDisputed], .billerReversed, .refused, "P44"),
        rows([.refusedDisputed], .borne, .refused, "P45"),
        rows([.disputed], .charged, .writtenOff, "P42"),
        rows([.disputed], .billerReversed, .writeOffFailed, "P44"),
        rows([.disputed], .borne, .writeOffFailed, "P45"),
    ].flatMap { $0 }
}
