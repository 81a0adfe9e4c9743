import Cryptography
import Foundation
import Postgres

/// The bank's daily statement of the reserve account (客户备付金): where the net of each settlement day arrives. It is
/// imported once, in the order of days, and must follow on the one before.
public struct ReserveStatements: Sendable {
    let platform: Platform

    /// A line of a statement. Amounts are fen.
    public struct Line: Sendable, Equatable {
        /// The bank's serial.
        public var serial: String
        /// What came in (positive) or went out (negative).
        public var change: Int64
        /// The other side.
        public var counterparty: String
        /// What it is for.
        public var purpose: String
        /// The settlement day whose net it is; nil for anything else.
        public var settlementDate: LocalDate?

        /// A line.
        public init(
            serial: String, change: Int64, counterparty: String, purpose: String, settlementDate: LocalDate?
        ) {
            self.serial = serial
            self.change = change
            self.counterparty = counterparty
            self.purpose = purpose
            self.settlementDate = settlementDate
        }
    }

    /// A statement of one day.
    public struct Statement: Sendable, Equatable {
        /// The day.
        public var day: LocalDate
        /// The account's number at the bank, masked.
        public var account: String
        /// What it held when the day began.
        public var opening: Int64
        /// What it held when the day ended.
        public var closing: Int64
        /// What happened between.
        public var lines: [Line]

        /// A statement.
        public init(day: LocalDate, account: String, opening: Int64, closing: Int64, lines: [Line]) {
            self.day = day
            self.account = account
            self.opening = opening
            self.closing = closing
            self.lines = lines
        }
    }

    /// Why a statement was not taken.
    public enum StatementError: Error, Hashable, Sendable {
        /// Opening balance and lines do not come to the closing balance.
        case sumDiffers
        /// The opening balance is not what the newest statement closed with.
        case openingDiffers
        /// The day lies before the newest statement, or another statement of the same day was imported.
        case outOfOrder
    }

    /// Imports a statement: each net of a settlement day is booked into the reserve (P51) against the items that its file
    /// settles. What differs from the file is a case. Money of any other line is parked (P02, P40) until two people say
    /// whose it is. The same statement again changes nothing.
    ///
    /// - Throws: ``StatementError``, ``MoneyOverflow``.
    public func take(_ statement: Statement) async throws {
        let moment = platform.effects.now()
        let sum = try Money.sum(statement.lines.map { Money(fen: $0.change) })
        guard try Money(fen: statement.opening) + sum == Money(fen: statement.closing) else {
            throw StatementError.sumDiffers
        }
        let digest = Self.digest(of: statement)
        try await platform.database.transaction { connection in
            // One statement after the other, in the order of days.
            try Self.lock(on: connection)
            let newest = try connection.query(
                "SELECT day, closing, digest FROM reserve_statements ORDER BY day DESC LIMIT 1"
            ).first
            if let newest {
                if try newest["day"] == statement.day, try newest["digest"] == digest { return }
                guard try newest.decode("day", as: LocalDate.self) < statement.day else {
                    throw StatementError.outOfOrder
                }
                guard try newest["closing"] == statement.opening else { throw StatementError.openingDiffers }
            } else if statement.opening != 0 {
                throw StatementError.openingDiffers
            }
            try connection.execute(
                """
                INSERT INTO reserve_statements (day, account, opening, closing, digest, imported_at)
                VALUES (
                    \(statement.day), \(statement.account), \(statement.opening), \(statement.closing), \(digest), \(moment))
                """)
            for (place, line) in statement.lines.enumerated() {
                let line = try Self.explained(line, on: connection)
                try connection.execute(
                    """
                    INSERT INTO reserve_statement_lines (
                        day, line, serial, change, counterparty, purpose, settlement_date)
                    VALUES (
                        \(statement.day), \(Int32(place + 1)), \(line.serial), \(line.change), \(line.counterparty),
                        \(line.purpose), \(line.settlementDate))
                    """)
                try book(line, at: place + 1, of: statement, moment: moment, on: connection)
            }
            try settleZeroNets(before: statement.day, at: moment, on: connection)
        }
    }

    /// Lets one transaction at a time book statements, or decide what they are booked against.
    static func lock(on connection: isolated Connection) throws {
        _ = try connection.query("SELECT pg_advisory_xact_lock(hashtext('reserve_statements'))")
    }

