import Foundation
import Logging
import Postgres
import Synchronization

/// A database of a test's own, cloned in a moment from a template that has all migrations.
///
/// The server is that of `TEST_DATABASE_URL` (the owner) and `TEST_DATABASE_APP_URL` (the application's
/// role), or else a private one without fsync under `.run/test-postgres`, which is started when it is needed
/// and left running.
public struct TestDatabase: Sendable {
    /// Whose rights a connection has.
    public enum Role: Sendable {
        /// Owns everything, and can damage rows for a test.
        case owner
        /// What the portal works as.
        case app
    }

    /// The database's name.
    public let name: String
    /// The connection string of the owner.
    public let ownerConnectionString: String
    /// The connection string of the application's role.
    public let appConnectionString: String

    private let server: TestServer
    private static let counter = Atomic<Int>(0)
    private static let sharedDatabases = Mutex<[String: Task<TestDatabase, any Error>]>([:])

    /// Makes a database for one test, which drops it at the end.
    ///
    /// - Parameter migrations: whether it has all files of `Migrations/`; otherwise it is empty.
    public static func make(migrations: Bool = true) async throws -> TestDatabase {
        let server = try await TestServer.current()
        let number = counter.add(1, ordering: .relaxed).newValue
        let name = "portal_test_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
        let template = migrations ? try await server.template() : nil
        try await server.createDatabase(name, template: template)
        return TestDatabase(
            name: name, ownerConnectionString: server.connectionString(.owner, database: name),
            appConnectionString: server.connectionString(.app, database: name), server: server)
    }

    /// One database for all tests of a suite, made when the first of them asks. The next run's clean-up drops
    /// it.
    ///
    /// - Parameters:
    ///   - suite: the name the suite's tests share.
    ///   - migrations: as for `make`; all who share it ask for the same.
    public static func shared(_ suite: String, migrations: Bool = true) async throws -> TestDatabase {
        let task = sharedDatabases.withLock { databases in
            if let task = databases[suite] { return task }
            let task = Task { try await make(migrations: migrations) }
            databases[suite] = task
            return task
        }
        return try await task.value
    }

    /// Makes a database, hands it to `body` and drops it, whatever `body` does.
    public static func with<R>(
        migrations: Bool = true, _ body: (TestDatabase) async throws -> R
    ) async throws -> R {
        let test = try await make(migrations: migrations)
        do {
            let result = try await body(test)
            try await test.drop()
            return result
        } catch {
            try? await test.drop()
            throw error
        }
    }

    /// The configuration of a small pool; a test can change it before use.
    public func configuration(_ role: Role = .app, poolSize: Int = 4) -> DatabaseConfiguration {
        DatabaseConfiguration(
            connectionString: role == .owner ? ownerConnectionString : appConnectionString,
            // Many suites clone their databases at the same time, for seconds.
            poolSize: poolSize, lockTimeout: .seconds(60), connectTimeout: .seconds(60),
            waiterTimeout: .seconds(60),
            applicationName: "portal-test")
    }

    /// Opens a small pool, which the test closes.
    public func open(_ role: Role = .app, poolSize: Int = 4) -> Database {
        Database(configuration: configuration(role, poolSize: poolSize), logger: TestServer.logger)
    }

    /// Drops the database; sessions still open in it are ended.
    public func drop() async throws {
        try await server.dropDatabase(name)
    }
}
