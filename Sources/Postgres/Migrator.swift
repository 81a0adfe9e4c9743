import Foundation
import Logging

/// Brings a database up to date with a folder of migrations.
///
/// Each file runs once, in its own transaction, as the owner's role; `schema_migrations` keeps its name and
/// SHA-256. A file that has run must stay as it was. An advisory lock lets one process at a time do this, so
/// that several can be started at once.
public struct Migrator: Sendable {
    private let configuration: DatabaseConfiguration
    private let directory: URL
    private let logger: Logger

    /// The key of the advisory lock: "portalmg" in ASCII.
    private static let lockKey: Int64 = 0x706F_7274_616C_6D67

    /// Makes a migrator.
    ///
    /// - Parameters:
    ///   - connectionString: of the role that owns the database.
    ///   - directory: the folder of files named `NNNN-Feature-verb.sql`.
    public init(connectionString: String, directory: URL, logger: Logger) {
        // A migration may take long, and a second process waits for the first one: no time-outs here.
        configuration = DatabaseConfiguration(
            connectionString: connectionString, poolSize: 1, statementTimeout: .zero, lockTimeout: .zero,
            idleInTransactionTimeout: .zero, applicationName: "portal-migrate")
        self.directory = directory
        self.logger = logger
    }

    /// Runs all files that have not run yet.
    ///
    /// - Returns: their names.
    @discardableResult
    public func run() async throws(MigrationError) -> [String] {
        let files = try MigrationFile.all(in: directory)
        return try await withConnection { connection throws(MigrationError) in
            try Self.lock(connection)
            let waiting = try Self.waiting(files, connection)
            for file in waiting {
                try Self.apply(file, connection)
                logger.info("A migration has run.", metadata: ["name": "\(file.name)"])
            }
            return waiting.map(\.name)
        }
    }

    /// The digest of the whole folder, by which two folders with the same migrations are known as equal: 64
    /// hexadecimal digits.
    public func digest() async throws(MigrationError) -> String {
        let files = try MigrationFile.all(in: directory)
        return try await withConnection { connection throws(MigrationError) in
            let sums = try Self.checksums(files, connection)
            let lines = zip(files, sums).map { "\($0.name) \($1)\n" }.joined()
            return try Self.checksums([MigrationFile(name: "", number: 0, text: lines)], connection)[0]
        }
    }

    private func withConnection<R: Sendable>(
        _ body: @Sendable (isolated Connection) throws(MigrationError) -> R
    ) async throws(MigrationError) -> R {
        let connection: Connection
        do {
            connection = try await Connection.open(configuration, logger: logger)
        } catch {
            throw .database(error)
        }
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            // Closing gives the advisory lock back as well.
            await connection.close()
            throw error
        }
    }

    private static func lock(_ connection: isolated Connection) throws(MigrationError) {
        do {
            _ = try connection.query("SELECT pg_advisory_lock(\(lockKey))")
            try connection.execute(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    name text PRIMARY KEY,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """)
        } catch {
            throw .database(error)
        }
    }

    /// The files that have not run, after a look that those that have are still as they were.
    private static func waiting(
        _ files: [MigrationFile], _ connection: isolated Connection
    ) throws(MigrationError) -> [MigrationFile] {
        let applied = try applied(connection)
        let sums = try checksums(files, connection)
        let present = Set(files.map(\.name))
        for name in applied.keys.sorted() where !present.contains(name) { throw .missing(name) }
        var waiting: [MigrationFile] = []
        for (file, sum) in zip(files, sums) {
            if let known = applied[file.name] {
                guard known == sum else { throw .edited(file.name) }
                if let skipped = waiting.first { throw .outOfOrder(skipped.name, after: file.name) }
            } else {
                waiting.append(file)
            }
        }
        return waiting
    }

    /// The checksums of the files that have run, by name; none on a new database.
    private static func applied(_ connection: isolated Connection) throws(MigrationError) -> [String: String]
    {
        do {
            let table = try connection.queryFirst(
                "SELECT to_regclass('schema_migrations') IS NOT NULL AS exists")
            guard let table, try table["exists"] else { return [:] }
            var applied: [String: String] = [:]
            for row in try connection.query("SELECT name, checksum FROM schema_migrations") {
                applied[try row["name"]] = try row["checksum"] as String
            }
            return applied
        } catch {
            throw .database(error)
        }
    }

    /// The SHA-256 of each text, computed by PostgreSQL, so that this library needs no cryptography of its
    /// own.
    private static func checksums(
        _ files: [MigrationFile], _ connection: isolated Connection
    ) throws(MigrationError) -> [String] {
        do {
            let texts = files.map { Array($0.text.utf8) }
            let rows = try connection.query(
                """
                SELECT encode(sha256(file.content), 'hex') AS checksum
                FROM unnest(\(texts)) WITH ORDINALITY AS file (content, position)
                ORDER BY file.position
                """)
            return try rows.map { row throws(PostgresError) in try row["checksum"] }
        } catch {
            throw .database(error)
        }
    }

    private static func apply(_ file: MigrationFile, _ connection: isolated Connection) throws(MigrationError)
    {
        let checksum = try checksums([file], connection)[0]
        do {
            try connection.transaction { connection in
                do throws(PostgresError) {
                    try connection.executeScript(unsafeRaw: file.text)
                } catch {
                    throw MigrationError.refused(file.name, line: error.position.map(file.line(at:)), error)
                }
                guard connection.isInsideTransaction else {
                    throw MigrationError.endsItsTransaction(file.name)
                }
                try connection.execute(
                    "INSERT INTO schema_migrations (name, checksum) VALUES (\(file.name), \(checksum))")
            }
        } catch let error as MigrationError {
            throw error
        } catch let error as PostgresError {
            throw .refused(file.name, line: nil, error)
        } catch {
            throw .database(PostgresError(.misuse, "\(error)"))
        }
    }
}
