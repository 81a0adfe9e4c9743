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
    /// Only movements of orders that are in one of these states now.
    public var states: [OrderState]?
    /// Only income or only expense.
    public var direction: Direction?
    /// Only movements of at least this much, in either direction.
    public var least: Money?
    /// Only movements of at most this much, in either direction.
    public var most: Money?
    /// Only movements of the order with this number, or of the case of reconciliation with it.
    public var orderNumber: String?
    /// Only movements whose other side contains this text, in capitals or not.
    public var counterparty: String?

    /// A filter; nil means no restriction.
    public init(
        from: LocalDate? = nil, until: LocalDate? = nil, kind: OrderKind? = nil, states: [OrderState]? = nil,
        direction: Direction? = nil, least: Money? = nil, most: Money? = nil, orderNumber: String? = nil,
        counterparty: String? = nil
    ) {
        self.from = from
        self.until = until
        self.kind = kind
        self.states = states
        self.direction = direction
        self.least = least
        self.most = most
        self.orderNumber = orderNumber
        self.counterparty = counterparty
    }

    /// Whether the filter leaves lines of its days out, so that what it lets through does not lead from one balance to
    /// the other.
    var leavesLinesOut: Bool {
        self != StatementFilter(from: from, until: until)
    }

    /// Whether the condition looks at the order of a line.
    var readsOrders: Bool { states != nil || counterparty != nil }

    /// The condition on `journal_entries e`, joined as ``Statements/orders`` says if ``readsOrders``.
    func condition(_ enterprise: Enterprise.ID) -> SQL {
        var condition: SQL = "e.enterprise_id = \(enterprise) AND e.enterprise_change <> 0"
        if let from { condition = "\(fragment: condition) AND e.statement_at >= \(from.start)" }
        if let until {
            // No line is booked after its time, so that the partitions of later years need not be opened.
            let end = until.adding(days: 1).start
            condition = "\(fragment: condition) AND e.statement_at < \(end) AND e.booked_at < \(end)"
        }
        if let kind {
            let channels: [Channel] =
                switch kind {
                case .topUp: [.gateway, .reserve]
                case .withdrawal: [.payout]
                default: []
                }
            condition = """
                \(fragment: condition) AND (e.source_kind = \(kind.rawValue) OR e.source_kind = 'difference' AND EXISTS (
                    SELECT FROM differences WHERE id = e.source_id AND channel = ANY(\(channels.map(\.rawValue)))))
                """
        }
        if let states {
            condition = """
                \(fragment: condition) AND (
                    \(fragment: Statements.kind), \(fragment: Statements.state), coalesce(o.write_off, 'none')
                ) IN (SELECT * FROM unnest(
                    \(states.map(\.kind.rawValue)), \(states.map(\.state)), \(states.map(\.writeOff))))
                """
        }
        if let least { condition = "\(fragment: condition) AND abs(e.enterprise_change) >= \(least)" }
        if let most { condition = "\(fragment: condition) AND abs(e.enterprise_change) <= \(most)" }
        switch direction {
        case .income: condition = "\(fragment: condition) AND e.enterprise_change > 0"
        case .expense: condition = "\(fragment: condition) AND e.enterprise_change < 0"
        case nil: break
        }
        if let orderNumber {
            condition = """
                \(fragment: condition) AND (e.source_kind, e.source_id) IN (
                    SELECT kind, id FROM orders WHERE number = \(orderNumber)
                    UNION ALL SELECT 'difference', d.id FROM orders JOIN differences d ON d.order_id = orders.id
                    WHERE orders.number = \(orderNumber)
                    UNION ALL SELECT 'difference', id FROM differences WHERE number = \(orderNumber)
                    UNION ALL SELECT 'repayment', id FROM repayments WHERE number = \(orderNumber))
                """
        }
        if let counterparty {
            condition = """
                \(fragment: condition)
                AND strpos(lower(\(fragment: Statements.counterparty)), lower(\(counterparty))) > 0
                """
        }
        return condition
    }
}

