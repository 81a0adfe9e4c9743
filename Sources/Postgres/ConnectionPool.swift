import Logging
import Synchronization

/// Lends connections, makes new ones up to the limit, and lets callers wait in order, with a deadline,
/// cancellation and a cap.
final class ConnectionPool: Sendable {
    /// What a caller gets who waited.
    private enum Grant: Sendable {
        case connection(Connection)
        /// The right to open a connection; it is counted already.
        case opening
        case refusal(PostgresError)
    }

    private struct Waiter {
        let continuation: CheckedContinuation<Grant, Never>
        let since: ContinuousClock.Instant
    }

    private struct State {
        var idle: [Connection] = []
        var metrics = PoolMetrics()
        var waiters: [UInt64: Waiter] = [:]
        /// The waiters in order; those that have left are skipped.
        var queue: [UInt64] = []
        var queueHead = 0
        var lastWaiter: UInt64 = 0
        /// Waiters cancelled before they began to wait.
        var isWatching = false
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []

        mutating func takeFirstWaiter() -> Waiter? {
            while queueHead < queue.count {
                let id = queue[queueHead]
                queueHead += 1
                if queueHead > 64, queueHead * 2 > queue.count {
                    queue.removeFirst(queueHead)
                    queueHead = 0
                }
                guard let waiter = waiters.removeValue(forKey: id) else { continue }
                let waited = waiter.since.duration(to: .now).components
                metrics.waitedMicroseconds += Int(waited.seconds) * 1_000_000
                metrics.waitedMicroseconds += Int(waited.attoseconds / 1_000_000_000_000)
                return waiter
            }
            return nil
        }
    }

    let configuration: DatabaseConfiguration
    private let logger: Logger
    private let state: Mutex<State>

    init(configuration: DatabaseConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        var state = State()
        state.metrics.size = configuration.poolSize
        self.state = Mutex(state)
    }

    /// A copy of the counters.
    var metrics: PoolMetrics {
        state.withLock { state in
            var metrics = state.metrics
            metrics.idle = state.idle.count
            metrics.waiting = state.waiters.count
            return metrics
        }
    }

    /// Changes the counters.
    func count(_ change: @Sendable (inout PoolMetrics) -> Void) {
        state.withLock { change(&$0.metrics) }
    }

    // MARK: - Lending

    /// Takes an idle connection, opens one, or waits.
    ///
    /// - Throws: kinds `poolExhausted`, `poolClosed`, `timedOut`, `cancelled`, `connectionFailed`.
    func checkOut() async throws(PostgresError) -> Connection {
        assert(
            !TransactionMarker.isInside,
            "A transaction needs its own connection, not a second one: it could wait for itself.")
        enum Step {
            case use(Connection)
            case open
            case wait
            case refuse(PostgresError)
        }
        let step: Step = state.withLock { state in
            if state.isClosed { return .refuse(Self.closed) }
            if let connection = state.idle.popLast() {
                state.metrics.checkouts += 1
                return .use(connection)
            }
            if state.metrics.open < configuration.poolSize {
                state.metrics.open += 1
                return .open
            }
            if state.waiters.count >= configuration.waiterLimit {
                state.metrics.refused += 1
                let message =
                    "All \(configuration.poolSize) connections are in use; \(state.waiters.count) callers wait."
                return .refuse(PostgresError(.poolExhausted, message))
            }
            state.metrics.waits += 1
            return .wait
        }
        switch step {
        case .use(let connection): return connection
        case .open: return try await open()
        case .refuse(let error): throw error
        case .wait:
            switch await wait() {
            case .connection(let connection): return connection
            case .opening: return try await open()
            case .refusal(let error): throw error
            }
        }
    }

    private func open() async throws(PostgresError) -> Connection {
        do {
            let connection = try await Connection.open(configuration, logger: logger)
            count {
                $0.connectionsOpened += 1
                $0.checkouts += 1
            }
            return connection
        } catch {
            logger.error("No connection to the database could be made.", metadata: ["error": "\(error)"])
            count { $0.connectionsFailed += 1 }
            giveUpPlace()
            throw error
        }
    }

    // MARK: - Taking back

    /// Takes a connection back that is in order and idle.
    ///
    /// - Returns: false when the pool is closed, and the caller has to close the connection and give its
    ///   place up.
    func takeBack(_ connection: Connection) -> Bool {
        let (isKept, waiter): (Bool, Waiter?) = state.withLock { state in
            if state.isClosed { return (false, nil) }
            if let waiter = state.takeFirstWaiter() {
                state.metrics.checkouts += 1
                return (true, waiter)
            }
            state.idle.append(connection)
            return (true, nil)
        }
        waiter?.continuation.resume(returning: .connection(connection))
        return isKept
    }

