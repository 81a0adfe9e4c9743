import Foundation
import Hummingbird

/// The control page and its addresses. Each POST takes a form, and answers 303 to the page, or a flat JSON object, and
/// answers JSON.
struct ControlRoutes: Sendable {
    let bank: BankBook
    let billers: [String: BillerBook]
    let faults: Faults
    let clock: SandboxClock

    /// What stands on the control page, as JSON.
    struct Report: Encodable, Sendable {
        let now: Date
        let clockOffsetSeconds: Double
        let settings: Faults.Settings
        let armedNotifications: [Faults.NotificationFault]
        let armedCalls: [Faults.ArmedCall]
        let latestNotifications: [BankBook.Delivery]
    }

    func add(to router: some RouterMethods<BasicRequestContext>) {
        router.get("/control") { _, _ in ControlPage.page(await report()) }
        router.get("/control/state.json") { _, _ in try WebAnswer.json(await report()) }
        router.get("/control/books.json") { _, _ in
            try WebAnswer.json(await BooksReport(bank: bank, billers: billers, at: clock.now))
        }
        router.post("/control/faults") { request, _ in
            let sent = try await SentValues(request)
            try change(settings: sent)
            try arm(sent)
            return try await done(sent)
        }
        router.post("/control/clock") { request, _ in
            let sent = try await SentValues(request)
            guard let text = sent["offsetSeconds"], let offset = Double(text), abs(offset) <= 86_400 * 3660
            else {
                throw HTTPError(.badRequest, message: "offsetSeconds is needed, at most ten years")
            }
            clock.offsetSeconds = offset
            return try await done(sent)
        }
    }

    private func report() async -> Report {
        let armed = faults.armed
        return Report(
            now: clock.now, clockOffsetSeconds: clock.offsetSeconds, settings: faults.settings,
            armedNotifications: armed.notifications, armedCalls: armed.calls,
            latestNotifications: await bank.latestDeliveries(20))
    }

    private func done(_ sent: SentValues) async throws -> Response {
        sent.isJSON ? try WebAnswer.json(await report()) : Response.redirect(to: "/control", type: .normal)
    }

    private func change(settings sent: SentValues) throws {
        var settings = faults.settings
        settings.payoutDelaySeconds = try sent.seconds("payoutDelaySeconds") ?? settings.payoutDelaySeconds
        settings.holdSeconds = try sent.seconds("holdSeconds") ?? settings.holdSeconds
        settings.slowSeconds = try sent.seconds("slowSeconds") ?? settings.slowSeconds
        settings.writeOffSeconds = try sent.seconds("writeOffSeconds") ?? settings.writeOffSeconds
        faults.settings = settings
    }

    private func arm(_ sent: SentValues) throws {
        switch sent["fault"] {
        case nil:
            return
        case "clear":
            faults.disarm()
        case "notification":
            switch sent["effect"] {
            case "lose": faults.arm(.lose)
            case "delay": faults.arm(.delay(seconds: try sent.seconds("seconds") ?? 60))
            case "repeat": faults.arm(.repeat(times: min(max(sent["times"].flatMap { Int($0) } ?? 3, 2), 20)))
            default: throw HTTPError(.badRequest, message: "effect is lose, delay or repeat")
            }
        case "call":
            guard let call = sent["call"].flatMap(Faults.Call.init(rawValue:)) else {
                let names = Faults.Call.allCases.map(\.rawValue).joined(separator: ", ")
                throw HTTPError(.badRequest, message: "call is one of \(names)")
            }
            guard let effect = Faults.CallFault(rawValue: sent["effect"] ?? "none") else {
                throw HTTPError(.badRequest, message: "effect is none or booked")
            }
            if let biller = sent["biller"], billers[biller] == nil { throw HTTPError(.badRequest) }
            let count = min(max(sent["count"].flatMap { Int($0) } ?? 1, 1), 1000)
            faults.arm(Faults.ArmedCall(call: call, biller: sent["biller"], effect: effect), count: count)
        default:
            throw HTTPError(.badRequest, message: "fault is notification, call or clear")
        }
    }
}
