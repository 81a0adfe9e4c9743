import Foundation
import Postgres

/// Why an entry could not be posted.
public enum LedgerError: Error, Equatable {
    /// The enterprise's available (or frozen) balance does not cover the entry.
    case insufficientFunds
    /// The order has posted this event before; nothing was changed.
    case alreadyPosted
}

/// The balances of an enterprise's dedicated expenditure account (专用支出账户).
public struct Balances: Sendable, Equatable {
    /// 可用余额
    public let available: Money
    /// 冻结金额, occupied by orders on their way.
    public let frozen: Money

    /// Both together, the balance that the statement shows.
    public let total: Money

    /// Puts two balances together.
    public init(available: Money, frozen: Money) throws(MoneyOverflow) {
        total = try available + frozen
        self.available = available
        self.frozen = frozen
    }
}

/// The books. Posting is one round trip; everything that guards it stands in the database too.
public enum Ledger {
    /// Posts an entry. Locks the enterprise's two accounts, which must be the first lock of the transaction.
    ///
    /// - Throws: ``LedgerError`` when money is short or the event was posted before.
    static func post(_ entry: JournalEntry, at moment: Date, on connection: isolated Connection) throws {
        _ = try post("SELECT \(fragment: posting(entry, at: moment))", on: connection)
    }

    /// The call that posts an entry, for a statement that makes the entry's order and posts in one round trip.
    ///
    /// - Parameter source: the order's id in that statement; the entry's own unless said otherwise.
    static func posting(_ entry: JournalEntry, of source: SQL? = nil, at moment: Date) -> SQL {
        """
        post_entry(
            \(entry.code.rawValue), \(entry.source.kind), \(fragment: source ?? "\(entry.source.id)"),
            \(entry.event), \(Int32(entry.occurrence)), \(moment), \(entry.enterprise),
            \(entry.lines.map(\.account.rawValue)), \(entry.lines.map(\.owner)),
            \(entry.lines.map(\.item)), \(entry.lines.map(\.amount)))
        """
    }

    /// What an enterprise can dispose of, in the caller's transaction.
    static func available(of enterprise: Enterprise.ID, on connection: isolated Connection) throws -> Money {
        try connection.query(
            """
            SELECT balance FROM enterprise_accounts
            WHERE enterprise_id = \(enterprise) AND account = 'enterpriseAvailable'
            """
        ).only()["balance"]
    }

    /// The number that the next entry of an event gets, where an order may meet the same event more than once. The step
    /// itself is what guards against posting twice; the caller holds the order.
    static func nextOccurrence(
        of event: String, of source: EntrySource, on connection: isolated Connection
    ) throws -> Int {
        try connection.query(
            """
            SELECT coalesce(max(occurrence), 0) + 1 AS next FROM journal_claims
            WHERE source_kind = \(source.kind) AND source_id = \(source.id) AND event = \(event)
            """
        ).only()["next"]
    }

    /// Runs a statement that posts.
    ///
    /// - Throws: ``LedgerError``.
    static func post(_ statement: SQL, on connection: isolated Connection) throws -> [Row] {
        do throws(PostgresError) {
            return try connection.query(statement)
        } catch {
            switch error.constraint {
            case "enterprise_account_not_negative": throw LedgerError.insufficientFunds
            case "journal_claims_pkey": throw LedgerError.alreadyPosted
            default: throw error
            }
        }
    }

    /// Locks an enterprise's accounts before its orders are touched: the order of locks is accounts, then orders.
    static func lock(_ enterprise: Enterprise.ID, on connection: isolated Connection) throws {
        _ = try connection.query("SELECT lock_enterprise_accounts(\(enterprise))")
    }

    /// The balances of an enterprise as a part of another statement's columns: `available` and `frozen`.
    static func balances(from row: Row) throws -> Balances {
        try Balances(
            available: try row.decode("available", as: Money.self),
            frozen: try row.decode("frozen", as: Money.self))
    }

    /// Closes a checkpoint of the platform accounts where nothing below it can still appear.
    static func closeCheckpoint(at moment: Date, in database: Database) async throws {
        _ = try await database.query("SELECT close_checkpoint(\(moment))")
    }
}
