import Foundation
import Postgres

/// An order that is not final, for the list of what is still open.
public struct OpenOrder: Sendable {
    /// The kind of order.
    public let kind: OrderKind
    /// Its number.
    public let number: String
    /// The other side in words.
    public let counterparty: String
    /// How much.
    public let amount: Money
    /// When it was made.
    public let createdAt: Date
    /// The state's name.
    public let state: String
    /// The second state's name.
    public let writeOff: String
}

/// What came and went in a span of time.
public struct Turnover: Sendable, Equatable {
    /// What came today.
    public let todayIncome: Money
    /// What went today.
    public let todayExpense: Money
    /// What came this month.
    public let monthIncome: Money
    /// What went this month.
    public let monthExpense: Money
}

extension Statements {
    /// Orders that are not final, the newest ten.
    public func openOrders(of enterprise: Enterprise.ID) async throws -> [OpenOrder] {
        try await platform.database.query(
            """
            SELECT kind, number, counterparty, amount, created_at, state, write_off
            FROM orders WHERE enterprise_id = \(enterprise) AND NOT is_final ORDER BY id DESC LIMIT 10
            """
        ).map { row in
            guard let kind = OrderKind(rawValue: try row.decode("kind", as: String.self)) else {
                throw UnreadableOrder(column: "kind")
            }
            return OpenOrder(
                kind: kind, number: try row.decode("number", as: String.self),
                counterparty: try row.decode("counterparty", as: String.self),
                amount: try row.decode("amount", as: Money.self),
                createdAt: try row.decode("created_at", as: Date.self),
                state: try row.decode("state", as: String.self),
                writeOff: try row.decode("write_off", as: String.self))
        }
    }

    /// The balances, what the bank has taken of withdrawals and not yet paid, and what came and went today and this
    /// month, Beijing time. One round trip.
    public func overview(
        of enterprise: Enterprise.ID
    ) async throws -> (balances: Balances, inTransit: Money, turnover: Turnover) {
        let today = LocalDate(platform.effects.now())
        func standing(before moment: Date?) -> SQL {
            Self.orNothing(Self.standing(of: enterprise, before: moment))
        }
        let rows = try await platform.database.query(
            """
            SELECT
                (SELECT balance FROM enterprise_accounts
                    WHERE enterprise_id = \(enterprise) AND account = 'enterpriseAvailable') AS available,
                (SELECT balance FROM enterprise_accounts
                    WHERE enterprise_id = \(enterprise) AND account = 'enterpriseFrozen') AS frozen,
                (SELECT coalesce(sum(amount + fee), 0)::bigint FROM orders
                    WHERE enterprise_id = \(enterprise) AND NOT is_final AND kind = 'withdrawal'
                        AND state = 'atBank') AS in_transit,
                present.income - day.income AS today_income,
                present.income - day.income - (present.balance - day.balance) AS today_expense,
                present.income - month.income AS month_income,
                present.income - month.income - (present.balance - month.balance) AS month_expense
            FROM (\(fragment: standing(before: nil))) present, (\(fragment: standing(before: today.start))) day,
                (\(fragment: standing(before: today.firstOfMonth.start))) month
            """)
        guard let row = rows.first else { throw UnreadableOrder(column: "available") }
        return (
            try Ledger.balances(from: row), try row.decode("in_transit", as: Money.self),
            Turnover(
                todayIncome: try row.decode("today_income", as: Money.self),
                todayExpense: try row.decode("today_expense", as: Money.self),
                monthIncome: try row.decode("month_income", as: Money.self),
                monthExpense: try row.decode("month_expense", as: Money.self))
        )
    }

    /// The available balance alone, for forms that show it.
    public func available(of enterprise: Enterprise.ID) async throws -> Money {
        try await platform.database.query(
            """
            SELECT balance FROM enterprise_accounts
            WHERE enterprise_id = \(enterprise) AND account = 'enterpriseAvailable'
            """
        ).first?.decode("balance", as: Money.self) ?? .zero
    }

    /// The movements of one order, newest first.
    public func movements(of order: String, enterprise: Enterprise.ID) async throws -> [Movement] {
        try await page(of: enterprise, filter: StatementFilter(orderNumber: order)).movements
    }
}
