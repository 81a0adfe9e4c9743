import Foundation
import Postgres

/// An enterprise's account over some days, and its top-ups and withdrawals item by item beside the bank's files (对账).
///
/// An item belongs to the days when our books have a movement of it in them, or the bank settles it in them; both sides of it are
/// then told whole, so that what was booked on the last evening and settled on the next day is seen as one.
public struct AccountReconciliation: Sendable, Equatable {
    /// What came and what went by one kind of movement.
    public struct Flow: Sendable, Equatable {
        /// What came.
        public let income: Money
        /// What went.
        public let expense: Money
    }

    /// One side of an item: a movement of the account, or a line of a file.
    public struct Side: Sendable, Equatable {
        /// Beijing day on which it was booked, or the bank's settlement day.
        public let day: LocalDate
        /// Whether that is one of the days asked for.
        public let isWithin: Bool
        /// The bank's serial; empty for a movement.
        public let serial: String
        /// What came (positive) or went (negative).
        public let change: Money
    }

    /// What comparing both sides of an item comes to.
    public enum Outcome: Sendable, Equatable, CaseIterable {
        /// 相符
        case agreed
        /// 在途: left the account, and the bank has not paid it out yet.
        case inTransit
        /// 银行未入账: no file has it yet.
        case notInFiles
        /// 账簿未入账: a file has it, and the account does not.
        case notBooked
        /// Sums differ.
        case differs
        /// Left the account and came back; the bank never moved it.
        case givenBack
    }

    /// An order, or a case of reconciliation without one, with all that the account and the files know of it.
    public struct Item: Sendable, Equatable {
        /// Top-up or withdrawal.
        public let kind: OrderKind
        /// The order's or the case's number.
        public let number: String
        /// Whether there is an order.
        public let hasOrder: Bool
        /// Movements of the account, the oldest first.
        public internal(set) var booked: [Side]
        /// Lines of the bank's files, the oldest first.
        public internal(set) var settled: [Side]
        /// Whether the order is final.
        let isFinal: Bool

        /// What comparing both sides comes to. Sums stay far below the edge of the range.
        public var outcome: Outcome {
            let ours = booked.reduce(0) { $0 + $1.change.fen }
            let banks = settled.reduce(0) { $0 + $1.change.fen }
            if ours == banks { return booked.isEmpty || !settled.isEmpty ? .agreed : .givenBack }
            if settled.isEmpty { return kind == .withdrawal && !isFinal ? .inTransit : .notInFiles }
            return booked.isEmpty ? .notBooked : .differs
        }
    }

    /// 期初余额, available and frozen together.
    public let opening: Money
    /// 充值, and money credited by reconciliation.
    public let topUps: Flow
    /// 提现, and what came back of it.
    public let withdrawals: Flow
    /// 缴费, and what was refunded of it.
    public let billPayments: Flow
    /// All other movements.
    public let others: Flow
    /// 期末余额, available and frozen together.
    public let closing: Money
    /// The items, the oldest first.
    public let items: [Item]
    /// Whether there are more items than are listed.
    public let hasMore: Bool
}

extension Statements {
    /// How many sides of items are read at most; who wants more narrows the dates.
    public static let reconciliationLimit = 10_000

