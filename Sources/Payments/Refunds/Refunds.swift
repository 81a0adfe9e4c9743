import Foundation
import Postgres
import UnionPay

/// Refunds of receipts (receiptReturn): unidentified money goes back to the account it came from, decided by two people with
/// its case. Sent like every order: once, under one number and time, asked about until it is known.
///
/// One that the bank has confirmed and that the complete files lack is disputed, and nothing is posted for that: its money
/// lies in clearing still (P06), which bank and platform settle by the files. P27 and P44 are for refunds of bills, where a
/// biller owes. Acknowledged (the bank has paid after all, by a later file or by two people) it is completed and nothing is
/// posted. Taken for never done it is refused: P06 is undone and the money lies with its case again (P07).
public struct Refunds: Sendable {
    let platform: Platform

    struct Refund: Sendable {
        let id: Int64
        let number: String
        let difference: Int64
        let differenceNumber: String
        let settlementDate: LocalDate
        let originalSerial: String
        let amount: Money
        let status: RefundStatus
        let stateSince: Date
        let transactionTime: String?
        let bankSerial: String?
        let createdAt: Date
        let orderID: Int64?
        let orderNumber: String?

        /// The day, in Beijing, under which the bank knows it; before it is sent, that on which it was decided.
        var sentOn: LocalDate {
            transactionTime.flatMap(LocalDate.init(bankTime:)) ?? LocalDate(createdAt)
        }
    }

    /// How long a refund may stay open before a person is told, in seconds: the bank settles one within ten days.
    private static let openTooLongSeconds = 10 * 86_400.0

    // MARK: Beginning

    /// Begins the refund of a case's money in the transaction in which two people have decided it: the money leaves the
    /// unidentified receipts at once (P05), so that it can be given back once only.
    func begin(
        of found: Difference, by actor: Actor, at moment: Date, on connection: isolated Connection
    ) throws {
        guard let serial = found.serial, found.channel == .gateway else { throw DifferenceError.unfitting }
        // What a refund has given back too little is of the same payment.
        let original: String? = try connection.query(
            "SELECT original_serial FROM refunds WHERE bank_serial = \(serial)"
        ).first?["original_serial"]
        let number = Orders.newNumber(prefix: "RF", effects: platform.effects)
        let id: Int64 = try connection.query(
            """
            SELECT create_refund(
                \(number), 'receiptReturn', \(found.id), \(original ?? serial), \(found.amount), \(moment), \(actor.kind),
                \(actor.id)) AS id
            """
        ).only()["id"]
        let refund = try Self.load(id, on: connection)
        try post(.returnDecided, refund, event: .requested, at: moment, on: connection)
        try Self.record(.approved, of: refund, at: moment, by: actor, on: connection)
        try Jobs.schedule(.refund, id, due: moment, on: connection)
    }

    // MARK: Advancing

    /// Brings a refund one step further.
    func advance(_ id: Int64, attempts: Int) async throws {
        let refund = try await platform.database.transaction { try Self.load(id, on: $0) }
        switch refund.status {
        case .approved:
            guard let sending = try await startSending(refund, attempts: attempts) else { return }
            try await settle(sending, await platform.bank.refund(sending), attempts: attempts)
        case .sending:
            try await settle(refund, .unclear(reason: "restarted while sending"), attempts: attempts)
        case .unknown, .accepted:
            try await settle(refund, await platform.bank.askAbout(refund), attempts: attempts)
        case .requested, .awaitingFunds, .completed, .refused, .rejected, .withdrawn, .disputed:
            try await platform.database.transaction { try Jobs.finish(.refund, id, on: $0) }
        }
    }

