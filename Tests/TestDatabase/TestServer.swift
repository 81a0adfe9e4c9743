import Foundation
import Logging
import Postgres
import Synchronization

/// Why no test database could be made.
public enum TestDatabaseError: Error, CustomStringConvertible {
    /// There is no server; the sentence says what is missing.
    case noServer(String)

    /// The sentence.
    public var description: String {
        switch self {
        case .noServer(let sentence): sentence
        }
    }
}

/// The server the tests of this process use.
struct TestServer: Sendable {
    private let owner: String
    private let app: String
    /// Whether the server belongs to this checkout, so that what earlier runs left behind can be dropped.
    private let isOurs: Bool

    /// Errors go to the test that meets them; the log says only what is critical.
    static let logger: Logger = {
        var logger = Logger(label: "test-database")
        logger.logLevel = .critical
        return logger
    }()

    /// The key of the advisory lock under which templates are made: "portalts" in ASCII.
    private static let lockKey: Int64 = 0x706F_7274_616C_7473
    private static let running = Mutex<Task<TestServer, any Error>?>(nil)
    private static let templateTask = Mutex<Task<String, any Error>?>(nil)

    /// The server, found or started by the first who asks.
    static func current() async throws -> TestServer {
        let task = running.withLock { running in
            if let running { return running }
            let task = Task { try await findOrStart() }
            running = task
            return task
        }
        return try await task.value
    }

    private static func findOrStart() async throws -> TestServer {
        let environment = ProcessInfo.processInfo.environment
        if let owner = environment["TEST_DATABASE_URL"] {
            guard let app = environment["TEST_DATABASE_APP_URL"] else {
                throw TestDatabaseError.noServer(
                    "TEST_DATABASE_URL is set; the tests need TEST_DATABASE_APP_URL too, for portal_app."
                )
            }
            return TestServer(owner: owner, app: app, isOurs: false)
        }
        let folder = Repository.root.appending(path: ".run/test-postgres").path
        try await Repository.runScript("postgres", "start", folder, "--fsync", "off")
        let server = TestServer(
            owner: try await Repository.runScript("postgres", "url", folder, "owner"),
            app: try await Repository.runScript("postgres", "url", folder, "app"), isOurs: true)
        try await server.dropLeftovers()
        return server
    }

    /// A role's connection string for a database.
    func connectionString(_ role: TestDatabase.Role, database: String) -> String {
        let string = role == .owner ? owner : app
        // postgresql://user:password@hosts/database?settings
        guard let scheme = string.range(of: "://") else { return string }
        let rest = string[scheme.upperBound...]
        let settings = rest.firstIndex(of: "?") ?? rest.endIndex
        let path = rest[..<settings].firstIndex(of: "/") ?? settings
        return "\(string[..<path])/\(database)\(rest[settings...])"
    }

    // MARK: - Databases

    func createDatabase(_ name: String, template: String?) async throws {
        let clause = template.map { " TEMPLATE \($0)" } ?? ""
        try await runWhenFree("CREATE DATABASE \(name)\(clause)")
    }

    func dropDatabase(_ name: String) async throws {
        try await runWhenFree("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// Runs a statement that PostgreSQL refuses as long as somebody looks at the database: a session that is
    /// ending (55006), or autovacuum, which the owner may not end (42501).
    private func runWhenFree(_ statement: String) async throws {
        var attempt = 1
        while true {
            do {
                try await asOwner { try $0.executeScript(unsafeRaw: statement) }
                return
            } catch let error as PostgresError
                where ["55006", "42501"].contains(error.sqlState) && attempt < 50
            {
                attempt += 1
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// The name of the template with all migrations, made once for each state of `Migrations/`.
    func template() async throws -> String {
        let task = Self.templateTask.withLock { known in
            if let known { return known }
            let task = Task { try await makeTemplate() }
            known = task
            return task
        }
        return try await task.value
    }

    private func makeTemplate() async throws -> String {
        let directory = Repository.root.appending(path: "Migrations")
        let digest = try await Migrator(connectionString: owner, directory: directory, logger: Self.logger)
            .digest()
        let name = "portal_template_\(digest.prefix(16))"
        let configuration = DatabaseConfiguration(
            connectionString: owner, statementTimeout: .zero, lockTimeout: .zero)
        let guardian = try await Connection.open(configuration, logger: Self.logger)
        do {
            // Held until the connection closes: another test process waits here and then finds the template.
            _ = try await guardian.query("SELECT pg_advisory_lock(\(Self.lockKey))")
            let known = try await guardian.query("SELECT 1 FROM pg_database WHERE datname = \(name)")
            if known.isEmpty {
                let unfinished = "\(name)_new"
                try await dropDatabase(unfinished)
                try await createDatabase(unfinished, template: nil)
                let url = connectionString(.owner, database: unfinished)
                try await Migrator(connectionString: url, directory: directory, logger: Self.logger).run()
                try await guardian.executeScript(unsafeRaw: "ALTER DATABASE \(unfinished) RENAME TO \(name)")
                if isOurs { try await dropOldTemplates() }
            }
        } catch {
            await guardian.close()
            throw error
        }
        await guardian.close()
        return name
    }

    // MARK: - Clean-up

    /// Drops the databases of test processes that have ended.
    private func dropLeftovers() async throws {
        let rows = try await asOwner {
            try $0.query(
                """
                SELECT datname::text AS name
                FROM pg_database
                WHERE datname LIKE 'portal!_test!_%' ESCAPE '!'
                """
            )
        }
        for row in rows {
            let name: String = try row["name"]
            let parts = name.split(separator: "_")
            guard parts.count == 4, let process = Int32(parts[2]), kill(process, 0) != 0, errno == ESRCH
            else { continue }
            try await dropDatabase(name)
        }
    }

    /// Drops all templates but the newest, of which another checkout state may still be in use.
    private func dropOldTemplates() async throws {
        let rows = try await asOwner {
            try $0.query(
                """
                SELECT datname::text AS name
                FROM pg_database
                WHERE datname LIKE 'portal!_template!_%' ESCAPE '!' AND datname NOT LIKE '%!_new' ESCAPE '!'
                ORDER BY oid DESC
                OFFSET 5
                """)
        }
        for row in rows { try await dropDatabase(try row["name"]) }
    }

    private func asOwner<R: Sendable>(_ body: @Sendable (isolated Connection) throws -> R) async throws -> R {
        let configuration = DatabaseConfiguration(
            connectionString: owner, statementTimeout: .seconds(60), lockTimeout: .seconds(60))
        let connection: Connection
        do {
            connection = try await Connection.open(configuration, logger: Self.logger)
        } catch {
            throw TestDatabaseError.noServer("The test database's server cannot be reached: \(error.message)")
        }
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
