import Foundation
import Postgres

/// What the charts of 商户首页 show.
public struct AccountTrends: Sendable {
    /// The balance (available and frozen) at the end of each day, oldest first, one for every day of the span.
    public let balances: [(day: LocalDate, balance: Money)]
    /// What was spent on each bill item in the span, the most first.
    public let spending: [(category: String, amount: Money)]
}

extension Statements {
    /// The span of the charts, in days.
    static let trendDays = 30

    /// Balances and spending of the last thirty days, Beijing time. Two round trips.
    public func trends(of enterprise: Enterprise.ID) async throws -> AccountTrends {
        let today = LocalDate(platform.effects.now())
        let first = today.adding(days: 1 - Self.trendDays)
        async let ends = dayEnds(of: enterprise, from: first, until: today)
        let spending = try await platform.database.query(
            """
            SELECT i.name, -sum(e.enterprise_change)::bigint AS spent
            FROM journal_entries e JOIN bill_payments p ON p.order_id = e.source_id
            JOIN billers b ON b.code = p.biller_code JOIN bill_items i ON i.code = b.bill_item
            WHERE e.enterprise_id = \(enterprise) AND e.enterprise_change <> 0
                AND e.statement_at >= \(first.start) AND e.source_kind = 'billPayment'
            GROUP BY i.name HAVING sum(e.enterprise_change) < 0 ORDER BY spent DESC, i.name LIMIT 6
            """
        ).map { row in
            (
                category: try row.decode("name", as: String.self),
                amount: try row.decode("spent", as: Money.self)
            )
        }
        return AccountTrends(balances: try await ends, spending: spending)
    }

    /// The last balance before the span, carried on through the days without a movement.
    private func dayEnds(
        of enterprise: Enterprise.ID, from first: LocalDate, until today: LocalDate
    ) async throws -> [(day: LocalDate, balance: Money)] {
        let rows = try await platform.database.query(
            """
            SELECT NULL::date AS day, balance
            FROM (\(fragment: Self.orNothing(Self.standing(of: enterprise, before: first.start)))) before
            UNION ALL
            SELECT (statement_at AT TIME ZONE 'Asia/Shanghai')::date,
                (array_agg(enterprise_balance ORDER BY id DESC))[1]
            FROM journal_entries
            WHERE enterprise_id = \(enterprise) AND enterprise_change <> 0 AND statement_at >= \(first.start)
            GROUP BY 1
            """)
        var known: [LocalDate: Money] = [:]
        var balance = Money.zero
        for row in rows {
            let found = try row.decode("balance", as: Money?.self)
            if let day = try row.decode("day", as: LocalDate?.self) {
                known[day] = found
            } else {
                balance = found ?? .zero
            }
        }
        guard rows.count > 1 else { return [] }
        return (0..<Self.trendDays).map { offset in
            let day = first.adding(days: offset)
            balance = known[day] ?? balance
            return (day, balance)
        }
    }
}
