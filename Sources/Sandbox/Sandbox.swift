import Foundation
import Hummingbird
import Logging

/// The whole sandbox, put together, without network: `SandboxServer` puts it behind a port, a test or a simulation calls
/// it within its own process.
struct Sandbox: Sendable {
    let clock: SandboxClock
    let faults: Faults
    let bank: BankBook
    let billers: [String: BillerBook]
    let phone: PhoneBook
    let notifier: BankNotifier
    let agenda: Agenda
    /// All addresses.
    let responder: RouterResponder<SandboxContext>
    private let logger: Logger

    /// Opens the books and builds the addresses; nothing runs yet.
    ///
    /// - Parameters:
    ///   - authorities: the hosts with port under which signed requests reach the sandbox.
    ///   - portal: the portal's address; only for a link on the pages.
    ///   - faults: with the delays of the play.
    ///   - send: sends the bank's notifications.
    init(
        keys: SandboxKeys, directory: URL, authorities: Set<String>, portal: String, clock: SandboxClock,
        faults: Faults, send: @escaping OutgoingNotification.Send, logger: Logger
    ) async throws {
        self.clock = clock
        self.faults = faults
        self.logger = logger
        agenda = Agenda(clock: clock)
        bank = try BankBook(directory: directory)
        phone = try PhoneBook(directory: directory)
        var billers: [String: BillerBook] = [:]
        for biller in BillerProfile.all {
            billers[biller.code] = try BillerBook(biller: biller, directory: directory)
        }
        self.billers = billers
        notifier = BankNotifier(
            book: bank, keys: keys, agenda: agenda, clock: clock, faults: faults, send: send, logger: logger)

        let service = { (tag: String) in
            SignedService(
                tag: tag, platform: keys.platformVerification, signing: keys.billerSigning, clock: clock,
                authorities: authorities)
        }
        let statements = SignedService(
            tag: "reserve-statement", platform: keys.platformVerification, signing: keys.statementSigning,
            hasContent: false, clock: clock, authorities: authorities)

        let router = Router(context: SandboxContext.self)
        router.get("/") { _, _ in IndexPage.page(portal: portal) }
        router.get("/health") { _, _ in WebAnswer.text("ok") }
        router.get("/sandbox.css") { _, _ in
            WebAnswer.text(SitePage.styleSheet, type: "text/css; charset=utf-8")
        }
        router.get("/sandbox.js") { _, _ in
            WebAnswer.text(SitePage.script, type: "text/javascript; charset=utf-8")
        }
        BankRoutes(
            bank: keys.bank, book: bank, notifier: notifier, faults: faults,
            answers: FaultedAnswers(book: bank, faults: faults, clock: clock), statements: statements,
            clock: clock, logger: logger
        ).add(to: router)
        BillerRoutes(
            books: billers, bank: bank, service: service("biller-payment"), faults: faults, clock: clock
        ).add(to: router)
        PhoneRoutes(book: phone, service: service("message"), faults: faults, clock: clock).add(to: router)
        let control = router.group("").add(middleware: SameSiteMiddleware())
        ControlRoutes(bank: bank, billers: billers, notifier: notifier, faults: faults, clock: clock)
            .add(to: control)
        responder = router.buildResponder()
    }

    /// Takes up what was left at the last end. Once, before anything else.
    func start() async {
        await agenda.watch { [notifier, logger] in
            do {
                try await notifier.catchUp()
            } catch {
                logger.error("the bank's book is stuck", metadata: ["error": "\(error)"])
            }
        }
        await notifier.resume()
    }

    /// Does what is due by the clock, notifications included: for whoever moves the clock and does not run the agenda.
    func advance() async {
        await agenda.runDue()
    }

    /// Answers a request within this process. An error that has no answer of its own is thrown.
    func answer(_ request: Request) async throws -> InProcessAnswer {
        let context = SandboxContext(logger: logger)
        return try await InProcessAnswer(responder.respond(to: request, context: context))
    }

    /// Answers a request within this process; `url` as a client would call it.
    func answer(
        _ method: HTTPRequest.Method, _ url: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws -> InProcessAnswer {
        guard let parts = URLComponents(string: url) else { throw HTTPError(.badRequest) }
        var fields = HTTPFields()
        for (name, value) in headers {
            guard let name = HeaderField.Name(name) else { continue }
            fields.append(HeaderField(name: name, value: value))
        }
        let authority = parts.host.map { host in host + (parts.port.map { ":\($0)" } ?? "") }
        let path = parts.percentEncodedPath + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
        let head = HTTPRequest(
            method: method, scheme: parts.scheme, authority: authority, path: path, headerFields: fields)
        return try await answer(Request(head: head, body: .init(buffer: ByteBuffer(bytes: body))))
    }
}
