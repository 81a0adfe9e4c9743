import AsyncHTTPClient
import Cryptography
import Foundation
import NIOCore
import Payments

/// Demo data: staff, billers, one company in 长沙 with a month of movements and one just opened. Everything is done by the
/// ordinary commands, against the running sandbox, under a clock that is moved through the month; nothing is inserted
/// beside them.
struct DemoSeed {
    let composition: Composition
    let days: Int

    private var platform: Platform { composition.platform }
    private var clock: MovableClock { composition.clock }
    private var worker: Worker { Worker(platform: platform) }
    private var now: Date { clock.now() }

    private static let city = "430100"

    /// Whether the database holds nobody yet.
    func isNeeded() async throws -> Bool {
        try await platform.staff.isEmpty()
    }

    /// Seeds everything. The sandbox's clock goes with ours, and both are right again at the end.
    func run(writingLoginsTo path: String) async throws {
        let present = Date()
        try await control("/control/faults", ["payoutDelaySeconds": "0"])
        do {
            let logins = try await seed(present: present)
            try await settle(at: present, payoutDelaySeconds: 20)
            try DemoLogin.write(logins, to: path)
            for login in logins { print(login.line) }
        } catch {
            try? await settle(at: present, payoutDelaySeconds: 20)
            throw error
        }
    }

    private func settle(at present: Date, payoutDelaySeconds: Int) async throws {
        try await move(to: Date())
        try await control("/control/faults", ["payoutDelaySeconds": "\(payoutDelaySeconds)"])
    }

    private func seed(present: Date) async throws -> [DemoLogin] {
        let start = present.addingTimeInterval(-Double(days) * 86400)
        try await move(to: start)
        var logins: [DemoLogin] = []
        for staff in DemoStaff.all {
            let added = try await platform.staff.add(
                number: staff.number, name: staff.name, role: staff.role, region: staff.region,
                mobile: staff.mobile, isLasting: true, at: now)
            logins.append(
                DemoLogin(role: staff.role.rawValue, loginId: staff.number, password: added.password.revealed)
            )
        }
        for biller in DemoBillers.all(address: platform.settings.phoneAddress) {
            try await platform.billers.register(biller)
        }
        for account in DemoBillerAccount.all {
            try await platform.billers.registerAccount(
                BankAccountNumber(entered: account.number), at: "CCB",
                lineNumber: BankLineNumber(entered: "105551000012"), holderName: account.holder,
                licenceNumber: CreditCode(entered: account.licence), of: account.biller)
        }
        let first = try await open(DemoCompany.withHistory)
        logins.append(first.login)
        try await DemoMonth(seed: self, clerk: first.clerk, login: first.login, start: start, days: days)
            .play()
        try await move(to: present.addingTimeInterval(-1800))
        logins.append(try await open(DemoCompany.empty).login)
        return logins
    }

    /// Opens a company: submitted by the account manager, approved by the supervisor, activated by its operator from the
    /// message on the phone, its account confirmed by two people.
    private func open(_ company: DemoCompany) async throws -> (login: DemoLogin, clerk: Clerk) {
        let manager = try await member(DemoStaff.accountManager)
        let supervisor = try await member(DemoStaff.supervisor)
        let operations = try await member(DemoStaff.operations)
        let origin = Origin.commandLine
        let number = try await platform.accountOpenings.submit(
            company.form, command: CommandID(effects: platform.effects), by: manager, from: origin, at: now)
        let outcome = try await platform.accountOpenings.approve(
            number, version: 1, command: CommandID(effects: platform.effects), by: supervisor, from: origin,
            at: now)
        guard case .approved(let merchantNumber) = outcome else { throw DemoError.refused("\(outcome)") }
        try await worker.runDue()
        let token = try await activationToken(on: company.form.operatorMobile)
        let login = DemoLogin(
            role: "clerk", loginId: company.form.loginID, password: DemoLogin.randomPassword(),
            paymentPassword: DemoLogin.randomPassword(), merchantNumber: merchantNumber,
            enterprise: company.form.enterpriseName)
        try await platform.activations.activate(
            token: token, loginPassword: login.password, paymentPassword: login.paymentPassword ?? "",
            from: origin,
            at: now)
        guard
            let details = try await platform.enterprises.details(
                merchantNumber: merchantNumber, within: .national),
            let account = details.registeredAccount, let person = details.operators.first
        else { throw DemoError.refused("the company is not there") }
        try await platform.registeredAccounts.requestManualCheck(
            of: account.id, reason: "演示：开户许可证与账户信息一致", by: operations, from: origin, at: now)
        try await platform.registeredAccounts.confirm(account.id, by: supervisor, from: origin, at: now)
        return (login, Clerk(enterprise: details.enterprise.id, person: person.id, origin: origin))
    }

    /// A member of the demo's staff.
    func member(_ staff: DemoStaff) async throws -> StaffMember {
        guard let member = try await platform.staff.find(number: staff.number) else {
            throw DemoError.refused("\(staff.number) is not there")
        }
        return member
    }

    /// The secret of the link in the newest message on a phone.
    private func activationToken(on mobile: String) async throws -> String {
        struct Message: Decodable { let text: String }
        let answer = try await platform.effects.send(
            OutsideCall(
                method: "GET", url: platform.settings.phoneAddress + "/phone/messages.json?number=\(mobile)"))
        let messages = try JSONDecoder().decode([Message].self, from: Data(answer.body))
        guard
            let text = messages.first?.text,
            let match = text.firstMatch(of: #/\/activation\/([A-Za-z0-9_-]+)/#)
        else { throw DemoError.refused("no activation link came to the phone") }
        return String(match.1)
    }

    // MARK: What the month needs

    /// Moves our clock and the sandbox's.
    func move(to moment: Date) async throws {
        clock.move(to: moment)
        try await control("/control/clock", ["offsetSeconds": "\(clock.offsetSeconds)"])
    }

    /// Lets `seconds` pass and does what became due.
    func pass(_ seconds: Double) async throws {
        try await move(to: now.addingTimeInterval(seconds))
        try await worker.runDue()
    }

    /// Pays a top-up on the bank's page as a browser does.
    func payAtBank(_ form: (action: String, inputs: [(String, String)])) async throws {
        try await post(form.action, form.inputs)
        let needed = form.inputs.filter { ["merId", "orderId", "txnTime"].contains($0.0) }
        try await post(platform.settings.bankAddress + "/bank/payments", needed + [("decision", "pay")])
    }

    private func control(_ path: String, _ values: [String: String]) async throws {
        try await post(platform.settings.phoneAddress + path, values.map { ($0.key, $0.value) })
    }

    private func post(_ url: String, _ fields: [(String, String)]) async throws {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        let body = fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")"
        }.joined(separator: "&")
        let answer = try await platform.effects.send(
            OutsideCall(
                url: url, headers: [("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")],
                body: Array(body.utf8)))
        guard answer.status < 400 else { throw DemoError.refused("\(url) answered \(answer.status)") }
    }
}

/// A step of the seed did not do what it should.
enum DemoError: Error, CustomStringConvertible {
    case refused(String)

    var description: String {
        switch self {
        case .refused(let what): "the demo data could not be made: \(what)"
        }
    }
}