    /// The same, before a case is decided, if it is one of the reserve account.
    static func lock(ifAbout difference: String, on connection: isolated Connection) throws {
        _ = try connection.query(
            """
            SELECT pg_advisory_xact_lock(hashtext('reserve_statements')) FROM differences
            WHERE number = \(difference) AND channel = \(Channel.reserve.rawValue)
            """)
    }

    private static func digest(of statement: Statement) -> [UInt8] {
        SHA256.digest(
            CanonicalText.bytes(
                [
                    statement.day.description, statement.account, "\(statement.opening)",
                    "\(statement.closing)",
                ]
                    + statement.lines.flatMap {
                        [
                            $0.serial, "\($0.change)", $0.counterparty, $0.purpose,
                            $0.settlementDate?.description ?? "",
                        ]
                    }))
    }

    /// The items that the file of a day settles, each with its net: what was booked on another day than that of the file, a
    /// cut-off, keeps the item it was booked with.
    private static let items: SQL = """
        SELECT l.channel,
            coalesce(
                CASE WHEN l.class IN ('matched', 'feeDiffers') THEN coalesce(t.settlement_date, w.settlement_date) END,
                r.settlement_date, x.settlement_date, st.settlement_date, f.settlement_date) AS item,
            \(fragment: BankLine.signedAmount) AS amount,
            f.settlement_date AS day, l.fee
        FROM bank_files f JOIN bank_file_classes l ON l.file_id = f.id AND NOT l.is_duplicate
        LEFT JOIN top_ups t ON l.channel = 'unionpay-b2b' AND t.order_id = l.order_id
        LEFT JOIN withdrawals w ON l.channel = 'unionpay-payout' AND w.order_id = l.order_id
        LEFT JOIN (
            SELECT refunds.number, differences.settlement_date
            FROM refunds JOIN differences ON differences.id = refunds.difference_id
        ) r ON l.trade = 'refund' AND r.number = l.order_number
        LEFT JOIN biller_settlement_attempts st ON l.trade = 'payout' AND st.bank_serial = l.serial
        LEFT JOIN differences x ON l.trade = 'reversal' AND x.channel = l.channel AND x.serial = l.original_serial
            AND x.parking = 'receipt'
        """

    private func book(
        _ line: Line, at place: Int, of statement: Statement, moment: Date, on connection: isolated Connection
    ) throws {
        let arrived = JournalEntry.Line(
            account: .reserve, owner: statement.account, item: statement.day.description, amount: line.change)
        guard let settled = line.settlementDate else {
            try platform.differences.open(
                Differences.New(
                    channel: .reserve, kind: .bankOnly, settlementDate: statement.day, serial: line.serial,
                    bankAmount: Money(fen: abs(line.change)),
                    detail: "备付金账户\(line.change > 0 ? "收入" : "支出")：\(line.purpose)（\(line.counterparty)）",
                    parking: line.change > 0 ? .receipt : .loss, amount: Money(fen: abs(line.change)),
                    against: [arrived]),
                at: moment, on: connection)
            return
        }
        let due = try Self.outstanding(settled, before: statement.day, place, on: connection)
        try undoParked(settled, line, moment, connection)
        var lines = due.map {
            JournalEntry.Line(account: $0.account, owner: $0.owner, item: $0.item, amount: -$0.amount)
        }
        let expected = due.reduce(0) { $0 + $1.amount }
        if expected != line.change {
            // What is missing, or too much, stays in clearing under its day: the case says so.
            lines.append(
                JournalEntry.Line(
                    account: .bankClearing, owner: Channel.gateway.rawValue, item: settled.description,
                    amount: expected - line.change))
            try platform.differences.open(
                Differences.New(
                    channel: .reserve, kind: .amountDiffers, settlementDate: settled, serial: line.serial,
                    bankAmount: Money(fen: abs(line.change)),
                    ourAmount: expected == 0 ? nil : Money(fen: abs(expected)),
                    detail: "清算日 \(settled) 的净额与备付金账户\(line.change > 0 ? "收入" : "支出")不符"),
                at: moment, on: connection)
        }
        if expected == line.change {
            // A rest that a case has waited for.
            try Differences.clear(reserve: settled, note: line.serial, at: moment, on: connection)
        }
        lines.insert(arrived, at: 0)
        try Ledger.post(
            JournalEntry(
                .settled, source: .reserveStatement(statement.day), enterprise: nil, event: "imported",
                occurrence: place, lines: lines), at: moment, on: connection)
    }

