import Foundation
import Postgres

/// What a biller's statements say of payments: that they have them, or that they lack what the biller had called written off.
extension BillPayments {
    /// A statement of the biller has the payment with our amount. Good news is booked at once, however late; what we have
    /// released or refunded is a loss (P41). Then the payment is agreed. The caller has locked the enterprise and the biller.
    ///
    /// - Returns: false where that cannot be: we have never sent it, or two people have given it back as a whole.
    func stated(
        _ id: Int64, serial: String, on day: LocalDate, at moment: Date, on connection: isolated Connection
    ) throws -> Bool {
        guard let now = try Self.current(id, on: connection) else { return false }
        if try Self.isAgreed(id, on: connection) { return true }
        switch now.status {
        case .sending, .unknown, .writeOffPending:
            let isOpen = now.status != .writeOffPending
            try Self.finish(
                now, .writtenOff, postings: [isOpen ? .billWrittenOff : .writeOffConfirmed], serial: serial,
                at: moment, by: .biller, on: connection)
        case .refused, .writeOffFailed:
            if try !Self.isPayable(now, on: connection) {
                try writtenOffLate(now, serial: serial, at: moment, on: connection)
            }
        case .disputed where try Self.isDenied(id, on: connection):
            try confirm(now, serial: serial, on: day, at: moment, by: .biller, on: connection)
        case .disputed, .refusedDisputed, .writtenOff: break
        default: return false
        }
        try Self.agree(id, on: day, on: connection)
        return true
    }

    /// The biller's statements lack a payment that it had called written off, or have another amount: nothing is posted, and it
    /// is kept out of what the biller is paid. The caller has locked the enterprise and the biller.
    ///
    /// - Parameter new: the case that two people decide.
    /// - Returns: false where the payment is not written off, or is agreed.
    @discardableResult
    func deny(
        _ id: Int64, as new: Differences.New, at moment: Date, on connection: isolated Connection
    ) throws -> Bool {
        guard let now = try Self.current(id, on: connection), now.status == .writtenOff,
            try !Self.isAgreed(id, on: connection)
        else { return false }
        try Orders.record(
            .writeOffDenied, from: now.status, of: now.reference, at: moment, by: .biller, note: new.detail,
            on: connection)
        try platform.differences.open(new, at: moment, on: connection)
        // Asked for one payment the biller may know better than its statement; of amounts its answers say nothing.
        if new.kind == .oursOnly { try Jobs.schedule(.billPayment, id, due: moment, on: connection) }
        return true
    }

    /// Two people have decided about a payment that the biller's statements deny: the biller has written it off all the same,
    /// or it has not, and the company gets its money back (P24). The caller has locked the enterprise and the case.
    func decide(
        denied id: Int64, isWrittenOff: Bool, by actor: Actor, at moment: Date,
        on connection: isolated Connection
    ) throws {
        guard let now = try Self.current(id, on: connection), now.status == .disputed,
            try Self.isDenied(id, on: connection)
        else { throw DifferenceError.unfitting }
        if isWrittenOff {
            try confirm(now, serial: nil, on: LocalDate(moment), at: moment, by: actor, on: connection)
            return
        }
        let event = BillPaymentStatus.Event.writeOffFailed
        try Orders.record(
            event, from: now.status, of: now.reference, at: moment, by: actor, on: connection)
        try Ledger.post(
            JournalEntry(
                .billRefunded, of: now.reference, event: event.rawValue,
                occurrence: try Ledger.nextOccurrence(
                    of: event.rawValue, of: .order(now.reference), on: connection),
                owner: now.biller.code), at: moment, on: connection)
        try Jobs.schedule(
            .billPayment, id, due: moment.addingTimeInterval(Self.lastLookSeconds), on: connection)
    }

    /// A denied payment is written off after all, and agreed.
    ///
    /// - Parameter day: of the biller's statement, or on which it said so.
    func confirm(
        _ payment: BillPayment, serial: String?, on day: LocalDate, at moment: Date, by actor: Actor,
        on connection: isolated Connection
    ) throws {
        let id = payment.reference.id
        try Orders.record(
            .writtenOff, from: payment.status, of: payment.reference, at: moment, by: actor,
            note: serial ?? "", on: connection)
        try Differences.clear(
            order: id, [.oursOnly, .amountDiffers], note: "收费单位已确认销账", at: moment, on: connection)
        try Self.agree(id, on: day, on: connection)
        try Jobs.finish(.billPayment, id, on: connection)
    }

    /// Whether a payment in dispute is so because the biller's statements lack it; otherwise because it was written off late.
    static func isDenied(_ id: Int64, on connection: isolated Connection) throws -> Bool {
        let event: String = try connection.query(
            "SELECT event FROM order_events WHERE order_id = \(id) ORDER BY sequence DESC LIMIT 1"
        ).only()["event"]
        return event == BillPaymentStatus.Event.writeOffDenied.rawValue
    }

    private static func isAgreed(_ id: Int64, on connection: isolated Connection) throws -> Bool {
        try connection.query(
            "SELECT agreed_on IS NOT NULL AS is_agreed FROM bill_payments WHERE order_id = \(id)"
        ).only()["is_agreed"]
    }

    private static func agree(_ id: Int64, on day: LocalDate, on connection: isolated Connection) throws {
        try connection.execute(
            "UPDATE bill_payments SET agreed_on = coalesce(agreed_on, \(day)) WHERE order_id = \(id)")
    }

    /// Whether the biller is owed the payment already: a late word of it was booked before, and borne.
    private static func isPayable(_ payment: BillPayment, on connection: isolated Connection) throws -> Bool {
        try connection.query(
            """
            SELECT coalesce(sum(p.amount), 0) <> 0 AS is_payable
            FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            WHERE e.source_kind = \(OrderKind.billPayment.rawValue) AND e.source_id = \(payment.reference.id)
                AND p.account = \(Account.billerPayable)
            """
        ).only()["is_payable"]
    }
}
