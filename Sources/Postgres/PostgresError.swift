import CPostgres

/// What went wrong between the portal and its database.
///
/// The description names kind, state, constraint and the server's message. The server's detail, which may
/// quote customers' data, is kept apart from it.
public struct PostgresError: Error, Sendable, Equatable {
    /// What a caller can react to.
    public enum Kind: Sendable, Equatable {
        /// 23505; also reported at COMMIT for a deferred constraint.
        case uniqueViolation(constraint: String)
        /// 23503
        case foreignKeyViolation(constraint: String)
        /// 23514; constraint triggers of ours raise it too.
        case checkViolation(constraint: String)
        /// 23P01
        case exclusionViolation(constraint: String)
        /// 23502
        case notNullViolation(column: String)
        /// 40001, after the retries.
        case serializationFailure
        /// 40P01, after the retries.
        case deadlock
        /// 55P03: a lock was not to be had within the lock time-out.
        case lockTimedOut
        /// The statement time-out, or the wait for a free connection, ran out.
        case timedOut
        /// The task was cancelled, or an administrator cancelled the statement.
        case cancelled
        /// 42501: the role has no right to do this.
        case insufficientPrivilege
        /// P0001: a function of ours raised an error without a state of its own.
        case raised
        /// No connection could be made.
        case connectionFailed
        /// The connection broke, and nothing of the transaction was kept.
        case connectionLost
        /// The connection broke while COMMIT, or a statement outside a transaction, was under way: it may
        /// have been done. Never retried blindly; the command id answers.
        case commitUnknown
        /// All connections are in use and too many callers are waiting already.
        case poolExhausted
        /// The pool was closed.
        case poolClosed
        /// A column is missing, NULL or not of the type asked for.
        case decoding(column: String, type: String)
        /// A parameter cannot be sent, because text in PostgreSQL holds no NUL character.
        case invalidParameter(number: Int)
        /// The client was used wrongly; the message says how.
        case misuse
        /// Any other answer of the server; see `sqlState`.
        case server
    }

    /// What a caller can react to.
    public var kind: Kind
    /// The five characters of the server's state, when the server answered.
    public var sqlState: String?
    /// The constraint that refused, by name.
    public var constraint: String?
    /// The table concerned, by name.
    public var table: String?
    /// The server's primary message, or ours.
    public var message: String
    /// The server's detail. It may quote customers' data: never shown, never logged.
    public var detail: String?
    /// The character of the statement at which the server found the fault, counted from 1.
    public var position: Int?

    /// Makes an error without an answer of the server.
    public init(_ kind: Kind, _ message: String, sqlState: String? = nil) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
    }

    /// Whether running the whole transaction again can help.
    public var isTransient: Bool {
        kind == .serializationFailure || kind == .deadlock
    }
}

extension PostgresError: CustomStringConvertible {
    /// Kind, state and message, without the detail.
    public var description: String {
        var text = "\(kind)"
        if let sqlState { text += " [\(sqlState)]" }
        return "\(text): \(message)"
    }
}

extension PostgresError {
    /// The error an answer of the server tells.
    init(result: OpaquePointer?, connection: OpaquePointer?, wasCancelled: Bool) {
        func field(_ code: Int32) -> String? {
            result.flatMap { PQresultErrorField($0, code) }.map { String(cString: $0) }
        }
        let state = field(PostgresError.diagnostic("C"))
        let constraint = field(PostgresError.diagnostic("n"))
        let severity = field(PostgresError.diagnostic("V"))
        let primary = field(PostgresError.diagnostic("M"))
        let fallback = connection.flatMap { PQerrorMessage($0) }.map { String(cString: $0) }
        let message = primary ?? fallback?.split(separator: "\n").first.map(String.init) ?? "no answer"
        let isBroken = connection.map { PQstatus($0) == CONNECTION_BAD } ?? true
        let isFatal = severity == "FATAL" || severity == "PANIC"
        if isBroken || isFatal || state == nil {
            self.init(.connectionLost, message, sqlState: state)
            return
        }
        let column = field(PostgresError.diagnostic("c"))
        self.init(
            Self.kind(
                state: state ?? "", constraint: constraint ?? "", column: column ?? "", message: message,
                wasCancelled: wasCancelled),
            message, sqlState: state)
        self.constraint = constraint
        table = field(PostgresError.diagnostic("t"))
        detail = field(PostgresError.diagnostic("D"))
        position = field(PostgresError.diagnostic("P")).flatMap { Int($0) }
    }

    /// The code of a diagnostic field. libpq's header defines them as characters in macros, which Swift
    /// cannot import: `C` state, `V` severity in English, `M` message, `D` detail, `P` position, `n`
    /// constraint, `t` table, `c` column.
    private static func diagnostic(_ letter: Unicode.Scalar) -> Int32 { Int32(letter.value) }

    private static func kind(
        state: String, constraint: String, column: String, message: String, wasCancelled: Bool
    ) -> Kind {
        switch state {
        case "23505": .uniqueViolation(constraint: constraint)
        case "23503": .foreignKeyViolation(constraint: constraint)
        case "23514": .checkViolation(constraint: constraint)
        case "23P01": .exclusionViolation(constraint: constraint)
        case "23502": .notNullViolation(column: column)
        case "40001": .serializationFailure
        case "40P01": .deadlock
        case "55P03": .lockTimedOut
        // The same state stands for the statement time-out and for a cancel request of ours or an
        // administrator's.
        case "57014": wasCancelled || message.contains("user request") ? .cancelled : .timedOut
        case "42501": .insufficientPrivilege
        case "P0001": .raised
        default: .server
        }
    }
}
