import Foundation
import Postgres

/// The cases of reconciliation: opened by the machine, which parks the money at once, and decided by two people.
public struct Differences: Sendable {
    let platform: Platform

    // MARK: Opening

    /// A case about to be opened.
    struct New {
        var channel: Channel
        var kind: DifferenceClass
        var settlementDate: LocalDate
        var order: OrderReference?
        var serial: String?
        var bankAmount: Money?
        var ourAmount: Money?
        var detail: String
        var parking = Parking.none
        /// What is parked; zero for ``Parking/none``.
        var amount = Money.zero
        /// The day under which clearing has the money, where that is not the settlement day.
        var clearingDay: LocalDate?
        /// What is parked is posted against; clearing unless said otherwise.
        var against: [JournalEntry.Line] = []
        var event = DifferenceState.Event.found

        /// Parks by how much the bank moved more, or less, than was booked under its serial, so that clearing holds what the
        /// bank's file has.
        mutating func parkDifference(of bank: Money, from booked: Money, in trade: BankFiles.Trade) throws {
            let isMore = bank > booked
            ourAmount = booked
            parking = isMore == (trade.sign > 0) ? .receipt : .loss
            amount = isMore ? try bank - booked : try booked - bank
        }
    }

    /// Opens a case and parks its money, unless the bank has said the same before: then nil. The caller has locked the
    /// enterprise of the order.
    @discardableResult
    func open(_ new: New, at moment: Date, on connection: isolated Connection) throws -> Int64? {
        if let serial = new.serial, new.kind != .cutOff {
            let known = try connection.query(
                """
                SELECT 1 AS one FROM differences
                WHERE channel = \(new.channel.rawValue) AND serial = \(serial) AND class = \(new.kind)
                """)
            guard known.isEmpty else { return nil }
        }
        let number = Orders.newNumber(prefix: "DF", effects: platform.effects)
        let id: Int64 = try connection.query(
            """
            SELECT open_difference(
                \(number), \(new.channel.rawValue), \(new.kind.rawValue), \(new.settlementDate), \(new.order?.id),
                \(new.serial), \(new.bankAmount), \(new.ourAmount), \(new.detail), \(new.parking.rawValue), \(new.amount),
                \(new.event.rawValue), \(moment)) AS id
            """
        ).only()["id"]
        switch new.parking {
        case .receipt:
            try park(
                .receiptParked, id, number, new, .unidentifiedReceipts, -new.amount.fen, at: moment,
                on: connection)
        case .loss:
            // A net that does not arrive is money that we miss as well.
            let isShort = new.channel == .reserve && new.kind == .oursOnly
            try park(
                isShort ? .settlementShort : .lossParked, id, number, new, .differenceReceivable,
                new.amount.fen, at: moment, on: connection)
        case .order, .none: break
        }
        if new.parking == .loss || new.parking == .order, let order = new.order {
            try Enterprises.stopOutgoing(
                order.enterprise, reason: "银行与账簿不符（\(number)），待核实", at: moment, on: connection)
        }
        return id
    }

    private func park(
        _ code: PostingCode, _ id: Int64, _ number: String, _ new: New, _ account: Account, _ change: Int64,
        at moment: Date, on connection: isolated Connection
    ) throws {
        let clearing = JournalEntry.Line(
            account: .bankClearing, owner: new.channel.rawValue,
            item: (new.clearingDay ?? new.settlementDate).description, amount: -change)
        let parked = JournalEntry.Line(
            account: account, owner: new.channel.rawValue, item: number, amount: change)
        let against = new.against.isEmpty ? [clearing] : new.against
        try Ledger.post(
            JournalEntry(
                code, source: .difference(id), enterprise: nil, event: new.event.rawValue,
                lines: change > 0 ? [parked] + against : against + [parked]), at: moment, on: connection)
    }

