import Foundation
import Postgres

/// Late bad news that has cost money (P40, P41): parked by the order's own step at once, and charged, made good or borne
/// when two people say so.
enum Losses {
    /// Whether a loss about an order of an enterprise waits for two people; until then nothing goes out (I15).
    static func hasParked(_ enterprise: Enterprise.ID, on connection: isolated Connection) throws -> Bool {
        try !connection.query(
            """
            SELECT 1 AS one FROM differences d JOIN orders o ON o.id = d.order_id
            WHERE o.enterprise_id = \(enterprise) AND d.parking IN ('loss', 'order') AND d.state IN ('open', 'proposed') LIMIT 1
            """
        ).isEmpty
    }

    /// The entry that charges a parked loss to the enterprise (P42): its available balance as far as that reaches, a
    /// receivable for the rest. The caller has locked the enterprise.
    ///
    /// - Parameter fee: what the platform takes besides, for a withdrawal that counts as paid by the charge.
    static func charge(
        _ amount: Money, fee: Money = .zero, to enterprise: Enterprise.ID, source: EntrySource, item: String,
        owner: String, event: String, occurrence: Int = 1, on connection: isolated Connection
    ) throws -> JournalEntry {
        let total = try amount + fee
        let available = try Ledger.available(of: enterprise, on: connection)
        let reached = min(available, total)
        return JournalEntry(
            .charged, source: source, enterprise: enterprise, event: event, occurrence: occurrence,
            lines: [
                JournalEntry.Line(account: .enterpriseAvailable, owner: "", item: "", amount: reached.fen),
                JournalEntry.Line(
                    account: .enterpriseReceivable, owner: "", item: item,
                    amount: try (total - reached).fen),
                JournalEntry.Line(
                    account: .differenceReceivable, owner: owner, item: item, amount: -amount.fen),
                JournalEntry.Line(
                    account: .feeIncome, owner: JournalEntry.withdrawalFees, item: item, amount: -fee.fen),
            ])
    }