/// A state of one kind of order, as the books name it.
public struct OrderState: Sendable, Equatable {
    /// The kind of order.
    public let kind: OrderKind
    /// The state's name.
    public let state: String
    /// The second state's name.
    public let writeOff: String

    /// The state that a status stands for.
    public init(_ status: some OrderStatus) {
        kind = type(of: status).kind
        state = status.state
        writeOff = status.writeOff
    }
}

/// One line of the account's statement: money that came or went, never money merely set aside.
public struct Movement: Sendable, Equatable {
    /// The entry's number, which orders the statement.
    public let entry: Int64
    /// When it was booked; never before the line booked before it.
    public let bookedAt: Date
    /// The code of the posting table.
    public let code: String
    /// The kind of order it belongs to.
    public let kind: OrderKind
    /// The order's number; that of the case of reconciliation for money that belongs to no order of ours.
    public let orderNumber: String
    /// Whether there is such an order.
    public var hasOrder = true
    /// The other side in words.
    public let counterparty: String
    /// What came; nil when money went.
    public let income: Money?
    /// What went; nil when money came.
    public let expense: Money?
    /// Available and frozen together after it.
    public let balance: Money
    /// The order's state now.
    public let state: String
    /// The order's write-off state now.
    public let writeOff: String
}

/// The sums over a whole filter, and the balances between which its days lie.
public struct StatementTotals: Sendable, Equatable {
    /// What came.
    public let income: Money
    /// What went.
    public let expense: Money
    /// The balance before the first day and after the last; nil where the filter leaves lines of its days out.
    public let balances: StatementBalances?
}

/// What a statement begins and ends with, available and frozen together.
public struct StatementBalances: Sendable, Equatable {
    /// 期初余额, before the first day.
    public let opening: Money
    /// 期末余额, after the last day.
    public let closing: Money
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

/// The balances of an enterprise, and what its frozen balance is set aside for.
public struct Holdings: Sendable {
    /// The balances; the frozen one is the sum of all holds, listed or not.
    public let balances: Balances
    /// The holds, newest first, as many as are listed.
    public let holds: [Hold]
    /// Whether there are more than are listed.
    public let hasMore: Bool
}

/// Where a page of a statement begins.
public enum StatementCursor: Sendable, Equatable {
    /// At the newest movement.
    case newest
    /// Below this entry.
    case olderThan(Int64)
    /// Above this entry.
    case newerThan(Int64)

    /// The order in which the page is read.
    var order: SQL {
        switch self {
        case .newest, .olderThan: "DESC"
        case .newerThan: "ASC"
        }
    }
}

/// A page of movements, newest first.
public struct StatementPage: Sendable {
    /// The movements.
    public let movements: [Movement]
    /// Whether there are older ones.
    public let hasOlder: Bool
    /// Whether there are newer ones.
    public let hasNewer: Bool
    /// The sums over the whole filter; nil where nobody asked for them.
    public var totals: StatementTotals?

    /// A page without movements, for a filter that could not be understood.
    public static let empty = StatementPage(movements: [], hasOlder: false, hasNewer: false)
}

/// The statement of an enterprise's account.
public struct Statements: Sendable {
    let platform: Platform

    /// How many movements a page shows.
    public static let pageSize = 20
    /// How many movements an export holds at most, the newest ones; who wants more narrows the dates.
    public static let exportLimit = 20_000
    /// How many orders with money set aside are listed at most.
    public static let holdLimit = 100

    /// One page. One round trip over an index, however long the statement is.
    public func page(
        of enterprise: Enterprise.ID, filter: StatementFilter, at cursor: StatementCursor = .newest,
        limit: Int = pageSize
    ) async throws -> StatementPage {
        let rows = try await platform.database.query(
            Self.lines(of: enterprise, filter: filter, at: cursor, limit: limit))
        return try Self.page(rows, at: cursor, limit: limit)
    }

