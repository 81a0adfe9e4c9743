import Foundation
import Postgres

/// What kinds of work wait to be done outside of a request.
public enum JobKind: String, Sendable, CaseIterable, PostgresCodable {
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
    /// Bring a refund one step further.
    case refund
    /// Fetch the bank's file of a settlement day and work it off; the day's number since 1970 is the subject.
    case bankFile
    /// Fetch the bank's statement of the reserve account of a day; the day's number since 1970 is the subject.
    case reserveStatement
    /// Fetch a biller's statement of a day and work it off; its row is the subject.
    case billerStatement
    /// Remove messages of the bank that are past their retention.
    case retention
    /// Apply the rules of follow-up monitoring to what has happened since the last time.
    case monitoring
    /// Put together what billers get (subject 0), or bring a settlement to one of them one step further.
    case billerSettlement

    /// What staff read of a job that is no order's.
    var label: String {
        switch self {
        case .topUp, .billPayment, .withdrawal: "订单"
        case .message: "短信"
        case .checkpoint: "账务结转"
        case .refund: "退款"
        case .bankFile: "对账文件"
        case .reserveStatement: "备付金对账单"
        case .billerStatement: "收费单位对账单"
        case .retention: "报文保存期限"
        case .monitoring: "事后监控"
        case .billerSettlement: "收费单位结算"
        }
    }

    /// Whether the subject is an order.
    var isOrder: Bool { OrderKind(rawValue: rawValue) != nil }
}

/// A piece of work that a worker has taken for a while.
struct Job: Sendable {
    let kind: JobKind
    let subject: Int64
    /// How often it was taken before and put back.
    let attempts: Int
    /// How often it has failed since it last went well.
    let failures: Int
}

/// The list of work. A job is written in the transaction that makes it necessary and removed in the one that finishes
/// it; at most one a kind and subject.
enum Jobs {
    /// How long a worker may keep a job, in seconds: longer than any call it makes.
    static let leaseSeconds = 90.0
    /// The same for a job that fetches a file, which may be long and has to be worked off.
    static let fileLeaseSeconds = 900.0

    /// After how many failures in a row a person is told. By then the pauses have come to four minutes (8, 16, 32, 60 and
    /// 120 seconds): longer than a restart of database or network, and well before the job counts as forgotten.
    static let failuresUntilWorkItem = 6