    /// An enterprise's account from one day through another beside the bank's files. One round trip.
    public func reconciliation(
        of enterprise: Enterprise.ID, from: LocalDate, until: LocalDate
    ) async throws -> AccountReconciliation {
        let rows = try await platform.database.query(
            Self.reconciliation(of: enterprise, from: from, until: until))
        let sums = try rows.only()
        func flow(_ name: String) throws -> AccountReconciliation.Flow {
            AccountReconciliation.Flow(income: try sums["\(name)_in"], expense: try sums["\(name)_out"])
        }
        var items: [AccountReconciliation.Item] = []
        for row in rows.prefix(Self.reconciliationLimit) {
            guard let number: String = try row["number"] else { break }
            guard let kind = OrderKind(rawValue: try row["kind"]) else {
                throw UnreadableOrder(column: "kind")
            }
            if items.last?.number != number {
                items.append(
                    AccountReconciliation.Item(
                        kind: kind, number: number, hasOrder: try row["has_order"], booked: [], settled: [],
                        isFinal: try row["is_final"]))
            }
            let settlementDate: LocalDate? = try row["settlement_date"]
            let day = try settlementDate ?? LocalDate(row["at"] as Date)
            let side = AccountReconciliation.Side(
                day: day, isWithin: from <= day && day <= until, serial: try row["serial"],
                change: try row["change"])
            if settlementDate == nil {
                items[items.count - 1].booked.append(side)
            } else {
                items[items.count - 1].settled.append(side)
            }
        }
        let hasMore = rows.count > Self.reconciliationLimit
        // The last one may be cut in the middle.
        if hasMore { items.removeLast() }
        return AccountReconciliation(
            opening: try sums["opening"], topUps: try flow("top_ups"),
            withdrawals: try flow("withdrawals"), billPayments: try flow("bill_payments"),
            others: try flow("others"), closing: try sums["closing"], items: items,
            hasMore: hasMore)
    }

