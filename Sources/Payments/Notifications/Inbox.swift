import Foundation
import Postgres

/// A message to one operator about what happened to the enterprise's orders or account.
public struct InboxMessage: Sendable, Equatable {
    /// Its row, which orders the inbox.
    public let id: Int64
    /// What it is about.
    public let topic: InboxTopic
    /// The order it is about; nil where it is about the account as such.
    public let order: Order?
    /// How much; nil where there is no amount to it.
    public let amount: Money?
    /// When it happened.
    public let at: Date
    /// Whether the operator has opened it or marked it as read.
    public let isRead: Bool

    /// An order, as far as its message tells.
    public struct Order: Sendable, Equatable {
        /// The kind of order.
        public let kind: OrderKind
        /// Its number.
        public let number: String
        /// The other side in words.
        public let counterparty: String
    }
}

/// The inboxes of operators. A message is written in the transaction of what it tells, one for each operator of the enterprise,
/// and read by each for himself.
public struct Inbox: Sendable {
    let platform: Platform

    /// How many messages a page shows.
    public static let pageSize = 20
    /// Unread messages are counted up to this one more than is shown as a number.
    static let countLimit = 100

    // MARK: Telling

    /// The call that tells an enterprise's operators, for the list of a `SELECT`: it goes along with the statement that records
    /// what happened and costs no round trip of its own.
    static func telling(
        _ enterprise: Enterprise.ID, _ topic: InboxTopic, order: Int64?, amount: Money?, at moment: Date
    ) -> SQL {
        "tell_operators(\(enterprise), \(topic), \(order), \(amount), \(moment))"
    }

    /// Tells an enterprise's operators, in the transaction of what happened.
    static func tell(
        _ enterprise: Enterprise.ID, _ topic: InboxTopic, order: Int64? = nil, amount: Money? = nil,
        at moment: Date, on connection: isolated Connection
    ) throws {
        _ = try connection.query(
            "SELECT \(fragment: telling(enterprise, topic, order: order, amount: amount, at: moment))")
    }

    // MARK: Reading

    /// A page of an operator's messages, the newest first, below `before`. One round trip over an index.
    public func page(
        of person: Operator.ID, unreadOnly: Bool = false, before: Int64? = nil
    ) async throws -> ListPage<InboxMessage, Int64> {
        let unread: SQL = unreadOnly ? "AND m.read_at IS NULL" : ""
        let rows = try await platform.database.query(
            """
            SELECT m.id, m.topic, m.amount, m.at, m.read_at IS NOT NULL AS is_read, o.kind, o.number, o.counterparty
            FROM inbox_messages m LEFT JOIN orders o ON o.id = m.order_id
            WHERE m.operator_id = \(person) AND m.id < \(before ?? Int64.max) \(fragment: unread)
            ORDER BY m.id DESC LIMIT \(Int64(Self.pageSize + 1))
            """)
        return ListPage(try rows.map(Self.message), limit: Self.pageSize, key: \.id)
    }

    /// Marks a message as read and gives the order it is about, if it is about one. Once read it stays read.
    ///
    /// - Returns: nil when the operator has no such message.
    public func read(_ id: Int64, of person: Operator.ID) async throws -> InboxMessage? {
        try await platform.database.query(
            """
            WITH m AS (
                UPDATE inbox_messages SET read_at = coalesce(read_at, \(platform.effects.now()))
                WHERE id = \(id) AND operator_id = \(person)
                RETURNING id, topic, order_id, amount, at
            )
            SELECT m.id, m.topic, m.amount, m.at, true AS is_read, o.kind, o.number, o.counterparty
            FROM m LEFT JOIN orders o ON o.id = m.order_id
            """
        ).first.map(Self.message)
    }

    /// Marks all messages of an operator up to one as read: those that came after the list was shown stay unread.
    public func readAll(through id: Int64, of person: Operator.ID) async throws {
        try await platform.database.execute(
            """
            UPDATE inbox_messages SET read_at = \(platform.effects.now())
            WHERE operator_id = \(person) AND read_at IS NULL AND id <= \(id)
            """)
    }

    private static func message(_ row: Row) throws -> InboxMessage {
        var order: InboxMessage.Order?
        if let name: String = try row["kind"] {
            guard let kind = OrderKind(rawValue: name) else { throw UnreadableOrder(column: "kind") }
            order = InboxMessage.Order(
                kind: kind, number: try row["number"], counterparty: try row["counterparty"])
        }
        return InboxMessage(
            id: try row["id"], topic: try row["topic"], order: order, amount: try row["amount"],
            at: try row["at"], isRead: try row["is_read"])
    }
}

extension Platform {
    /// The inboxes of operators.
    public var inbox: Inbox { Inbox(platform: self) }
}
