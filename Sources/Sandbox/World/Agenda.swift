import Foundation
import ServiceLifecycle

/// Things to be done later by the sandbox's own clock: notifications that are sent, and sent again. Moving the clock
/// makes due what lies before its new time.
actor Agenda: Service {
    private struct Entry {
        let due: Date
        let job: @Sendable () async -> Void
    }

    private let clock: SandboxClock
    /// Sorted, the latest first, so that what is due is taken off the end.
    private var entries: [Entry] = []
    /// What is looked after before the jobs: books that do by themselves what has become due.
    private var watches: [@Sendable () async -> Void] = []

    init(clock: SandboxClock) {
        self.clock = clock
    }

    /// Puts a job on the agenda.
    func add(at due: Date, _ job: @escaping @Sendable () async -> Void) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].due > due { low = middle + 1 } else { high = middle }
        }
        entries.insert(Entry(due: due, job: job), at: low)
    }

    /// Looks after something at every turn.
    func watch(_ watch: @escaping @Sendable () async -> Void) {
        watches.append(watch)
    }

    /// Does what becomes due, until the program is asked to stop.
    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled {
                    for watch in await watches { await watch() }
                    for job in await takeDue() { group.addTask { await job() } }
                    try? await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }

    /// Does what is due now, one after the other, and what becomes due by that: for a program that moves the clock
    /// itself and does not `run` the agenda.
    func runDue() async {
        var isDone = false
        while !isDone {
            for watch in watches { await watch() }
            let jobs = takeDue()
            for job in jobs { await job() }
            isDone = jobs.isEmpty
        }
    }

    private func takeDue() -> [@Sendable () async -> Void] {
        let now = clock.now
        var jobs: [@Sendable () async -> Void] = []
        while let last = entries.last, last.due <= now {
            jobs.append(last.job)
            entries.removeLast()
        }
        return jobs
    }
}