    /// One page with the sums over the whole filter. One round trip; without another restriction than days it reads no
    /// more than the page and the ends of the span, however long that is.
    public func pageWithTotals(
        of enterprise: Enterprise.ID, filter: StatementFilter, at cursor: StatementCursor = .newest
    ) async throws -> StatementPage {
        let lines = Self.lines(of: enterprise, filter: filter, at: cursor, limit: Self.pageSize)
        let rows = try await platform.database.query(
            """
            SELECT t.*, l.* FROM (\(fragment: Self.totals(of: enterprise, filter: filter))) t
            LEFT JOIN (\(fragment: lines)) l ON true
            ORDER BY l.statement_at \(fragment: cursor.order), l.id \(fragment: cursor.order)
            """)
        guard let first = rows.first else { throw UnreadableOrder(column: "income") }
        let found = try rows.filter { try $0.decode("id", as: Int64?.self) != nil }
        var page = try Self.page(found, at: cursor, limit: Self.pageSize)
        page.totals = StatementTotals(
            income: try first.decode("income", as: Money.self),
            expense: try first.decode("expense", as: Money.self),
            balances: filter.leavesLinesOut
                ? nil
                : StatementBalances(
                    opening: try first.decode("opening", as: Money.self),
                    closing: try first.decode("closing", as: Money.self)))
        return page
    }

    /// The lines of a page, and one more where there is one.
    static func lines(
        of enterprise: Enterprise.ID, filter: StatementFilter, at cursor: StatementCursor, limit: Int
    ) -> SQL {
        var condition = filter.condition(enterprise)
        switch cursor {
        case .newest: break
        case .olderThan(let entry):
            condition =
                "\(fragment: condition) AND (e.statement_at, e.id) < \(fragment: place(entry, enterprise))"
        case .newerThan(let entry):
            condition =
                "\(fragment: condition) AND (e.statement_at, e.id) > \(fragment: place(entry, enterprise))"
        }
        return """
            SELECT e.id, e.statement_at, e.code, \(fragment: Self.kind) AS source_kind, e.enterprise_change,
                e.enterprise_balance, coalesce(o.number, f.number, y.number) AS number, o.id IS NOT NULL AS has_order,
                \(fragment: Self.counterparty) AS counterparty, \(fragment: Self.state) AS state,
                coalesce(o.write_off, 'none') AS write_off
            FROM journal_entries e \(fragment: Self.orders)
            WHERE \(fragment: condition)
            ORDER BY e.statement_at \(fragment: cursor.order), e.id \(fragment: cursor.order)
            LIMIT \(Int64(limit + 1))
            """
    }

    /// The order of an entry: its own, or that of the case of reconciliation by which people have credited or charged it.
    /// A case may be of no order: people have named the enterprise, and the case itself stands in the order's place.
    private static let orders: SQL = """
        LEFT JOIN differences f ON e.source_kind = 'difference' AND f.id = e.source_id
        LEFT JOIN bank_channels c ON c.channel = f.channel
        LEFT JOIN repayments y ON e.source_kind = 'repayment' AND y.id = e.source_id
        LEFT JOIN orders o ON o.id = coalesce(f.order_id, e.source_id)
            AND (f.order_id IS NOT NULL OR o.kind = e.source_kind)
        """

    /// The kind of a line's order; by the channel where there is none.
    static let kind: SQL =
        "coalesce(o.kind, CASE f.channel WHEN 'unionpay-payout' THEN 'withdrawal' ELSE 'topUp' END)"
    /// The state of a line's order; where there is none, the state that means the same.
    static let state: SQL = """
        coalesce(o.state, CASE
            WHEN f.channel = 'unionpay-payout' THEN CASE WHEN e.enterprise_change > 0 THEN 'returned' ELSE 'paid' END
            WHEN e.enterprise_change > 0 THEN 'credited' ELSE 'reversed' END)
        """
    /// The other side of a line: the channel where there is no order.
    static let counterparty: SQL = """
        coalesce(o.counterparty, c.name, CASE
            WHEN y.id IS NOT NULL THEN '应收企业款' WHEN f.channel = 'reserve' THEN '银行转账' ELSE '' END)
        """

    /// Where an entry stands in the order of the statement; nowhere when it is not this enterprise's.
    private static func place(_ entry: Int64, _ enterprise: Enterprise.ID) -> SQL {
        """
        ((SELECT statement_at FROM journal_entries
            WHERE id = \(entry) AND enterprise_id = \(enterprise)), \(entry))
        """
    }

