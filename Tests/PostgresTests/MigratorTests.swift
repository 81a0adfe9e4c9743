import Foundation
import Postgres
import Testing

@Suite("The migrator")
struct MigratorTests {
    /// A folder of migrations that a test can change.
    private struct Folder {
        let url: URL

        init(_ files: [String: String]) throws {
            url = FileManager.default.temporaryDirectory.appending(path: "migrations-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for (name, text) in files { try write(name, text) }
        }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: url.appending(path: name))
        }

        func remove(_ name: String) throws {
            try FileManager.default.removeItem(at: url.appending(path: name))
        }
    }

    private static let first = [
        "0001-Ledger-create.sql": "CREATE TABLE entries (id bigint);\nINSERT INTO entries VALUES (1);"
    ]

    /// Runs a test with a folder of files and the migrator that reads it.
    private func withFolder(
        _ files: [String: String] = MigratorTests.first,
        _ body: (Folder, Migrator, Database) async throws -> Void
    ) async throws {
        let folder = try Folder(files)
        try await Scratch.withDatabase({ $0.poolSize = 2 }) { database in
            let url = database.configuration.connectionString
            try await body(
                folder, Migrator(connectionString: url, directory: folder.url, logger: .quiet), database)
        }
        try FileManager.default.removeItem(at: folder.url)
    }

    private func count(_ table: String, _ database: Database) async throws -> Int {
        try await database.query("SELECT count(*) AS count FROM \(unsafeRaw: table)")[0]["count"]
    }

    @Test("runs each file once, in order")
    func runsOnce() async throws {
        try await withFolder { folder, migrator, database in
            try folder.write("0002-Ledger-fill.sql", "INSERT INTO entries SELECT generate_series(2, 3);")
            try folder.write("README.md", "not a migration")
            let ran = try await migrator.run()
            let ranAgain = try await migrator.run()
            try folder.write("0003-Ledger-fill-more.sql", "INSERT INTO entries VALUES (4);")
            let third = try await migrator.run()
            let entries = try await count("entries", database)
            #expect(ran == ["0001-Ledger-create.sql", "0002-Ledger-fill.sql"])
            #expect(ranAgain.isEmpty)
            #expect(third == ["0003-Ledger-fill-more.sql"])
            #expect(entries == 4)
        }
    }

    @Test("started several times at once runs each file once")
    func runsConcurrently() async throws {
        let slow = [
            "0001-Ledger-create.sql":
                "SELECT pg_sleep(0.2); CREATE TABLE entries (id bigint); INSERT INTO entries VALUES (1);"
        ]
        try await withFolder(slow) { _, migrator, database in
            let ran = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<5 { group.addTask { try await migrator.run() } }
                return try await group.reduce([], +)
            }
            let entries = try await count("entries", database)
            #expect(ran == ["0001-Ledger-create.sql"])
            #expect(entries == 1)
        }
    }

    @Test("refuses a file that was edited after it had run")
    func refusesEdited() async throws {
        try await withFolder { folder, migrator, database in
            try await migrator.run()
            try folder.write("0001-Ledger-create.sql", "CREATE TABLE entries (id bigint, amount bigint);")
            await #expect(throws: MigrationError.edited("0001-Ledger-create.sql")) {
                try await migrator.run()
            }
        }
    }

    @Test("refuses to go on when a file that has run is missing")
    func refusesMissing() async throws {
        try await withFolder { folder, migrator, database in
            try await migrator.run()
            try folder.remove("0001-Ledger-create.sql")
            try folder.write("0002-Ledger-fill.sql", "INSERT INTO entries VALUES (2);")
            await #expect(throws: MigrationError.missing("0001-Ledger-create.sql")) {
                try await migrator.run()
            }
            let entries = try await count("entries", database)
            #expect(entries == 1)
        }
    }

    @Test("refuses a new file numbered before one that has run")
    func refusesOutOfOrder() async throws {
        try await withFolder { folder, migrator, _ in
            try folder.write("0003-Ledger-fill.sql", "INSERT INTO entries VALUES (2);")
            try await migrator.run()
            try folder.write("0002-Ledger-index.sql", "CREATE INDEX ON entries (id);")
            await #expect(
                throws: MigrationError.outOfOrder("0002-Ledger-index.sql", after: "0003-Ledger-fill.sql")
            ) {
                try await migrator.run()
            }
        }
    }

    @Test("keeps nothing of a file that fails and names file and line")
    func undoesFailure() async throws {
        try await withFolder { folder, migrator, database in
            try folder.write(
                "0002-Ledger-break.sql",
                "INSERT INTO entries VALUES (2);\n\nINSERT INTO nowhere VALUES (1);\n")
            do {
                try await migrator.run()
                Issue.record("The migration should have failed.")
            } catch let error as MigrationError {
                guard case .refused(let name, let line, let cause) = error else { throw error }
                #expect(name == "0002-Ledger-break.sql")
                #expect(line == 3)
                #expect(cause.sqlState == "42P01")
            }
            let entries = try await count("entries", database)
            #expect(entries == 1)
            try folder.write("0002-Ledger-break.sql", "INSERT INTO entries VALUES (2);")
            let ran = try await migrator.run()
            #expect(ran == ["0002-Ledger-break.sql"])
        }
    }

    @Test("refuses a file that ends its transaction itself")
    func refusesCommit() async throws {
        try await withFolder { folder, migrator, _ in
            try folder.write("0002-Ledger-commit.sql", "INSERT INTO entries VALUES (2);\nCOMMIT;\n")
            await #expect(throws: MigrationError.endsItsTransaction("0002-Ledger-commit.sql")) {
                try await migrator.run()
            }
        }
    }

    @Test(
        "refuses names that have no place in the order",
        arguments: ["1-Ledger-create.sql", "0002_ledger.sql", "0002-Ledger.sql", "0002-ledger-create.sql"])
    func refusesNames(name: String) async throws {
        try await withFolder { folder, migrator, _ in
            try folder.write(name, "SELECT 1;")
            await #expect(throws: MigrationError.badName(name)) { try await migrator.run() }
        }
    }

    @Test("refuses two files with one number, and a folder that is not there")
    func refusesSameNumber() async throws {
        try await withFolder { folder, migrator, _ in
            try folder.write("0001-Staff-create.sql", "SELECT 1;")
            await #expect(
                throws: MigrationError.sameNumber("0001-Ledger-create.sql", "0001-Staff-create.sql")
            ) {
                try await migrator.run()
            }
            let nowhere = folder.url.appending(path: "nowhere")
            let lost = Migrator(connectionString: "", directory: nowhere, logger: .quiet)
            await #expect(throws: MigrationError.directoryUnreadable(nowhere.path)) { try await lost.run() }
        }
    }
}
