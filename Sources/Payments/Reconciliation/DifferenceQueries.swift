import Foundation
import Postgres

/// All that the page of a case shows.
public struct DifferenceDetails: Sendable {
    /// An order, as our books have it.
    public struct Order: Sendable {
        /// The kind of order.
        public let kind: OrderKind
        /// Its number.
        public let number: String
        /// How much, in fen.
        public let amount: Money
        /// When it was made.
        public let createdAt: Date
        /// The state's name.
        public let state: String
        /// The second state's name.
        public let writeOff: String
        /// The bank's serial under which it was booked.
        public let serial: String?
        /// The settlement day under which it was booked.
        public let settlementDate: LocalDate?
    }

    /// The refund that gives its money back to the payer.
    public struct ReceiptReturn: Sendable {
        /// Its number.
        public let number: String
        /// Where it stands.
        public let state: RefundStatus
    }

    /// The case.
    public let difference: Difference
    /// What happened to it, oldest first.
    public let steps: [Differences.Step]
    /// The lines of the bank's files with its serial: several when the bank has it twice.
    public let lines: [BankLine]
    /// The line of the reserve account's statement, where it is about one.
    public let reserveLine: ReserveLine?
    /// The lines of billers' statements that it is about.
    public let billerLines: [BillerStatementLine]
    /// Our order; nil where nobody knows one.
    public let order: Order?
    /// What was posted for it, oldest first.
    public let postings: [PostedLine]
    /// The newest refund of its money.
    public let refund: ReceiptReturn?

    /// Who made the proposal that waits; nil where none does.
    public var proposer: StaffMember.ID? {
        difference.state == .proposed
            ? steps.last { $0.event == DifferenceState.Event.handlingProposed.rawValue }?.staff : nil
    }
}

extension Differences {
    /// A step that happened to a case, for its page.
    public struct Step: Sendable {
        /// The event's name.
        public let event: String
        /// The state it led to.
        public let state: DifferenceState
        /// When.
        public let at: Date
        /// The person; nil for the machine.
        public let staff: StaffMember.ID?
        /// The person's name; nil for the machine.
        public let actorName: String?
        /// In words.
        public let note: String
    }

    /// A case, if the region reaches it.
    public func find(_ number: String, within region: Region) async throws -> Difference? {
        try await platform.database.transaction { try Self.read(number, within: region, on: $0) }
    }

    /// A case with all that its page shows, if the region reaches it.
    public func details(_ number: String, within region: Region) async throws -> DifferenceDetails? {
        try await platform.database.transaction(as: .snapshot) { connection in
            guard let found = try Self.read(number, within: region, on: connection) else { return nil }
            return DifferenceDetails(
                difference: found, steps: try Self.steps(of: found, on: connection),
                lines: try BankLine.lines(of: found, on: connection),
                reserveLine: try ReserveLine.line(of: found, on: connection),
                billerLines: try BillerStatements.lines(of: found, on: connection),
                order: try Self.order(of: found, on: connection),
                postings: try Self.postings(of: found, on: connection),
                refund: try connection.query(
                    "SELECT number, state FROM refunds WHERE difference_id = \(found.id) ORDER BY id DESC LIMIT 1"
                ).first.map {
                    DifferenceDetails.ReceiptReturn(number: try $0["number"], state: try $0["state"])
                })
        }
    }

    private static func read(_ number: String, within region: Region, on connection: isolated Connection)
        throws -> Difference?
    {
        try connection.query(
            "\(fragment: selection) WHERE d.number = \(number) AND \(fragment: reach(of: region))"
        ).first.map(difference)
    }

    private static func steps(of found: Difference, on connection: isolated Connection) throws -> [Step] {
        try connection.query(
            """
            SELECT v.event, v.to_state, v.happened_at, v.note, s.id AS staff_id, s.name FROM difference_events v
            LEFT JOIN staff s ON v.actor_kind = 'staff' AND s.id = v.actor_id
            WHERE v.difference_id = \(found.id) ORDER BY v.sequence LIMIT 200
            """
        ).map { row in
            Step(
                event: try row["event"], state: try row["to_state"], at: try row["happened_at"],
                staff: try row["staff_id"], actorName: try row["name"], note: try row["note"])
        }
    }