    private static func page(_ rows: [Row], at cursor: StatementCursor, limit: Int) throws -> StatementPage {
        let hasMore = rows.count > limit
        let movements = try rows.prefix(limit).map(Self.movement)
        return switch cursor {
        case .newest: StatementPage(movements: movements, hasOlder: hasMore, hasNewer: false)
        case .olderThan: StatementPage(movements: movements, hasOlder: hasMore, hasNewer: true)
        case .newerThan: StatementPage(movements: movements.reversed(), hasOlder: true, hasNewer: hasMore)
        }
    }

    /// `income`, `expense`, `opening` and `closing` of a filter. Sums of days are the difference of what stands at their
    /// two ends; only a filter that leaves lines out has to read what it lets through.
    static func totals(of enterprise: Enterprise.ID, filter: StatementFilter) -> SQL {
        if filter.leavesLinesOut {
            let orders: SQL =
                filter.readsOrders ? Self.orders : ""
            return """
                SELECT coalesce(sum(e.enterprise_change) FILTER (WHERE e.enterprise_change > 0), 0)::bigint AS income,
                    coalesce(-sum(e.enterprise_change) FILTER (WHERE e.enterprise_change < 0), 0)::bigint AS expense
                FROM journal_entries e \(fragment: orders)
                WHERE \(fragment: filter.condition(enterprise))
                """
        }
        let before =
            filter.from.map { standing(of: enterprise, before: $0.start) } ?? "SELECT 0::bigint, 0::bigint"
        let through = standing(of: enterprise, before: filter.until?.adding(days: 1).start)
        return """
            SELECT closing.income - opening.income AS income,
                closing.income - opening.income - (closing.balance - opening.balance) AS expense,
                opening.balance AS opening, closing.balance AS closing
            FROM (\(fragment: orNothing(before))) opening, (\(fragment: orNothing(through))) closing
            """
    }

    /// The `balance` of an enterprise and its `income` in all, by the last line before a moment. No row where there is
    /// none.
    static func standing(of enterprise: Enterprise.ID, before moment: Date?) -> SQL {
        let end: SQL = moment.map { "AND statement_at < \($0) AND booked_at < \($0)" } ?? ""
        return """
            SELECT enterprise_balance AS balance, statement_income AS income FROM journal_entries
            WHERE enterprise_id = \(enterprise) AND enterprise_change <> 0 \(fragment: end)
            ORDER BY statement_at DESC, id DESC LIMIT 1
            """
    }

    /// A standing, and zeros where there is none.
    static func orNothing(_ standing: SQL) -> SQL {
        """
        SELECT coalesce(max(balance), 0) AS balance, coalesce(max(income), 0) AS income
        FROM (\(fragment: standing)) line (balance, income)
        """
    }

    /// The balances and the orders that have money set aside, the newest ``holdLimit``. One round trip.
    public func holds(of enterprise: Enterprise.ID) async throws -> Holdings {
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
                ORDER BY id DESC LIMIT \(Int64(Self.holdLimit + 1))
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
        return Holdings(
            balances: try Ledger.balances(from: first), holds: Array(holds.prefix(Self.holdLimit)),
            hasMore: holds.count > Self.holdLimit)
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
            entry: try row.decode("id", as: Int64.self),
            bookedAt: try row.decode("statement_at", as: Date.self),
            code: try row.decode("code", as: String.self), kind: kind,
            orderNumber: try row.decode("number", as: String.self),
            hasOrder: try row.decode("has_order", as: Bool.self),
            counterparty: try row.decode("counterparty", as: String.self),
            income: change > 0 ? Money(fen: change) : nil,
            expense: change < 0 ? Money(fen: 0 - change) : nil,
            balance: try row.decode("enterprise_balance", as: Money.self),
            state: try row.decode("state", as: String.self),
            writeOff: try row.decode("write_off", as: String.self))
    }
}

extension Platform {
    /// The statements of enterprises' accounts.
    public var statements: Statements { Statements(platform: self) }
}
