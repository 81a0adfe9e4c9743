import Foundation
import Postgres

/// The billers' statements of days (收费单位对账单): what each has written off, asked for until it is there, and matched with
/// our payments both ways. What both have the same is agreed, and only that is paid to the biller.
public struct BillerStatements: Sendable {
    let platform: Platform

    /// What a biller states of a day. Amounts are fen.
    public struct Statement: Sendable {
        /// One payment that it wrote off.
        public struct Line: Sendable, Equatable {
            /// Our number.
            public var paymentNumber: String
            /// The biller's number of the payment.
            public var serial: String
            /// How much.
            public var amount: Int64
            /// Whose bills.
            public var customerNumber: String
            /// When, ISO 8601.
            public var writtenOffAt: String

            /// A line.
            public init(
                paymentNumber: String, serial: String, amount: Int64, customerNumber: String,
                writtenOffAt: String
            ) {
                self.paymentNumber = paymentNumber
                self.serial = serial
                self.amount = amount
                self.customerNumber = customerNumber
                self.writtenOffAt = writtenOffAt
            }
        }

        /// Its lines in the biller's order.
        public let lines: [Line]
        /// What they come to.
        public let sum: Int64
        /// SHA-256 of what the biller sent.
        public let digest: [UInt8]

        /// A statement. Throws when its lines overflow.
        public init(lines: [Line], digest: [UInt8]) throws(MoneyOverflow) {
            self.lines = lines
            sum = try Money.sum(lines.map { Money(fen: $0.amount) }).fen
            self.digest = digest
        }
    }

    /// What came of offering a statement.
    public enum Acceptance: Sendable {
        /// It is the statement of the day.
        case accepted
        /// It is the same one once more.
        case repeated
        /// The day has one already, and this is another.
        case other
    }

    /// The class that a line is in.
    public enum LineClass: String, Sendable, CaseIterable, PostgresCodable {
        /// Both have it the same.
        case matched
        /// No payment of ours to this biller explains it.
        case billerOnly
        /// Both have it, with other amounts.
        case amountDiffers
        /// Both have it, and ours is not written off.
        case stateDiffers
        /// An earlier line has it.
        case duplicate
    }

    /// A statement that is due.
    struct Planned: Sendable {
        let id: Int64
        let biller: Biller
        let day: LocalDate
        let isAccepted: Bool
    }

    /// The hour of the next day (Beijing) at which a statement is asked for first.
    private static let firstHour = 2
    /// How long to wait after an answer without a statement, in seconds.
    private static let againSeconds = 1800.0
    /// How long after its day a statement may be missing before a person is told, in seconds.
    private static let patienceSeconds = 20 * 3600.0

    // MARK: Fetching

    /// Plans the statements of all days up to yesterday that are not planned yet, of each active biller from the day of the
    /// first payment to it.
    func plan(at moment: Date) async throws {
        let yesterday = LocalDate(moment).adding(days: -1)
        try await platform.database.execute(
            """
            WITH planned AS (
                INSERT INTO biller_statements (biller_code, day)
                SELECT b.code, day::date
                FROM billers b CROSS JOIN LATERAL generate_series(
                    coalesce(
                        (SELECT max(s.day) + 1 FROM biller_statements s WHERE s.biller_code = b.code),
                        (SELECT (o.created_at AT TIME ZONE 'Asia/Shanghai')::date
                            FROM bill_payments p JOIN orders o ON o.id = p.order_id
                            WHERE p.biller_code = b.code AND p.agreed_on IS NULL ORDER BY p.order_id LIMIT 1)),
                    \(yesterday), '1 day') AS day
                WHERE b.is_active
                ON CONFLICT DO NOTHING RETURNING id, day
            )
            INSERT INTO jobs (kind, subject_id, due_at)
            SELECT \(JobKind.billerStatement.rawValue), id,
                greatest(\(moment), (day + 1 + make_interval(hours => \(Int32(Self.firstHour))))
                    AT TIME ZONE 'Asia/Shanghai')
            FROM planned
            """)
    }

    /// Fetches a statement, if it is there, and works it off.
    func advance(_ id: Int64) async throws {
        let planned = try await find(id)
        if !planned.isAccepted {
            switch await platform.billerLine.statement(of: planned.day, at: planned.biller) {
            case .ready(let statement): _ = try await accept(statement, as: id)
            case .notReady: return try await askAgain(planned, problem: "收费单位还没有这一天的对账单")
            case .unusable(let reason): return try await askAgain(planned, problem: reason)
            }
        }
        try await workOff(id)
        let moment = platform.effects.now()
        try await platform.database.transaction {
            try WorkItems.close(
                Self.overdue(planned.biller), day: planned.day, resolution: "收费单位对账单已取得", at: moment, on: $0)
            try Jobs.finish(.billerStatement, id, on: $0)
        }
    }

    /// The kind of the item about statements of a biller that do not come.
    private static func overdue(_ biller: Biller) -> String { "billerStatement.overdue.\(biller.code)" }