    private static func order(of found: Difference, on connection: isolated Connection) throws
        -> DifferenceDetails.Order?
    {
        guard let id = found.orderID else { return nil }
        let row = try connection.query(
            """
            SELECT o.id, o.kind, o.number, o.enterprise_id, o.amount, o.fee, o.created_at, o.state, o.write_off,
                coalesce(t.bank_serial, w.bank_serial) AS serial,
                coalesce(t.settlement_date, w.settlement_date) AS settlement_date
            FROM orders o LEFT JOIN top_ups t ON t.order_id = o.id LEFT JOIN withdrawals w ON w.order_id = o.id
            WHERE o.id = \(id)
            """
        ).only()
        let reference = try Orders.reference(from: row)
        return DifferenceDetails.Order(
            kind: reference.kind, number: reference.number, amount: reference.amount,
            createdAt: try row["created_at"], state: try row["state"], writeOff: try row["write_off"],
            serial: try row["serial"], settlementDate: try row["settlement_date"])
    }

    /// What the case itself, the refunds of its money and, where the order has parked the loss, the order's late bad news
    /// have posted.
    private static func postings(of found: Difference, on connection: isolated Connection) throws
        -> [PostedLine]
    {
        let parkedBy = found.parking == .order ? found.orderID : nil
        return try PostedLine.lines(
            of: """
                SELECT 'difference' AS kind, \(found.id) AS id
                UNION ALL SELECT 'refund', id FROM refunds WHERE difference_id = \(found.id)
                UNION ALL SELECT kind, id FROM orders WHERE id = \(parkedBy)
                """,
            where: "s.kind IN ('difference', 'refund') OR e.code BETWEEN 'P40' AND 'P45'", on: connection)
    }

    /// Which cases are asked for.
    public struct Filter: Sendable, Equatable {
        /// Of one settlement day.
        public var day: LocalDate?
        /// Of one channel.
        public var channel: Channel?
        /// Of one class.
        public var kind: DifferenceClass?
        /// In one state.
        public var state: DifferenceState?
        /// Those only that wait for a person.
        public var isOpenOnly: Bool

        /// A filter; without arguments it lets all cases through.
        public init(
            day: LocalDate? = nil, channel: Channel? = nil, kind: DifferenceClass? = nil,
            state: DifferenceState? = nil, isOpenOnly: Bool = false
        ) {
            self.day = day
            self.channel = channel
            self.kind = kind
            self.state = state
            self.isOpenOnly = isOpenOnly
        }
    }

    /// How many cases an export holds at most, the newest ones.
    public static let exportLimit = 20_000

    /// Cases of a region, the newest first, below `before`.
    public func list(
        _ filter: Filter = Filter(), within region: Region, before: Int64? = nil, limit: Int = 20
    )
        async throws -> [Difference]
    {
        var conditions: [SQL] = [Self.reach(of: region), "d.id < \(before ?? Int64.max)"]
        if let day = filter.day { conditions.append("d.settlement_date = \(day)") }
        if let channel = filter.channel { conditions.append("d.channel = \(channel)") }
        if let kind = filter.kind { conditions.append("d.class = \(kind)") }
        if let state = filter.state { conditions.append("d.state = \(state)") }
        if filter.isOpenOnly { conditions.append("d.state IN ('open', 'proposed')") }
        return try await platform.database.query(
            """
            \(fragment: Self.selection) WHERE \(fragment: .joined(conditions, by: " AND "))
            ORDER BY d.id DESC LIMIT \(Int64(limit))
            """
        ).map(Self.difference)
    }

    /// The proposals that a member of staff may decide, the longest waiting first: those of others within the region.
    public func waiting(for member: StaffMember, limit: Int = 100) async throws -> [Difference] {
        guard ControlledAction.handleDifference.isDecided(by: member.role) else { return [] }
        return try await platform.database.query(
            """
            \(fragment: Self.selection) WHERE d.state = 'proposed' AND \(fragment: Self.reach(of: member.region))
                AND (
                    SELECT v.actor_id FROM difference_events v
                    WHERE v.difference_id = d.id AND v.event = 'handlingProposed' ORDER BY v.sequence DESC LIMIT 1
                ) <> \(member.id)
            ORDER BY d.state_since, d.id LIMIT \(Int64(limit))
            """
        ).map(Self.difference)
    }
}
