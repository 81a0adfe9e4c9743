import Foundation
import Postgres

/// An order of any company in a list of staff.
public struct StaffOrderSummary: Sendable {
    /// The kind of order.
    public let kind: OrderKind
    /// The order's number.
    public let number: String
    /// Whose it is.
    public let enterpriseName: String
    /// The enterprise's merchant number.
    public let merchantNumber: String
    /// The other side in words.
    public let counterparty: String
    /// What is paid, topped up or withdrawn.
    public let amount: Money
    /// The name of its state.
    public let state: String
    /// The name of its second state.
    public let writeOff: String
    /// When it was submitted.
    public let createdAt: Date
}

/// Everything about an order, as operations read it.
public struct StaffOrder: Sendable {
    /// What each kind knows besides.
    public enum Details: Sendable {
        case topUp(TopUp)
        case billPayment(BillPayment)
        case withdrawal(Withdrawal)
    }

    /// A refund of the order's money.
    public struct RefundSummary: Sendable {
        /// Its number, `RF…`.
        public let number: String
        /// Where it stands.
        public let status: RefundStatus
        /// How much.
        public let amount: Money
    }

    /// What every order has.
    public let summary: StaffOrderSummary
    /// What its kind has besides.
    public let details: Details
    /// What the platform takes for it.
    public let fee: Money
    /// The operator who submitted it.
    public let operatorName: String
    /// Since when it is in its state.
    public let stateSince: Date
    /// When the worker looks at it next; nil when it does not.
    public let nextStepAt: Date?
    /// The steps that led to its state, oldest first.
    public let events: [OrderEvent]
    /// What the order, its cases and their refunds have posted, oldest first.
    public let lines: [PostedLine]
    /// Its cases of reconciliation, the ended ones too.
    public let differences: [Difference]
    /// The refunds of its money.
    public let refunds: [RefundSummary]
    /// What a person has to look at and nobody has closed.
    public let workItems: [OpenWorkItem]
    /// Whether nothing but a person will close those: the order has ended, and no case about it is open.
    public let isLeftToPeople: Bool
    /// A page of its messages, the newest first.
    public let messages: ListPage<KeptBankMessage, Int64>
}

/// Why the items of an order were not closed.
public enum WorkItemError: Error, Hashable, Sendable {
    /// There is no such order within the person's reach.
    case notFound
    /// The role does not do this.
    case notAllowed
    /// What came of it has to be said, in at most 500 characters.
    case resolutionMissing
    /// The order goes on, or has an open case: its end closes the items.
    case goesOn
}

/// Orders of all companies, as staff find and read them within their region.
public struct StaffOrders: Sendable {
    let platform: Platform

    /// How many orders a search shows.
    public static let limit = 20

    private static let summaryColumns: SQL = """
        o.kind, o.number, e.name AS enterprise_name, e.merchant_number, o.counterparty, o.amount, o.state,
        o.write_off, o.created_at
        """

    /// Orders by a number that somebody has at hand: the order's own, the bank's or the biller's serial, a case's or a
    /// refund's.
    public func find(_ text: String, within region: Region) async throws -> [StaffOrderSummary] {
        let text = text.trimmed.uppercased()
        guard !text.isEmpty else { return [] }
        let channels = [Channel.gateway, .payout].map(\.rawValue)
        return try await platform.database.query(
            """
            SELECT \(fragment: Self.summaryColumns)
            FROM orders o JOIN enterprises e ON e.id = o.enterprise_id JOIN cities ON cities.code = e.city_code
            WHERE \(fragment: region.condition) AND o.id IN (
                SELECT id FROM orders WHERE number = \(text)
                UNION SELECT order_id FROM bank_serials WHERE channel = ANY(\(channels)) AND serial = \(text)
                UNION SELECT order_id FROM bill_payments WHERE biller_serial = \(text)
                UNION SELECT order_id FROM differences WHERE number = \(text)
                UNION SELECT order_id FROM differences
                    WHERE channel = ANY(\(channels)) AND serial = \(text) AND class <> 'cutOff'
                UNION SELECT d.order_id FROM refunds r JOIN differences d ON d.id = r.difference_id
                    WHERE r.number = \(text)
            )
            ORDER BY o.id DESC LIMIT \(Int64(Self.limit))
            """
        ).map(Self.summary)
    }