    /// What of the net of a settlement day has not arrived by the lines before this one, item by item. What is left after a
    /// part of it has come stands with the day itself.
    private static func outstanding(
        _ settled: LocalDate, before day: LocalDate, _ place: Int, on connection: isolated Connection
    ) throws -> [JournalEntry.Line] {
        let arrived = try connection.query(
            """
            SELECT sum(change)::bigint AS arrived FROM (
                SELECT change FROM reserve_statement_lines
                WHERE settlement_date = \(settled) AND (day, line) < (\(day), \(Int32(place)))
                UNION ALL
                SELECT 0 FROM journal_entries e JOIN bank_files f ON f.id = e.source_id
                WHERE f.settlement_date = \(settled) AND e.source_kind = 'bankFile'
                    AND e.event = \(zeroNetSettled)
            ) changes
            """
        ).only().decode("arrived", as: Int64?.self)
        let due = try connection.query(
            """
            SELECT channel, item, sum(amount)::bigint AS net FROM (
                SELECT channel, item, amount FROM (\(fragment: items)) i WHERE day = \(settled)
                UNION ALL
                SELECT channel, day, -fee FROM (\(fragment: items)) i WHERE day = \(settled) AND fee <> 0
            ) parts
            GROUP BY channel, item HAVING sum(amount) <> 0 ORDER BY channel, item
            """
        ).map { row in
            JournalEntry.Line(
                account: .bankClearing, owner: try row["channel"],
                item: try row.decode("item", as: LocalDate.self).description, amount: try row["net"])
        }
        guard let arrived else { return due }
        let rest = due.reduce(0) { $0 + $1.amount } - arrived
        return rest == 0
            ? []
            : [
                JournalEntry.Line(
                    account: .bankClearing, owner: Channel.gateway.rawValue, item: settled.description,
                    amount: rest)
            ]
    }

    /// The line as it is booked: a net that has arrived already, or about whose rest two people have decided, is none any
    /// more. Then it is money of which people have to say whose it is.
    private static func explained(_ line: Line, on connection: isolated Connection) throws -> Line {
        guard let settled = line.settlementDate else { return line }
        let isOver = try connection.query(
            """
            SELECT 1 AS one WHERE EXISTS (
                    SELECT FROM differences d WHERE \(fragment: parkedRest) AND d.settlement_date = \(settled)
                        AND d.state = 'resolved' AND d.handling <> 'madeGood')
                OR EXISTS (SELECT FROM differences d WHERE \(fragment: movedSurplus) AND d.settlement_date = \(settled))
                OR (EXISTS (SELECT FROM reserve_statement_lines WHERE settlement_date = \(settled))
                    AND NOT EXISTS (
                        SELECT FROM differences WHERE channel = \(Channel.reserve.rawValue)
                            AND settlement_date = \(settled) AND class = 'amountDiffers'))
            """)
        var line = line
        if !isOver.isEmpty { line.settlementDate = nil }
        return line
    }

    // MARK: What has no line

    /// What the bank is to pay for the trades of a file `f`, or draws if negative; null where it has none. From the sums that
    /// were kept when its lines were matched.
    static let net: SQL = """
        SELECT sum(\(fragment: BankLine.signedAmount) - l.fees) FROM bank_file_sums l
        WHERE l.file_id = f.id AND l.class <> 'duplicate'
        """

    /// Settlement days whose net is exactly zero, with their file: the bank moves nothing for them, so no line of a
    /// statement ever names them.
    private static let zeroNets: SQL = """
        SELECT f.id, f.settlement_date, f.accepted_at FROM bank_files f
        WHERE (\(fragment: net)) = 0
            AND NOT EXISTS (SELECT FROM reserve_statement_lines r WHERE r.settlement_date = f.settlement_date)
        """

    /// Those of them that are settled, because a statement of a later day has been imported since.
    static let settledAtZero: SQL = """
        SELECT z.settlement_date FROM (\(fragment: zeroNets)) z
        WHERE EXISTS (
            SELECT FROM reserve_statements s WHERE s.day > z.settlement_date AND s.imported_at > z.accepted_at)
        """

