import CPostgres
import Logging

/// One connection to PostgreSQL, on a thread of its own.
///
/// All methods are synchronous and block that thread only, so that a whole transaction is one call into the
/// actor and nothing can come between its statements. Code gets a connection from `Database.transaction` and
/// hands it on as `isolated Connection`.
public actor Connection {
    /// How many statements one connection keeps prepared.
    static let preparedStatementLimit = 256

    /// Cancels the use under way; shared with the pool.
    nonisolated let cancellation = Cancellation()
    private nonisolated let thread = ConnectionThread()
    private var handle: ConnectionHandle?
    private var statements = StatementCache(limit: Connection.preparedStatementLimit)
    /// A transaction that was begun by the code, but of which the server has not heard yet: its BEGIN travels
    /// with its first statement.
    private var unsentBegin: TransactionMode?
    private var mode: TransactionMode?
    private var isBroken = false
    /// The first failure inside the current transaction.
    private var firstFailure: PostgresError?
    /// Whether the last transaction was undone before COMMIT for a reason that another run can help.
    private(set) var canRunAgain = false

    /// The connection's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private init() {}

    /// Opens a connection that belongs to the caller, who must close it.
    ///
    /// - Throws: kind `connectionFailed`.
    public static func open(
        _ configuration: DatabaseConfiguration, logger: Logger
    ) async throws(PostgresError) -> Connection {
        let connection = Connection()
        do {
            try await connection.connect(configuration, logger)
        } catch {
            await connection.close()
            throw error
        }
        return connection
    }

    deinit {
        thread.stop()
    }

    private func connect(_ configuration: DatabaseConfiguration, _ logger: Logger) throws(PostgresError) {
        let handle = try ConnectionHandle(configuration: configuration, logger: logger)
        self.handle = handle
        cancellation.setTarget(PQgetCancel(handle.pointer))
    }

    /// Ends the connection and its thread. The second time does nothing.
    public func close() {
        cancellation.seal()
        cancellation.setTarget(nil)
        handle?.close()
        handle = nil
        thread.stop()
    }

    // MARK: - Statements

    /// Runs a statement and gives its rows.
    public func query(_ sql: SQL) throws(PostgresError) -> [Row] {
        try run(sql).rows
    }

    /// Runs a statement and gives its first row, or nil when it has none.
    public func queryFirst(_ sql: SQL) throws(PostgresError) -> Row? {
        let result = try run(sql)
        return result.rowCount > 0 ? Row(result: result, index: 0) : nil
    }

    /// Runs a statement and gives the number of rows it inserted, changed or deleted.
    @discardableResult
    public func execute(_ sql: SQL) throws(PostgresError) -> Int {
        try run(sql).affectedRows
    }

    /// Runs several statements without values, as a migration has them; rows they give are dropped.
    ///
    /// - Parameter text: SQL from a file of ours, never text from outside.
    public func executeScript(unsafeRaw text: String) throws(PostgresError) {
        let pointer = try openPointer()
        try sendBeginAlone(pointer)
        guard cancellation.statementBegins() else { throw Self.cancelled }
        defer { cancellation.statementEnded() }
        let result = PQexec(pointer, text)
        defer { PQclear(result) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return
        default: throw note(error(of: result))
        }
    }

    // MARK: - Transactions

    /// Runs `body` between BEGIN and COMMIT, or ROLLBACK when it throws.
    ///
    /// BEGIN travels together with the first statement. A transaction without a statement costs nothing.
    ///
    /// - Throws: what `body` throws; `PostgresError` of kind `commitUnknown` when the connection broke during
    ///   COMMIT; the violation of a deferred constraint, which the server reports at COMMIT.
    public func transaction<R>(
        as mode: TransactionMode = .readCommitted, _ body: (isolated Connection) throws -> R
    ) throws -> R {
        guard self.mode == nil else {
            throw PostgresError(.misuse, "A transaction cannot be begun inside of another one.")
        }
        self.mode = mode
        unsentBegin = mode
        firstFailure = nil
        canRunAgain = false
        defer {
            self.mode = nil
            unsentBegin = nil
        }
        let result: R
        do {
            #if DEBUG
                result = try TransactionMarker.$isInside.withValue(true) { try body(self) }
            #else
                result = try body(self)
            #endif
        } catch {
            rollBack()
            throw error
        }
        try commit()
        return result
    }

    private func commit() throws(PostgresError) {
        // Nothing was sent, so there is nothing to commit.
        if unsentBegin != nil { return }
        let pointer = try openPointer()
        switch PQtransactionStatus(pointer) {
        case PQTRANS_INTRANS:
            break
        case PQTRANS_INERROR:
            // The body caught the failure of a statement and went on. COMMIT would quietly roll back.
            rollBack()
            throw firstFailure ?? PostgresError(.misuse, "The transaction had failed.")
        case PQTRANS_IDLE:
            throw firstFailure
                ?? PostgresError(.misuse, "The transaction was ended by a statement inside of it.")
        default:
            throw firstFailure
                ?? PostgresError(.connectionLost, "The connection broke inside of a transaction.")
        }
        if cancellation.seal() {
            rollBack()
            throw Self.cancelled
        }
        canRunAgain = false
        let result = PQexec(pointer, "COMMIT")
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            var error = error(of: result)
            let isOpen = error.kind == .connectionLost || error.sqlState == "40003"
            if isOpen || error.sqlState?.hasPrefix("08") == true { error.kind = .commitUnknown }
            throw error
        }
        guard PQcmdStatus(result).map({ String(cString: $0) }) == "COMMIT" else {
            throw firstFailure ?? PostgresError(.misuse, "The server rolled back in place of committing.")
        }
    }

    private func rollBack() {
        cancellation.seal()
        if unsentBegin != nil { return }
        guard let pointer = handle?.pointer else { return }
        switch PQtransactionStatus(pointer) {
        case PQTRANS_IDLE:
            return
        case PQTRANS_INTRANS, PQTRANS_INERROR:
            let result = PQexec(pointer, "ROLLBACK")
            if PQresultStatus(result) != PGRES_COMMAND_OK { isBroken = true }
            PQclear(result)
        default:
            isBroken = true
        }
    }

    // MARK: - For the pool

    /// Whether a new use may start on this connection.
    func isFresh() -> Bool {
        !isBroken && handle?.isFresh() == true
    }

    /// Whether the connection can be lent again after a use.
    func isReusable() -> Bool {
        guard !isBroken, let pointer = handle?.pointer else { return false }
        return PQstatus(pointer) == CONNECTION_OK && PQtransactionStatus(pointer) == PQTRANS_IDLE
    }

    /// Starts to watch for failures of a single statement outside a transaction.
    func forgetFailures() {
        firstFailure = nil
        canRunAgain = false
    }

    /// Whether the server is inside of a transaction that can still be committed.
    var isInsideTransaction: Bool {
        handle?.pointer.map { PQtransactionStatus($0) == PQTRANS_INTRANS } ?? false
    }

    /// How many statements are prepared.
    var preparedStatementCount: Int { statements.count }

    // MARK: - Sending

    private static let cancelled = PostgresError(.cancelled, "The task was cancelled.")

    private func openPointer() throws(PostgresError) -> OpaquePointer {
        guard !isBroken, let pointer = handle?.pointer else {
            throw firstFailure ?? PostgresError(.connectionLost, "The connection is closed.")
        }
        return pointer
    }

    private func run(_ sql: SQL) throws(PostgresError) -> QueryResult {
        let values = try BoundValues(sql.values)
        let pointer = try openPointer()
        guard cancellation.statementBegins() else { throw Self.cancelled }
        defer { cancellation.statementEnded() }
        let key = StatementCache.Key(segments: sql.segments, types: sql.types)
        let known = statements.find(key)
        if let known, unsentBegin == nil {
            let result = values.withPointers {
                PQexecPrepared(pointer, known.name, values.count, $0, nil, nil, 0)
            }
            do {
                return try accept(result, known)
            } catch {
                guard makesAnotherPlan(error, known, key, pointer) else { throw note(error) }
            }
        }
        do {
            return try runPipeline(sql, key, statements.find(key), values, pointer)
        } catch {
            throw note(error)
        }
    }

    /// Whether a failure only tells that the statement's plan is outdated, because a table was altered, and
    /// the statement can be prepared again at once. Inside a transaction the transaction has to run again.
    private func makesAnotherPlan(
        _ error: PostgresError, _ statement: StatementCache.Statement, _ key: StatementCache.Key,
        _ pointer: OpaquePointer
    ) -> Bool {
        // 0A000 for a statement that has worked before: "cached plan must not change result type".
        guard error.sqlState == "0A000", statement.columns != nil else { return false }
        _ = statements.remove(key)
        if mode != nil {
            canRunAgain = true
            return false
        }
        deallocate(statement, pointer)
        return true
    }

    /// Sends what is missing (BEGIN, the preparation) together with the statement, in one round trip.
    private func runPipeline(
        _ sql: SQL, _ key: StatementCache.Key, _ known: StatementCache.Statement?, _ values: BoundValues,
        _ pointer: OpaquePointer
    ) throws(PostgresError) -> QueryResult {
        if known == nil, let oldest = statements.removeOldestIfFull() { deallocate(oldest, pointer) }
        let statement = known ?? StatementCache.Statement(name: statements.makeName())
        let begin = unsentBegin?.begin
        let answers = Pipeline(pointer: pointer).run(
            begin: begin, preparation: known == nil ? sql : nil, name: statement.name, values: values)
        defer {
            PQclear(answers.begin)
            PQclear(answers.preparation)
        }
        if !answers.isInOrder { isBroken = true }
        guard answers.isSent else { throw PostgresError(.connectionLost, lastMessage(pointer)) }
        // From here on the server may be in a transaction, whatever the answers are.
        unsentBegin = nil
        for (isExpected, step) in [(begin != nil, answers.begin), (known == nil, answers.preparation)]
        where isExpected && PQresultStatus(step) != PGRES_COMMAND_OK {
            PQclear(answers.statement)
            throw error(of: step)
        }
        if known == nil { statements.insert(statement, for: key) }
        do {
            return try accept(answers.statement, statement)
        } catch {
            // Of a statement known before, this may be the outdated plan.
            if known != nil { _ = makesAnotherPlan(error, statement, key, pointer) }
            throw error
        }
    }

    private func sendBeginAlone(_ pointer: OpaquePointer) throws(PostgresError) {
        guard let begin = unsentBegin else { return }
        unsentBegin = nil
        let result = PQexec(pointer, begin.begin.description)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw note(error(of: result)) }
    }

    private func deallocate(_ statement: StatementCache.Statement, _ pointer: OpaquePointer) {
        // The names are ours. A failure leaves a statement behind on the server until the connection ends.
        PQclear(PQexec(pointer, "DEALLOCATE \(statement.name)"))
    }

    // MARK: - Answers

    private func accept(
        _ result: OpaquePointer?, _ statement: StatementCache.Statement
    ) throws(PostgresError) -> QueryResult {
        let status = PQresultStatus(result)
        guard let result, status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            defer { PQclear(result) }
            switch status {
            case PGRES_EMPTY_QUERY:
                throw PostgresError(.misuse, "The statement is empty.")
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                isBroken = true
                throw PostgresError(.misuse, "COPY is not offered.")
            default:
                throw error(of: result)
            }
        }
        if let columns = statement.columns, columns.names.count == Int(PQnfields(result)) {
            return QueryResult(result, columns: columns)
        }
        let columns = Columns(of: result)
        statement.columns = columns
        return QueryResult(result, columns: columns)
    }

    private func error(of result: OpaquePointer?) -> PostgresError {
        let error = PostgresError(
            result: result, connection: handle?.pointer, wasCancelled: cancellation.wasRequested)
        // 25006, a write on a read-only server: after a failover the old primary goes on as a standby.
        // Another connection is looked for then.
        if error.kind == .connectionLost || (error.sqlState == "25006" && mode != .snapshot) {
            isBroken = true
        }
        return error
    }

    /// Remembers the first failure of a transaction, and whether another run can help.
    private func note(_ error: PostgresError) -> PostgresError {
        if firstFailure == nil { firstFailure = error }
        if mode != nil, error.isTransient { canRunAgain = true }
        return error
    }

    private func lastMessage(_ pointer: OpaquePointer) -> String {
        PQerrorMessage(pointer).map { String(cString: $0) } ?? "no answer"
    }
}
