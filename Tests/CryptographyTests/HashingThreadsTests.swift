import Dispatch
import Testing

@testable import Cryptography

@Suite("Threads for hashing", .timeLimit(.minutes(1)))
struct HashingThreadsTests {
    /// Work that tells when it starts and then waits until the test lets it go.
    struct Gate: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)
        private let started: AsyncStream<Void>
        private let start: AsyncStream<Void>.Continuation

        init() {
            (started, start) = AsyncStream.makeStream()
        }

        /// The work itself.
        func pass() {
            start.yield()
            semaphore.wait()
        }

        /// Returns when the work has started.
        func waitForStart() async {
            for await _ in started { return }
        }

        /// Lets the work end.
        func open() {
            semaphore.signal()
        }
    }

    /// Two tasks in the queue of a thread that is busy at a gate.
    private func occupied(
        queueLimit: Int
    ) async throws -> (threads: HashingThreads, gate: Gate, atWork: Task<Void, any Error>) {
        let threads = HashingThreads(count: 1, queueLimit: queueLimit)
        let gate = Gate()
        let atWork = Task { try await threads.run { gate.pass() } }
        await gate.waitForStart()
        return (threads, gate, atWork)
    }

    private func enqueue(_ number: Int, on threads: HashingThreads) async -> Task<Int, any Error> {
        let before = threads.waiting
        let task = Task { try await threads.run { number } }
        while threads.waiting == before { await Task.yield() }
        return task
    }

    @Test("Work comes back with its result or its error")
    func results() async throws {
        struct Problem: Error {}
        let threads = HashingThreads(count: 2, queueLimit: 100)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 1...100 { group.addTask { try await threads.run { number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 5050)
        await #expect(throws: Problem.self) { try await threads.run { throw Problem() } }
        threads.close()
    }

    @Test("A full queue turns further work away and takes new work once it has room")
    func queueLimit() async throws {
        let (threads, gate, atWork) = try await occupied(queueLimit: 2)
        let first = await enqueue(1, on: threads)
        let second = await enqueue(2, on: threads)
        await #expect(throws: PasswordHasherError.busy) { try await threads.run { 3 } }
        gate.open()
        try await atWork.value
        #expect(try await first.value == 1)
        #expect(try await second.value == 2)
        #expect(try await threads.run { 4 } == 4)
        threads.close()
    }

    @Test("Cancelled work leaves the queue at once, and its place is free")
    func cancellation() async throws {
        let (threads, gate, atWork) = try await occupied(queueLimit: 1)
        let cancelled = await enqueue(1, on: threads)
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(threads.waiting == 0)
        let next = await enqueue(2, on: threads)
        gate.open()
        try await atWork.value
        #expect(try await next.value == 2)
        threads.close()
    }

    @Test("Closing ends what waits, refuses what comes later and lets the work at hand finish")
    func closing() async throws {
        let (threads, gate, atWork) = try await occupied(queueLimit: 5)
        let waiting = await enqueue(1, on: threads)
        threads.close()
        await #expect(throws: PasswordHasherError.closed) { try await waiting.value }
        await #expect(throws: PasswordHasherError.closed) { try await threads.run { 2 } }
        gate.open()
        try await atWork.value
    }
}
