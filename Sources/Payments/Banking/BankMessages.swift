import Foundation
import Postgres
import UnionPay

/// What the bank said, kept whether it was believed or not.
enum BankMessages {
    /// Fields that are not kept: they prove nothing afterwards, or show a whole account number.
    private static let omitted: Set<String> = ["signature", "signPubKeyCert", "accNo", "customerInfo"]

    /// Keeps a message; `problem` says why it was not believed.
    static func keep(
        _ fields: [Field: String], kind: String = "notification", order: Int64?, problem: String?,
        at moment: Date,
        on connection: isolated Connection
    ) throws {
        // What strangers send is bounded: the notification address is open to the world.
        let kept = fields.map { ($0.key.name, $0.value) }.filter { !omitted.contains($0.0) }
            .sorted { $0.0 < $1.0 }.prefix(60)
        let content = Dictionary(
            kept.map { (printable($0.0, 64), printable($0.1, 1024)) }, uniquingKeysWith: { first, _ in first }
        )
        let json = String(decoding: try JSONEncoder().encode(content), as: UTF8.self)
        let problem = problem.map { printable($0, 400) }
        _ = try connection.execute(
            """
            INSERT INTO bank_messages (received_at, kind, order_id, problem, content)
            VALUES (\(moment), \(kind), \(order), \(problem), \(json)::jsonb)
            """)
    }
}

extension BankMessages {
    /// A text of bounded length without the one character that the database cannot keep.
    private static func printable(_ text: String, _ length: Int) -> String {
        String(text.prefix(length)).replacing("\0", with: "\u{FFFD}")
    }

    /// The bank's own signed word that an order was paid: serial and settlement day (`MMDD`) of the first notification
    /// that was believed; nil when there is none.
    static func paidNotice(of order: Int64, on connection: isolated Connection) throws -> (
        serial: String, settlementDay: String
    )? {
        try connection.query(paidNotices(of: order)).first.flatMap(paidNotice)
    }

    /// As above, by a connection of its own.
    static func paidNotice(of order: Int64, in database: Database) async throws -> (
        serial: String, settlementDay: String
    )? {
        try await database.query(paidNotices(of: order)).first.flatMap(paidNotice)
    }

    private static func paidNotices(of order: Int64) -> SQL {
        """
        SELECT content ->> 'queryId' AS serial, coalesce(content ->> 'settleDate', '') AS day FROM bank_messages
        WHERE order_id = \(order) AND kind = 'notification' AND problem IS NULL
            AND content ->> 'respCode' IN ('00', 'A6')
        ORDER BY id LIMIT 1
        """
    }

    private static func paidNotice(_ row: Row) throws -> (serial: String, settlementDay: String)? {
        guard let serial = try row.decode("serial", as: String?.self) else { return nil }
        return (serial, try row.decode("day", as: String.self))
    }
}

/// A message of the bank that was not believed, for operations.
public struct RefusedBankMessage: Sendable {
    /// Its row, which orders the list.
    public let id: Int64
    /// When it came.
    public let receivedAt: Date
    /// Why it was not believed.
    public let problem: String
    /// The order it names, if there is one.
    public let orderNumber: String?
    /// What it says.
    public let content: String
}

extension Monitoring {
    /// Messages of the bank that were not believed, newest first, below `before`.
    public func refusedBankMessages(before: Int64? = nil, limit: Int = 20) async throws
        -> [RefusedBankMessage]
    {
        try await platform.database.query(
            """
            SELECT m.id, m.received_at, m.problem, o.number, m.content::text AS content
            FROM bank_messages m LEFT JOIN orders o ON o.id = m.order_id
            WHERE m.problem IS NOT NULL AND m.id < \(before ?? Int64.max)
            ORDER BY m.id DESC LIMIT \(Int64(limit))
            """
        ).map { row in
            RefusedBankMessage(
                id: try row.decode("id", as: Int64.self),
                receivedAt: try row.decode("received_at", as: Date.self),
                problem: try row.decode("problem", as: String.self),
                orderNumber: try row.decode("number", as: String?.self),
                content: try row.decode("content", as: String.self))
        }
    }
}

/// The claim table of the bank's serial numbers: each is booked once.
enum BankSerials {
    /// Claims a serial. A unique violation means that it was booked before: the transaction must fail.
    static func claim(
        _ serial: String, channel: Channel, order: Int64, at moment: Date, on connection: isolated Connection
    ) throws {
        _ = try connection.execute(
            """
            INSERT INTO bank_serials (channel, serial, order_id, booked_at)
            VALUES (\(channel.rawValue), \(serial), \(order), \(moment))
            """)
    }
}

/// The bank's settlement day comes as month and day only.
enum SettlementDay {
    /// The date nearest to `moment` with this month and day (`MMDD`): around New Year it may lie in the other year. A day
    /// that cannot be read is taken as today's; the file of the day says better.
    static func date(_ monthDay: String, near moment: Date) -> LocalDate {
        let today = LocalDate(moment)
        guard monthDay.count == 4, let number = Int(monthDay) else { return today }
        let candidates = [today.year - 1, today.year, today.year + 1].compactMap {
            LocalDate(year: $0, month: number / 100, day: number % 100)
        }
        return candidates.min {
            abs($0.daysSinceEpoch - today.daysSinceEpoch) < abs($1.daysSinceEpoch - today.daysSinceEpoch)
        }
            ?? today
    }
}