    /// Plans the next try, and tells a person when the statement is long overdue.
    private func askAgain(_ planned: Planned, problem: String) async throws {
        let moment = platform.effects.now()
        let isOverdue =
            moment >= planned.day.adding(days: 1).start.addingTimeInterval(Self.patienceSeconds)
        try await platform.database.transaction { connection in
            try connection.execute(
                """
                UPDATE biller_statements
                SET tries = tries + 1, tried_at = \(moment), problem = \(String(problem.prefix(200)))
                WHERE id = \(planned.id)
                """)
            if isOverdue {
                try WorkItems.raise(
                    Self.overdue(planned.biller), day: planned.day,
                    detail: """
                        \(planned.biller.name) \(planned.day) 的对账单没有取得或无法采信，仍在自动重试，请联系收费单位
                        """,
                    at: moment, on: connection)
            }
            try Jobs.again(
                .billerStatement, planned.id, due: moment.addingTimeInterval(Self.againSeconds),
                on: connection)
        }
        if isOverdue {
            platform.logger.error(
                "a biller's statement is overdue",
                metadata: [
                    "biller": "\(planned.biller.code)", "day": "\(planned.day)", "problem": "\(problem)",
                ])
        }
    }

    func find(_ id: Int64) async throws -> Planned {
        let row = try await platform.database.query(
            """
            SELECT s.id, s.day, s.accepted_at IS NOT NULL AS is_accepted, \(fragment: Biller.columns)
            FROM biller_statements s JOIN billers b ON b.code = s.biller_code WHERE s.id = \(id)
            """
        ).only()
        return Planned(
            id: try row["id"], biller: try Biller(row: row), day: try row["day"],
            isAccepted: try row["is_accepted"])
    }

    // MARK: Matching

    /// Takes a statement that is due: all its lines or none, each in one class, in one pass over both sides.
    ///
    /// - Parameter id: the row of the biller's day.
    public func accept(_ statement: Statement, as id: Int64) async throws -> Acceptance {
        let planned = try await find(id)
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            try Self.lock(planned.biller.code, on: connection)
            let known: [UInt8]? = try connection.query(
                "SELECT digest FROM biller_statements WHERE id = \(id)"
            ).only()["digest"]
            if let known { return known == statement.digest ? .repeated : .other }
            try connection.execute("SET LOCAL statement_timeout = 0")
            try connection.execute(
                """
                UPDATE biller_statements
                SET digest = \(statement.digest), accepted_at = \(moment), stated_count = \(Int64(statement.lines.count)),
                    stated_sum = \(statement.sum), problem = ''
                WHERE id = \(id)
                """)
            try Self.match(statement, planned, on: connection)
            return .accepted
        }
    }

    /// Locks a biller: whoever takes its statement, or says that no statement has a payment, does so one after the other.
    /// Payments to the biller go on meanwhile.
    static func lock(_ biller: String, on connection: isolated Connection) throws {
        _ = try connection.query("SELECT code FROM billers WHERE code = \(biller) FOR NO KEY UPDATE")
    }

    private static func match(
        _ statement: Statement, _ planned: Planned, on connection: isolated Connection
    ) throws {
        let lines = statement.lines
        let biller = planned.biller.code
        try connection.execute(
            """
            INSERT INTO biller_statement_lines (
                statement_id, line, payment_number, serial, amount, customer_number, written_off_at, class, order_id)
            WITH lines AS MATERIALIZED (
                SELECT * FROM unnest(
                    \(lines.map(\.paymentNumber)), \(lines.map(\.serial)), \(lines.map(\.amount)),
                    \(lines.map(\.customerNumber)), \(lines.map(\.writtenOffAt))
                ) WITH ORDINALITY AS l (number, serial, amount, customer, written_off_at, line)
            ), earlier AS MATERIALIZED (
                SELECT DISTINCT l.number FROM lines l
                JOIN biller_statement_lines x ON x.payment_number = l.number AND x.class <> 'amountDiffers'
                JOIN biller_statements s ON s.id = x.statement_id AND s.biller_code = \(biller)
            ), twice AS MATERIALIZED (
                SELECT number, min(line) AS line FROM lines GROUP BY number HAVING count(*) > 1
            )
            SELECT \(planned.id), l.line, l.number, l.serial, l.amount, l.customer, l.written_off_at::timestamptz,
                CASE
                    WHEN e.number IS NOT NULL OR l.line > t.line THEN 'duplicate'
                    WHEN n.id IS NULL THEN 'billerOnly'
                    WHEN n.amount <> l.amount THEN 'amountDiffers'
                    WHEN n.state = 'paid' AND n.write_off = 'writtenOff' THEN 'matched'
                    ELSE 'stateDiffers'
                END, n.id
            FROM lines l
            LEFT JOIN earlier e ON e.number = l.number
            LEFT JOIN twice t ON t.number = l.number
            LEFT JOIN LATERAL (
                SELECT o.id, o.amount, o.state, o.write_off
                FROM orders o JOIN bill_payments p ON p.order_id = o.id
                WHERE o.number = l.number AND p.biller_code = \(biller) AND p.customer_number = l.customer
                LIMIT 1
            ) n ON true
            """)
        try connection.execute(
            """
            UPDATE bill_payments p SET agreed_on = \(planned.day)
            FROM biller_statement_lines l
            WHERE l.statement_id = \(planned.id) AND l.class = 'matched' AND p.order_id = l.order_id
                AND p.agreed_on IS NULL
            """)
        try connection.execute(
            """
            INSERT INTO biller_statement_sums (statement_id, class, lines, amount)
            SELECT statement_id, class, count(*), sum(amount) FROM biller_statement_lines
            WHERE statement_id = \(planned.id) GROUP BY 1, 2
            """)
    }
}

extension Platform {
    /// The billers' statements of days.
    public var billerStatements: BillerStatements { BillerStatements(platform: self) }
}
