import Foundation
import Logging
import Postgres
import Synchronization
import TestDatabase

/// A schema of a test's own in the database the tests of this target share: cheaper than a database each.
struct Scratch: Sendable {
    /// A small pool of the owner, whose names without a schema are this one's.
    let configuration: DatabaseConfiguration

    private static let counter = Atomic<Int>(0)

    /// Makes a schema, hands it to `body` and drops it, whatever `body` does.
    static func with(_ body: (Scratch) async throws -> Void) async throws {
        let test = try await TestDatabase.shared("PostgresTests", migrations: false)
        let name = "scratch_\(counter.add(1, ordering: .relaxed).newValue)"
        var configuration = test.configuration(.owner, poolSize: 1)
        let keeper = Database(configuration: configuration, logger: .quiet)
        try await keeper.execute("CREATE SCHEMA \(unsafeRaw: name)")
        configuration.connectionString += "&options=-csearch_path%3D\(name)"
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(Scratch(configuration: configuration)))
        } catch {
            result = .failure(error)
        }
        try await keeper.execute("DROP SCHEMA \(unsafeRaw: name) CASCADE")
        await keeper.close()
        try result.get()
    }

    /// Makes a schema and a pool on it, and closes the pool after `body`.
    static func withDatabase(
        _ change: (inout DatabaseConfiguration) -> Void = { _ in }, _ body: (Database) async throws -> Void
    ) async throws {
        try await with { scratch in
            var configuration = scratch.configuration
            change(&configuration)
            let database = Database(configuration: configuration, logger: .quiet)
            let result: Result<Void, any Error>
            do {
                result = .success(try await body(database))
            } catch {
                result = .failure(error)
            }
            await database.close()
            try result.get()
        }
    }
}

extension Logger {
    /// Keeps expected failures out of the test run's output.
    static let quiet: Logger = {
        var logger = Logger(label: "postgres-tests")
        logger.logLevel = .critical
        return logger
    }()
}