    /// Writes a job, or moves the one that is there to `due`, from the beginning of its rhythm.
    static func schedule(
        _ kind: JobKind, _ subject: Int64, due: Date, on connection: isolated Connection
    ) throws {
        _ = try connection.execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at) VALUES (\(kind.rawValue), \(subject), \(due))
            ON CONFLICT (kind, subject_id) DO UPDATE
            SET due_at = excluded.due_at, attempts = 0, failures = 0, leased_until = NULL
            """)
    }

    /// Puts a taken job back until `due`, one attempt on; unless it was planned anew while it was being done, because
    /// something happened that makes it due earlier.
    static func again(_ kind: JobKind, _ subject: Int64, due: Date, on connection: isolated Connection) throws
    {
        _ = try connection.execute(
            """
            UPDATE jobs SET due_at = \(due), attempts = attempts + 1, failures = 0, leased_until = NULL
            WHERE kind = \(kind.rawValue) AND subject_id = \(subject) AND leased_until IS NOT NULL
            """)
    }

    /// Moves a job that waits to an earlier `due`, and to the beginning of its rhythm. One that a worker has taken is left to
    /// that worker.
    static func hasten(
        _ kind: JobKind, _ subject: Int64, due: Date, on connection: isolated Connection
    ) throws {
        _ = try connection.execute(
            """
            UPDATE jobs SET due_at = \(due), attempts = 0
            WHERE kind = \(kind.rawValue) AND subject_id = \(subject) AND leased_until IS NULL
            """)
    }

    /// Puts a taken job that failed back, for a pause that grows with each failure, and tells a person when repeating has
    /// not helped; unless it was planned anew while it was being done.
    static func failed(_ job: Job, at moment: Date, on connection: isolated Connection) throws {
        let failures = job.failures + 1
        let due = Rhythm.payment.next(after: failures + 2, from: moment)
        let isPutBack = try connection.execute(
            """
            UPDATE jobs SET due_at = \(due), attempts = attempts + 1, failures = \(Int32(failures)), leased_until = NULL
            WHERE kind = \(job.kind.rawValue) AND subject_id = \(job.subject) AND leased_until IS NOT NULL
            """)
        guard isPutBack > 0, failures >= failuresUntilWorkItem else { return }
        let subject = job.kind.isOrder ? "" : "（\(job.kind.label) \(job.subject)）"
        try WorkItems.raise(
            "\(job.kind.rawValue).failing", order: job.kind.isOrder ? job.subject : nil,
            detail: "后台处理\(subject)连续失败，仍在自动重试，请联系技术人员", at: moment, on: connection)
    }

    /// Removes a job that is done.
    static func finish(_ kind: JobKind, _ subject: Int64, on connection: isolated Connection) throws {
        _ = try connection.execute(
            "DELETE FROM jobs WHERE kind = \(kind.rawValue) AND subject_id = \(subject)")
    }

    /// Takes up to `limit` due jobs of the kinds that this version knows: the longest due first, those of one moment in a
    /// fixed order. Two workers never take the same one.
    static func take(_ limit: Int, at moment: Date, in database: Database) async throws -> [Job] {
        try await database.query(taking(limit, at: moment)).map { row in
            Job(
                kind: try row["kind"], subject: try row["subject_id"],
                attempts: Int(try row.decode("attempts", as: Int32.self)),
                failures: Int(try row.decode("failures", as: Int32.self)))
        }
    }

    /// The kinds that fetch a file.
    private static let fileKinds: [JobKind] = [.bankFile, .reserveStatement, .billerStatement]

    /// The statement that takes jobs. It reads what is due through `jobs_due` and nothing else, whatever the database
    /// believes about the table: with a bound limit, or a condition on `kind` that an index could serve, a plan made
    /// when the table was small reads all of it.
    static func taking(_ limit: Int, at moment: Date) -> SQL {
        """
        WITH due AS MATERIALIZED (
            SELECT kind, subject_id FROM jobs
            WHERE due_at <= \(moment) AND (leased_until IS NULL OR leased_until <= \(moment))
                AND array_position(\(JobKind.allCases), kind) IS NOT NULL
            ORDER BY due_at, kind, subject_id LIMIT \(unsafeRaw: String(limit)) FOR UPDATE SKIP LOCKED
        )
        UPDATE jobs j SET leased_until = CASE WHEN array_position(\(fileKinds), j.kind) IS NULL
            THEN \(moment.addingTimeInterval(leaseSeconds)) ELSE \(moment.addingTimeInterval(fileLeaseSeconds)) END
        FROM due WHERE j.kind = due.kind AND j.subject_id = due.subject_id
        RETURNING j.kind, j.subject_id, j.attempts, j.failures
        """
    }
}

/// The rhythm of asking again, as data: seconds to wait after each attempt; the last one repeats.
struct Rhythm: Sendable {
    let seconds: [Double]

    /// For a payment at the bank (domain facts A7): 1 to 32 seconds, then minutes, then hourly.
    static let payment = Rhythm(seconds: [1, 2, 4, 8, 16, 32, 60, 120, 300, 600, 1800, 3600])
    /// For a payout or a refund (domain facts A7): 3 minutes, then less and less often.
    static let payout = Rhythm(seconds: [180, 300, 600, 1800, 3600])
    /// For a biller that did not answer.
    static let biller = Rhythm(seconds: [1, 2, 4, 8, 16, 32, 60, 120, 300, 600, 1800, 3600])

    /// When to ask next after `attempts` attempts.
    func next(after attempts: Int, from moment: Date) -> Date {
        moment.addingTimeInterval(seconds[min(max(attempts, 0), seconds.count - 1)])
    }
}
