import Foundation
import Postgres

/// A settlement day: what became of its file, what its lines come to, what is open, and the reserve account.
public struct ReconciliationDay: Sendable {
    /// The file that was taken for the day.
    public struct File: Sendable {
        /// Its name; empty for a day that counts as empty, because the bank has no file of it and we have no trade.
        public let name: String
        /// When it was taken.
        public let acceptedAt: Date
        /// What its own summary states; nil where it has none.
        public let stated: BankFiles.Ending.Totals?
        /// How many lines of errors and adjustments it has.
        public let adjustments: Int64
    }

    /// What came of asking for the file once.
    public struct Attempt: Sendable {
        /// What came of it.
        public enum Result: String, Sendable, CaseIterable, PostgresCodable {
            case accepted, repeated, absent, unclear, damaged, other
        }

        /// When.
        public let at: Date
        /// What came of it.
        public let result: Result
        /// The answer's code, the file's name or what is wrong with it.
        public let detail: String
    }

    /// What the lines of one kind in one class come to. Amounts are fen.
    public struct Sum: Sendable {
        /// Of which channel.
        public let channel: Channel
        /// What kind of trade.
        public let trade: BankFiles.Trade
        /// The class.
        public let kind: BankLine.Kind
        /// How many lines.
        public let lines: Int64
        /// Their amounts.
        public let amount: Money
        /// What the bank took for them.
        public let fees: Money

        /// What comes to us by them, or goes (negative), after fees.
        ///
        /// - Throws: ``MoneyOverflow``.
        public var net: Money {
            get throws(MoneyOverflow) {
                try (trade.sign > 0 ? amount : .zero - amount) - fees
            }
        }
    }

    /// The cases of one class of a day and channel.
    public struct Cases: Sendable {
        /// Of which channel.
        public let channel: Channel
        /// The class.
        public let kind: DifferenceClass
        /// How many there are.
        public let count: Int64
        /// How many of them wait for a person.
        public let open: Int64
        /// What the bank, or else our books, say they come to, in fen.
        public let amount: Money
    }

    /// The statement of the reserve account of the day. Amounts are fen.
    public struct Reserve: Sendable {
        /// The account's number at the bank, masked.
        public let account: String
        /// What it held when the day began.
        public let opening: Money
        /// What it held when the day ended.
        public let closing: Money
        /// What our books say it held then.
        public let booked: Money
    }

    /// The day.
    public let day: LocalDate
    /// The file; nil while none was taken.
    public let file: File?
    /// How often it was asked for.
    public let attempts: Int64
    /// What came of it the last time.
    public let lastAttempt: Attempt?
    /// What the lines come to, by channel, trade and class.
    public let sums: [Sum]
    /// The cases, by channel and class.
    public let cases: [Cases]
    /// The statement of the reserve account; nil where none was imported.
    public let reserve: Reserve?
}

/// One settlement day with all that its page shows.
public struct ReconciliationDayDetails: Sendable {
    /// The day.
    public let day: ReconciliationDay
    /// How it was asked for, newest first, the last hundred times.
    public let attempts: [ReconciliationDay.Attempt]
    /// The lines of the file that were asked for.
    public let lines: [BankLine]
    /// Whether there are more.
    public let hasMoreLines: Bool
    /// Lines of the reserve account that belong to the day.
    public let reserveLines: [ReserveLine]
    /// Whether the day's net is exactly zero and it counts as settled, because a later day's statement has come.
    public let isSettledAtZero: Bool
}

/// What the bank's files and statements say day by day, for the people who look after them.
public struct ReconciliationDays: Sendable {
    let platform: Platform

    /// How many days an export holds at most, the newest ones.
    public static let exportLimit = 400
    /// How many lines of a file an export holds at most, the first ones.
    public static let lineExportLimit = 100_000

    /// Which days are asked for.
    public struct Filter: Sendable, Equatable {
        /// The first day.
        public var from: LocalDate?
        /// The last day.
        public var until: LocalDate?
        /// One channel's sums and cases only.
        public var channel: Channel?

        /// A filter; nil means no restriction.
        public init(from: LocalDate? = nil, until: LocalDate? = nil, channel: Channel? = nil) {
            self.from = from
            self.until = until
            self.channel = channel
        }
    }

