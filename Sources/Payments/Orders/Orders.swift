import Foundation
import Postgres

/// Who caused a step of an order.
public enum Actor: Sendable, Equatable {
    case `operator`(Operator.ID)
    case staff(StaffMember.ID)
    case system, bank, biller

    var kind: String {
        switch self {
        case .operator: "operator"
        case .staff: "staff"
        case .system: "system"
        case .bank: "bank"
        case .biller: "biller"
        }
    }

    var id: Int64? {
        switch self {
        case .operator(let id): id.rawValue
        case .staff(let id): id.rawValue
        case .system, .bank, .biller: nil
        }
    }
}

/// A step that happened to an order, for its page.
public struct OrderEvent: Sendable {
    /// The event's name in the table of the kind.
    public let event: String
    /// The state it led to, and the second state.
    public let state: String
    /// The second state it led to.
    public let writeOff: String
    /// When it happened.
    public let happenedAt: Date
    /// Whose act it was: `operator`, `staff`, `system`, `bank` or `biller`.
    public let actorKind: String
    /// The person's name, if it was a person.
    public let actorName: String?
    /// Evidence in words.
    public let note: String
}

/// An order about to be submitted.
struct NewOrder<Status: OrderStatus> {
    let number: String
    let amount: Money
    /// What the platform takes for it.
    var fee = Money.zero
    /// The other side in words.
    let counterparty: String
    /// How it begins.
    let event: Status.Event
    /// The state it begins in.
    let status: Status
}

/// What all kinds of order share: numbers, steps, events.
enum Orders {
    /// A new customer-visible number: the kind's letters, the Beijing date, twelve random letters and digits without
    /// those that are easily misread. 23 characters; the bank takes it as its order number as it is.
    static func newNumber(prefix: String, effects: Effects) -> String {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let random = effects.randomBytes(12).map { alphabet[Int($0 & 31)] }
        return prefix + LocalDate(effects.now()).description.filter { $0 != "-" } + String(random)
    }

    /// Submits an order: makes it with its first event, its job and its row in the audit trail, and sets its money aside,
    /// all in one round trip.
    ///
    /// - Parameter details: the kind's own inserts; each reads the order's `id` from `made`.
    /// - Throws: ``LedgerError`` when money is short.
    static func submit<Status: OrderStatus>(
        _ order: NewOrder<Status>, details: [SQL], audit: AuditAction, by clerk: Clerk, at moment: Date,
        on connection: isolated Connection
    ) throws {
        // Its id is known inside the statement only.
        let reference = OrderReference(
            id: 0, kind: Status.kind, number: order.number, enterprise: clerk.enterprise,
            amount: order.amount,
            fee: order.fee)
        let hold = try JournalEntry(.held, of: reference, event: order.event.rawValue)
        let inserts =
            details + [
                "INSERT INTO jobs (kind, subject_id, due_at) SELECT \(Status.kind.rawValue), id, \(moment) FROM made",
                Audit.recording(
                    audit, subject: order.number, by: clerk.actor, from: clerk.origin, at: moment),
            ]
        let parts = inserts.enumerated().map { place, insert in
            ", part\(unsafeRaw: "\(place)") AS (\(fragment: insert))" as SQL
        }
        _ = try Ledger.post(
            """
            WITH made AS (
                SELECT create_order(
                    \(Status.kind.rawValue), \(order.number), \(clerk.enterprise), \(clerk.person), \(order.amount),
                    \(order.fee), \(order.counterparty), \(order.event.rawValue), \(order.status.state), \(moment)) AS id
            )\(fragment: .joined(parts, by: ""))
            SELECT \(fragment: Ledger.posting(hold, of: "made.id", at: moment)) FROM made
            """, on: connection)
    }