    /// An entry over a case's amount, with the case as the open item and its settlement day as the item of clearing.
    static func entry(
        _ code: PostingCode, id: Int64, number: String, channel: Channel, settlementDate: LocalDate,
        amount: Money, enterprise: Enterprise.ID?, event: String, occurrence: Int = 1
    ) -> JournalEntry {
        func line(_ account: Account, _ amount: Int64) -> JournalEntry.Line {
            switch account {
            case .enterpriseAvailable:
                JournalEntry.Line(account: account, owner: "", item: "", amount: amount)
            case .bankClearing:
                JournalEntry.Line(
                    account: account, owner: channel.rawValue, item: settlementDate.description,
                    amount: amount)
            case .channelCost:
                JournalEntry.Line(account: account, owner: "borne", item: number, amount: amount)
            default:
                JournalEntry.Line(account: account, owner: channel.rawValue, item: number, amount: amount)
            }
        }
        let (debit, credit) = code.accounts
        return JournalEntry(
            code, source: .difference(id), enterprise: enterprise, event: event, occurrence: occurrence,
            lines: [line(debit, amount.fen), line(credit, -amount.fen)])
    }

    /// The entry by which money parked turns out to be the platform's own (P53). The surplus of a net comes out of clearing
    /// at once.
    static func ownFunds(_ found: Difference, event: String) -> JournalEntry {
        let isReceipt = found.parking == .receipt
        let amount = isReceipt ? found.amount.fen : -found.amount.fen
        return JournalEntry(
            .ownFunds, source: .difference(found.id), enterprise: nil, event: event,
            occurrence: found.version,
            lines: [
                found.isSurplus
                    ? JournalEntry.Line(
                        account: .bankClearing, owner: Channel.gateway.rawValue,
                        item: found.settlementDate.description, amount: amount)
                    : JournalEntry.Line(
                        account: isReceipt ? .unidentifiedReceipts : .differenceReceivable,
                        owner: found.channel.rawValue, item: found.number, amount: amount),
                JournalEntry.Line(account: .ownFunds, owner: "", item: found.number, amount: -amount),
            ])
    }

    /// The entry that makes a parked loss good (P44): the parking entry the other way round, item by item.
    static func madeGood(
        _ found: Difference, event: String, on connection: isolated Connection
    ) throws -> JournalEntry {
        let lines = try connection.query(
            """
            SELECT p.account, p.owner, p.item, p.amount FROM journal_entries e
            JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            WHERE e.source_kind = 'difference' AND e.source_id = \(found.id)
                AND e.code IN (\(PostingCode.lossParked.rawValue), \(PostingCode.settlementShort.rawValue))
            ORDER BY e.id, p.line
            """
        ).map { row in
            guard let account = Account(rawValue: try row["account"]) else {
                throw UnreadableOrder(column: "account")
            }
            return JournalEntry.Line(
                account: account, owner: try row["owner"], item: try row["item"],
                amount: try -row.decode("amount", as: Int64.self))
        }
        return JournalEntry(
            .madeGood, source: .difference(found.id), enterprise: nil, event: event,
            occurrence: found.version, lines: lines)
    }

    // MARK: Steps

    /// Takes a step of a case.
    @discardableResult
    static func record(
        _ event: DifferenceState.Event, of id: Int64, at moment: Date, by actor: Actor, note: String = "",
        handling: Handling? = nil, parking: Parking? = nil,
        amount: Money? = nil, enterprise: Enterprise.ID? = nil, on connection: isolated Connection
    ) throws -> DifferenceState {
        let rows = try connection.query(
            """
            SELECT record_difference_event(
                \(id), \(event.rawValue), \(moment), \(actor.kind), \(actor.id), \(note), \(handling?.rawValue),
                \(parking?.rawValue), \(amount), \(enterprise)) AS state
            """)
        return try rows.only()["state"]
    }