    /// Days on which a file is due, was asked for or taken, or a statement was imported; the newest first, below `before`.
    ///
    /// - Parameter region: of whoever looks; the cases are those that it reaches.
    public func list(
        _ filter: Filter = Filter(), within region: Region, before: LocalDate? = nil, limit: Int = 20
    ) async throws -> [ReconciliationDay] {
        try await platform.database.transaction(as: .snapshot) {
            try Self.read(filter, within: region, before: before, limit: limit, on: $0)
        }
    }

    /// One day with the lines of its file behind `after`; nil for a day of which nothing is known.
    public func details(
        of day: LocalDate, _ filter: BankLine.Filter, within region: Region, after: Int64 = 0, limit: Int = 50
    ) async throws -> ReconciliationDayDetails? {
        try await platform.database.transaction(as: .snapshot) { connection in
            let known = try Self.read(
                Filter(from: day, until: day), within: region, before: nil, limit: 1, on: connection)
            guard let found = known.first else { return nil }
            let lines = try BankLine.lines(
                of: day, filter, within: region, after: after, limit: limit + 1, on: connection)
            return ReconciliationDayDetails(
                day: found, attempts: try Self.attempts(of: day, on: connection),
                lines: Array(lines.prefix(limit)), hasMoreLines: lines.count > limit,
                reserveLines: try ReserveLine.lines(of: day, on: connection),
                isSettledAtZero: try !connection.query(
                    """
                    SELECT 1 AS one FROM (\(fragment: ReserveStatements.settledAtZero)) z
                    WHERE z.settlement_date = \(day)
                    """
                ).isEmpty)
        }
    }

    /// All lines of a filter in the order of the file, in parts handed to `write`, up to ``lineExportLimit``. Returns whether
    /// the limit cut the export.
    public func exportLines(
        of day: LocalDate, _ filter: BankLine.Filter, within region: Region, write: ([BankLine]) -> Void
    ) async throws -> Bool {
        let part = 5000
        var (last, written): (Int64, Int) = (0, 0)
        while true {
            let after = last
            let lines = try await platform.database.transaction {
                try BankLine.lines(of: day, filter, within: region, after: after, limit: part, on: $0)
            }
            write(lines)
            written += lines.count
            guard lines.count == part, let line = lines.last?.line else { return false }
            if written >= Self.lineExportLimit { return true }
            last = line
        }
    }

    // MARK: Reading

    private static func read(
        _ filter: Filter, within region: Region, before: LocalDate?, limit: Int,
        on connection: isolated Connection
    ) throws -> [ReconciliationDay] {
        var conditions: [SQL] = ["true"]
        if let from = filter.from { conditions.append("day >= \(from)") }
        if let until = filter.until { conditions.append("day <= \(until)") }
        if let before { conditions.append("day < \(before)") }
        let rows = try connection.query(
            """
            SELECT days.day, f.id AS file_id, f.name, f.accepted_at, f.stated_lines, f.stated_net, f.adjustments,
                (SELECT count(*) FROM bank_file_tries WHERE settlement_date = days.day) AS attempts,
                t.at, t.result, t.detail, s.account, s.opening, s.closing, (
                    SELECT coalesce(sum(amount), 0)::bigint FROM postings
                    WHERE account = 'reserve' AND item <= days.day::text
                ) AS booked
            FROM (
                SELECT day FROM (
                    SELECT settlement_date AS day FROM bank_files
                    UNION SELECT settlement_date FROM bank_file_tries
                    UNION SELECT DATE '1970-01-01' + subject_id::integer FROM jobs WHERE kind = 'bankFile'
                    UNION SELECT day FROM reserve_statements
                ) known WHERE \(fragment: .joined(conditions, by: " AND "))
                ORDER BY day DESC LIMIT \(Int64(limit))
            ) days
            LEFT JOIN bank_files f ON f.settlement_date = days.day
            LEFT JOIN LATERAL (
                SELECT at, result, detail FROM bank_file_tries WHERE settlement_date = days.day ORDER BY id DESC LIMIT 1
            ) t ON true
            LEFT JOIN reserve_statements s ON s.day = days.day
            ORDER BY days.day DESC
            """)
        guard let newest: LocalDate = try rows.first?["day"], let oldest: LocalDate = try rows.last?["day"]
        else { return [] }
        let sums = try sums(from: oldest, until: newest, filter.channel, on: connection)
        let cases = try cases(from: oldest, until: newest, filter.channel, within: region, on: connection)
        return try rows.map { row in
            let day: LocalDate = try row["day"]
            return ReconciliationDay(
                day: day, file: try file(row), attempts: try row["attempts"],
                lastAttempt: try row.decode("at", as: Date?.self).map { _ in try attempt(row) },
                sums: sums[day] ?? [], cases: cases[day] ?? [], reserve: try reserve(row))
        }
    }

