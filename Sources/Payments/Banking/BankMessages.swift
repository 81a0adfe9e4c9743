import Foundation
import Postgres

/// What the bank said, kept whether it was believed or not.
enum BankMessages {
    /// Fields that are not kept: they prove nothing afterwards, or show a whole account number.
    private static let omitted: Set<String> = ["signature", "signPubKeyCert", "accNo", "customerInfo"]

    /// Keeps a message; `problem` says why it was not believed.
    static func keep(
        _ fields: [String: String], kind: String = "notification", order: Int64?, problem: String?,
        at moment: Date,
        on connection: isolated Connection
    ) throws {
        // What strangers send is bounded: the notification address is open to the world.
        let kept = fields.filter { !omitted.contains($0.key) }.sorted { $0.key < $1.key }.prefix(60)
        let content = Dictionary(
            uniqueKeysWithValues: kept.map { (String($0.key.prefix(64)), String($0.value.prefix(1024))) })
        let json = String(decoding: try JSONEncoder().encode(content), as: UTF8.self)
        _ = try connection.execute(
            """
            INSERT INTO bank_messages (received_at, kind, order_id, problem, content)
            VALUES (\(moment), \(kind), \(order), \(problem), \(json)::jsonb)
            """)
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
