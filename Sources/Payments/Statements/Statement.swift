import Foundation
import Postgres

/// What a clerk wants to see of the account's movements (交易明细). The page and the export use the same value, so
/// that an export never shows other rows than the screen.
public struct StatementFilter: Sendable, Equatable {
    /// Whether money came or went.
    public enum Direction: String, Sendable, CaseIterable {
        case income, expense
    }

    /// First day, Beijing time, inclusive.
    public var from: LocalDate?
    /// Last day, Beijing time, inclusive.
    public var until: LocalDate?
    /// Only movements of one kind of order.
    public var kind: OrderKind?
    /// Only income or only expense.
    public var direction: Direction?
    /// Only movements of the order with this number.
    public var orderNumber: String?

    /// A filter; nil means no restriction.
    public init(
        from: LocalDate? = nil, until: LocalDate? = nil, kind: OrderKind? = nil, direction: Direction? = nil,
        orderNumber: String? = nil
    ) {
        self.from = from
        self.until = until
        self.kind = kind
        self.direction = direction
        self.orderNumber = orderNumber
    }

    /// The condition on `journal_entries e` joined with `orders o`.
    func condition(_ enterprise: Enterprise.ID) -> SQL {
        var condition: SQL = "e.enterprise_id = \(enterprise) AND e.enterprise_change <> 0"
        if let from { condition = "\(fragment: condition) AND e.booked_at >= \(from.start)" }
        if let until { condition = "\(fragment: condition) AND e.booked_at < \(until.adding(days: 1).start)" }
        if let kind { condition = "\(fragment: condition) AND e.source_kind = \(kind.rawValue)" }
        switch direction {
        case .income: condition = "\(fragment: condition) AND e.enterprise_change > 0"
        case .expense: condition = "\(fragment: condition) AND e.enterprise_change < 0"
        case nil: break
        }
        if let orderNumber { condition = "\(fragment: condition) AND o.number = \(orderNumber)" }
        return condition
    }
}

/// One line of the account's statement: money that came or went, never money merely set aside.
public struct Movement: Sendable, Equatable {
    /// The entry's number, which orders the statement.
    public let entry: Int64
    /// When it was booked.
    public let bookedAt: Date
    /// The code of the posting table.
    public let code: String
    /// The kind of order it belongs to.
    public let kind: OrderKind
    /// The order's number.
    public let orderNumber: String
    /// The other side in words.
    public let counterparty: String
    /// What came; nil when money went.
    public let income: Money?
    /// What went; nil when money came.
    public let expense: Money?
    /// Available and frozen together after it.
    public let balance: Money
}

/// An order that has money set aside.
public struct Hold: Sendable, Equatable {
    /// The kind of order.
    public let kind: OrderKind
    /// The order's number.
    public let orderNumber: String
    /// The other side in words.
    public let counterparty: String
    /// What is set aside, fee included.
    public let amount: Money
    /// Since when.
    public let since: Date
    /// The order's state.
    public let state: String
    /// The order's write-off state.
    public let writeOff: String
}

/// Where a page of a statement begins.
public enum StatementCursor: Sendable, Equatable {
    /// At the newest movement.
    case newest
    /// Below this entry.
    case olderThan(Int64)
    /// Above this entry.
    case newerThan(Int64)
}

/// A page of movements, newest first.
public struct StatementPage: Sendable {
    /// The movements.
    public let movements: [Movement]
    /// Whether there are older ones.
    public let hasOlder: Bool
    /// Whether there are newer ones.
    public let hasNewer: Bool

    /// A page without movements, for a filter that could not be understood.
    public static let empty = StatementPage(movements: [], hasOlder: false, hasNewer: false)
}

/// The statement of an enterprise's account.
public struct Statements: Sendable {
    let platform: Platform

    /// How many movements a page shows.
    public static let pageSize = 20
    /// How many movements an export holds at most; who wants more narrows the dates.
    public static let exportLimit = 20_000