    /// The event by which a file settles its day without a line of a statement.
    private static let zeroNetSettled = "settledAtZero"

    /// Settles the days before a statement whose net is zero (P51 without a reserve line): their items cancel out over
    /// channels and days, and leave clearing. Nothing was to arrive for them, so the first statement of a later day that
    /// comes after the file does it.
    private func settleZeroNets(
        before day: LocalDate, at moment: Date, on connection: isolated Connection
    ) throws {
        let days = try connection.query(
            """
            SELECT z.id, z.settlement_date FROM (\(fragment: Self.zeroNets)) z
            WHERE z.settlement_date BETWEEN \(day.adding(days: -Self.longestWaitDays)) AND \(day.adding(days: -1))
            ORDER BY z.settlement_date
            """)
        for row in days {
            let due = try Self.outstanding(
                try row["settlement_date"], before: day.adding(days: 1), 1, on: connection)
            guard !due.isEmpty else { continue }
            try Ledger.post(
                JournalEntry(
                    .settled, source: .bankFile(try row["id"]), enterprise: nil, event: Self.zeroNetSettled,
                    lines: due.map {
                        JournalEntry.Line(
                            account: $0.account, owner: $0.owner, item: $0.item, amount: -$0.amount)
                    }), at: moment, on: connection)
        }
    }

    // MARK: What does not arrive, or too much

    /// A case `d` with what a net has brought too little.
    private static let parkedRest: SQL = """
        (d.channel = 'reserve' AND d.class = 'oursOnly' AND d.parking = 'loss')
        """

    /// The settlement days whose net has still to come: they have a file, and neither a line of a statement, nor the first
    /// statement after a net of zero, nor two people or the waiting days have settled them.
    static let awaited: SQL = """
        SELECT f.settlement_date AS day FROM bank_files f
        WHERE NOT EXISTS (SELECT FROM reserve_statement_lines r WHERE r.settlement_date = f.settlement_date)
            AND f.settlement_date NOT IN (\(fragment: settledAtZero))
            AND NOT EXISTS (
                SELECT FROM differences d WHERE \(fragment: parkedRest) AND d.settlement_date = f.settlement_date
                    AND (d.state IN ('open', 'proposed') OR d.state = 'resolved' AND d.handling <> 'madeGood'))
        """

    /// What the nets that have still to come will settle, line by line: `channel`, `item` and `amount`.
    static let pending: SQL = """
        SELECT i.channel, i.item, i.amount FROM (\(fragment: items)) i WHERE i.day IN (\(fragment: awaited))
        UNION ALL
        SELECT i.channel, i.day, -i.fee FROM (\(fragment: items)) i WHERE i.fee <> 0 AND i.day IN (\(fragment: awaited))
        """

    /// What stands in clearing under a settlement day and waits for no net: what we have booked and no file has, and what the
    /// files have and we have not booked. A net differs from its file by as much where the file is wrong and our books are
    /// right.
    static func unfiled(_ settled: LocalDate, on connection: isolated Connection) throws -> Int64 {
        try connection.query(
            """
            SELECT (
                (SELECT coalesce(sum(amount), 0) FROM postings
                    WHERE account = \(Account.bankClearing.rawValue) AND item = \(settled.description))
                - (SELECT coalesce(sum(amount), 0) FROM (\(fragment: pending)) p WHERE item = \(settled))
            )::bigint AS rest
            """
        ).only()["rest"]
    }

    /// After how many working days a net that has not arrived, or not wholly, is parked as a loss.
    static let waitingDays = 3
    /// How far back nets are looked for, in days: longer than any block of holidays and the waiting together.
    private static let longestWaitDays = 40

