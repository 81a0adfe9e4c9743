import Foundation
import Logging
import Synchronization
import Testing

@testable import Postgres

/// Keeps what is logged.
private final class LogBook: Sendable {
    private let lines = Mutex<[(level: Logger.Level, metadata: Logger.Metadata)]>([])

    var last: (level: Logger.Level, metadata: Logger.Metadata)? { lines.withLock(\.last) }

    var logger: Logger { Logger(label: "pool-tests") { _ in Handler(book: self) } }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            book.lines.withLock { $0.append((event.level, event.metadata ?? [:])) }
        }
    }
}

@Suite("The pool")
struct PoolTests {
    /// Waits until something holds, for five seconds at most.
    private func eventually(_ condition: () -> Bool) async throws {
        for _ in 0..<1000 where !condition() { try await Task.sleep(for: .milliseconds(5)) }
        #expect(condition())
    }

    @Test("keeps to its size and serves all who wait, in order")
    func keepsToItsSize() async throws {
        try await Scratch.withDatabase({ $0.poolSize = 3 }) { database in
            try await withThrowingTaskGroup(of: (number: Int64, open: Int).self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let row = try await database.query("SELECT \(number) AS number, pg_sleep(0.002)")[0]
                        return (try row["number"], database.metrics.open)
                    }
                }
                var sum: Int64 = 0
                for try await answer in group {
                    sum += answer.number
                    #expect(answer.open <= 3)
                }
                #expect(sum == 59 * 60 / 2)
            }
            let metrics = database.metrics
            #expect(metrics.checkouts == 60)
            #expect(metrics.waits > 0 && metrics.waitedMicroseconds > 0)
            #expect(metrics.idle == metrics.open && metrics.waiting == 0)
            #expect(metrics.connectionsOpened <= 3)
        }
    }

    @Test("refuses callers at once when too many are waiting")
    func capsWaiters() async throws {
        try await Scratch.withDatabase({ $0.waiterLimit = 2 }) { database in
            let gate = Gate()
            let busy = Task { try await database.transaction { _ in gate.hold() } }
            try await gate.reached()
            let waiting = (0..<2).map { _ in Task { try await database.execute("SELECT 1") } }
            try await eventually { database.metrics.waiting == 2 }
            let error = await #expect(throws: PostgresError.self) { try await database.execute("SELECT 1") }
            #expect(error?.kind == .poolExhausted)
            #expect(database.metrics.refused == 1)
            gate.open()
            try await busy.value
            for task in waiting { _ = try await task.value }
        }
    }

    @Test("lets nobody wait beyond the deadline")
    func waitersHaveDeadline() async throws {
        try await Scratch.withDatabase({ $0.waiterTimeout = .milliseconds(100) }) { database in
            let gate = Gate()
            let busy = Task { try await database.transaction { _ in gate.hold() } }
            try await gate.reached()
            let error = await #expect(throws: PostgresError.self) { try await database.execute("SELECT 1") }
            #expect(error?.kind == .timedOut)
            #expect(database.metrics.waitTimeouts == 1)
            // The watch works a second time, and the connection is not lost.
            let second = await #expect(throws: PostgresError.self) { try await database.execute("SELECT 1") }
            #expect(second?.kind == .timedOut)
            gate.open()
            try await busy.value
            try await database.execute("SELECT 1")
            #expect(database.metrics.connectionsOpened == 1)
        }
    }

    @Test("tells in the log what it did, as a warning where callers waited long or in vain")
    func reports() async throws {
        try await Scratch.with { scratch in
            var configuration = scratch.configuration
            configuration.waiterTimeout = .milliseconds(100)
            let book = LogBook()
            let database = Database(configuration: configuration, logger: book.logger)
            let start = database.metrics
            try await database.execute("SELECT 1")
            try await database.transaction { _ = try $0.query("SELECT 1") }
            let quiet = database.report(since: start)
            #expect(book.last?.level == .debug)
            #expect(book.last?.metadata["pool"] == "portal-test")
            #expect(book.last?.metadata["checkouts"] == "2")
            #expect(book.last?.metadata["commits"] == "1")
            #expect(book.last?.metadata["inUse"] == "0")
            let gate = Gate()
            let busy = Task { try await database.transaction { _ in gate.hold() } }
            try await gate.reached()
            await #expect(throws: PostgresError.self) { try await database.execute("SELECT 1") }
            let short = database.report(since: quiet)
            #expect(book.last?.level == .warning)
            #expect(book.last?.metadata["waitTimeouts"] == "1")
            #expect(book.last?.metadata["inUse"] == "1")
            // What was told is not told again.
            _ = database.report(since: short)
            #expect(book.last?.level == .debug)
            gate.open()
            try await busy.value
            await database.close()
        }
        var earlier = PoolMetrics()
        (earlier.waits, earlier.waitedMicroseconds) = (10, 9_000_000)
        var now = earlier
        (now.waits, now.waitedMicroseconds) = (12, 9_499_999)
        #expect(!now.isShort(since: earlier))
        now.waitedMicroseconds += 1
        #expect(now.isShort(since: earlier))
    }

    @Test("lets a waiting caller go when its task is cancelled")
    func waitersCanBeCancelled() async throws {
        try await Scratch.withDatabase { database in
            let gate = Gate()
            let busy = Task { try await database.transaction { _ in gate.hold() } }
            try await gate.reached()
            let waiting = Task { try await database.execute("SELECT 1") }
            try await eventually { database.metrics.waiting == 1 }
            waiting.cancel()
            let error = await #expect(throws: PostgresError.self) { try await waiting.value }
            #expect(error?.kind == .cancelled)
            #expect(database.metrics.waiting == 0)
            gate.open()
            try await busy.value
            try await database.execute("SELECT 1")
        }
    }

    @Test("lends nothing to a task that is cancelled already")
    func cancelledBefore() async throws {
        try await Scratch.withDatabase { database in
            let task = Task {
                while !Task.isCancelled { await Task.yield() }
                return try await database.execute("SELECT pg_sleep(5)")
            }
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            try await database.execute("SELECT 1")
        }
    }

    @Test("survives a storm of cancellations without losing a connection")
    func survivesStorm() async throws {
        try await Scratch.withDatabase({ $0.poolSize = 4 }) { database in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<300 {
                    group.addTask {
                        let task = Task { try? await database.query("SELECT pg_sleep(0.003)") }
                        try? await Task.sleep(for: .microseconds(number * 37 % 9000))
                        if number % 3 != 0 { task.cancel() }
                        _ = await task.value
                    }
                }
            }
            let metrics = database.metrics
            #expect(metrics.idle == metrics.open && metrics.waiting == 0)
            #expect(metrics.connectionsLost == 0)
            for number in 0..<20 {
                let row = try await database.query("SELECT \(number) AS number")[0]
                #expect(try row["number"] == number)
            }
        }
    }

    @Test("refuses work after it was closed and closes all connections")
    func closes() async throws {
        try await Scratch.withDatabase({ $0.poolSize = 2 }) { database in
            let gate = Gate()
            let busy = Task { try await database.transaction { _ in gate.hold() } }
            try await gate.reached()
            let closing = Task { await database.close() }
            let early = await #expect(throws: PostgresError.self) {
                while true {
                    try await database.execute("SELECT 1")
                    await Task.yield()
                }
            }
            #expect(early?.kind == .poolClosed)
            gate.open()
            try await busy.value
            await closing.value
            #expect(database.metrics.open == 0)
            let error = await #expect(throws: PostgresError.self) { try await database.execute("SELECT 1") }
            #expect(error?.kind == .poolClosed)
        }
    }

    @Test("says why no connection can be made, without the password, and every waiter hears it")
    func reportsRefusal() async throws {
        try await Scratch.withDatabase { good in
            var configuration = good.configuration
            configuration.connectionString = configuration.connectionString
                .replacing(/portal_owner:[0-9a-f]+@/) { _ in "portal_owner:wrong-secret@" }
            let database = Database(configuration: configuration, logger: .quiet)
            await withTaskGroup(of: PostgresError?.self) { group in
                for _ in 0..<5 {
                    group.addTask {
                        do throws(PostgresError) {
                            try await database.execute("SELECT 1")
                            return nil
                        } catch {
                            return error
                        }
                    }
                }
                for await error in group {
                    #expect(error?.kind == .connectionFailed)
                    #expect(error?.message.contains("password authentication failed") == true)
                    #expect(error.map { "\($0)".contains("wrong-secret") } == false)
                }
            }
            #expect(database.metrics.open == 0)
            #expect(!"\(configuration)".contains("wrong-secret"))
            await database.close()
        }
    }

    @Test("works in UTC and with the time-outs of its configuration")
    func setsSession() async throws {
        try await Scratch.withDatabase({ $0.lockTimeout = .milliseconds(1234) }) { database in
            let row = try await database.query(
                """
                SELECT current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS statement,
                    current_setting('lock_timeout') AS lock, current_setting('application_name') AS name,
                    current_setting('idle_in_transaction_session_timeout') AS idle
                """)[0]
            #expect(try row["zone"] == "UTC")
            #expect(try row["statement"] == "15s")
            #expect(try row["lock"] == "1234ms")
            #expect(try row["idle"] == "15s")
            #expect(try row["name"] == "portal-test")
        }
    }
}
