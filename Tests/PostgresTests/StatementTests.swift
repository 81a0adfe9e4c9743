import Foundation
import Testing

@testable import Postgres

@Suite("A statement on a connection")
struct StatementTests {
    private func withDatabase(
        timeout: Duration = .seconds(90), _ body: (Database) async throws -> Void
    ) async throws {
        try await Scratch.withDatabase({ $0.statementTimeout = timeout }, body)
    }

    @Test("is cancelled with its task, and the connection stays in use")
    func cancels() async throws {
        try await withDatabase { database in
            let before = try await database.query("SELECT pg_backend_pid() AS process")[0].decode(
                "process", as: Int32.self)
            let task = Task { try await database.query("SELECT pg_sleep(60)") }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            let after = try await database.query("SELECT pg_backend_pid() AS process")[0].decode(
                "process", as: Int32.self)
            #expect(before == after)
        }
    }

    @Test("of a cancelled transaction undoes the whole transaction")
    func cancelsTransaction() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE notes (text text)")
            let task = Task {
                try await database.transaction { connection in
                    try connection.execute("INSERT INTO notes VALUES ('first')")
                    _ = try? connection.query("SELECT pg_sleep(60)")
                    try connection.execute("INSERT INTO notes VALUES ('second')")
                }
            }
            try await Task.sleep(for: .milliseconds(100))
            task.cancel()
            let error = await #expect(throws: PostgresError.self) { try await task.value }
            #expect(error?.kind == .cancelled)
            let rows = try await database.query("SELECT text FROM notes")
            #expect(rows.isEmpty)
            #expect(database.metrics.connectionsLost == 0)
        }
    }

    @Test("is ended by the statement time-out")
    func timesOut() async throws {
        try await withDatabase(timeout: .milliseconds(100)) { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.query("SELECT pg_sleep(5)")
            }
            #expect(error?.kind == .timedOut)
            #expect(error?.sqlState == "57014")
            try await database.execute("SELECT 1")
            #expect(database.metrics.connectionsOpened == 1)
        }
    }

    @Test("is ended by the lock time-out")
    func lockTimesOut() async throws {
        try await withDatabase { database in
            // For the statement that is to wait in vain only: making a table may wait for the tests beside this one.
            var configuration = database.configuration
            configuration.lockTimeout = .milliseconds(200)
            let other = Database(configuration: configuration, logger: .quiet)
            try await database.execute("CREATE TABLE counters (id int PRIMARY KEY, value int)")
            try await database.execute("INSERT INTO counters VALUES (1, 0)")
            let gate = Gate()
            let holder = Task {
                try await database.transaction { connection in
                    try connection.execute("UPDATE counters SET value = 1")
                    gate.hold()
                }
            }
            try await gate.reached()
            let error = await #expect(throws: PostgresError.self) {
                try await other.execute("UPDATE counters SET value = 2")
            }
            #expect(error?.kind == .lockTimedOut)
            gate.open()
            try await holder.value
            await other.close()
        }
    }

    @Test("with a fault says where it is")
    func reportsPosition() async throws {
        try await withDatabase { database in
            let error = await #expect(throws: PostgresError.self) {
                try await database.query("SELECT nmae FROM pg_class")
            }
            #expect(error?.sqlState == "42703")
            #expect(error?.position == 8)
            let second = await #expect(throws: PostgresError.self) {
                try await database.transaction { try $0.query("SELEC 1") }
            }
            #expect(second?.sqlState == "42601")
            let empty = await #expect(throws: PostgresError.self) { try await database.query("") }
            #expect(empty?.kind == .misuse)
            let copy = await #expect(throws: PostgresError.self) {
                try await database.query("COPY pg_class TO STDOUT")
            }
            #expect(copy?.kind == .misuse)
            try await database.execute("SELECT 1")
        }
    }

    @Test("is prepared once, and only so many are kept")
    func boundsPreparedStatements() async throws {
        try await withDatabase { database in
            let (ours, servers) = try await database.transaction { connection in
                for round in 0..<2 {
                    for number in 0..<(Connection.preparedStatementLimit + 50) {
                        let row = try connection.query(
                            "SELECT \(round) AS round, \(unsafeRaw: "\(number)") AS number")[0]
                        #expect(try row["number"] == number)
                        #expect(try row["round"] == round)
                    }
                }
                let row = try connection.query("SELECT count(*) AS count FROM pg_prepared_statements")[0]
                return (connection.preparedStatementCount, try row.decode("count", as: Int.self))
            }
            #expect(ours == Connection.preparedStatementLimit)
            #expect(servers == Connection.preparedStatementLimit)
        }
    }

    @Test("survives a change of its table")
    func survivesAlteredTable() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE things (id bigint)")
            try await database.execute("INSERT INTO things VALUES (1)")
            for column in ["first", "second"] {
                let before = try await database.query("SELECT * FROM things")
                try await database.execute(
                    "ALTER TABLE things ADD COLUMN \(unsafeRaw: column) text DEFAULT 'new'")
                let after = try await database.query("SELECT * FROM things")
                #expect(after[0].columns == before[0].columns + [column])
                try await database.execute(
                    "ALTER TABLE things ADD COLUMN \(unsafeRaw: column)_more text DEFAULT 'new'")
                let rows = try await database.transaction { try $0.query("SELECT * FROM things") }
                #expect(rows[0].columns.count == before[0].columns.count + 2)
            }
        }
    }

    @Test("tells how many rows it changed")
    func countsRows() async throws {
        try await withDatabase { database in
            try await database.execute("CREATE TABLE things (id bigint)")
            let inserted = try await database.execute("INSERT INTO things SELECT generate_series(1, 7)")
            let deleted = try await database.execute("DELETE FROM things WHERE id > \(4)")
            let first = try await database.queryFirst("SELECT id FROM things ORDER BY id")
            let none = try await database.queryFirst("SELECT id FROM things WHERE id = \(99)")
            #expect(inserted == 7 && deleted == 3)
            #expect(try first?["id"] == 1 as Int64)
            #expect(none == nil)
        }
    }

    @Test("on a connection that nobody closes lets its thread end")
    func forgottenConnectionsEnd() async throws {
        try await Scratch.with { scratch in
            weak var forgotten: Connection?
            do {
                let connection = try await Connection.open(scratch.configuration, logger: .quiet)
                _ = try await connection.query("SELECT 1")
                forgotten = connection
            }
            for _ in 0..<200 where forgotten != nil { try await Task.sleep(for: .milliseconds(5)) }
            #expect(forgotten == nil)
        }
    }
}
