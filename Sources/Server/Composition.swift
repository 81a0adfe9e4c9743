import AsyncHTTPClient
import Cryptography
import Foundation
import Logging
import NIOCore
import Payments
import Portal
import Postgres
import Synchronization

/// The one place where the program is put together: settings, keys, clock, network, database.
struct Composition: Sendable {
    let settings: ServerSettings
    let platform: Platform
    let client: HTTPClient
    let clock: MovableClock

    /// Puts everything together; nothing is connected yet.
    private init(_ settings: ServerSettings, label: String) throws {
        var logger = Logger(label: label)
        logger.logLevel = settings.logLevel
        let (keys, pepper) = try KeyFiles(folder: settings.keysFolder).read(settings.payments)
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(10)
        // Many payments at once go to few hosts: to one biller, to one bank.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let clock = MovableClock(offsetSeconds: settings.clockOffsetSeconds)
        self.settings = settings
        self.client = client
        self.clock = clock
        platform = Platform(
            database: Database(
                configuration: DatabaseConfiguration(
                    connectionString: settings.databaseURL.revealed, poolSize: settings.databasePoolSize,
                    applicationName: label),
                logger: logger),
            effects: Effects(
                now: { clock.now() }, randomBytes: { SystemRandom.bytes($0) },
                send: { try await HTTPTransport.send($0, by: client) }),
            keys: keys, settings: settings.payments,
            passwords: PasswordHasher(
                parameters: settings.passwordParameters, pepper: pepper, threads: settings.passwordThreads),
            logger: logger)
    }

    /// The platform over connections of its own, for work in the background.
    func backgroundPlatform() -> Platform {
        platform.using(
            Database(
                configuration: DatabaseConfiguration(
                    connectionString: settings.databaseURL.revealed, poolSize: settings.workerPoolSize,
                    applicationName: "portal worker"),
                logger: platform.logger))
    }

    /// The platform over one connection without a time limit, for a look at everything there is.
    func platformWithoutTimeLimit() -> Platform {
        platform.using(
            Database(
                configuration: DatabaseConfiguration(
                    connectionString: settings.databaseURL.revealed, poolSize: 1, statementTimeout: .zero,
                    applicationName: "portal check"),
                logger: platform.logger))
    }

    /// Puts the program together from its settings for as long as `body` runs, and takes it apart whatever `body` does.
    static func run<Result>(
        as label: String, _ body: (Composition) async throws -> Result
    ) async throws -> Result {
        let composition = try Composition(await ServerSettings.read(), label: label)
        do {
            let result = try await body(composition)
            await composition.shutdown()
            return result
        } catch {
            await composition.shutdown()
            throw error
        }
    }

    /// Closes connections and ends threads.
    private func shutdown() async {
        await platform.database.close()
        platform.passwords.close()
        try? await client.shutdown()
    }
}

/// The system's clock, moved by so many seconds.
final class MovableClock: Sendable {
    private let offset: Mutex<Double>

    init(offsetSeconds: Double) { offset = Mutex(offsetSeconds) }

    func now() -> Date { Date().addingTimeInterval(offset.withLock { $0 }) }

    /// Moves the clock so that it shows `moment` now, and goes on from there.
    func move(to moment: Date) {
        offset.withLock { $0 = moment.timeIntervalSince(Date()) }
    }

    /// How far the clock is moved, in seconds.
    var offsetSeconds: Double { offset.withLock { $0 } }
}

/// Sends the business's calls over HTTP. Redirects are not followed; an answer is taken up to its call's limit.
enum HTTPTransport {
    /// The whole answer did not come in time.
    struct TooSlow: Error {}

    /// Sends a call and waits for the whole of its answer, the body included, for `timeoutSeconds` at most.
    static func send(_ call: OutsideCall, by client: HTTPClient) async throws -> OutsideAnswer {
        try await withThrowingTaskGroup(of: OutsideAnswer.self) { group in
            group.addTask { try await exchange(call, by: client) }
            // The client's own deadline ends with the answer's head.
            group.addTask {
                try await Task.sleep(for: .seconds(call.timeoutSeconds))
                throw TooSlow()
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw TooSlow() }
            return answer
        }
    }

    private static func exchange(_ call: OutsideCall, by client: HTTPClient) async throws -> OutsideAnswer {
        var request = HTTPClientRequest(url: call.url)
        request.method = .init(rawValue: call.method)
        for header in call.headers { request.headers.add(name: header.name, value: header.value) }
        request.body = .bytes(ByteBuffer(bytes: call.body))
        let deadline = TimeAmount.milliseconds(Int64(call.timeoutSeconds * 1000))
        let response = try await client.execute(request, timeout: deadline)
        let body = try await response.body.collect(upTo: call.answerLimit)
        return OutsideAnswer(
            status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
            body: Array(buffer: body))
    }
}