    /// Settles the loss that an order has parked.
    ///
    /// - Parameter cameBack: how much the bank has given back, where that is less than what was parked; the rest is our cost.
    static func settle(
        _ order: Int64, _ handling: Handling, channel: Channel, settlementDate: LocalDate,
        cameBack: Money? = nil, by actor: Actor, at moment: Date, on connection: isolated Connection
    ) throws {
        let row = try connection.query(
            """
            SELECT o.id, o.kind, o.number, o.enterprise_id, o.amount, o.fee, o.state, o.write_off,
                (SELECT biller_code FROM bill_payments WHERE order_id = o.id) AS biller_code
            FROM orders o WHERE o.id = \(order)
            """
        ).only()
        let reference = try Orders.reference(from: row)
        let event: String
        var fee = Money.zero
        switch reference.kind {
        case .topUp:
            let step: TopUpStatus.Event =
                switch handling {
                case .charged: .charged
                case .madeGood: .madeGood
                default: .borne
                }
            event = step.rawValue
            try Orders.record(
                step, from: Orders.status(TopUpStatus.self, from: row), of: reference, at: moment, by: actor,
                on: connection)
        case .withdrawal:
            let step: WithdrawalStatus.Event =
                switch handling {
                case .charged: .charged
                case .madeGood: .madeGood
                default: .borne
                }
            event = step.rawValue
            // Back to where it was before the bank contradicted itself.
            let parked = try connection.query(
                """
                SELECT v.from_state, w.gives_fee_back FROM order_events v JOIN withdrawals w ON w.order_id = v.order_id
                WHERE v.order_id = \(order) AND v.to_state = 'paymentParked' ORDER BY v.sequence DESC LIMIT 1
                """
            ).only()
            let before = WithdrawalStatus(rawValue: try parked["from_state"])
            // A withdrawal that was paid after all costs its fee, unless that is with us already.
            let hasFee = try before == .returned && !parked.decode("gives_fee_back", as: Bool.self)
            if handling == .charged, !hasFee { fee = reference.fee }
            try Orders.record(
                step, from: Orders.status(WithdrawalStatus.self, from: row),
                choosing: handling == .charged ? .paid : before,
                of: reference, at: moment, by: actor, on: connection)
        case .billPayment:
            let step: BillPaymentStatus.Event =
                switch handling {
                case .charged: .charged
                case .madeGood: .billerReversed
                default: .borne
                }
            event = step.rawValue
            try Orders.record(
                step, from: Orders.status(BillPaymentStatus.self, from: row), of: reference, at: moment,
                by: actor,
                on: connection)
        }
        // Whose the accounts are that the loss was parked on, and the item of the other one.
        let biller: String? = try row["biller_code"]
        let owner = biller ?? channel.rawValue
        // An order may meet such news more than once; each time is an occurrence of its own.
        let times: Int64 = try connection.query(
            "SELECT count(*) AS times FROM order_events WHERE order_id = \(order) AND event = \(event)"
        ).only()["times"]
        let amount = try moved(by: reference, on: connection)
        let entry: JournalEntry
        switch handling {
        case .charged:
            entry = try charge(
                amount, fee: fee, to: reference.enterprise, source: .order(reference),
                item: reference.number, owner: owner, event: event, occurrence: Int(times),
                on: connection)
        case .madeGood, .borne:
            let good = handling == .madeGood ? cameBack ?? amount : .zero
            entry = JournalEntry(
                handling == .borne ? .borne : .madeGood, source: .order(reference),
                enterprise: reference.enterprise, event: event, occurrence: Int(times),
                lines: [
                    JournalEntry.Line(
                        account: biller == nil ? .bankClearing : .billerPayable, owner: owner,
                        item: biller == nil ? settlementDate.description : reference.number, amount: good.fen),
                    JournalEntry.Line(
                        account: .channelCost, owner: "borne", item: reference.number,
                        amount: try (amount - good).fen),
                    JournalEntry.Line(
                        account: .differenceReceivable, owner: owner, item: reference.number,
                        amount: -amount.fen),
                ])
        default: throw DifferenceError.unfitting
        }
        try Ledger.post(entry, at: moment, on: connection)
    }

    /// The entry that parks an order's loss (P40): the bank has taken back, or paid out, what our books do not.
    static func park(
        _ order: OrderReference, event: String, channel: Channel, settlementDate: LocalDate,
        at moment: Date, on connection: isolated Connection
    ) throws {
        try park(
            order, .lossParked, event: event, owner: channel.rawValue, item: settlementDate.description,
            at: moment,
            on: connection)
    }

    /// The entry that parks an order's loss (P40, P41).
    ///
    /// - Parameters:
    ///   - owner: whose the accounts are: a channel's or a biller's.
    ///   - item: the open item of the credited account.
    static func park(
        _ order: OrderReference, _ code: PostingCode, event: String, owner: String, item: String,
        at moment: Date, on connection: isolated Connection
    ) throws {
        let amount = try moved(by: order, on: connection)
        try Ledger.post(
            JournalEntry(
                code, source: .order(order), enterprise: order.enterprise, event: event,
                occurrence: try Ledger.nextOccurrence(of: event, of: .order(order), on: connection),
                lines: [
                    JournalEntry.Line(
                        account: code.accounts.debit, owner: owner, item: order.number, amount: amount.fen),
                    JournalEntry.Line(
                        account: code.accounts.credit, owner: owner, item: item, amount: -amount.fen),
                ]), at: moment, on: connection)
    }

    /// What an order really moved: its amount, or what two people have credited in its place.
    static func moved(by order: OrderReference, on connection: isolated Connection) throws -> Money {
        try connection.query(
            """
            SELECT d.amount FROM top_ups t JOIN differences d ON d.id = t.credited_through
            WHERE t.order_id = \(order.id)
            """
        ).first?.decode("amount", as: Money.self) ?? order.amount
    }
}
