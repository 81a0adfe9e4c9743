import Foundation
import Postgres

/// What kinds of work wait to be done outside of a request.
public enum JobKind: String, Sendable {
    /// Bring a top-up one step further: ask about it, let its time run out.
    case topUp
    /// Bring a bill payment one step further: send it, ask about it.
    case billPayment
    /// Bring a withdrawal one step further: send it, ask about it.
    case withdrawal
    /// Deliver a message to a person's phone.
    case message
    /// Close a checkpoint of the platform accounts.
    case checkpoint
}

/// A piece of work that a worker has taken for a while.
struct Job: Sendable {
    let kind: JobKind
    let subject: Int64
    /// How often it was taken before and put back.
    let attempts: Int
}

/// The list of work. A job is written in the transaction that makes it necessary and removed in the one that finishes
/// it; at most one a kind and subject.
enum Jobs {
    /// How long a worker may keep a job, in seconds: longer than any call it makes.
    static let leaseSeconds = 90.0

    /// Writes a job, or moves the one that is there to `due`, from the beginning of its rhythm.
    static func schedule(
        _ kind: JobKind, _ subject: Int64, due: Date, on connection: isolated Connection
    ) throws {
        _ = try connection.execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at) VALUES (\(kind.rawValue), \(subject), \(due))
            ON CONFLICT (kind, subject_id) DO UPDATE
            SET due_at = excluded.due_at, attempts = 0, leased_until = NULL
            """)
    }

    /// Puts a taken job back until `due`, one attempt on; unless it was planned anew while it was being done, because
    /// something happened that makes it due earlier.
    static func again(_ kind: JobKind, _ subject: Int64, due: Date, on connection: isolated Connection) throws
    {
        _ = try connection.execute(
            """
            UPDATE jobs SET due_at = \(due), attempts = attempts + 1, leased_until = NULL
            WHERE kind = \(kind.rawValue) AND subject_id = \(subject) AND leased_until IS NOT NULL
            """)
    }

    /// Removes a job that is done.
    static func finish(_ kind: JobKind, _ subject: Int64, on connection: isolated Connection) throws {
        _ = try connection.execute(
            "DELETE FROM jobs WHERE kind = \(kind.rawValue) AND subject_id = \(subject)")
    }

    /// Takes up to `limit` due jobs, the longest due first. Two workers never take the same one.
    static func take(_ limit: Int, at moment: Date, in database: Database) async throws -> [Job] {
        try await database.query(
            """
            UPDATE jobs SET leased_until = \(moment.addingTimeInterval(leaseSeconds))
            WHERE (kind, subject_id) IN (
                SELECT kind, subject_id FROM jobs
                WHERE due_at <= \(moment) AND (leased_until IS NULL OR leased_until <= \(moment))
                ORDER BY due_at LIMIT \(Int64(limit)) FOR UPDATE SKIP LOCKED)
            RETURNING kind, subject_id, attempts
            """
        ).compactMap { row in
            // A kind that this version does not know is left to a newer worker.
            guard let kind = JobKind(rawValue: try row.decode("kind", as: String.self)) else { return nil }
            return Job(
                kind: kind, subject: try row.decode("subject_id", as: Int64.self),
                attempts: Int(try row.decode("attempts", as: Int32.self)))
        }
    }
}

/// The rhythm of asking again, as data: seconds to wait after each attempt; the last one repeats.
struct Rhythm: Sendable {
    let seconds: [Double]

    /// For a payment at the bank (domain facts A7): 1 to 32 seconds, then minutes, then hourly.
    static let payment = Rhythm(seconds: [1, 2, 4, 8, 16, 32, 60, 120, 300, 600, 1800, 3600])
    /// For a payout after its first question.
    static let payout = Rhythm(seconds: [60, 120, 300, 600, 1800, 3600])
    /// For a biller that did not answer.
    static let biller = Rhythm(seconds: [1, 2, 4, 8, 16, 32, 60, 120, 300, 600, 1800, 3600])

    /// When to ask next after `attempts` attempts.
    func next(after attempts: Int, from moment: Date) -> Date {
        moment.addingTimeInterval(seconds[min(max(attempts, 0), seconds.count - 1)])
    }
}
