import Foundation

/// The thread of one connection: runs what is enqueued for the connection's actor, one job after another.
///
/// libpq waits by blocking. On the shared pool, which has one thread a core, two slow statements would stop
/// the whole server; here they stop only their own connection.
///
/// `@unchecked Sendable`: `jobs`, `isRunning` and `isStopping` are touched only under `condition`'s lock.
final class ConnectionThread: SerialExecutor, @unchecked Sendable {
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []
    private var isRunning = false
    private var isStopping = false
    private var identity: pthread_t?

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        jobs.append(job)
        if isRunning {
            condition.signal()
        } else {
            // The first job, or one that comes after `stop()`: it must run too, or its caller would wait for
            // ever.
            isRunning = true
            Thread.detachNewThread { self.run() }
        }
        condition.unlock()
    }

    /// Lets the thread end as soon as it has nothing to do. Without this a thread stays for each connection
    /// that was replaced.
    func stop() {
        condition.lock()
        isStopping = true
        condition.signal()
        condition.unlock()
    }

    func checkIsolated() {
        condition.lock()
        let identity = identity
        condition.unlock()
        precondition(identity == pthread_self(), "The connection is used from outside of its thread.")
    }

    private func run() {
        let executor = asUnownedSerialExecutor()
        condition.lock()
        identity = pthread_self()
        while true {
            while jobs.isEmpty && !isStopping { condition.wait() }
            if jobs.isEmpty { break }
            let batch = jobs
            jobs.removeAll(keepingCapacity: true)
            condition.unlock()
            for job in batch { job.runSynchronously(on: executor) }
            condition.lock()
        }
        isRunning = false
        identity = nil
        condition.unlock()
    }
}