    /// An order with everything about it, if the region reaches it. That somebody looked is written to the audit trail.
    ///
    /// - Parameter before: the message below which its page of messages begins; nil for the newest.
    public func view(
        _ number: String, messagesBefore before: Int64? = nil, by member: StaffMember, from origin: Origin
    ) async throws -> StaffOrder? {
        let moment = platform.effects.now()
        return try await platform.database.transaction { connection in
            let rows = try connection.query(
                """
                SELECT \(fragment: Self.summaryColumns), o.id, o.fee, o.state_since, p.name AS operator_name,
                    \(fragment: Self.leftToPeople) AS is_left,
                    (SELECT due_at FROM jobs WHERE kind = o.kind AND subject_id = o.id) AS next_step_at
                FROM orders o JOIN enterprises e ON e.id = o.enterprise_id
                JOIN cities ON cities.code = e.city_code JOIN operators p ON p.id = o.operator_id
                WHERE o.number = \(number) AND \(fragment: member.region.condition)
                """)
            guard let row = rows.first else { return nil }
            let (id, summary): (Int64, StaffOrderSummary) = (try row["id"], try Self.summary(row))
            try Audit.record(
                .orderViewed, subject: number, by: .staff(member.id), from: origin, at: moment, on: connection
            )
            return StaffOrder(
                summary: summary, details: try Self.details(id, summary.kind, on: connection),
                fee: try row["fee"], operatorName: try row["operator_name"],
                stateSince: try row["state_since"],
                nextStepAt: try row["next_step_at"], events: try Orders.events(of: id, on: connection),
                lines: try Self.lines(id, summary.kind, on: connection),
                differences: try connection.query(
                    "\(fragment: Differences.selection) WHERE d.order_id = \(id) ORDER BY d.id DESC LIMIT 100"
                ).map(Differences.difference),
                refunds: try Self.refunds(of: id, on: connection),
                workItems: try WorkItems.open(where: "order_id = \(id)", on: connection),
                isLeftToPeople: try row["is_left"],
                messages: try KeptBankMessage.page(
                    where: "order_id = \(id)", before: before, on: connection))
        }
    }

    /// Whether an order `o` has ended and has no open case: then no step of a machine or of two people closes its items.
    private static let leftToPeople: SQL = """
        o.is_final AND NOT EXISTS (
            SELECT FROM differences d
            WHERE d.order_id = o.id AND d.state IN ('open', 'waitingCutOff', 'proposed'))
        """

    /// Closes open items of an order that nothing else closes; see ``WorkItems``.
    ///
    /// - Parameter items: the rows of the items that the person has seen.
    /// - Throws: ``WorkItemError``.
    public func resolve(
        _ items: [Int64], of number: String, resolution: String, by member: StaffMember, from origin: Origin
    ) async throws {
        let resolution = try WorkItems.resolution(resolution, by: member)
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                """
                SELECT o.id, o.enterprise_id FROM orders o JOIN enterprises e ON e.id = o.enterprise_id
                JOIN cities ON cities.code = e.city_code
                WHERE o.number = \(number) AND \(fragment: member.region.condition)
                """)
            guard let row = rows.first else { throw WorkItemError.notFound }
            let id: Int64 = try row["id"]
            // Items are raised and orders end under this lock.
            try connection.lockOrders(of: try row["enterprise_id"])
            let isLeft: Bool = try connection.query(
                "SELECT \(fragment: Self.leftToPeople) AS is_left FROM orders o WHERE o.id = \(id)"
            ).only()["is_left"]
            guard isLeft else { throw WorkItemError.goesOn }
            try WorkItems.resolve(
                items, where: "order_id = \(id)", of: number, resolution: resolution, by: member,
                from: origin,
                at: moment, on: connection)
        }
    }

    private static func summary(_ row: Row) throws -> StaffOrderSummary {
        guard let kind = OrderKind(rawValue: try row["kind"]) else { throw UnreadableOrder(column: "kind") }
        return StaffOrderSummary(
            kind: kind, number: try row["number"], enterpriseName: try row["enterprise_name"],
            merchantNumber: try row["merchant_number"], counterparty: try row["counterparty"],
            amount: try row["amount"], state: try row["state"], writeOff: try row["write_off"],
            createdAt: try row["created_at"])
    }

    private static func details(
        _ id: Int64, _ kind: OrderKind, on connection: isolated Connection
    ) throws -> StaffOrder.Details {
        func row(_ selection: SQL) throws -> Row {
            try connection.query("\(fragment: selection) WHERE o.id = \(id)").only()
        }
        return switch kind {
        case .topUp: .topUp(try TopUps.topUp(try row(TopUps.selection)))
        case .billPayment: .billPayment(try BillPayments.payment(try row(BillPayments.selection)))
        case .withdrawal: .withdrawal(try Withdrawals.withdrawal(try row(Withdrawals.selection)))
        }
    }

    /// The entries of the order, of its cases and of their refunds.
    private static func lines(
        _ id: Int64, _ kind: OrderKind, on connection: isolated Connection
    ) throws -> [PostedLine] {
        try PostedLine.lines(
            of: """
                SELECT \(kind.rawValue) AS kind, \(id) AS id
                UNION ALL SELECT 'difference', id FROM differences WHERE order_id = \(id)
                UNION ALL SELECT 'refund', r.id FROM refunds r JOIN differences d ON d.id = r.difference_id
                    WHERE d.order_id = \(id)
                """, on: connection)
    }

    private static func refunds(
        of id: Int64, on connection: isolated Connection
    ) throws -> [StaffOrder.RefundSummary] {
        try connection.query(
            """
            SELECT r.number, r.state, r.amount FROM refunds r JOIN differences d ON d.id = r.difference_id
            WHERE d.order_id = \(id) ORDER BY r.id DESC LIMIT 100
            """
        ).map { row in
            StaffOrder.RefundSummary(
                number: try row["number"], status: try row["state"], amount: try row["amount"])
        }
    }
}

extension Platform {
    /// Orders of all companies, for staff.
    public var staffOrders: StaffOrders { StaffOrders(platform: self) }
}