    /// Tells that a connection is gone; whoever waits longest may open another.
    func giveUpPlace() {
        let (waiter, closers) = state.withLock { state -> (Waiter?, [CheckedContinuation<Void, Never>]) in
            if !state.isClosed, let waiter = state.takeFirstWaiter() { return (waiter, []) }
            state.metrics.open -= 1
            guard state.isClosed, state.metrics.open == 0 else { return (nil, []) }
            let closers = state.closers
            state.closers = []
            return (nil, closers)
        }
        waiter?.continuation.resume(returning: .opening)
        for closer in closers { closer.resume() }
    }

    // MARK: - Waiting

    private func wait() async -> Grant {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(Waiter(continuation: continuation, since: .now), id)
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.continuation.resume(returning: .refusal(Self.cancelled))
        }
    }

    /// Puts a waiter into the queue, or serves it at once if that has become possible in the meantime.
    private func enqueue(_ waiter: Waiter, _ id: UInt64) {
        enum Entry {
            case served(Grant)
            case waiting(startsWatch: Bool)
        }
        // A task cancelled before this point is seen here; one cancelled after it finds its waiter in the
        // table.
        let isCancelled = Task.isCancelled
        let entry: Entry = state.withLock { state in
            if state.isClosed { return .served(.refusal(Self.closed)) }
            if isCancelled { return .served(.refusal(Self.cancelled)) }
            if let connection = state.idle.popLast() {
                state.metrics.checkouts += 1
                return .served(.connection(connection))
            }
            if state.metrics.open < configuration.poolSize {
                state.metrics.open += 1
                return .served(.opening)
            }
            state.waiters[id] = waiter
            state.queue.append(id)
            let startsWatch = !state.isWatching
            state.isWatching = true
            return .waiting(startsWatch: startsWatch)
        }
        switch entry {
        case .served(let grant): waiter.continuation.resume(returning: grant)
        case .waiting(let startsWatch):
            // The task may have been cancelled between the look above and the table; its handler found
            // nothing then.
            if Task.isCancelled, let waiter = state.withLock({ $0.waiters.removeValue(forKey: id) }) {
                waiter.continuation.resume(returning: .refusal(Self.cancelled))
            }
            if startsWatch { Task.detached { await self.watch() } }
        }
    }

    /// Ends the wait of those whose deadline has come. One task serves all waiters, as long as there are any.
    private func watch() async {
        while true {
            let (expired, next): ([Waiter], ContinuousClock.Instant?) = state.withLock { state in
                let now = ContinuousClock.now
                var expired: [Waiter] = []
                while state.queueHead < state.queue.count {
                    let id = state.queue[state.queueHead]
                    if let waiter = state.waiters[id] {
                        let deadline = waiter.since + configuration.waiterTimeout
                        if deadline > now { return (expired, deadline) }
                        state.metrics.waitTimeouts += 1
                        if let waiter = state.takeFirstWaiter() { expired.append(waiter) }
                    } else {
                        state.queueHead += 1
                    }
                }
                state.queue.removeAll(keepingCapacity: true)
                state.queueHead = 0
                state.isWatching = false
                return (expired, nil)
            }
            for waiter in expired {
                let message = "No connection became free within \(configuration.waiterTimeout)."
                waiter.continuation.resume(returning: .refusal(PostgresError(.timedOut, message)))
            }
            guard let next else { return }
            try? await Task.sleep(until: next, clock: .continuous)
        }
    }

    // MARK: - Closing

    /// Refuses new callers, sends those away that wait, closes what is idle, and returns when the last
    /// connection is back.
    func close() async {
        let (idle, waiters) = state.withLock { state in
            state.isClosed = true
            let taken = (state.idle, Array(state.waiters.values))
            state.idle = []
            state.waiters = [:]
            return taken
        }
        for waiter in waiters { waiter.continuation.resume(returning: .refusal(Self.closed)) }
        for connection in idle {
            await connection.close()
            giveUpPlace()
        }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.metrics.open == 0 { return true }
                state.closers.append(continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    private static let closed = PostgresError(.poolClosed, "The pool is closed.")
    private static let cancelled = PostgresError(
        .cancelled, "The task was cancelled while it waited for a connection.")
}
