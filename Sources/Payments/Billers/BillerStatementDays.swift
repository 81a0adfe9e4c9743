import Foundation
import Postgres

/// A biller's statement of a day, as people who look after reconciliation see it.
public struct BillerDay: Sendable {
    /// What the lines in one class come to.
    public struct Sum: Sendable {
        /// The class.
        public let kind: BillerStatements.LineClass
        /// How many lines.
        public let lines: Int64
        /// Their amounts, in fen.
        public let amount: Money
    }

    /// Where a list goes on: below this one.
    public struct Place: Sendable, Equatable {
        /// The day.
        public let day: LocalDate
        /// The row.
        public let id: Int64

        /// A place.
        public init(day: LocalDate, id: Int64) {
            self.day = day
            self.id = id
        }
    }

    /// Its place in the list.
    public let place: Place
    /// The biller's code.
    public let billerCode: String
    /// The biller's name.
    public let billerName: String
    /// How often it was asked for in vain.
    public let tries: Int32
    /// The last time.
    public let triedAt: Date?
    /// What came of it then, in words; empty when it is there.
    public let problem: String
    /// When it was taken; nil while it was not.
    public let acceptedAt: Date?
    /// How many payments it states.
    public let statedCount: Int64?
    /// What they come to, in fen.
    public let statedSum: Money?
    /// What its lines come to, by class.
    public let sums: [Sum]
    /// How many cases about it wait for a person.
    public let openCases: Int64

    /// The day.
    public var day: LocalDate { place.day }
    /// Whether it was taken.
    public var isAccepted: Bool { acceptedAt != nil }
}

/// A line of a biller's statement, for the page of a case.
public struct BillerStatementLine: Sendable {
    /// The statement's day.
    public let day: LocalDate
    /// Its place in the statement, from 1.
    public let line: Int32
    /// The number of ours that the biller names.
    public let paymentNumber: String
    /// The biller's own number.
    public let serial: String
    /// Whose bills.
    public let customerNumber: String
    /// How much, in fen.
    public let amount: Money
    /// When it was written off, by the biller's clock.
    public let writtenOffAt: Date
    /// The class that it is in.
    public let kind: BillerStatements.LineClass
}

extension BillerStatements {
    /// Which days are asked for.
    public struct Filter: Sendable, Equatable {
        /// Of one biller.
        public var biller: String?
        /// The first day.
        public var from: LocalDate?
        /// The last day.
        public var until: LocalDate?

        /// A filter; nil means no restriction.
        public init(biller: String? = nil, from: LocalDate? = nil, until: LocalDate? = nil) {
            self.biller = biller
            self.from = from
            self.until = until
        }
    }

    /// How many days an export holds at most, the newest ones.
    public static let exportLimit = 5_000

    /// The billers of whom statements are due, by code, for the choice among them.
    public func billers() async throws -> [(code: String, name: String)] {
        try await platform.database.query(
            """
            SELECT code, name FROM billers b
            WHERE EXISTS (SELECT FROM biller_statements s WHERE s.biller_code = b.code) ORDER BY code LIMIT 1000
            """
        ).map { (try $0["code"], try $0["name"]) }
    }

    /// Statements that are due or there, the newest day first, below `before`.
    public func list(_ filter: Filter = Filter(), before: BillerDay.Place? = nil, limit: Int = 20)
        async throws -> [BillerDay]
    {
        var conditions: [SQL] = ["true"]
        if let biller = filter.biller { conditions.append("s.biller_code = \(biller)") }
        if let from = filter.from { conditions.append("s.day >= \(from)") }
        if let until = filter.until { conditions.append("s.day <= \(until)") }
        if let before { conditions.append("(s.day, s.id) < (\(before.day), \(before.id))") }
        let condition = SQL.joined(conditions, by: " AND ")
        return try await platform.database.transaction(as: .snapshot) { connection in
            let rows = try connection.query(
                """
                SELECT s.id, s.biller_code, b.name, s.day, s.tries, s.tried_at, s.problem, s.accepted_at, s.stated_count,
                    s.stated_sum, (
                        SELECT count(*) FROM differences d LEFT JOIN bill_payments p ON p.order_id = d.order_id
                        WHERE d.settlement_date = s.day AND d.channel = \(Channel.biller.rawValue)
                            AND d.state IN ('open', 'proposed')
                            AND coalesce(p.biller_code, split_part(d.serial, '/', 1)) = s.biller_code
                    ) AS open
                FROM biller_statements s JOIN billers b ON b.code = s.biller_code
                WHERE \(fragment: condition) ORDER BY s.day DESC, s.id DESC LIMIT \(Int64(limit))
                """)
            let ids = try rows.map { try $0.decode("id", as: Int64.self) }
            var sums: [Int64: [BillerDay.Sum]] = [:]
            for row in try connection.query(
                """
                SELECT statement_id, class, lines, amount FROM biller_statement_sums
                WHERE statement_id = ANY(\(ids)) ORDER BY statement_id, class
                """)
            {
                sums[try row["statement_id"], default: []].append(
                    BillerDay.Sum(
                        kind: try row["class"], lines: try row["lines"], amount: try row["amount"]))
            }
            return try rows.map { row in
                let id: Int64 = try row["id"]
                return BillerDay(
                    place: BillerDay.Place(day: try row["day"], id: id), billerCode: try row["biller_code"],
                    billerName: try row["name"], tries: try row["tries"], triedAt: try row["tried_at"],
                    problem: try row["problem"], acceptedAt: try row["accepted_at"],
                    statedCount: try row["stated_count"], statedSum: try row["stated_sum"],
                    sums: sums[id] ?? [], openCases: try row["open"])
            }
        }
    }

    /// The lines that billers' statements have of what a case is about.
    static func lines(of found: Difference, on connection: isolated Connection) throws
        -> [BillerStatementLine]
    {
        guard found.channel == .biller,
            let number = found.orderNumber
                ?? found.serial?.split(separator: "/", maxSplits: 1).last.map(String.init)
        else { return [] }
        return try connection.query(
            """
            SELECT s.day, l.line, l.payment_number, l.serial, l.customer_number, l.amount, l.written_off_at, l.class
            FROM biller_statement_lines l JOIN biller_statements s ON s.id = l.statement_id
            WHERE l.payment_number = \(number) ORDER BY s.day, l.line LIMIT 20
            """
        ).map { row in
            BillerStatementLine(
                day: try row["day"], line: try row["line"], paymentNumber: try row["payment_number"],
                serial: try row["serial"], customerNumber: try row["customer_number"],
                amount: try row["amount"], writtenOffAt: try row["written_off_at"], kind: try row["class"])
        }
    }
}
