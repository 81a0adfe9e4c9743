import Foundation
import Postgres

extension Connection {
    /// Locks what an order's step touches: the enterprise's accounts first, so that two steps for one enterprise follow
    /// each other and what is read afterwards stays true until the commit.
    func lockOrders(of enterprise: Enterprise.ID) throws {
        try Ledger.lock(enterprise, on: self)
    }

    /// Whether the enterprise may pay out money.
    func isActive(_ enterprise: Enterprise.ID) throws -> Bool {
        try state(of: enterprise)?.paysMoney == true
    }

    /// The enterprise's state; nil when there is no such enterprise.
    func state(of enterprise: Enterprise.ID) throws -> EnterpriseState? {
        try query("SELECT state FROM enterprises WHERE id = \(enterprise)").first
            .flatMap { EnterpriseState(rawValue: try $0.decode("state", as: String.self)) }
    }

    /// Plans the next step of an order just made in this transaction.
    func scheduleOrder(_ number: String, kind: JobKind, due: Date) throws {
        _ = try execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at)
            SELECT \(kind.rawValue), id, \(due) FROM orders WHERE number = \(number)
            """)
    }
}

/// Something that a person has to look at, because no machine can decide it: an order, or work in the background that
/// fails again and again.
public struct OpenWorkItem: Sendable {
    /// Its row.
    public let id: Int64
    /// What it is about, in words.
    public let detail: String
    /// Since when.
    public let raisedAt: Date
    /// The order it is about; nil for work that belongs to no order, and among what the order's own page shows.
    public let order: Order?
    /// The settlement day it is about.
    public var settlementDate: LocalDate?
    /// Whether it is about a biller's statement of that day; otherwise about the bank's files.
    public var isAboutBiller = false
    /// The number of the settlement to a biller that it is about.
    public var settlementNumber: String?

    /// An order, as far as its item tells.
    public struct Order: Sendable {
        /// Its number.
        public let number: String
        /// Whose it is.
        public let enterpriseName: String
    }
}

extension Monitoring {
    /// A page of the open items of a region, the oldest first: those of its companies' orders and of settlements to its
    /// billers. What belongs to neither is for those who act everywhere. One query over an index.
    ///
    /// - Parameter after: the last key of the page before.
    public func openWorkItems(
        within region: Region, after key: Int64? = nil, limit: Int = 100
    ) async throws -> ListPage<OpenWorkItem, Int64> {
        let rows = try await platform.database.query(
            """
            SELECT w.id, w.kind, w.detail, w.raised_at, w.settlement_date, s.number AS settlement_number,
                o.number, e.name
            FROM work_items w LEFT JOIN orders o ON o.id = w.order_id
            LEFT JOIN biller_settlements s ON s.id = w.settlement_id
            LEFT JOIN billers b ON b.code = s.biller_code
            LEFT JOIN enterprises e ON e.id = o.enterprise_id
            LEFT JOIN cities ON cities.code = coalesce(e.city_code, b.city_code)
            WHERE w.resolved_at IS NULL AND w.id > \(key ?? 0) AND \(fragment: region.condition)
            ORDER BY w.id LIMIT \(Int64(limit + 1))
            """
        ).map { row in
            let number: String? = try row["number"]
            return OpenWorkItem(
                id: try row["id"], detail: try row["detail"], raisedAt: try row["raised_at"],
                order: try number.map {
                    OpenWorkItem.Order(number: $0, enterpriseName: try row["name"])
                }, settlementDate: try row["settlement_date"],
                isAboutBiller: try row.decode("kind", as: String.self).hasPrefix("billerStatement."),
                settlementNumber: try row["settlement_number"])
        }
        return ListPage(rows, limit: limit, key: \.id)
    }
}

/// What a person has to look at.
enum WorkItems {
    /// The open items that a condition names, the oldest first, at most a hundred.
    static func open(where condition: SQL, on connection: isolated Connection) throws -> [OpenWorkItem] {
        try connection.query(
            """
            SELECT id, detail, raised_at FROM work_items WHERE \(fragment: condition) AND resolved_at IS NULL
            ORDER BY id LIMIT 100
            """
        ).map { row in
            OpenWorkItem(
                id: try row["id"], detail: try row["detail"], raisedAt: try row["raised_at"], order: nil)
        }
    }

    /// What a person says has come of items: who may say it, and in how many words.
    static func resolution(_ text: String, by member: StaffMember) throws -> String {
        guard member.role == .operations else { throw WorkItemError.notAllowed }
        let text = text.trimmed
        guard (1...500).contains(text.count) else { throw WorkItemError.resolutionMissing }
        return text
    }

    /// Closes open items that a person has seen, with what came of them, in the audit trail. What somebody has closed already
    /// stays closed; doing it again changes nothing.
    ///
    /// - Parameters:
    ///   - items: their rows.
    ///   - condition: which of them belong to the subject.
    ///   - number: of the subject.
    static func resolve(
        _ items: [Int64], where condition: SQL, of number: String, resolution: String, by member: StaffMember,
        from origin: Origin, at moment: Date, on connection: isolated Connection
    ) throws {
        let closed = try connection.query(
            """
            UPDATE work_items SET resolved_at = \(moment), resolved_by = \(member.id), resolution = \(resolution)
            WHERE \(fragment: condition) AND id = ANY(\(items)) AND resolved_at IS NULL
            RETURNING kind
            """
        ).map { try $0.decode("kind", as: String.self) }
        guard !closed.isEmpty else { return }
        try Audit.record(
            .workItemResolved, subject: number, by: .staff(member.id),
            detail: "\(closed.joined(separator: ", ")): \(resolution)", from: origin, at: moment,
            on: connection)
    }

    /// Opens an item, unless one of its kind is open for the order; where there is no order, one with the same detail.
    ///
    /// - Parameter day: the settlement day it is about; then the detail names the day.
    /// - Returns: whether it is new.
    @discardableResult
    static func raise(
        _ kind: String, order: Int64? = nil, day: LocalDate? = nil, settlement: Int64? = nil, detail: String,
        at moment: Date, on connection: isolated Connection
    ) throws -> Bool {
        try connection.execute(
            """
            INSERT INTO work_items (kind, order_id, settlement_date, settlement_id, detail, raised_at)
            VALUES (\(kind), \(order), \(day), \(settlement), \(detail), \(moment)) ON CONFLICT DO NOTHING
            """) > 0
    }

    /// Closes the items about a settlement to a biller: the bank has said what became of it. What it has said of an earlier payout
    /// stays.
    static func close(settlement: Int64, at moment: Date, on connection: isolated Connection) throws {
        try connection.execute(
            """
            UPDATE work_items SET resolved_at = \(moment), resolution = '已有结果，自动关闭'
            WHERE settlement_id = \(settlement) AND kind <> \(BillerSettlements.notifiedLate) AND resolved_at IS NULL
            """)
    }

    /// Closes the item of a kind about a settlement day, if one is open: the matter has ended by itself.
    static func close(
        _ kind: String, day: LocalDate, resolution: String, at moment: Date,
        on connection: isolated Connection
    ) throws {
        _ = try connection.execute(
            """
            UPDATE work_items SET resolved_at = \(moment), resolution = \(resolution)
            WHERE kind = \(kind) AND settlement_date = \(day) AND resolved_at IS NULL
            """)
    }

    /// Closes the item of a kind that is open for an order that goes on. When the order ends, the database closes all of its
    /// items.
    static func close(
        _ kind: String, order: Int64, resolution: String, at moment: Date, on connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            UPDATE work_items SET resolved_at = \(moment), resolution = \(resolution)
            WHERE order_id = \(order) AND kind = \(kind) AND resolved_at IS NULL
            """)
    }
}
