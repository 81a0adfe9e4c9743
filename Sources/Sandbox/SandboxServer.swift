import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging

/// The sandbox behind a port, with the real clock and the real network.
struct SandboxServer {
    private let sandbox: Sandbox
    private let application: any ApplicationProtocol
    private let client: HTTPClient

    /// Opens the books and builds the server; nothing runs yet.
    init(
        keys: SandboxKeys, directory: URL, host: String, port: Int, portal: String,
        payoutDelaySeconds: Double, logger: Logger
    ) async throws {
        let client = Self.makeClient()
        self.client = client
        sandbox = try await Sandbox(
            keys: keys, directory: directory,
            authorities: Set(["localhost", "127.0.0.1", "[::1]", host].map { "\($0):\(port)" }),
            portal: portal, clock: SandboxClock(), faults: Faults(payoutDelaySeconds: payoutDelaySeconds),
            send: { try await Self.send($0, by: client) }, logger: logger)
        application = Application(
            responder: sandbox.responder,
            configuration: .init(address: .hostname(host, port: port), serverName: "sandbox"),
            services: [sandbox.agenda], logger: logger)
    }

    /// Runs until SIGTERM or SIGINT.
    func run() async throws {
        await sandbox.start()
        do {
            try await application.runService()
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private static func send(_ notification: OutgoingNotification, by client: HTTPClient) async throws -> Int
    {
        var request = HTTPClientRequest(url: notification.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: notification.contentType)
        request.body = .bytes(ByteBuffer(bytes: notification.body))
        let response = try await client.execute(request, timeout: .seconds(10))
        _ = try? await response.body.collect(upTo: 65_536)
        return Int(response.status.code)
    }

    /// The bank follows no redirections: what it is answered is the answer.
    private static func makeClient() -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
