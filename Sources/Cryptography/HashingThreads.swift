import Foundation

/// A few threads with a bounded queue in front of them, for work that keeps a core busy for milliseconds.
///
/// Swift's cooperative pool has one thread for each core: on it, two hashes at a time would stall every page.
final class HashingThreads: Sendable {
    private let queue: WorkQueue

    init(count: Int, queueLimit: Int) {
        let queue = WorkQueue(limit: queueLimit + max(1, count))
        self.queue = queue
        for number in 1...max(1, count) {
            // The threads hold the queue only, not this object, so that releasing it can end them.
            let thread = Thread { queue.serve() }
            thread.name = "password-hashing-\(number)"
            thread.start()
        }
    }

    /// Runs `work` on one of the threads. Throws `busy` when the queue is full, `closed` after `close`, and
    /// `CancellationError` when the task is cancelled before its turn.
    func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try Task.checkCancellation()
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
                let job = WorkQueue.Job(
                    ticket: ticket,
                    run: { continuation.resume(with: Result { try work() }) },
                    refuse: { continuation.resume(throwing: $0) })
                queue.add(job)
            }
        } onCancel: {
            queue.cancel(ticket)
        }
    }

    /// How many jobs wait for a thread.
    var waiting: Int {
        queue.waiting
    }

    /// Ends the threads after the hash each is at; what waits is refused with `closed`.
    func close() {
        queue.close()
    }
}

/// Tells one waiting job from the others.
private final class Ticket: Sendable {}

/// The queue between tasks and threads.
///
/// `@unchecked Sendable`: every access to the stored state holds `condition`.
private final class WorkQueue: @unchecked Sendable {
    struct Job {
        let ticket: Ticket
        let run: @Sendable () -> Void
        let refuse: @Sendable (any Error) -> Void
    }

    private let condition = NSCondition()
    /// How many jobs may run and wait together.
    private let limit: Int
    private var jobs: [Job] = []
    private var running = 0
    private var isClosed = false

    init(limit: Int) {
        self.limit = limit
    }

    var waiting: Int {
        condition.withLock { jobs.count }
    }

    /// Takes jobs until the queue is closed; the body of each thread.
    func serve() {
        while let job = next() {
            job.run()
            condition.withLock { running -= 1 }
        }
    }

    func add(_ job: Job) {
        let refusal: (any Error)? = condition.withLock {
            if isClosed { return PasswordHasherError.closed }
            if jobs.count + running >= limit { return PasswordHasherError.busy }
            jobs.append(job)
            condition.signal()
            return nil
        }
        if let refusal { job.refuse(refusal) }
    }

    func cancel(_ ticket: Ticket) {
        let waiting: Job? = condition.withLock {
            guard let index = jobs.firstIndex(where: { $0.ticket === ticket }) else { return nil }
            return jobs.remove(at: index)
        }
        waiting?.refuse(CancellationError())
    }

    func close() {
        let waiting: [Job] = condition.withLock {
            isClosed = true
            defer { jobs = [] }
            condition.broadcast()
            return jobs
        }
        for job in waiting { job.refuse(PasswordHasherError.closed) }
    }

    private func next() -> Job? {
        condition.lock()
        defer { condition.unlock() }
        while jobs.isEmpty {
            if isClosed { return nil }
            condition.wait()
        }
        running += 1
        return jobs.removeFirst()
    }
}