    /// Clears the open cases of an order that another word of the bank has explained.
    static func clear(
        order id: Int64, _ kinds: [DifferenceClass], note: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT id FROM differences WHERE order_id = \(id) AND class = ANY(\(kinds.map(\.rawValue)))
                AND parking = 'none' AND state IN ('open', 'waitingCutOff', 'proposed')
            """)
        for row in rows {
            try record(
                .laterFileMatched, of: try row["id"], at: moment, by: .system, note: note, on: connection)
        }
    }

    /// Clears the case of a refund, or of a payout to a biller, of which the bank knew nothing, when it has confirmed it.
    static func clear(
        missing number: String, _ channel: Channel, note: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT id FROM differences WHERE channel = \(channel.rawValue) AND serial = \(number)
                AND class = \(DifferenceClass.oursOnly) AND state IN ('open', 'proposed')
            """)
        for row in rows {
            try record(
                .laterFileMatched, of: try row["id"], at: moment, by: .bank, note: note, on: connection)
        }
    }

    /// Clears the open cases, in which nothing is parked, of a net that has arrived wholly by now.
    static func clear(
        reserve settled: LocalDate, note: String, at moment: Date, on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT id FROM differences WHERE channel = \(Channel.reserve.rawValue) AND settlement_date = \(settled)
                AND class <> \(DifferenceClass.bankOnly) AND parking = 'none' AND state IN ('open', 'proposed')
            """)
        for row in rows {
            try record(
                .laterFileMatched, of: try row["id"], at: moment, by: .bank, note: note, on: connection)
        }
    }

    /// The bank has taken back by itself what a case had parked (P04).
    ///
    /// - Parameter day: the settlement day of the bank's line that says so, where that is not the case's own.
    static func takeBack(
        _ id: Int64, under day: LocalDate? = nil, note: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let found = try difference(
            try connection.query("\(fragment: selection) WHERE d.id = \(id)").only())
        try record(
            .laterFileMatched, of: id, at: moment, by: .bank, note: note, handling: .takenBack, on: connection
        )
        try Ledger.post(
            entry(
                .receiptTakenBack, id: id, number: found.number, channel: found.channel,
                settlementDate: day ?? found.settlementDate, amount: found.amount, enterprise: nil,
                event: DifferenceState.Event.laterFileMatched.rawValue, occurrence: found.version),
            at: moment, on: connection)
    }

    /// The loss that a trade of the bank has parked by itself, whatever has become of it.
    static func loss(
        of serial: String, _ channel: Channel, on connection: isolated Connection
    ) throws -> Difference? {
        try connection.query(
            """
            \(fragment: selection) WHERE d.channel = \(channel.rawValue) AND d.serial = \(serial) AND d.parking = 'loss'
            """
        ).first.map(difference)
    }

    /// The bank gives back by itself what a case had parked as a loss (P44); what it keeps is our cost.
    ///
    /// - Parameters:
    ///   - amount: what came back, at most what was parked.
    ///   - day: the settlement day of the line that brings it.
    static func makeGood(
        _ loss: Difference, cameBack amount: Money, on day: LocalDate, note: String, at moment: Date,
        _ connection: isolated Connection
    ) throws {
        let event = DifferenceState.Event.laterFileMatched
        try record(
            event, of: loss.id, at: moment, by: .bank, note: note, handling: .madeGood, on: connection)
        let owner = loss.channel.rawValue
        try Ledger.post(
            JournalEntry(
                .madeGood, source: .difference(loss.id), enterprise: nil, event: event.rawValue,
                occurrence: loss.version,
                lines: [
                    JournalEntry.Line(
                        account: .bankClearing, owner: owner, item: day.description, amount: amount.fen),
                    JournalEntry.Line(
                        account: .channelCost, owner: "returned", item: loss.number,
                        amount: try (loss.amount - amount).fen),
                    JournalEntry.Line(
                        account: .differenceReceivable, owner: owner, item: loss.number,
                        amount: -loss.amount.fen),
                ]), at: moment, on: connection)
    }

    /// A refund of which the bank knows nothing and that the complete files lack: a case for two people.
    func openMissing(_ refund: Refunds.Refund, at moment: Date, on connection: isolated Connection) throws {
        try open(
            New(
                channel: .gateway, kind: .oursOnly, settlementDate: refund.sentOn,
                order: try refund.orderID.flatMap { try BankFiles.reference($0, on: connection) },
                serial: refund.number, ourAmount: refund.amount,
                detail: "银行称没有退款 \(refund.number)，D 至 D+3 日文件也没有：确认后可重新退款"), at: moment,
            on: connection)
    }

    /// A refund that the bank has confirmed and that the complete files lack: a case for two people; the one that there has been,
    /// if the bank has denied it before it confirmed it.
    func openDenied(_ refund: Refunds.Refund, at moment: Date, on connection: isolated Connection) throws {
        let opened = try open(
            New(
                channel: .gateway, kind: .oursOnly, settlementDate: refund.sentOn,
                order: try refund.orderID.flatMap { try BankFiles.reference($0, on: connection) },
                serial: refund.number, ourAmount: refund.amount,
                detail: "银行曾确认退款 \(refund.number)，至今的文件均无此退款：确认银行未退后可重新退款"), at: moment,
            on: connection)
        guard opened == nil else { return }
        try Self.contradict(
            missing: refund.number, .gateway, note: "银行曾确认退款，至今的文件均无此退款", at: moment, on: connection)
    }

    /// The case of a refund, or of a payout to a biller, of which the bank knew nothing, waits for two people again: what the
    /// bank has confirmed meanwhile is in none of its files.
    static func contradict(
        missing number: String, _ channel: Channel, note: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let known = try connection.query(
            """
            SELECT id FROM differences WHERE channel = \(channel.rawValue) AND serial = \(number)
                AND class = \(DifferenceClass.oursOnly) AND state IN ('selfCleared', 'resolved')
            """)
        for row in known {
            try record(.contradicted, of: try row["id"], at: moment, by: .bank, note: note, on: connection)
        }
    }

    // MARK: Looking

    static func enterprise(of number: String, on connection: isolated Connection) throws
        -> Enterprise.ID?
    {
        try connection.query("SELECT enterprise_id FROM differences WHERE number = \(number)").first
            .flatMap { try $0.decode("enterprise_id", as: Enterprise.ID?.self) }
    }

    /// The case, locked, if the person's region reaches it. One without an enterprise belongs to the whole country.
    static func lock(_ number: String, within region: Region, on connection: isolated Connection)
        throws -> Difference
    {
        _ = try connection.query("SELECT lock_difference(\(number))")
        let rows = try connection.query(
            "\(fragment: selection) WHERE d.number = \(number) AND \(fragment: reach(of: region))")
        guard let row = rows.first else { throw DifferenceError.notFound }
        return try difference(row)
    }

    static func reach(of region: Region) -> SQL {
        region == .national ? "true" : "(d.enterprise_id IS NOT NULL AND \(fragment: region.condition))"
    }

    static let selection: SQL = """
        SELECT d.id, d.number, d.channel, d.class, d.settlement_date, d.order_id, o.number AS order_number, d.serial,
            d.bank_amount, d.our_amount, d.detail, d.parking, d.amount,
            d.parking = 'receipt' AND EXISTS (
                SELECT FROM bank_file_lines l
                JOIN differences b ON b.channel = l.channel AND b.serial = l.original_serial
                WHERE l.channel = d.channel AND l.serial = d.serial AND NOT l.is_duplicate
                    AND b.handling = 'borne' AND b.state = 'resolved') AS is_borne,
            CASE o.kind WHEN 'topUp' THEN o.state END AS top_up, d.state, d.handling, d.enterprise_id,
            e.name AS enterprise_name, e.merchant_number, d.reason, d.version, d.raised_at, d.state_since
        FROM differences d LEFT JOIN orders o ON o.id = d.order_id
        LEFT JOIN enterprises e ON e.id = d.enterprise_id LEFT JOIN cities ON cities.code = e.city_code
        """

    static func difference(_ row: Row) throws -> Difference {
        guard let channel = Channel(rawValue: try row["channel"]) else {
            throw UnreadableOrder(column: "channel")
        }
        return Difference(
            id: try row["id"], number: try row["number"], channel: channel, kind: try row["class"],
            settlementDate: try row["settlement_date"], orderNumber: try row["order_number"],
            serial: try row["serial"], bankAmount: try row["bank_amount"], ourAmount: try row["our_amount"],
            detail: try row["detail"], parking: try row["parking"], amount: try row["amount"],
            isBorne: try row["is_borne"], state: try row["state"], handling: try row["handling"],
            enterprise: try row["enterprise_id"],
            enterpriseName: try row["enterprise_name"], merchantNumber: try row["merchant_number"],
            reason: try row["reason"],
            version: try row["version"], raisedAt: try row["raised_at"], stateSince: try row["state_since"],
            topUp: try row.decode("top_up", as: String?.self).flatMap(TopUpStatus.init(rawValue:)),
            orderID: try row["order_id"])
    }
}

extension Platform {
    /// The cases of reconciliation.
    public var differences: Differences { Differences(platform: self) }
}
