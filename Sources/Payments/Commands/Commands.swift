import Cryptography
import Foundation
import Postgres

/// The id that a form got when it was rendered; it makes sending the form twice the same as sending it once.
public struct CommandID: Sendable, Hashable {
    /// The id itself.
    public let uuid: UUID

    /// A new id, for a form about to be rendered.
    public init(effects: Effects) {
        let b = effects.randomBytes(16)
        uuid = UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 0x0F | 0x40, b[7], b[8] & 0x3F | 0x80, b[9], b[10],
                b[11],
                b[12], b[13], b[14], b[15]
            ))
    }

    /// The id that came back with a form; nil when it is not one.
    public init?(_ text: String) {
        guard let uuid = UUID(uuidString: text) else { return nil }
        self.uuid = uuid
    }

    /// As it stands in the form.
    public var text: String { uuid.uuidString.lowercased() }
}

/// What became of a claimed command.
enum CommandClaim: Equatable {
    /// It is new: do it, the result is the one given.
    case new
    /// It was done before with the same input: show this result.
    case done(result: String)
}

/// The same command id came with other input than before.
public struct CommandReused: Error, Equatable {}

/// The claim table of commands.
enum Commands {
    /// An actor as the table has it.
    static func name(of actor: Actor) -> String { "\(actor.kind) \(actor.id ?? 0)" }

    /// Claims a command inside the transaction that carries it out. A second sender of the same id waits here until the
    /// first has committed.
    ///
    /// - Parameters:
    ///   - actor: whose form it is; another's id is never theirs.
    ///   - input: everything the person entered, secrets excluded.
    ///   - result: what to show for it, now and on every repeat.
    ///   - gate: columns that decide whether a new command may go on, read in the same round trip.
    ///   - pass: looks at those columns where the command is new, and throws if it may not go on.
    /// - Throws: ``CommandReused``, and what `pass` throws.
    static func claim(
        _ id: CommandID, by actor: Actor, input: [String], result: String, at moment: Date,
        on connection: isolated Connection, gate: SQL = "true AS is_open",
        pass: (Row) throws -> Void = { _ in }
    ) throws -> CommandClaim {
        let person = name(of: actor)
        // Lengths keep ["ab", "c"] and ["a", "bc"] apart.
        let text = input.map { "\($0.utf8.count):\($0)" }.joined()
        let digest = SHA256.digest(Array("\(person)\n\(text)".utf8))
        let claimed = try connection.query(
            """
            WITH claimed AS (
                INSERT INTO commands (id, actor, input_digest, result, claimed_at)
                VALUES (\(id.uuid), \(person), \(digest), \(result), \(moment)) ON CONFLICT (id) DO NOTHING
                RETURNING id
            )
            SELECT EXISTS (SELECT FROM claimed) AS is_new, \(fragment: gate)
            """
        ).only()
        if try claimed["is_new"] {
            try pass(claimed)
            return .new
        }
        let rows = try connection.query("SELECT input_digest, result FROM commands WHERE id = \(id.uuid)")
        guard let row = rows.first, try row.decode("input_digest", as: [UInt8].self) == digest else {
            throw CommandReused()
        }
        return .done(result: try row.decode("result", as: String.self))
    }

}

extension Database {
    /// Runs a transaction that begins by claiming a command. Where nobody can say whether it was committed it runs once
    /// more: the claim then tells, because a command is carried out once.
    func transactionOfCommand<R: Sendable>(_ body: @Sendable (isolated Connection) throws -> R) async throws
        -> R
    {
        do {
            return try await transaction(body)
        } catch let error as PostgresError where error.kind == .commitUnknown {
            return try await transaction(body)
        }
    }
}

extension Platform {
    /// What came of a command of this clerk's; nil when it has not been carried out. A form whose command was carried out
    /// is not shown again.
    public func result(of id: CommandID, by clerk: Clerk) async throws -> String? {
        let actor = clerk.actor
        return try await database.query(
            "SELECT result FROM commands WHERE id = \(id.uuid) AND actor = \(Commands.name(of: actor))"
        ).first.map { try $0.decode("result", as: String.self) }
    }
}