    /// One page. One round trip over an index, however long the statement is.
    public func page(
        of enterprise: Enterprise.ID, filter: StatementFilter, at cursor: StatementCursor = .newest,
        limit: Int = pageSize
    ) async throws -> StatementPage {
        var condition = filter.condition(enterprise)
        let order: SQL
        switch cursor {
        case .newest: order = "DESC"
        case .olderThan(let entry):
            condition = "\(fragment: condition) AND e.id < \(entry)"
            order = "DESC"
        case .newerThan(let entry):
            condition = "\(fragment: condition) AND e.id > \(entry)"
            order = "ASC"
        }
        let rows = try await platform.database.query(
            """
            SELECT e.id, e.booked_at, e.code, e.source_kind, e.enterprise_change, e.enterprise_balance,
                o.number, o.counterparty
            FROM journal_entries e JOIN orders o ON o.id = e.source_id AND o.kind = e.source_kind
            WHERE \(fragment: condition)
            ORDER BY e.id \(fragment: order) LIMIT \(Int64(limit + 1))
            """)
        let hasMore = rows.count > limit
        let movements = try rows.prefix(limit).map(Self.movement)
        switch cursor {
        case .newest: return StatementPage(movements: movements, hasOlder: hasMore, hasNewer: false)
        case .olderThan: return StatementPage(movements: movements, hasOlder: hasMore, hasNewer: true)
        case .newerThan:
            return StatementPage(movements: movements.reversed(), hasOlder: true, hasNewer: hasMore)
        }
    }

    /// The balances and the orders that have money set aside, the newest hundred. One round trip.
    public func holds(of enterprise: Enterprise.ID) async throws -> (balances: Balances, holds: [Hold]) {
        let rows = try await platform.database.query(
            """
            SELECT a.available, a.frozen, o.kind, o.number, o.counterparty, o.amount + o.fee AS held,
                o.created_at, o.state, o.write_off
            FROM (
                SELECT sum(balance) FILTER (WHERE account = 'enterpriseAvailable')::bigint AS available,
                    sum(balance) FILTER (WHERE account = 'enterpriseFrozen')::bigint AS frozen
                FROM enterprise_accounts WHERE enterprise_id = \(enterprise)
            ) a
            LEFT JOIN LATERAL (
                SELECT * FROM orders
                WHERE enterprise_id = \(enterprise) AND NOT is_final AND (kind, state) IN (
                    ('billPayment', 'pendingReview'), ('billPayment', 'ready'), ('billPayment', 'sending'),
                    ('billPayment', 'unknown'), ('withdrawal', 'pendingReview'), ('withdrawal', 'accepted'),
                    ('withdrawal', 'sending'), ('withdrawal', 'unknown'))
                ORDER BY id DESC LIMIT 100
            ) o ON true
            """)
        guard let first = rows.first else { throw UnreadableOrder(column: "available") }
        let holds = try rows.compactMap { row -> Hold? in
            guard let kindName = try row.decode("kind", as: String?.self),
                let kind = OrderKind(rawValue: kindName)
            else { return nil }
            return Hold(
                kind: kind, orderNumber: try row.decode("number", as: String.self),
                counterparty: try row.decode("counterparty", as: String.self),
                amount: try row.decode("held", as: Money.self),
                since: try row.decode("created_at", as: Date.self),
                state: try row.decode("state", as: String.self),
                writeOff: try row.decode("write_off", as: String.self))
        }
        return (try Ledger.balances(from: first), holds)
    }

    /// All movements of a filter, newest first, in pages handed to `write`, up to ``exportLimit``.
    /// Returns whether the limit cut the export.
    public func export(
        of enterprise: Enterprise.ID, filter: StatementFilter, write: ([Movement]) async throws -> Void
    ) async throws -> Bool {
        var cursor = StatementCursor.newest
        var written = 0
        while true {
            let page = try await page(of: enterprise, filter: filter, at: cursor, limit: 1000)
            try await write(page.movements)
            written += page.movements.count
            guard page.hasOlder, let last = page.movements.last else { return false }
            if written >= Self.exportLimit { return true }
            cursor = .olderThan(last.entry)
        }
    }

    private static func movement(_ row: Row) throws -> Movement {
        guard let kind = OrderKind(rawValue: try row.decode("source_kind", as: String.self)) else {
            throw UnreadableOrder(column: "source_kind")
        }
        let change = try row.decode("enterprise_change", as: Int64.self)
        return Movement(
            entry: try row.decode("id", as: Int64.self), bookedAt: try row.decode("booked_at", as: Date.self),
            code: try row.decode("code", as: String.self), kind: kind,
            orderNumber: try row.decode("number", as: String.self),
            counterparty: try row.decode("counterparty", as: String.self),
            income: change > 0 ? Money(fen: change) : nil,
            expense: change < 0 ? Money(fen: 0 - change) : nil,
            balance: try row.decode("enterprise_balance", as: Money.self))
    }
}

extension Platform {
    /// The statements of enterprises' accounts.
    public var statements: Statements { Statements(platform: self) }
}
