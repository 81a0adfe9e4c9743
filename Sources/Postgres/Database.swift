import Logging

/// A pool of connections to one database.
///
/// The whole of a transaction runs in one call on the connection's own thread. Its closure is synchronous, so
/// that it cannot wait for anything but the database: no call to a bank, and no second connection.
public final class Database: Sendable {
    private let pool: ConnectionPool
    private let logger: Logger

    /// Makes a pool; the first connection is made when it is needed.
    public init(configuration: DatabaseConfiguration, logger: Logger) {
        pool = ConnectionPool(configuration: configuration, logger: logger)
        self.logger = logger
    }

    /// What the pool is doing and has done.
    public var metrics: PoolMetrics { pool.metrics }

    /// Logs what the pool did since an earlier report: for debugging, or as a warning where callers waited long, or in
    /// vain, for a connection.
    ///
    /// - Returns: the counters now, for the next report.
    public func report(since earlier: PoolMetrics) -> PoolMetrics {
        let metrics = metrics
        logger.log(
            level: metrics.isShort(since: earlier) ? .warning : .debug, "What the connections did.",
            metadata: ["pool": "\(configuration.applicationName)"].merging(metrics.logged(since: earlier)) {
                $1
            })
        return metrics
    }

    /// The configuration the pool was made with.
    public var configuration: DatabaseConfiguration { pool.configuration }

    /// Refuses new work, waits for the work under way and closes all connections.
    public func close() async {
        await pool.close()
    }

    // MARK: - Single statements

    /// Runs one statement, committed by itself, and gives its rows.
    ///
    /// After a serialization failure or a deadlock it runs again, as a transaction does: nothing of it was kept.
    ///
    /// - Throws: kind `commitUnknown` when the connection broke while it ran, since a statement may write.
    public func query(_ sql: SQL) async throws(PostgresError) -> [Row] {
        try await single { connection throws(PostgresError) in try connection.query(sql) }
    }

    /// Runs one statement, committed by itself, and gives its first row, or nil when it has none.
    ///
    /// - Throws: as `query`.
    public func queryFirst(_ sql: SQL) async throws(PostgresError) -> Row? {
        try await single { connection throws(PostgresError) in try connection.queryFirst(sql) }
    }

    /// Runs one statement, committed by itself, and gives the number of rows it inserted, changed or deleted.
    ///
    /// - Throws: as `query`.
    @discardableResult
    public func execute(_ sql: SQL) async throws(PostgresError) -> Int {
        try await single { connection throws(PostgresError) in try connection.execute(sql) }
    }

    private func single<R: Sendable>(
        _ work: @Sendable (isolated Connection) throws(PostgresError) -> R
    ) async throws(PostgresError) -> R {
        var attempt = 1
        while true {
            switch try await use(work) {
            case .returned(let result): return result
            case .threw(var error, _):
                if error.isTransient, await rest(before: &attempt, after: error) { continue }
                if error.kind == .connectionLost { error.kind = .commitUnknown }
                throw error
            }
        }
    }

    // MARK: - Transactions

    /// Runs `body` as one transaction and gives its result after COMMIT.
    ///
    /// After a serialization failure or a deadlock before COMMIT the whole of `body` runs again, on any
    /// connection, after a short random pause and a bounded number of times: it must have no effects outside
    /// the database.
    ///
    /// - Throws: what `body` throws, after ROLLBACK; `PostgresError`, with kind `commitUnknown` when nobody
    ///   can say whether the transaction was committed.
    public func transaction<R: Sendable>(
        as mode: TransactionMode = .readCommitted, _ body: @Sendable (isolated Connection) throws -> R
    ) async throws -> R {
        var attempt = 1
        while true {
            let outcome = try await use { connection in try connection.transaction(as: mode, body) }
            switch outcome {
            case .returned(let result):
                pool.count { $0.commits += 1 }
                return result
            case .threw(let error, let canRunAgain):
                let isUnknown = (error as? PostgresError)?.kind == .commitUnknown
                pool.count {
                    if isUnknown { $0.unknownCommits += 1 } else { $0.rollbacks += 1 }
                }
                guard canRunAgain, await rest(before: &attempt, after: error) else { throw error }
            }
        }
    }

    /// Rests for a moment before the next attempt.
    ///
    /// - Returns: false when there is to be none.
    private func rest(before attempt: inout Int, after error: any Error) async -> Bool {
        guard attempt < configuration.transactionAttempts, !Task.isCancelled else { return false }
        pool.count { $0.retries += 1 }
        logger.debug("A transaction runs again.", metadata: ["attempt": "\(attempt)", "error": "\(error)"])
        // 5, 10, 20, 40 milliseconds at most: those who collided should not collide again.
        let longest = 5000 << min(attempt - 1, 6)
        attempt += 1
        try? await Task.sleep(for: .microseconds(Int.random(in: 500...longest)))
        return true
    }

    // MARK: - Lending

    /// How the use of a connection ended.
    private enum Outcome<R: Sendable, Failure: Error>: Sendable {
        case returned(R)
        case threw(Failure, canRunAgain: Bool)
    }

    /// Lends a connection to `work` for one call on the connection's thread.
    private func use<R: Sendable, Failure: Error>(
        _ work: @Sendable (isolated Connection) throws(Failure) -> R
    ) async throws(PostgresError) -> Outcome<R, Failure> {
        while true {
            let connection = try await pool.checkOut()
            let use = connection.cancellation.begin()
            let outcome: Outcome<R, Failure>? = await withTaskCancellationHandler {
                await lend(connection, work)
            } onCancel: {
                connection.cancellation.request(use)
            }
            if let outcome { return outcome }
        }
    }

    /// Runs `work` and takes the connection back while still on its thread, so that the next caller gets it
    /// at once.
    ///
    /// - Returns: nil when the connection had been ended by the server before `work` began.
    private func lend<R: Sendable, Failure: Error>(
        _ connection: isolated Connection, _ work: @Sendable (isolated Connection) throws(Failure) -> R
    ) async -> Outcome<R, Failure>? {
        guard connection.isFresh() else {
            giveUp(connection)
            return nil
        }
        connection.forgetFailures()
        let outcome: Outcome<R, Failure>
        do {
            outcome = .returned(try work(connection))
        } catch {
            outcome = .threw(error, canRunAgain: connection.canRunAgain)
        }
        connection.cancellation.seal()
        if connection.isReusable() {
            if !pool.takeBack(connection) {
                connection.close()
                pool.giveUpPlace()
            }
        } else {
            giveUp(connection)
        }
        return outcome
    }

    private func giveUp(_ connection: isolated Connection) {
        connection.close()
        pool.count { $0.connectionsLost += 1 }
        pool.giveUpPlace()
    }
}