    /// Records, before the call, that the refund is sent, with the one time it will ever have. Nil when there is nothing to
    /// send, or not now, because the channel is paused.
    private func startSending(_ refund: Refund, attempts: Int) async throws -> Refund? {
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            let now = try Self.load(refund.id, on: connection)
            guard now.status == .approved else { return nil }
            if try connection.isPaused(.gateway) {
                try Jobs.again(
                    .refund, now.id, due: Rhythm.payout.next(after: attempts, from: moment), on: connection)
                return nil
            }
            try Self.record(.sendStarted, of: now, at: moment, by: .system, on: connection)
            try connection.execute(
                "UPDATE refunds SET transaction_time = \(BeijingTime(moment).digits) WHERE id = \(now.id)")
            return try Self.load(refund.id, on: connection)
        }
    }

    /// Draws the consequence of what the bank said. The synchronous 00 is acceptance; only a query or the file confirms.
    func settle(_ refund: Refund, _ evidence: PayoutEvidence, attempts: Int) async throws {
        let moment = platform.effects.now()
        let mustResend = try await platform.database.transaction { connection -> Bool in
            try lock(refund, on: connection)
            let now = try Self.load(refund.id, on: connection)
            guard !now.status.isFinal else {
                try Jobs.finish(.refund, now.id, on: connection)
                return false
            }
            let next = evidence.next(after: attempts, from: moment)
            switch evidence {
            case .accepted where now.status != .accepted:
                try Self.record(.accepted, of: now, at: moment, by: .bank, on: connection)
                try Jobs.again(.refund, now.id, due: next, on: connection)
            case .paid(let serial, let day):
                try confirm(
                    now, serial: serial, settlementDate: SettlementDay.date(day, near: moment), at: moment,
                    on: connection)
            case .refused(let code, let text):
                try Self.record(
                    .refused, of: now, at: moment, by: .bank, note: "\(code) \(text)", on: connection)
                try post(.returnRefused, now, event: .refused, at: moment, on: connection)
                try reopen(now, note: "退款失败：\(code) \(text)", at: moment, on: connection)
                try Jobs.finish(.refund, now.id, on: connection)
            case .notKnown
            where try now.status == .unknown && Bank.mayRepeat(now.transactionTime, at: moment)
                && !connection.isPaused(.gateway):
                try Self.record(.resent, of: now, at: moment, by: .system, note: "34", on: connection)
                return true
            case .accepted, .notKnown, .unclear:
                if evidence == .notKnown, now.status != .sending,
                    try BankFiles.lack(now.number, from: now.sentOn, until: now.sentOn, on: connection)
                {
                    // Only two people may decide that it was never carried out.
                    try platform.differences.openMissing(now, at: moment, on: connection)
                }
                if now.status == .sending {
                    try Self.record(.noAnswer, of: now, at: moment, by: .system, on: connection)
                }
                if moment > now.createdAt.addingTimeInterval(Self.openTooLongSeconds), let order = now.orderID
                {
                    try WorkItems.raise(
                        "refund.openTooLong", order: order, detail: "退款 \(now.number) 超过十天没有结果", at: moment,
                        on: connection)
                }
                try Jobs.again(.refund, now.id, due: next, on: connection)
            }
            return false
        }
        guard mustResend else { return }
        let sending = try await platform.database.transaction { try Self.load(refund.id, on: $0) }
        var answer = await platform.bank.refund(sending)
        if case .refused(let code, _) = answer {
            // That a repetition is refused says nothing about the first message, which may still be on its way.
            answer = .unclear(reason: code)
        }
        try await settle(sending, answer, attempts: attempts + 1)
    }

    /// The complete files lack a refund that the bank has confirmed: it is disputed, once, until a later file or two people say
    /// what holds. The bank's settlement day may be the one after that of its word.
    func deny(_ id: Int64, at moment: Date, on connection: isolated Connection) throws {
        try lock(Self.load(id, on: connection), on: connection)
        let refund = try Self.load(id, on: connection)
        guard refund.status == .completed, try Self.disputeEvent(of: id, on: connection) == nil,
            try BankFiles.lack(
                refund.number, from: refund.sentOn, until: LocalDate(refund.stateSince).adding(days: 1),
                on: connection)
        else { return }
        try Self.record(.denied, of: refund, at: moment, by: .bank, on: connection)
        try platform.differences.openDenied(refund, at: moment, on: connection)
    }

    /// The event by which a refund was disputed the last time; nil for one that never was.
    private static func disputeEvent(of id: Int64, on connection: isolated Connection) throws
        -> RefundStatus.Event?
    {
        try connection.query(
            """
            SELECT event FROM refund_events WHERE refund_id = \(id) AND to_state = \(RefundStatus.disputed)
            ORDER BY sequence DESC LIMIT 1
            """
        ).first.flatMap { RefundStatus.Event(rawValue: try $0["event"]) }
    }

    /// Whether the files have denied it and nobody has said what holds.
    private static func isDenied(_ refund: Refund, on connection: isolated Connection) throws -> Bool {
        try refund.status == .disputed && disputeEvent(of: refund.id, on: connection) == .denied
    }

    /// Two people have decided that the bank has carried it out: one that the files deny is completed again. The caller has
    /// locked it.
    static func acknowledge(
        _ number: String, by actor: Actor, at moment: Date, on connection: isolated Connection
    ) throws {
        let rows = try connection.query("SELECT id FROM refunds WHERE number = \(number)")
        guard let id: Int64 = try rows.first?["id"] else { return }
        let refund = try load(id, on: connection)
        guard try isDenied(refund, on: connection) else { return }
        try record(.acknowledged, of: refund, at: moment, by: actor, on: connection)
    }

    /// Two people have decided that the bank never carried it out: its money lies with the case again (P07, after P06 is undone
    /// where the bank had confirmed it). The caller has locked it.
    func absent(_ number: String, by actor: Actor, at moment: Date, on connection: isolated Connection) throws
    {
        let rows = try connection.query("SELECT id FROM refunds WHERE number = \(number)")
        guard let id: Int64 = try rows.first?["id"] else { throw DifferenceError.unfitting }
        let refund = try Self.load(id, on: connection)
        let event: RefundStatus.Event
        switch refund.status {
        case .unknown, .accepted: event = .absentFromFiles
        case .disputed where try Self.isDenied(refund, on: connection): event = .charged
        default: throw DifferenceError.unfitting
        }
        try Self.record(event, of: refund, at: moment, by: actor, on: connection)
        if event == .charged {
            try post(.returnConfirmed, refund, event: event, isUndone: true, at: moment, on: connection)
        }
        try post(.returnRefused, refund, event: event, at: moment, on: connection)
        try reopen(refund, note: "银行没有退款 \(refund.number)", at: moment, on: connection)
        try Jobs.finish(.refund, id, on: connection)
    }

    /// Two people, or the bank, have ended the loss by which a refund was disputed.
    static func settleDispute(
        _ serial: String, _ handling: Handling, by actor: Actor, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            "SELECT id FROM refunds WHERE bank_serial = \(serial) AND state = \(RefundStatus.disputed)")
        guard let id: Int64 = try rows.first?["id"] else { return }
        let event: RefundStatus.Event =
            switch handling {
            case .charged: .charged
            case .madeGood: .acknowledged
            default: .borne
            }
        try record(event, of: load(id, on: connection), at: moment, by: actor, on: connection)
    }

    /// A refund in the bank's file, which is what the bank really paid: it confirms the refund, and by how much it differs from
    /// what the refund gives back is parked beside that. False where the number is none of ours. A second one of the same number
    /// is a loss.
    func settle(
        _ number: String, serial: String, amount: Money, settlementDate: LocalDate, at moment: Date,
        on connection: isolated Connection
    ) throws -> Bool {
        let rows = try connection.query(
            "SELECT id FROM refunds WHERE number = \(number) OR \(number) = '' AND bank_serial = \(serial)")
        guard let id: Int64 = try rows.first?["id"] else { return false }
        try lock(Self.load(id, on: connection), on: connection)
        let refund = try Self.load(id, on: connection)
        var new = Differences.New(
            channel: .gateway, kind: .amountDiffers, settlementDate: settlementDate,
            order: try refund.orderID.flatMap { try BankFiles.reference($0, on: connection) },
            serial: serial, bankAmount: amount, ourAmount: refund.amount,
            detail: "银行退款的金额与退款 \(refund.number) 不符", clearingDay: refund.settlementDate)
        switch refund.status {
        case .disputed where try Self.isDenied(refund, on: connection):
            try Self.record(.acknowledged, of: refund, at: moment, by: .bank, note: serial, on: connection)
            try Differences.clear(
                missing: refund.number, .gateway, note: "银行已确认退款", at: moment, on: connection)
        case .completed where try !Self.isKnown(serial, of: refund, on: connection),
            .disputed where try !Self.isKnown(serial, of: refund, on: connection):
            new.kind = .duplicate
            new.detail = "同一笔退款 \(refund.number)，银行退款两次"
            new.parking = .loss
            new.amount = amount
            try platform.differences.open(new, at: moment, on: connection)
            return true
        case .completed, .disputed: break
        case .sending, .unknown, .accepted, .refused:
            try confirm(
                refund, serial: serial, settlementDate: settlementDate, at: moment, on: connection)
        default: return false
        }
        if amount != refund.amount {
            try new.parkDifference(of: amount, from: refund.amount, in: .refund)
            try platform.differences.open(new, at: moment, on: connection)
        }
        return true
    }

    /// Whether a refund that is done has been confirmed under this serial, or acknowledged by its line.
    private static func isKnown(
        _ serial: String, of refund: Refund, on connection: isolated Connection
    ) throws -> Bool {
        guard refund.bankSerial != serial else { return true }
        return try !connection.query(
            """
            SELECT 1 AS one FROM refund_events
            WHERE refund_id = \(refund.id) AND event = \(RefundStatus.Event.acknowledged.rawValue) AND note = \(serial)
            """
        ).isEmpty
    }

    private func confirm(
        _ refund: Refund, serial: String, settlementDate: LocalDate, at moment: Date,
        on connection: isolated Connection
    ) throws {
        // One that was undone may be confirmed again under the serial that it has claimed.
        if refund.bankSerial != serial {
            try BankSerials.claim(
                serial, .refund, of: .refund(refund.id), amount: refund.amount, day: settlementDate,
                at: moment, on: connection)
        }
        if refund.status == .refused {
            // Its money lies with the case again: it leaves once more, if nobody has used it meanwhile.
            let state: DifferenceState = try connection.query(
                "SELECT state FROM differences WHERE id = \(refund.difference)"
            ).only()["state"]
            guard state == .open || state == .proposed else {
                // The money has gone twice: what the bank has given back is a loss.
                try Self.record(
                    .confirmed, of: refund, choosing: .disputed, at: moment, by: .bank, note: serial,
                    on: connection)
                try connection.execute("UPDATE refunds SET bank_serial = \(serial) WHERE id = \(refund.id)")
                try platform.differences.open(
                    Differences.New(
                        channel: .gateway, kind: .stateDiffers, settlementDate: settlementDate,
                        order: try refund.orderID.flatMap { try BankFiles.reference($0, on: connection) },
                        serial: serial, bankAmount: refund.amount, ourAmount: nil,
                        detail: "退款 \(refund.number) 已判失败并另行处理，银行又确认成功", parking: .loss,
                        amount: refund.amount, clearingDay: refund.settlementDate), at: moment,
                    on: connection)
                try Jobs.finish(.refund, refund.id, on: connection)
                return
            }
            try post(.returnDecided, refund, event: .confirmed, at: moment, on: connection)
            try Differences.record(
                .laterFileMatched, of: refund.difference, at: moment, by: .system, note: refund.number,
                handling: .returned, on: connection)
        }
        try Self.record(
            .confirmed, of: refund, choosing: .completed, at: moment, by: .bank, note: serial,
            on: connection)
        try post(.returnConfirmed, refund, event: .confirmed, at: moment, on: connection)
        try connection.execute("UPDATE refunds SET bank_serial = \(serial) WHERE id = \(refund.id)")
        try Jobs.finish(.refund, refund.id, on: connection)
        try Differences.clear(missing: refund.number, .gateway, note: "银行已确认退款", at: moment, on: connection)
        if let order = refund.orderID { try TopUps.returned(order, at: moment, on: connection) }
    }

    /// The case of a refused refund waits for two people again.
    private func reopen(
        _ refund: Refund, note: String, at moment: Date, on connection: isolated Connection
    ) throws {
        try Differences.record(
            .contradicted, of: refund.difference, at: moment, by: .bank, note: note, on: connection)
        try Self.settleTakenBack(refund, at: moment, on: connection)
    }

    /// Locks the enterprise of the case's order, first of all locks, and the refund: one of no order has nothing else by which
    /// two steps follow each other.
    private func lock(_ refund: Refund, on connection: isolated Connection) throws {
        if let order = refund.orderID {
            let enterprise: Enterprise.ID = try connection.query(
                "SELECT enterprise_id FROM orders WHERE id = \(order)"
            ).only()["enterprise_id"]
            try connection.lockOrders(of: enterprise)
        }
        _ = try connection.query("SELECT id FROM refunds WHERE id = \(refund.id) FOR NO KEY UPDATE")
    }

    /// Locks the refund that a case is about, before the case: so does whoever brings the refund further.
    static func lock(ifAbout difference: String, on connection: isolated Connection) throws {
        _ = try connection.query(
            """
            SELECT r.id FROM refunds r JOIN differences d ON d.serial = r.number
            WHERE d.number = \(difference) FOR NO KEY UPDATE OF r
            """)
    }

    // MARK: Rows

    private static func record(
        _ event: RefundStatus.Event, of refund: Refund, choosing: RefundStatus? = nil, at moment: Date,
        by actor: Actor, note: String = "", on connection: isolated Connection
    ) throws {
        let next = try RefundStatus.after(event, from: refund.status, choosing: choosing)
        _ = try connection.query(
            """
            SELECT record_refund_event(
                \(refund.id), \(event.rawValue), \(next.rawValue), \(moment), \(actor.kind), \(actor.id), \(note))
            """)
    }

    /// - Parameter isUndone: whether the entry is posted the other way round.
    private func post(
        _ code: PostingCode, _ refund: Refund, event: RefundStatus.Event, isUndone: Bool = false,
        at moment: Date, on connection: isolated Connection
    ) throws {
        func line(_ account: Account, _ amount: Int64) -> JournalEntry.Line {
            let item: String =
                switch account {
                case .bankClearing: refund.settlementDate.description
                case .unidentifiedReceipts: refund.differenceNumber
                default: refund.number
                }
            return JournalEntry.Line(
                account: account, owner: Channel.gateway.rawValue, item: item, amount: amount)
        }
        let (debit, credit) = code.accounts
        let amount = isUndone ? -refund.amount.fen : refund.amount.fen
        let source = EntrySource(kind: "refund", id: refund.id)
        try Ledger.post(
            JournalEntry(
                code, source: source, enterprise: nil, event: event.rawValue,
                occurrence: try Ledger.nextOccurrence(of: event.rawValue, of: source, on: connection),
                lines: [line(debit, amount), line(credit, -amount)]), at: moment, on: connection)
    }

    static func load(_ id: Int64, on connection: isolated Connection) throws -> Refund {
        let row = try connection.query(
            """
            SELECT r.id, r.number, r.difference_id, d.number AS difference_number, d.settlement_date, r.original_serial,
                r.amount, r.state, r.state_since, r.transaction_time, r.bank_serial, r.created_at, d.order_id, o.number AS order_number
            FROM refunds r JOIN differences d ON d.id = r.difference_id LEFT JOIN orders o ON o.id = d.order_id
            WHERE r.id = \(id)
            """
        ).only()
        return Refund(
            id: try row["id"], number: try row["number"], difference: try row["difference_id"],
            differenceNumber: try row["difference_number"], settlementDate: try row["settlement_date"],
            originalSerial: try row["original_serial"], amount: try row["amount"], status: try row["state"],
            stateSince: try row["state_since"], transactionTime: try row["transaction_time"],
            bankSerial: try row["bank_serial"],
            createdAt: try row["created_at"],
            orderID: try row["order_id"], orderNumber: try row["order_number"])
    }
}

extension Platform {
    /// Refunds.
    public var refunds: Refunds { Refunds(platform: self) }
}
