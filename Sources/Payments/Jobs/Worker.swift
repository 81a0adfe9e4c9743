import Foundation
import Logging
import Postgres
import ServiceLifecycle

/// Does what the jobs say, several at a time, until the process is asked to stop; then ends what it began.
public struct Worker: Service {
    let platform: Platform
    let concurrency: Int
    let pollSeconds: Double

    /// A worker over a platform, best with connections of its own.
    ///
    /// - Parameters:
    ///   - concurrency: how many jobs at a time.
    ///   - pollSeconds: how long to rest when nothing was due.
    public init(platform: Platform, concurrency: Int = 16, pollSeconds: Double = 0.2) {
        self.platform = platform
        self.concurrency = concurrency
        self.pollSeconds = pollSeconds
    }

    /// Runs until graceful shutdown or cancellation.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                let places = Places(concurrency)
                while !Task.isCancelled {
                    let free = await places.waitForFree()
                    var taken: [Job] = []
                    do {
                        // Not cancelled either: a statement cut off here may have leased jobs that then wait for the
                        // end of their lease.
                        taken = try await Task {
                            try await Jobs.take(free, at: platform.effects.now(), in: platform.database)
                        }.value
                    } catch {
                        platform.logger.error("jobs could not be taken", metadata: ["error": "\(error)"])
                    }
                    for job in taken {
                        await places.take()
                        group.addTask {
                            // What was begun is ended: a cancelled call would only leave an unknown order behind.
                            await Task { await self.perform(job) }.value
                            await places.release()
                        }
                    }
                    if taken.isEmpty { try? await Task.sleep(for: .seconds(pollSeconds)) }
                }
            }
        }
    }

    /// Does everything that is due, once; for seeds and tests with a moved clock. Returns how many jobs it did.
    @discardableResult
    public func runDue() async throws -> Int {
        var done = 0
        while true {
            let taken = try await Jobs.take(concurrency, at: platform.effects.now(), in: platform.database)
            if taken.isEmpty { return done }
            await withDiscardingTaskGroup { group in
                for job in taken { group.addTask { await perform(job) } }
            }
            done += taken.count
        }
    }

    /// Does one job. A job that throws is put back: the order it belongs to is as it was.
    func perform(_ job: Job) async {
        do {
            switch job.kind {
            case .topUp: try await platform.topUps.advance(job.subject, attempts: job.attempts)
            case .billPayment: try await platform.billPayments.advance(job.subject, attempts: job.attempts)
            case .withdrawal: try await platform.withdrawals.advance(job.subject, attempts: job.attempts)
            case .message: try await platform.messages.deliver(job.subject, attempts: job.attempts)
            case .checkpoint: try await platform.closeCheckpoint(job.subject)
            case .refund: try await platform.refunds.advance(job.subject, attempts: job.attempts)
            case .bankFile:
                try await platform.bankFiles.advance(
                    LocalDate(daysSinceEpoch: Int(job.subject)), attempts: job.attempts)
            case .reserveStatement:
                try await platform.reserveStatements.advance(
                    LocalDate(daysSinceEpoch: Int(job.subject)), attempts: job.attempts)
            case .billerStatement: try await platform.billerStatements.advance(job.subject)
            case .retention: try await platform.bankMessages.removeExpired()
            case .monitoring: try await platform.followUps.apply(job.subject)
            case .billerSettlement:
                try await platform.billerSettlements.perform(job.subject, attempts: job.attempts)
            }
        } catch {
            platform.logger.error(
                "a job failed and is put back",
                metadata: [
                    "kind": "\(job.kind)", "subject": "\(job.subject)", "failures": "\(job.failures + 1)",
                    "error": "\(error)",
                ])
            let moment = platform.effects.now()
            do {
                try await platform.database.transaction { try Jobs.failed(job, at: moment, on: $0) }
            } catch {
                platform.logger.error(
                    "a job could not be put back; its lease will end", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// Counts the places of a worker, and lets it wait until one is free.
private actor Places {
    private var free: Int
    private var waiter: CheckedContinuation<Void, Never>?

    init(_ count: Int) { free = count }

    /// Waits until a place is free and tells how many are.
    func waitForFree() async -> Int {
        if free == 0 {
            await withCheckedContinuation { waiter = $0 }
        }
        return free
    }

    func take() { free -= 1 }

    func release() {
        free += 1
        waiter?.resume()
        waiter = nil
    }
}

extension Platform {
    /// How long after one checkpoint the next is closed, in seconds.
    static let checkpointInterval = 3600.0

    /// Closes a checkpoint, removes sessions and sign-in tries that can have no effect any more, and plans the next time.
    func closeCheckpoint(_ subject: Int64) async throws {
        let moment = effects.now()
        try await sessions.sweep(at: moment)
        try await Ledger.closeCheckpoint(at: moment, in: database)
        try await bankFiles.plan(at: moment)
        try await reserveStatements.plan(at: moment)
        try await billerStatements.plan(at: moment)
        try await bankMessages.planRemoval(at: moment)
        try await followUps.plan(at: moment)
        try await billerSettlements.plan(at: moment)
        try await database.transaction { connection in
            try Jobs.again(
                .checkpoint, subject, due: moment.addingTimeInterval(Self.checkpointInterval), on: connection)
        }
    }
}
