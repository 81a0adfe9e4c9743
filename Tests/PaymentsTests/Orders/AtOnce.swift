import Dispatch
import Foundation
import Postgres
import Synchronization
import Testing

@testable import Payments

/// Holds a transaction open for as long as a test wants, so that no test has to guess how long something takes.
final class Gate: Sendable {
    private let isReached = Mutex(false)
    private let opening = DispatchSemaphore(value: 0)

    /// Stops the connection's own thread inside of a transaction, until the gate opens.
    func hold() {
        isReached.withLock { $0 = true }
        opening.wait()
    }

    /// Returns when the transaction stands at the gate.
    func reached() async throws {
        while !isReached.withLock(\.self) { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// Lets the transaction go on.
    func open() { opening.signal() }
}

/// When a worker dies over a call: before it has left, or after its answer has come.
enum Death: Sendable, CaseIterable {
    case beforeCall, afterCall
}

extension MoneyFixture {
    /// What everybody locks first who brings an order of the company further.
    var accountsLock: SQL { "SELECT lock_enterprise_accounts(\(clerk.enterprise))" }

    /// Returns when so many statements of this database wait for a lock of another one.
    func somebodyWaits(_ count: Int = 1) async throws {
        for _ in 1...4_000 {
            let waiting = try await owner.query(
                """
                SELECT 1 AS one FROM pg_stat_activity
                WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0
                """)
            if waiting.count >= count { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw NobodyWaits()
    }

    /// Nobody came to a lock within twenty seconds.
    struct NobodyWaits: Error {}

    /// Does several acts at once: a lock that each of them needs is held until all wait for it, and they get it in the order
    /// of the list. Gives what each was refused with, nil for one that went well; another error is thrown.
    @discardableResult
    func atOnce<Refusal: Error>(
        behind lock: SQL, refusal: Refusal.Type = Never.self, _ acts: [@Sendable () async throws -> Void]
    ) async throws -> [Refusal?] {
        let gate = Gate()
        async let holding: Void = owner.transaction { connection in
            _ = try connection.query(lock)
            gate.hold()
        }
        try await gate.reached()
        var tasks: [Task<Void, any Error>] = []
        do {
            for act in acts {
                tasks.append(Task { try await act() })
                try await somebodyWaits(tasks.count)
            }
        } catch {
            gate.open()
            throw error
        }
        gate.open()
        try await holding
        var refusals: [Refusal?] = []
        for task in tasks {
            do {
                try await task.value
                refusals.append(nil)
            } catch let error as Refusal {
                refusals.append(error)
            }
        }
        return refusals
    }

    /// Has a worker with connections of its own do what is due until it dies over a call to an address that ends so, and
    /// lets the lease end of what it had taken.
    func die(_ death: Death, over path: String) async throws {
        struct Died: Error {}
        let database = test.open(.app, poolSize: 1)
        let hasDied = Mutex(false)
        var effects = platform.effects
        effects.send = { call in
            guard call.url.hasSuffix(path) else { return try world.answer(call) }
            if death == .afterCall { _ = try? world.answer(call) }
            hasDied.withLock { $0 = true }
            await database.close()
            throw Died()
        }
        let worker = Worker(
            platform: Platform(
                database: database, effects: effects, keys: platform.keys, settings: platform.settings,
                passwords: platform.passwords, logger: platform.logger), concurrency: 1)
        do {
            try await worker.runDue()
            await database.close()
        } catch {
            guard hasDied.withLock({ $0 }) else { throw error }
        }
        let isDead = hasDied.withLock { $0 }
        #expect(isDead, "the worker has made the call")
        clock.advance(Jobs.leaseSeconds)
    }

    /// How many entries of a code the books have.
    func entries(_ code: PostingCode) async throws -> Int {
        try await owner.query("SELECT 1 AS one FROM journal_entries WHERE code = \(code.rawValue)").count
    }

    /// How many requests of a controlled action there are, and how many decisions about them.
    func decisions(_ action: ControlledAction) async throws -> [Int64] {
        let row = try await owner.query(
            """
            SELECT count(*) AS requests, count(a.id) AS decisions
            FROM approval_requests r LEFT JOIN approvals a ON a.request_id = r.id WHERE r.action = \(action.rawValue)
            """
        ).only()
        return [try row["requests"], try row["decisions"]]
    }
}