    private static func file(_ row: Row) throws -> ReconciliationDay.File? {
        guard try row.decode("file_id", as: Int64?.self) != nil else { return nil }
        let lines: Int64? = try row["stated_lines"]
        let net: Int64? = try row["stated_net"]
        return ReconciliationDay.File(
            name: try row["name"], acceptedAt: try row["accepted_at"],
            stated: lines.flatMap { lines in net.map { BankFiles.Ending.Totals(lines: lines, net: $0) } },
            adjustments: try row["adjustments"])
    }

    private static func reserve(_ row: Row) throws -> ReconciliationDay.Reserve? {
        guard let account: String = try row["account"] else { return nil }
        return ReconciliationDay.Reserve(
            account: account, opening: try row["opening"], closing: try row["closing"],
            booked: try row["booked"])
    }

    private static func attempt(_ row: Row) throws -> ReconciliationDay.Attempt {
        ReconciliationDay.Attempt(at: try row["at"], result: try row["result"], detail: try row["detail"])
    }

    private static func attempts(of day: LocalDate, on connection: isolated Connection) throws
        -> [ReconciliationDay.Attempt]
    {
        try connection.query(
            """
            SELECT at, result, detail FROM bank_file_tries WHERE settlement_date = \(day) ORDER BY id DESC LIMIT 100
            """
        ).map(attempt)
    }

    private static func sums(
        from: LocalDate, until: LocalDate, _ channel: Channel?, on connection: isolated Connection
    ) throws -> [LocalDate: [ReconciliationDay.Sum]] {
        let rows = try connection.query(
            """
            SELECT f.settlement_date, s.channel, s.trade, s.class, s.lines, s.amount, s.fees
            FROM bank_files f JOIN bank_file_sums s ON s.file_id = f.id
            WHERE f.settlement_date BETWEEN \(from) AND \(until) AND s.channel = coalesce(\(channel), s.channel)
            ORDER BY s.channel, s.trade, s.class
            """)
        var sums: [LocalDate: [ReconciliationDay.Sum]] = [:]
        for row in rows {
            sums[try row["settlement_date"], default: []].append(
                ReconciliationDay.Sum(
                    channel: try row["channel"], trade: try row["trade"], kind: try row["class"],
                    lines: try row["lines"], amount: try row["amount"], fees: try row["fees"]))
        }
        return sums
    }

    private static func cases(
        from: LocalDate, until: LocalDate, _ channel: Channel?, within region: Region,
        on connection: isolated Connection
    ) throws -> [LocalDate: [ReconciliationDay.Cases]] {
        let rows = try connection.query(
            """
            SELECT d.settlement_date, d.channel, d.class, count(*) AS count,
                count(*) FILTER (WHERE d.state IN ('open', 'proposed')) AS open,
                coalesce(sum(coalesce(d.bank_amount, d.our_amount)), 0)::bigint AS amount
            FROM differences d LEFT JOIN enterprises e ON e.id = d.enterprise_id
            LEFT JOIN cities ON cities.code = e.city_code
            WHERE d.settlement_date BETWEEN \(from) AND \(until) AND d.channel = coalesce(\(channel), d.channel)
                AND \(fragment: Differences.reach(of: region))
            GROUP BY 1, 2, 3 ORDER BY 2, 3
            """)
        var cases: [LocalDate: [ReconciliationDay.Cases]] = [:]
        for row in rows {
            cases[try row["settlement_date"], default: []].append(
                ReconciliationDay.Cases(
                    channel: try row["channel"], kind: try row["class"], count: try row["count"],
                    open: try row["open"], amount: try row["amount"]))
        }
        return cases
    }
}

extension Platform {
    /// The days of reconciliation.
    public var reconciliationDays: ReconciliationDays { ReconciliationDays(platform: self) }
}
