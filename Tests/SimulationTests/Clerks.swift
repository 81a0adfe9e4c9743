import Foundation
import Postgres

@testable import Payments
@testable import Server

/// A company whose clerk is a robot.
struct Company: Sendable {
    let place: Int
    let name: String
    let login: String
    let merchantNumber: String
    let id: Enterprise.ID
    let visitor: Visitor

    static let loginPassword = "绿茶 harbour 0417"
    static let paymentPassword = "quiet-lantern-88x"
}

/// A page did not answer as pages do.
struct Unexpected: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The clerks: every order is placed through the pages, forms and links of the site, as people do.
extension Simulation {
    // MARK: Opening

    /// Staff, billers and companies, opened by the ordinary commands before the first day.
    func open() async throws {
        let (manager, supervisor, operations) = try await addStaff()
        for biller in DemoBillers.all(address: World.address) { try await platform.billers.register(biller) }
        try await registerBillerAccounts()
        let origin = Origin.commandLine
        for place in 0..<plan.companies {
            let form = openingForm(place)
            let number = try await platform.accountOpenings.submit(
                form, command: CommandID(effects: platform.effects), by: manager, from: origin, at: clock.now)
            let outcome = try await platform.accountOpenings.approve(
                number, version: 1, command: CommandID(effects: platform.effects), by: supervisor,
                from: origin,
                at: clock.now)
            guard case .approved(let merchantNumber) = outcome else { throw Unexpected("\(outcome)") }
            try await Worker(platform: platform, concurrency: 1).runDue()
            guard let text = await world.messages(to: form.operatorMobile).first,
                let link = text.firstMatch(of: #/\/activation\/([A-Za-z0-9_-]+)/#)
            else { throw Unexpected("no activation link for company \(place)") }
            try await platform.activations.activate(
                token: String(link.1), loginPassword: Company.loginPassword,
                paymentPassword: Company.paymentPassword, from: origin, at: clock.now)
            guard
                let details = try await platform.enterprises.details(
                    merchantNumber: merchantNumber, within: .national),
                let account = details.registeredAccount
            else { throw Unexpected("company \(place) was not opened") }
            try await platform.registeredAccounts.requestManualCheck(
                of: account.id, reason: "资料一致", by: operations, from: origin, at: clock.now)
            try await platform.registeredAccounts.confirm(
                account.id, by: supervisor, from: origin, at: clock.now)
            companies.append(
                Company(
                    place: place, name: form.enterpriseName, login: form.loginID,
                    merchantNumber: merchantNumber,
                    id: details.enterprise.id, visitor: Visitor(application)))
        }
    }

    private func openingForm(_ place: Int) -> AccountOpeningForm {
        var form = AccountOpeningForm()
        form.enterpriseName = "长沙第\(place + 1)示例实业有限公司"
        form.creditCode = Self.creditCode(place)
        form.legalRepresentative = "王建国"
        form.operatorName = "李小梅"
        form.operatorMobile = "138\(String(50_000_000 + place))"
        form.cityCode = "430100"
        form.internetBankingBank = "CCB"
        form.accountBank = "CCB"
        form.lineNumber = "105551000012"
        // The last digits decide how a payout goes at the sandbox: most arrive, every tenth misbehaves in one of five ways.
        let tail = place % 10 < 5 ? "\(7000 + place)" : "000\(place % 10 - 4)"
        form.accountNumber = "43050178\(String(10_000_000 + place))\(tail)"
        form.holderName = form.enterpriseName
        form.loginID = "robot.\(place)"
        return form
    }

    /// A unified social credit code with the right last character (GB 32100-2015).
    private static func creditCode(_ place: Int) -> String {
        let body = "91430100MA4R" + String(String(place + 100_000).suffix(5))
        let symbols = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
        for last in symbols where (try? CreditCode(entered: body + String(last))) != nil {
            return body + String(last)
        }
        return body
    }

    // MARK: The plan of the days

    /// Draws when which company places which order: mostly in working hours, some around the bank's cut-off at 23:00 and
    /// around midnight. Every company has its first money on the first day.
    func schedule() {
        let start = LocalDate(plan.start).start
        for place in companies.indices {
            plan(.topUp(place), at: start.addingTimeInterval(9 * 3600 + Double(place) * 60))
        }
        for _ in 0..<max(0, plan.orders - companies.count) {
            let day = Double(Int.random(in: 0..<plan.days, using: &random))
            let hour =
                switch Int.random(in: 0..<10, using: &random) {
                case 0: Double.random(in: 22.6..<23.4, using: &random)
                case 1: Double.random(in: 23.7..<24.3, using: &random)
                default: Double.random(in: 10.5..<18, using: &random)
                }
            let place = Int.random(in: 0..<companies.count, using: &random)
            let action: RobotAction =
                switch Int.random(in: 0..<100, using: &random) {
                case ..<40: .topUp(place)
                case ..<75: .payBill(place)
                default: .withdraw(place)
                }
            plan(action, at: start.addingTimeInterval(day * 86_400 + hour * 3600))
        }
        plan(.workOff, at: start.addingTimeInterval(86_400 + 10 * 3600))
    }

    /// Does what a robot had planned.
    func perform(_ action: RobotAction) async throws {
        switch action {
        case .topUp(let place): try await topUp(companies[place])
        case .payBill(let place): try await payBill(companies[place])
        case .withdraw(let place): try await withdraw(companies[place])
        case .press(let ticket, let button): try await press(button, on: ticket)
        case .cancel(let place, let address): try await cancel(address, by: companies[place])
        case .workOff:
            try await workOff()
            plan(.workOff, at: clock.now.addingTimeInterval(6 * 3600))
        }
    }

    // MARK: Pages

    /// Opens a page, after signing in where the session has ended.
    private func open(_ address: String, by company: Company) async throws -> Page {
        let visitor = company.visitor
        var answer = try await visitor.get(address)
        if answer.location.hasPrefix("/login") {
            try await visitor.get("/login")
            let signedIn = try await visitor.post(
                "/login", [("login", company.login), ("password", Company.loginPassword)])
            guard signedIn.status == 303 else { throw Unexpected("\(company.login) was not signed in") }
            answer = try await visitor.get(address)
        }
        guard answer.status == 200 else { throw Unexpected("GET \(address) answered \(answer.status)") }
        return answer.page
    }

    /// Notes an order, or that a form was refused, which pages do when money or permission lacks.
    private func isPlaced(_ answer: Visitor.Answer, _ kind: String) throws -> Bool {
        switch answer.status {
        case 303:
            count("\(kind) placed")
            return true
        case 422:
            count("\(kind) refused by its form")
            return false
        default: throw Unexpected("a form of \(kind) answered \(answer.status)")
        }
    }

    // MARK: 充值

    private func topUp(_ company: Company) async throws {
        let fen = Int.random(in: 200_000...6_000_000, using: &random)
        _ = try await open("/account/top-ups/new", by: company)
        let ordered = try await company.visitor.post(
            "/account/top-ups", [("amount", Self.yuan(fen)), ("bank", "CCB")])
        guard try isPlaced(ordered, "topUp") else { return }
        _ = try await open(ordered.location, by: company)
        let fate = Int.random(in: 0..<100, using: &random)
        if fate < 3 { return }
        if fate < 6 { return try await cancel(ordered.location, by: company) }
        let handedOff = try await company.visitor.post(ordered.location + "/hand-off")
        guard handedOff.location.hasSuffix("/bank") else {
            throw Unexpected("the hand-off led to \(handedOff.location)")
        }
        guard let form = try await open(handedOff.location, by: company).formElsewhere else {
            throw Unexpected("the hand-off has no form to the bank")
        }
        let ticket = BankTicket(action: form.action, fields: form.fields)
        let moment = clock.now
        switch fate {
        case ..<10: break  // Never pays; the time allowed ends.
        case ..<14:
            plan(.cancel(company.place, ordered.location), at: moment.addingTimeInterval(60))
            // Pays all the same, as whoever cancels at one window and pays at another.
            plan(.press(ticket, "pay"), at: moment.addingTimeInterval(120))
        case ..<20: plan(.press(ticket, "abandon"), at: moment)
        case ..<24:
            plan(.press(ticket, "abandon"), at: moment)
            plan(.press(ticket, "pay"), at: moment.addingTimeInterval(1800))
        case ..<34:
            plan(.press(ticket, "submit"), at: moment)
            plan(.press(ticket, "release"), at: moment.addingTimeInterval(2 * 3600))
        case ..<38: plan(.press(ticket, "submit"), at: moment)  // The second person never comes.
        case ..<50: plan(.press(ticket, "pay"), at: moment.addingTimeInterval(7 * 3600))
        default: plan(.press(ticket, "pay"), at: moment.addingTimeInterval(30))
        }
    }

    /// The payer comes to the bank's page with the form and presses a button; a page out of order is tried again.
    private func press(_ button: String, on ticket: BankTicket) async throws {
        for _ in 0..<4 where try await world.post(ticket.action, Visitor.encode(ticket.fields)) == 200 {
            break
        }
        let status = try await world.post(
            World.address + "/bank/payments", Visitor.encode(ticket.identity + [("decision", button)]))
        count(status == 200 ? "bank: \(button)" : "bank: \(button) answered \(status)")
    }

    private func cancel(_ address: String, by company: Company) async throws {
        guard try await open(address, by: company).contains(address + "/cancellation") else {
            count("too late to cancel")
            return
        }
        let answer = try await company.visitor.post(address + "/cancellation")
        guard answer.status == 303 else { throw Unexpected("a cancellation answered \(answer.status)") }
        count("cancelled")
    }

    // MARK: 对公消费

    private func payBill(_ company: Company) async throws {
        let biller = Self.billers[Int.random(in: 0..<Self.billers.count, using: &random)]
        let number = customerNumber(of: biller)
        let path = "/account/bill-payments/new"
        let choice = [("city", "430100"), ("item", biller.item), ("biller", biller.code)]
        _ = try await open(path + "?" + Visitor.encode(choice), by: company)
        let asked = try await company.visitor.post(
            "/account/bill-queries", choice + [("customerNumber", number)])
        guard asked.status == 303 else {
            guard asked.status == 422 else { throw Unexpected("a bill query answered \(asked.status)") }
            count("billPayment refused by its form")
            return
        }
        let bills = try await open(asked.location, by: company)
        guard bills.contains("action=\"\(path)\"") else {
            count("bills: nothing to pay")
            return
        }
        var fields = bills.hiddenFields(ofFormTo: path)
        if biller.code == "CSPOWER" {
            fields.append(("amount", Self.yuan(Int.random(in: 1000...60_000, using: &random))))
        } else {
            fields += bills.values(of: "bill").prefix(2).map { ("bill", $0) }
        }
        let confirmation = try await open(path + "?" + Visitor.encode(fields), by: company)
        guard confirmation.contains("action=\"/account/bill-payments\"") else {
            count("bills: the balance was short")
            return try await topUp(company)
        }
        _ = try isPlaced(
            try await company.visitor.post(
                "/account/bill-payments",
                [
                    ("method", "merchant"), ("payer", company.merchantNumber),
                    ("paymentPassword", Company.paymentPassword),
                ]), "billPayment")
    }

    private struct BillerNumbers {
        let item: String
        let code: String
        let prefix: String
        let digits: Int
    }

    private static let billers = [
        BillerNumbers(item: "water", code: "CSWATER", prefix: "1", digits: 8),
        BillerNumbers(item: "electricity", code: "CSPOWER", prefix: "43", digits: 10),
        BillerNumbers(item: "cable-tv", code: "CSCABLE", prefix: "7", digits: 9),
        BillerNumbers(item: "gas", code: "CSGAS1", prefix: "21", digits: 10),
        BillerNumbers(item: "gas", code: "CSGAS2", prefix: "6", digits: 8),
    ]

    /// A customer number; every third has the last digits by which the sandbox's billers misbehave.
    private func customerNumber(of biller: BillerNumbers) -> String {
        let room = biller.digits - biller.prefix.count - 3
        let middle = String(String(Int.random(in: 1_000_000...9_999_999, using: &random)).suffix(room))
        let isOdd = random.happens(0.35)
        let tail =
            isOdd
            ? "00\(Int.random(in: 1...9, using: &random))" : "\(Int.random(in: 100...999, using: &random))"
        return biller.prefix + middle + tail
    }

    // MARK: 结算

    private func withdraw(_ company: Company) async throws {
        let path = "/account/withdrawals/new"
        let fen = Int.random(in: 10_000...1_500_000, using: &random)
        let first = try await open(path, by: company)
        let fields =
            first.hiddenFields(ofFormTo: path).filter { $0.0 == "command" } + [("amount", Self.yuan(fen))]
        let confirmation = try await company.visitor.get(path + "?" + Visitor.encode(fields))
        guard confirmation.status == 200, confirmation.page.contains("action=\"/account/withdrawals\"") else {
            count("withdrawal refused by its form")
            return
        }
        let answer = try await company.visitor.post(
            "/account/withdrawals", [("paymentPassword", Company.paymentPassword)])
        guard try isPlaced(answer, "withdrawal") else { return }
        // Before the worker gets to it.
        if random.happens(0.1) { try await cancel(answer.location, by: company) }
    }

    private static func yuan(_ fen: Int) -> String { "\(fen / 100).\(String(fen % 100 + 100).suffix(2))" }
}
