import AsyncHTTPClient
import Foundation
import Postgres
import Synchronization
import Testing

@testable import Payments
@testable import Server

/// A worker in a process of its own, with a clock that stands still, which is killed (SIGKILL) over one of its calls to the
/// outside; where it makes fewer calls, when nothing is left to be done.
struct DoomedWorker: Codable, Sendable {
    /// The run's database, as the application's role connects to it.
    let database: String
    let keys: URL
    let moment: Date
    /// Where on this machine the sandbox is served.
    let port: Int
    /// Decides the bytes that it draws.
    let seed: UInt64
    /// At which of its calls it dies.
    let calls: Int
    let death: Deaths.Moment

    /// Starts its process and waits for its end; one that does not end by SIGKILL is an issue of the test.
    static func live(_ worker: DoomedWorker) async {
        await #expect(processExitsWith: .signal(SIGKILL)) { [worker] in try await worker.work() }
    }

    private func work() async throws {
        let bytes = SeededBytes(seed: seed)
        let client = HTTPClient(configuration: HTTPClient.Configuration(redirectConfiguration: .disallow))
        let called = Mutex(0)
        let platform = try Simulation.platform(
            over: Database(
                configuration: DatabaseConfiguration(
                    connectionString: database, poolSize: 1, applicationName: Simulation.workerName),
                logger: Simulation.silentLogger),
            Effects(
                now: { moment }, randomBytes: { bytes.bytes($0) },
                send: { call in
                    let isLast = called.withLock { called in
                        called += 1
                        return called == calls
                    }
                    if isLast, death == .beforeCall { Self.die() }
                    defer { if isLast { Self.die() } }
                    let answer = try await HTTPTransport.send(served(call), by: client)
                    guard answer.status != 504 else { throw World.NoAnswer() }
                    return answer
                }),
            keys: keys)
        try await Worker(platform: platform, concurrency: 1).runDue()
        Self.die()
    }

    /// The call as it goes to the port, for the host that it was signed for.
    private func served(_ call: OutsideCall) -> OutsideCall {
        var call = call
        call.headers.append(("Host", String(World.address.dropFirst("http://".count))))
        call.url = "http://127.0.0.1:\(port)" + call.url.dropFirst(World.address.count)
        return call
    }

    private static func die() -> Never {
        kill(getpid(), SIGKILL)
        fatalError("This process outlived its SIGKILL.")
    }
}
