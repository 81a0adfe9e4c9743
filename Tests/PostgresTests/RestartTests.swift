import Foundation
import TestDatabase
import Testing

@testable import Postgres

@Suite("When the server goes away", .serialized)
struct RestartTests {
    @Test("the pool reconnects after a restart, and no caller sees it")
    func reconnects() async throws {
        let server = try await PrivateServer()
        let database = Database(
            configuration: DatabaseConfiguration(
                connectionString: try await server.url("owner"), poolSize: 3),
            logger: .quiet)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { _ = try await database.query("SELECT pg_sleep(0.1)") } }
            try await group.waitForAll()
        }
        #expect(database.metrics.open == 3)
        try await server.stop()
        let error = await #expect(throws: PostgresError.self) { try await database.query("SELECT 1") }
        #expect(error?.kind == .connectionFailed)
        try await server.start()
        for number in 0..<6 {
            let row = try await database.query("SELECT \(number) AS number")[0]
            #expect(try row["number"] == number)
        }
        try await server.stop()
        try await server.start()
        try await database.transaction { _ = try $0.query("SELECT \(1)") }
        await database.close()
        try await server.remove()
    }

    @Test("a transaction under way is lost, and one that was committing is unknown")
    func transactionsAreLost() async throws {
        try await TestDatabase.with(migrations: false) { test in
            let database = test.open(.owner, poolSize: 2)
            let killer = test.open(.owner, poolSize: 1)
            let start = try await killer.queryFirst("SELECT 1 AS ready")
            #expect(start != nil)

            let lost = await #expect(throws: PostgresError.self) {
                try await database.transaction { connection in
                    let process: Int32 = try connection.query("SELECT pg_backend_pid() AS process")[0][
                        "process"]
                    Self.terminate(process, by: killer)
                    try connection.execute("SELECT 1")
                }
            }
            #expect(lost?.kind == .connectionLost)

            let unknown = await #expect(throws: PostgresError.self) {
                try await database.transaction { connection in
                    let process: Int32 = try connection.query("SELECT pg_backend_pid() AS process")[0][
                        "process"]
                    Self.terminate(process, by: killer)
                }
            }
            #expect(unknown?.kind == .commitUnknown)

            let single = Task { try await database.query("SELECT pg_sleep(10) AS victim") }
            // However busy the machine is: until the statement runs, and so can be cut off.
            var victims: [Row] = []
            for _ in 1...500 where victims.isEmpty {
                try await Task.sleep(for: .milliseconds(20))
                victims = try await killer.query(
                    """
                    SELECT pg_terminate_backend(pid)
                    FROM pg_stat_activity
                    WHERE query LIKE '%AS victim%' AND state = 'active' AND datname = current_database()
                        AND pid <> pg_backend_pid()
                    """)
            }
            let broken = await #expect(throws: PostgresError.self) { try await single.value }
            #expect(broken?.kind == .commitUnknown)

            #expect(database.metrics.unknownCommits == 1)
            #expect(database.metrics.retries == 0)
            try await database.execute("SELECT 1")
            await database.close()
            await killer.close()
        }
    }

    /// Ends a server process from inside a transaction's closure, which cannot wait for another connection by
    /// itself.
    private static func terminate(_ process: Int32, by killer: Database) {
        let done = DispatchSemaphore(value: 0)
        // Detached, since a transaction may not ask for a second connection in its own name.
        Task.detached {
            _ = try await killer.query("SELECT pg_terminate_backend(\(process))")
            try await Task.sleep(for: .milliseconds(50))
            done.signal()
        }
        done.wait()
    }
}
