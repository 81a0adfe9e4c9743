import Logging
import Postgres
import ServiceLifecycle

/// Writes into the log, once a minute, what each pool of connections did.
struct PoolReport: Service {
    let databases: [Database]

    /// Seconds from one report to the next.
    static let interval = 60.0

    /// Runs until graceful shutdown or cancellation.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            var metrics = databases.map(\.metrics)
            while true {
                do { try await Task.sleep(for: .seconds(Self.interval)) } catch { return }
                metrics = zip(databases, metrics).map { $0.report(since: $1) }
            }
        }
    }
}