    /// The sums of the days with each side of each item. `filed` is what the files have under the numbers of the enterprise's
    /// orders, under the serials of its cases, and of refunds to payers of its orders. A case without an order counts once it is
    /// decided for the enterprise.
    static func reconciliation(of enterprise: Enterprise.ID, from: LocalDate, until: LocalDate) -> SQL {
        let end = until.adding(days: 1).start
        let groups: [(name: StaticString, codes: SQL)] = [
            ("top_ups", "code IN ('P01', 'P03')"),
            ("withdrawals", "code IN ('P30', 'P32', 'P33', 'P34')"),
            ("bill_payments", "code IN ('P20', 'P21', 'P23', 'P24', 'P25')"),
            (
                "others",
                """
                code NOT IN ('P01', 'P03', 'P20', 'P21', 'P23', 'P24', 'P25', 'P30', 'P32', 'P33', 'P34')
                """
            ),
        ]
        let flows = groups.map { group in
            """
            coalesce(sum(change) FILTER (WHERE change > 0 AND \(fragment: group.codes)), 0)::bigint
                AS \(unsafeRaw: "\(group.name)")_in,
            coalesce(-sum(change) FILTER (WHERE change < 0 AND \(fragment: group.codes)), 0)::bigint
                AS \(unsafeRaw: "\(group.name)")_out
            """ as SQL
        }
        return """
            WITH booked AS MATERIALIZED (
                SELECT code, source_kind, source_id, enterprise_change AS change FROM journal_entries
                WHERE enterprise_id = \(enterprise) AND enterprise_change <> 0
                    AND statement_at >= \(from.start) AND statement_at < \(end) AND booked_at < \(end)
            ), filed AS (
                SELECT o.id AS order_id, NULL::bigint AS case_id, l.file_id, l.line, l.is_duplicate, l.trade,
                    l.serial, l.amount
                FROM orders o JOIN LATERAL (
                    SELECT * FROM bank_file_lines WHERE order_number = o.number LIMIT 100
                ) l ON true
                WHERE o.enterprise_id = \(enterprise) AND o.kind IN ('topUp', 'withdrawal')
                UNION
                SELECT d.order_id, CASE WHEN d.order_id IS NULL THEN d.id END, l.file_id, l.line, l.is_duplicate, l.trade,
                    l.serial, l.amount
                FROM differences d JOIN bank_file_lines l ON l.channel = d.channel AND l.serial = d.serial
                WHERE d.enterprise_id = \(enterprise) AND (d.order_id IS NOT NULL OR d.state = 'resolved')
                UNION
                SELECT d.order_id, NULL, l.file_id, l.line, l.is_duplicate, l.trade, l.serial, l.amount
                FROM differences d JOIN refunds r ON r.difference_id = d.id AND r.state <> 'refused'
                JOIN bank_file_lines l ON l.order_number = r.number
                WHERE d.enterprise_id = \(enterprise) AND d.order_id IS NOT NULL
            ), lines AS MATERIALIZED (
                SELECT l.order_id, l.case_id, f.settlement_date, l.serial,
                    \(fragment: BankLine.signedAmount) AS change
                FROM filed l JOIN bank_files f ON f.id = l.file_id
                WHERE NOT l.is_duplicate
            ), touched AS MATERIALIZED (
                SELECT source_id AS order_id, NULL::bigint AS case_id FROM booked
                WHERE source_kind IN ('topUp', 'withdrawal')
                UNION
                SELECT d.order_id, CASE WHEN d.order_id IS NULL THEN d.id END
                FROM booked JOIN differences d ON d.id = booked.source_id
                WHERE booked.source_kind = 'difference'
                UNION
                SELECT order_id, case_id FROM lines WHERE settlement_date BETWEEN \(from) AND \(until)
            ), sources AS (
                SELECT t.order_id, t.case_id, o.kind AS source_kind, o.id AS source_id
                FROM touched t JOIN orders o ON o.id = t.order_id
                UNION ALL
                SELECT t.order_id, t.case_id, 'difference', d.id
                FROM touched t JOIN differences d ON d.order_id = t.order_id
                UNION ALL
                SELECT order_id, case_id, 'difference', case_id FROM touched WHERE case_id IS NOT NULL
            ), sides AS (
                SELECT s.order_id, s.case_id, e.statement_at AS at, NULL::date AS settlement_date, '' AS serial,
                    e.enterprise_change AS change, e.id AS place
                FROM sources s JOIN LATERAL (
                    SELECT id, statement_at, enterprise_change FROM journal_entries
                    WHERE source_kind = s.source_kind AND source_id = s.source_id
                        AND enterprise_id = \(enterprise) AND enterprise_change <> 0
                    LIMIT 100
                ) e ON true
                UNION ALL
                SELECT t.order_id, t.case_id, NULL, l.settlement_date, l.serial, l.change, 0
                FROM touched t JOIN lines l ON l.order_id = t.order_id
                UNION ALL
                SELECT t.order_id, t.case_id, NULL, l.settlement_date, l.serial, l.change, 0
                FROM touched t JOIN lines l ON l.case_id = t.case_id
                UNION ALL
                SELECT NULL, t.case_id, NULL, l.day, l.serial, l.change, 0
                FROM touched t JOIN differences d ON d.id = t.case_id AND d.channel = 'reserve'
                JOIN reserve_statement_lines l ON l.serial = d.serial
            )
            SELECT flows.*, opening.balance AS opening, closing.balance AS closing, item.*
            FROM (SELECT \(fragment: .joined(flows, by: ", ")) FROM booked) flows,
                (\(fragment: orNothing(standing(of: enterprise, before: from.start)))) opening,
                (\(fragment: orNothing(standing(of: enterprise, before: end)))) closing
            LEFT JOIN (
                SELECT s.*, coalesce(o.number, d.number) AS number, o.id IS NOT NULL AS has_order,
                    coalesce(o.is_final, true) AS is_final, coalesce(
                        o.kind, CASE d.channel WHEN 'unionpay-payout' THEN 'withdrawal' ELSE 'topUp' END) AS kind
                FROM sides s LEFT JOIN orders o ON o.id = s.order_id LEFT JOIN differences d ON d.id = s.case_id
                WHERE o.kind IS DISTINCT FROM 'billPayment'
                ORDER BY s.order_id, s.case_id, s.settlement_date, s.serial, s.place
                LIMIT \(Int64(reconciliationLimit + 1))
            ) item ON true
            ORDER BY item.order_id, item.case_id, item.settlement_date, item.serial, item.place
            """
    }
}