    /// Parks what has not arrived of the net of a settlement day after the waiting days (P52), by the statements up to `day`: a
    /// case for two people, or for the bank, who may still pay. What the file itself has too much, by what we have booked
    /// under the day, has not to arrive. A net that the bank has not drawn is a case in which nothing is parked, and so is what
    /// a net has brought too much.
    func lookForRests(through day: LocalDate) async throws {
        let calendar = try await platform.workingDays.calendar()
        let moment = platform.effects.now()
        let settled = try await platform.database.query(
            """
            SELECT f.settlement_date AS day FROM bank_files f
            WHERE f.settlement_date BETWEEN \(day.adding(days: -Self.longestWaitDays)) AND \(day.adding(days: -Self.waitingDays))
                AND coalesce((\(fragment: Self.net)), 0) <> (SELECT coalesce(sum(r.change), 0) FROM reserve_statement_lines r
                    WHERE r.settlement_date = f.settlement_date)
                AND NOT EXISTS (
                    SELECT FROM differences d WHERE d.settlement_date = f.settlement_date AND \(fragment: Self.isLookedAfter))
            ORDER BY 1
            """
        ).map { try $0.decode("day", as: LocalDate.self) }
        for settled in settled where calendar.adding(workingDays: Self.waitingDays, to: settled).latest <= day
        {
            try await platform.database.transaction { connection in
                try Self.lock(on: connection)
                let known = try connection.query(
                    "SELECT 1 AS one FROM differences d WHERE d.settlement_date = \(settled) AND \(fragment: Self.isLookedAfter)"
                )
                // A later statement, taken while this one waited, may have brought it; that one's own look follows.
                let later = try connection.query(
                    "SELECT 1 AS one FROM reserve_statements WHERE day > \(day) LIMIT 1")
                guard known.isEmpty, later.isEmpty else { return }
                try parkRest(of: settled, by: day, at: moment, on: connection)
            }
        }
    }

    /// Whether a case `d` about the net of its day says all that there is to say, until the bank says something new.
    private static let isLookedAfter: SQL = """
        (d.channel = 'reserve' AND d.class = 'oursOnly'
            AND (d.state IN ('open', 'proposed') OR d.state = 'resolved' AND d.handling <> 'madeGood'))
        """

    private func parkRest(
        of settled: LocalDate, by day: LocalDate, at moment: Date, on connection: isolated Connection
    ) throws {
        let due = try Self.outstanding(settled, before: day.adding(days: 1), 1, on: connection)
        let rest = due.reduce(0) { $0 + $1.amount }
        let hasArrived = try !connection.query(
            "SELECT 1 AS one FROM reserve_statement_lines WHERE settlement_date = \(settled) LIMIT 1"
        ).isEmpty
        var new = Differences.New(
            channel: .reserve, kind: .oursOnly, settlementDate: settled, detail: "")
        if rest < 0 {
            guard !hasArrived else {
                return try reportSurplus(of: settled, at: moment, on: connection)
            }
            new.ourAmount = Money(fen: -rest)
            new.detail = "清算日 \(settled) 的应付净额过了 \(Self.waitingDays) 个工作日银行仍未划走"
            try platform.differences.open(new, at: moment, on: connection)
            return
        }
        // What has come in part stands in clearing with the day, and is no booking that the file lacks.
        let unfiled = try Self.unfiled(settled, on: connection) - (hasArrived ? rest : 0)
        let parked = min(rest, max(0, rest + unfiled))
        guard parked > 0 else { return }
        new.parking = .loss
        new.amount = Money(fen: parked)
        new.ourAmount = new.amount
        new.detail = "清算日 \(settled) 的净额过了 \(Self.waitingDays) 个工作日仍未到备付金账户"
        new.against = due.map {
            JournalEntry.Line(account: $0.account, owner: $0.owner, item: $0.item, amount: -$0.amount)
        }
        if parked != rest {
            new.against.append(
                JournalEntry.Line(
                    account: .bankClearing, owner: Channel.gateway.rawValue, item: settled.description,
                    amount: rest - parked))
        }
        try platform.differences.open(new, at: moment, on: connection)
    }

    /// A line brings what was parked of a net: the parking is undone (P44), by the machine, before the line itself is booked.
    private func undoParked(
        _ settled: LocalDate, _ line: Line, _ moment: Date, _ connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            \(fragment: Differences.selection) WHERE \(fragment: Self.parkedRest)
                AND d.settlement_date = \(settled) AND d.state IN ('open', 'proposed')
            """)
        for row in rows {
            let found = try Differences.difference(row)
            try Differences.record(
                .laterFileMatched, of: found.id, at: moment, by: .bank, note: line.serial,
                handling: .madeGood, on: connection)
            try Ledger.post(
                Differences.madeGood(
                    found, event: DifferenceState.Event.laterFileMatched.rawValue, on: connection),
                at: moment, on: connection)
        }
    }
}

extension Platform {
    /// The statements of the reserve account.
    public var reserveStatements: ReserveStatements { ReserveStatements(platform: self) }
}
