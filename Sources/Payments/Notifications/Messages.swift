import Foundation
import Postgres

/// What a message is for.
public enum MessagePurpose: String, Sendable, CaseIterable {
    case activation, passwordChanged, notice
}

/// Where a message stands.
public enum MessageState: String, Lifecycle {
    case queued, sent, expired

    /// What can happen to a message.
    public enum Event: String, CaseIterable, Sendable {
        case queued, delivered, timeRanOut
    }

    /// As in the database.
    public static let subject = "message"

    /// The table.
    public static let steps: [LifecycleStep<MessageState>] = [
        rows([nil], .queued, .queued),
        rows([.queued], .delivered, .sent),
        rows([.queued], .timeRanOut, .expired),
    ].flatMap { $0 }
}

/// Messages to people's phones. Queued in the transaction that gives cause for them; a job delivers them
/// afterwards, again and again until the message centre has taken them or they are of no use any more.
public struct Messages: Sendable {
    let platform: Platform

    /// Queues a message. Number and text are sealed for its row.
    ///
    /// - Parameter usefulUntil: after this moment it is not delivered; nil when it never gets stale.
    static func queue(
        _ text: String, _ purpose: MessagePurpose, to mobile: MobileNumber, usefulUntil: Date?, keys: Keys,
        at moment: Date, on connection: isolated Connection
    ) throws {
        let id: Int64 = try connection.query("SELECT nextval('messages_id_seq') AS id").only()["id"]
        try connection.execute(
            """
            INSERT INTO messages (
                id, purpose, recipient_sealed, recipient_masked, body_sealed, state, queued_at, useful_until
            ) OVERRIDING SYSTEM VALUE VALUES (
                \(id), \(purpose.rawValue), \(try keys.seal(mobile.text, for: field("recipient_sealed", id))),
                \(mobile.masked), \(try keys.seal(text, for: field("body_sealed", id))),
                \(try MessageState.after(.queued, from: nil)), \(moment), \(usefulUntil)
            )
            """)
        try Jobs.schedule(.message, id, due: moment, on: connection)
    }

    /// Delivers a message and ends its job, or puts the job back for later. Called by the worker.
    func deliver(_ id: Int64, attempts: Int) async throws {
        let moment = platform.effects.now()
        let rows = try await platform.database.query(
            """
            SELECT recipient_sealed, body_sealed, useful_until <= \(moment) AS is_stale
            FROM messages WHERE id = \(id) AND state = 'queued'
            """)
        guard let row = rows.first else {
            // Delivered already; only the job was left over.
            try await platform.database.transaction { try Jobs.finish(.message, id, on: $0) }
            return
        }
        if try row["is_stale"] as Bool? == true {
            try await end(id, .timeRanOut, at: moment)
            return
        }
        let number = try platform.keys.open(row["recipient_sealed"], of: Self.field("recipient_sealed", id))
        let text = try platform.keys.open(row["body_sealed"], of: Self.field("body_sealed", id))
        if await PhoneGateway(platform: platform).deliver(text, to: number) {
            try await end(id, .delivered, at: moment)
        } else {
            let due = Rhythm.biller.next(after: attempts, from: moment)
            try await platform.database.transaction { connection in
                try connection.execute("UPDATE messages SET attempts = attempts + 1 WHERE id = \(id)")
                try Jobs.again(.message, id, due: due, on: connection)
            }
        }
    }

    /// Ends a message: its text is wiped, because it may carry a secret.
    private func end(_ id: Int64, _ event: MessageState.Event, at moment: Date) async throws {
        let state = try MessageState.after(event, from: .queued)
        try await platform.database.transaction { connection in
            try connection.execute(
                """
                UPDATE messages SET state = \(state), body_sealed = NULL, attempts = attempts + 1,
                    ended_at = \(moment)
                WHERE id = \(id) AND state = 'queued'
                """)
            try Jobs.finish(.message, id, on: connection)
        }
    }

    private static func field(_ column: String, _ id: Int64) -> SealedField {
        SealedField(table: "messages", column: column, row: String(id))
    }
}

extension Platform {
    /// Messages to people's phones.
    public var messages: Messages { Messages(platform: self) }
}
