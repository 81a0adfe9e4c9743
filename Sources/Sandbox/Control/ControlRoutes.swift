import Foundation
import Hummingbird

/// The control page and its addresses. Each POST takes a form, and answers 303 to the page, or a flat JSON object, and
/// answers JSON.
struct ControlRoutes: Sendable {
    let bank: BankBook
    let billers: [String: BillerBook]
    let notifier: BankNotifier
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
        let rules: BankRules
        let planned: FaultReport
        let latestSettlementDays: [SettlementDay]
        /// The reserve account's balance in fen.
        let reserveBalance: Int64
    }

    func add(to router: some RouterMethods<SandboxContext>) {
        router.get("/control") { _, _ in ControlPage.page(await report()) }
        router.get("/control/state.json") { _, _ in try WebAnswer.json(await report()) }
        router.get("/control/books.json") { _, _ in
            try await notifier.catchUp()
            return try WebAnswer.json(await BooksReport(bank: bank, billers: billers, at: clock.now))
        }
        router.get("/control/faults.json") { _, _ in try WebAnswer.json(await bank.faultReport()) }
        router.post("/control/fault-plan") { request, _ in try await adoptPlan(request) }
        router.post("/control/faults") { request, _ in
            let sent = try await SentValues(request)
            try change(settings: sent)
            try arm(sent)
            return try await done(sent)
        }
        router.post("/control/bank-rules") { request, _ in
            let sent = try await SentValues(request)
            try await notifier.catchUp()
            try await bank.change(rules(changedBy: sent))
            return try await done(sent)
        }
        router.post("/control/reserve") { request, _ in
            let sent = try await SentValues(request)
            guard
                let amount = sent["amount"].flatMap({ Int64($0) }), amount != 0,
                amount.magnitude <= 999_999_999_999
            else { throw HTTPError(.badRequest, message: "amount is needed, in fen and not 0") }
            try await notifier.catchUp()
            try await bank.moveOwnFunds(
                amount, purpose: sent["purpose"] ?? "自有资金划转", at: clock.now)
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

    /// Takes a plan: the JSON document itself, or a form with the document in `plan`.
    private func adoptPlan(_ request: Request) async throws -> Response {
        let isJSON = request.headers[.contentType]?.hasPrefix("application/json") ?? false
        let document: Data
        if isJSON {
            document = Data(try await request.body.collect(upTo: 65_536).readableBytesView)
        } else {
            document = Data((try await SentValues(request)["plan"] ?? "").utf8)
        }
        do {
            try await bank.adopt(FaultPlan(json: document))
        } catch let failure as SandboxFailure {
            throw HTTPError(.badRequest, message: failure.description)
        }
        return isJSON
            ? try WebAnswer.json(await bank.faultReport()) : Response.redirect(to: "/control", type: .normal)
    }

    private func rules(changedBy sent: SentValues) async throws -> BankRules {
        var rules = await bank.state.rules
        let fee = { (name: String, present: Int64) -> Int64 in
            guard let text = sent[name] else { return present }
            guard let fen = Int64(text), (0...1_000_000).contains(fen) else {
                throw HTTPError(.badRequest, message: "\(name) is not 0 to 1000000 fen")
            }
            return fen
        }
        let time = { (name: String, present: Int, allowed: Range<Int>) -> Int in
            guard let text = sent[name] else { return present }
            guard let minutes = BankRules.minutes(text), allowed.contains(minutes) else {
                throw HTTPError(.badRequest, message: "\(name) is not HH:mm, or not at that time of day")
            }
            return minutes
        }
        rules.paymentFee = try fee("paymentFee", rules.paymentFee)
        rules.payoutFee = try fee("payoutFee", rules.payoutFee)
        rules.cutOffMinutes = try time("cutOff", rules.cutOffMinutes, 12 * 60..<24 * 60)
        rules.nightRunMinutes = try time("nightRun", rules.nightRunMinutes, 0..<12 * 60)
        rules.transferMinutes = try time("transfer", rules.transferMinutes, 0..<24 * 60)
        rules.refundDelaySeconds = try sent.seconds("refundDelaySeconds") ?? rules.refundDelaySeconds
        return rules
    }

    private func report() async -> Report {
        let armed = faults.armed
        let state = await bank.state
        return Report(
            now: clock.now, clockOffsetSeconds: clock.offsetSeconds, settings: faults.settings,
            armedNotifications: armed.notifications, armedCalls: armed.calls,
            latestNotifications: await bank.latestDeliveries(20), rules: state.rules,
            planned: await bank.faultReport(), latestSettlementDays: state.closedDays.suffix(10).reversed(),
            reserveBalance: state.reserveLines.reduce(0) { $0 + $1.amount })
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