    /// Takes a step: checks it against the table of the order's kind, has the database check and record it, and tells the
    /// operators if it is news. One round trip.
    ///
    /// - Parameter alongside: a statement that is run in the same round trip.
    @discardableResult
    static func record<Status: OrderStatus>(
        _ event: Status.Event, from status: Status, choosing: Status? = nil, of order: OrderReference,
        at moment: Date, by actor: Actor, note: String = "", alongside: SQL? = nil,
        on connection: isolated Connection
    ) throws -> Status {
        let next = try Status.after(event, from: status, choosing: choosing)
        let beginning: SQL = alongside.map { "WITH alongside AS (\(fragment: $0)) " } ?? ""
        var steps: [SQL] = [
            """
            record_order_event(
                \(order.id), \(event.rawValue), \(next.state), \(next.writeOff), \(moment),
                \(actor.kind), \(actor.id), \(note))
            """
        ]
        if let topic = Status.news(of: event, leadingTo: next) {
            steps.append(
                Inbox.telling(
                    order.enterprise, topic, order: order.id, amount: order.amount, at: moment))
        }
        _ = try connection.query(
            "\(fragment: beginning)SELECT \(fragment: .joined(steps, by: ", "))")
        return next
    }

    /// Records what changes no state the first time that it happens: the same answer may come every hour.
    static func recordOnce<Status: OrderStatus>(
        _ event: Status.Event, from status: Status, of order: OrderReference, at moment: Date,
        by actor: Actor, note: String = "", on connection: isolated Connection
    ) throws {
        let recorded = try connection.query(
            "SELECT 1 AS one FROM order_events WHERE order_id = \(order.id) AND event = \(event.rawValue) LIMIT 1"
        )
        guard recorded.isEmpty else { return }
        try record(event, from: status, of: order, at: moment, by: actor, note: note, on: connection)
    }

    /// The newest events of an order, 200 at most, oldest first.
    static func events(of order: Int64, on connection: isolated Connection) throws -> [OrderEvent] {
        try connection.query(
            """
            SELECT e.event, e.to_state, e.to_write_off, e.happened_at, e.actor_kind, e.note,
                coalesce(o.name, s.name) AS actor_name
            FROM order_events e
            LEFT JOIN operators o ON e.actor_kind = 'operator' AND o.id = e.actor_id
            LEFT JOIN staff s ON e.actor_kind = 'staff' AND s.id = e.actor_id
            WHERE e.order_id = \(order) ORDER BY e.sequence DESC LIMIT 200
            """
        ).reversed().map { row in
            OrderEvent(
                event: try row.decode("event", as: String.self),
                state: try row.decode("to_state", as: String.self),
                writeOff: try row.decode("to_write_off", as: String.self),
                happenedAt: try row.decode("happened_at", as: Date.self),
                actorKind: try row.decode("actor_kind", as: String.self),
                actorName: try row.decode("actor_name", as: String?.self),
                note: try row.decode("note", as: String.self))
        }
    }

    /// Reads the columns that every order's query selects from `orders o`.
    static func reference(from row: Row) throws -> OrderReference {
        guard let kind = OrderKind(rawValue: try row.decode("kind", as: String.self)) else {
            throw UnreadableOrder(column: "kind")
        }
        return OrderReference(
            id: try row.decode("id", as: Int64.self), kind: kind,
            number: try row.decode("number", as: String.self),
            enterprise: try row.decode("enterprise_id", as: Enterprise.ID.self),
            amount: try row.decode("amount", as: Money.self), fee: try row.decode("fee", as: Money.self))
    }

    /// Reads the status columns of an order of a known kind.
    static func status<Status: OrderStatus>(_ type: Status.Type, from row: Row) throws -> Status {
        guard
            let status = Status(
                state: try row.decode("state", as: String.self),
                writeOff: try row.decode("write_off", as: String.self))
        else { throw UnreadableOrder(column: "state") }
        return status
    }
}

/// A row that this version of the program cannot read: a newer one wrote it.
public struct UnreadableOrder: Error {
    /// The column that could not be understood.
    public let column: String
}
