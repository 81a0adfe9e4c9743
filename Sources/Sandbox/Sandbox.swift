import AsyncHTTPClient
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle

/// The whole sandbox, put together.
struct Sandbox {
    private let application: any ApplicationProtocol
    private let notifier: BankNotifier
    private let client: HTTPClient
    private let logger: Logger

    /// Opens the books and builds the routes; nothing runs yet.
    init(
        keys: SandboxKeys, directory: URL, host: String, port: Int, portal: String,
        payoutDelaySeconds: Double,
        logger: Logger
    ) async throws {
        let clock = SandboxClock()
        let agenda = Agenda(clock: clock)
        let faults = Faults(payoutDelaySeconds: payoutDelaySeconds)
        let bank = try BankBook(directory: directory)
        let phone = try PhoneBook(directory: directory)
        var billers: [String: BillerBook] = [:]
        for biller in BillerProfile.all {
            billers[biller.code] = try BillerBook(biller: biller, directory: directory)
        }
        client = Self.makeClient()
        notifier = BankNotifier(
            book: bank, bank: keys.bank, agenda: agenda, clock: clock, faults: faults, client: client,
            logger: logger)

        let authorities: Set<String> = Set(["localhost", "127.0.0.1", "[::1]", host].map { "\($0):\(port)" })
        let billerService = SignedService(
            tag: "biller-payment", keys: keys, clock: clock, authorities: authorities)
        let phoneService = SignedService(tag: "message", keys: keys, clock: clock, authorities: authorities)

        let router = Router()
        router.get("/") { _, _ in IndexPage.page(portal: portal) }
        router.get("/health") { _, _ in WebAnswer.text("ok") }
        router.get("/sandbox.css") { _, _ in
            WebAnswer.text(SitePage.styleSheet, type: "text/css; charset=utf-8")
        }
        router.get("/sandbox.js") { _, _ in
            WebAnswer.text(SitePage.script, type: "text/javascript; charset=utf-8")
        }
        BankRoutes(
            bank: keys.bank, book: bank, notifier: notifier, faults: faults, clock: clock, logger: logger
        ).add(to: router)
        BillerRoutes(books: billers, service: billerService, faults: faults, clock: clock).add(to: router)
        PhoneRoutes(book: phone, service: phoneService, faults: faults, clock: clock).add(to: router)
        let control = router.group("").add(middleware: SameSiteMiddleware())
        ControlRoutes(bank: bank, billers: billers, faults: faults, clock: clock).add(to: control)

        application = Application(
            router: router,
            configuration: .init(address: .hostname(host, port: port), serverName: "sandbox"),
            services: [agenda], logger: logger)
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT.
    func run() async throws {
        await notifier.resume()
        do {
            try await application.runService()
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    /// The bank follows no redirections: what it is answered is the answer.
    private static func makeClient() -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
