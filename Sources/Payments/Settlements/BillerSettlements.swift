import Foundation
import Postgres

/// Settlements to billers: put together on each working day, agreed on by two people, paid out.
public struct BillerSettlements: Sendable {
    let platform: Platform

    // MARK: Putting together

    /// The hour (Beijing) from which a working day's settlements are put together.
    static let hour = 10.0
    /// The subject of the job that puts them together; all others are settlements.
    private static let collection: Int64 = 0

    /// Plans the collection, if it is not planned.
    func plan(at moment: Date) async throws {
        try await platform.database.execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at)
            VALUES (\(JobKind.billerSettlement.rawValue), \(Self.collection), \(moment)) ON CONFLICT DO NOTHING
            """)
    }

    /// Does a job: the day's collection, or the next step of a settlement.
    func perform(_ subject: Int64, attempts: Int) async throws {
        guard subject == Self.collection else { return try await advance(subject, attempts: attempts) }
        let moment = platform.effects.now()
        let today = LocalDate(moment)
        let start = today.start.addingTimeInterval(Self.hour * 3600)
        if moment >= start, try await isWorkingDay(today) { try await collect(today) }
        let next =
            moment < start ? start : today.adding(days: 1).start.addingTimeInterval(Self.hour * 3600)
        try await platform.database.transaction {
            try Jobs.again(.billerSettlement, subject, due: next, on: $0)
        }
    }

    private func isWorkingDay(_ day: LocalDate) async throws -> Bool {
        try await platform.workingDays.calendar().isWorkingDay(day) ?? (day.weekday <= 5)
    }

    /// Makes the settlements of a day: of each biller what its statements have and no settlement has. Done again it finds
    /// nothing more.
    func collect(_ day: LocalDate) async throws {
        let moment = platform.effects.now()
        let billers = try await platform.database.query(
            """
            SELECT DISTINCT b.biller_code FROM bill_payments b
            WHERE b.agreed_on IS NOT NULL AND NOT b.is_settled ORDER BY 1
            """
        ).map { try $0.decode("biller_code", as: String.self) }
        for biller in billers {
            var isMore = true
            while isMore {
                let number = Orders.newNumber(prefix: "ST", effects: platform.effects)
                let made: Int64? = try await platform.database.query(
                    "SELECT collect_biller_settlement(\(number), \(biller), \(day), \(moment)) AS id"
                ).only()["id"]
                isMore = made != nil
            }
        }
    }

    // MARK: Looking

    /// Which settlements are asked for.
    public struct Filter: Sendable, Hashable {
        /// In one state.
        public var status: BillerSettlementStatus?
        /// Part of a biller's name, or the whole number of a settlement. Empty: no narrowing.
        public var search: String

        /// A filter; without arguments it lets all settlements through.
        public init(status: BillerSettlementStatus? = nil, search: String = "") {
            self.status = status
            self.search = search
        }
    }

    /// A page of the settlements of a region, the newest first.
    ///
    /// - Parameters:
    ///   - key: the last row of the page before.
    ///   - limit: rows a page, at most 1000.
    public func list(
        _ filter: Filter = Filter(), within region: Region, before key: Int64? = nil, limit: Int = 20
    ) async throws -> ListPage<BillerSettlement, Int64> {
        let limit = max(1, min(limit, 1000))
        var conditions: [SQL] = [region.condition]
        if let key { conditions.append("s.id < \(key)") }
        if let status = filter.status { conditions.append("s.state = \(status)") }
        let search = filter.search.trimmed
        if !search.isEmpty {
            let number = search.normalizedIdentifier.uppercased()
            conditions.append("(position(\(search) IN b.name) > 0 OR s.number = \(number))")
        }
        let rows = try await platform.database.query(
            """
            \(fragment: Self.selection) WHERE \(fragment: .joined(conditions, by: " AND "))
            ORDER BY s.id DESC LIMIT \(limit + 1)
            """
        ).map(Self.settlement)
        return ListPage(rows, limit: limit, key: \.id)
    }

    /// The settlements of a region that wait for people, the oldest first, at most a hundred.
    public func waiting(within region: Region) async throws -> [BillerSettlement] {
        try await platform.database.query(
            """
            \(fragment: Self.selection)
            WHERE s.state NOT IN ('paid', 'carriedForward') AND \(fragment: region.condition)
                AND (s.state = 'pendingReview' OR s.state = 'payable' AND t.outcome IS NOT NULL)
            ORDER BY s.id LIMIT 100
            """
        ).map(Self.settlement)
    }

    /// How many payments the page of a settlement shows; its export has all.
    public static let shownLines = 50

    /// A settlement with all that its page shows, if the region reaches it.
    ///
    /// - Parameter before: the message below which its page of messages begins; nil for the newest.
    public func find(
        _ number: String, messagesBefore before: Int64? = nil, within region: Region
    ) async throws -> BillerSettlementDetails? {
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "\(fragment: Self.selection) WHERE s.number = \(number) AND \(fragment: region.condition)")
            guard let settlement = try rows.first.map(Self.settlement) else { return nil }
            let attempts = try connection.query(
                """
                SELECT t.number AS attempt_number, t.transaction_time, t.bank_serial, t.settlement_date, t.outcome
                FROM biller_settlement_attempts t WHERE t.settlement_id = \(settlement.id) ORDER BY t.attempt LIMIT 100
                """
            ).compactMap(Self.attempt)
            let events = try connection.query(
                """
                SELECT v.event, v.happened_at, v.note, p.name
                FROM biller_settlement_events v LEFT JOIN staff p ON v.actor_kind = 'staff' AND p.id = v.actor_id
                WHERE v.settlement_id = \(settlement.id) ORDER BY v.sequence LIMIT 1000
                """
            ).map { row in
                BillerSettlementDetails.Event(
                    event: try row["event"], at: try row["happened_at"], staffName: try row["name"],
                    note: try row["note"])
            }
            return BillerSettlementDetails(
                settlement: settlement,
                lines: try Self.lines(
                    of: settlement, within: region, limit: Self.shownLines, on: connection),
                attempts: attempts,
                workItems: try WorkItems.open(where: "settlement_id = \(settlement.id)", on: connection),
                differences: try Self.cases(of: settlement.id, on: connection),
                postings: try PostedLine.lines(
                    of: """
                        SELECT 'billerSettlement' AS kind, \(settlement.id) AS id
                        UNION ALL SELECT 'difference', id FROM (\(fragment: Self.cases(of: settlement.id))) d
                        """, on: connection),
                messages: try KeptBankMessage.page(
                    where: "settlement_id = \(settlement.id)", before: before, on: connection),
                events: events)
        }
    }

    /// The cases about a settlement's payouts: that bank and files know nothing of one, or what a file has under its number.
    private static func cases(of id: Int64) -> SQL {
        """
        SELECT c.id FROM biller_settlement_attempts t JOIN differences c ON c.channel = \(Channel.payout.rawValue)
            AND (c.serial = t.number OR c.serial IN (
                SELECT l.serial FROM bank_file_lines l
                WHERE l.channel = \(Channel.payout.rawValue) AND l.order_number = t.number))
        WHERE t.settlement_id = \(id)
        """
    }

    /// The same cases, the newest first, at most a hundred.
    static func cases(of id: Int64, on connection: isolated Connection) throws -> [Difference] {
        try connection.query(
            """
            \(fragment: Differences.selection) WHERE d.id IN (\(fragment: cases(of: id))) ORDER BY d.id DESC LIMIT 100
            """
        ).map(Differences.difference)
    }

    /// All payments of a settlement, for its export; nil when the region does not reach it.
    public func lines(of number: String, within region: Region) async throws -> [BillerSettlementLine]? {
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "\(fragment: Self.selection) WHERE s.number = \(number) AND \(fragment: region.condition)")
            guard let settlement = try rows.first.map(Self.settlement) else { return nil }
            return try Self.lines(
                of: settlement, within: region, limit: settlement.payments, on: connection)
        }
    }

    private static func lines(
        of settlement: BillerSettlement, within region: Region, limit: Int,
        on connection: isolated Connection
    ) throws -> [BillerSettlementLine] {
        try connection.query(
            """
            SELECT l.order_id, o.number, b.customer_number, b.biller_serial, b.agreed_on, l.amount,
                \(fragment: region.condition) AS is_reached
            FROM biller_settlement_lines l JOIN orders o ON o.id = l.order_id
            JOIN bill_payments b ON b.order_id = l.order_id
            JOIN enterprises e ON e.id = o.enterprise_id JOIN cities ON cities.code = e.city_code
            WHERE l.settlement_id = \(settlement.id) ORDER BY l.order_id LIMIT \(Int64(limit))
            """
        ).map { row in
            BillerSettlementLine(
                orderID: try row["order_id"], number: try row["number"],
                customerNumber: try row["customer_number"],
                billerSerial: try row.decode("biller_serial", as: String?.self) ?? "",
                agreedOn: try row["agreed_on"], amount: try row["amount"], isReached: try row["is_reached"])
        }
    }

    // MARK: Rows

    /// The account is that of the proposal or of the payout under way; before there is one, the one that is in force.
    static let selection: SQL = """
        SELECT s.id, s.number, s.biller_code, b.name AS biller_name, b.city_code, s.settlement_day, s.payments, s.gross,
            s.netted, s.fee, s.net, s.state, s.proposed_by, p.name AS proposer_name, s.version, s.created_at, s.state_since,
            a.id AS account_id, k.name AS bank_name, a.account_number_tail, a.account_number_sealed, a.holder_name,
            a.licence_number, t.number AS attempt_number, t.transaction_time, t.bank_serial, t.settlement_date, t.outcome,
            s.state = 'payable' AND t.outcome IS NULL AND EXISTS (
                SELECT FROM held_settlements q JOIN withdrawal_holds h ON h.id = q.hold_id
                WHERE q.attempt_id = t.id AND h.state IN ('active', 'proposed')) AS is_kept_back
        FROM biller_settlements s JOIN billers b ON b.code = s.biller_code JOIN cities ON cities.code = b.city_code
        LEFT JOIN staff p ON p.id = s.proposed_by
        LEFT JOIN biller_settlement_attempts t ON t.settlement_id = s.id AND t.attempt = s.attempt
        LEFT JOIN biller_accounts a ON a.id = CASE
            WHEN s.proposed_by IS NOT NULL THEN s.account_id
            WHEN t.number IS NOT NULL AND t.outcome IS NULL THEN t.account_id
            ELSE (SELECT max(id) FROM biller_accounts WHERE biller_code = s.biller_code) END
        LEFT JOIN banks k ON k.code = a.bank_code
        """

    static func settlement(_ row: Row) throws -> BillerSettlement {
        let account: Int64? = try row["account_id"]
        let proposer: StaffMember.ID? = try row["proposed_by"]
        return BillerSettlement(
            id: try row["id"], number: try row["number"], billerCode: try row["biller_code"],
            billerName: try row["biller_name"], cityCode: try row["city_code"],
            day: try row["settlement_day"], payments: try row["payments"], gross: try row["gross"],
            netted: try row["netted"], fee: try row["fee"], net: try row["net"], status: try row["state"],
            proposal: try proposer.map {
                BillerSettlement.Proposal(by: $0, name: try row["proposer_name"])
            },
            version: try row["version"], createdAt: try row["created_at"], stateSince: try row["state_since"],
            account: try account.map { id in
                BillerAccount(
                    id: id, bankName: try row["bank_name"], tail: try row["account_number_tail"],
                    holderName: try row["holder_name"], licenceNumber: try row["licence_number"],
                    sealedNumber: try row["account_number_sealed"])
            }, attempt: try attempt(row), isKeptBack: try row["is_kept_back"])
    }

    static func attempt(_ row: Row) throws -> BillerSettlement.Attempt? {
        guard let number: String = try row["attempt_number"] else { return nil }
        return BillerSettlement.Attempt(
            number: number, transactionTime: try row["transaction_time"],
            bankSerial: try row["bank_serial"], settlementDate: try row["settlement_date"],
            outcome: try row["outcome"])
    }

    static func load(_ id: Int64, on connection: isolated Connection) throws -> BillerSettlement {
        try settlement(connection.query("\(fragment: selection) WHERE s.id = \(id)").only())
    }

    /// A settlement, locked.
    static func lock(_ id: Int64, on connection: isolated Connection) throws -> BillerSettlement {
        _ = try connection.query("SELECT lock_biller_settlement(\(id))")
        return try load(id, on: connection)
    }

    static func record(
        _ event: BillerSettlementStatus.Event, of settlement: BillerSettlement,
        choosing: BillerSettlementStatus? = nil, account: Int64? = nil, at moment: Date, by actor: Actor,
        note: String = "", on connection: isolated Connection
    ) throws {
        let next = try BillerSettlementStatus.after(event, from: settlement.status, choosing: choosing)
        _ = try connection.query(
            """
            SELECT record_biller_settlement_event(
                \(settlement.id), \(event.rawValue), \(next.rawValue), \(moment), \(actor.kind), \(actor.id), \(note),
                \(account))
            """)
    }
}

extension Platform {
    /// Settlements to billers.
    public var billerSettlements: BillerSettlements { BillerSettlements(platform: self) }
}
