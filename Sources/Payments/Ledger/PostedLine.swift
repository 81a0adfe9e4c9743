import Foundation
import Postgres

/// One line of an entry, as staff read it.
public struct PostedLine: Sendable {
    /// The code of the posting table.
    public let code: String
    /// When the entry was booked.
    public let bookedAt: Date
    /// The account.
    public let account: Account
    /// Whose it is: a channel, a biller, a kind; empty for the enterprise's own.
    public let owner: String
    /// The open item: an order's or case's number, or a settlement day.
    public let item: String
    /// In fen; debit positive, credit negative.
    public let amount: Money
}

extension PostedLine {
    /// The lines of the entries that some sources have posted, oldest entry first, at most 400.
    ///
    /// - Parameters:
    ///   - sources: a query for their `kind` and `id`.
    ///   - condition: on a source `s` and its entry `e`.
    static func lines(
        of sources: SQL, where condition: SQL = "true", on connection: isolated Connection
    ) throws -> [PostedLine] {
        try connection.query(
            """
            SELECT e.code, e.booked_at, p.account, p.owner, p.item, p.amount
            FROM (\(fragment: sources)) s
            JOIN journal_entries e ON e.source_kind = s.kind AND e.source_id = s.id AND (\(fragment: condition))
            JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            ORDER BY e.id, p.line LIMIT 400
            """
        ).map { row in
            PostedLine(
                code: try row["code"], bookedAt: try row["booked_at"], account: try row["account"],
                owner: try row["owner"], item: try row["item"], amount: try row["amount"])
        }
    }
}
