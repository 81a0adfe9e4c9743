import Foundation
import Payments

/// A month in the life of the demo company: it tops up, pays its bills and withdraws, and now and then something does not
/// work at once.
struct DemoMonth {
    let seed: DemoSeed
    let clerk: Clerk
    let login: DemoLogin
    let start: Date
    let days: Int

    private var platform: Platform { seed.composition.platform }

    func play() async throws {
        for day in 1..<days {
            let morning = LocalDate(start).adding(days: day).start.addingTimeInterval(9.2 * 3600)
            try await seed.move(to: morning)
            if day % 7 == 1 {
                try await topUp(fen: 6_000_000 + Int64(day) * 123_450, bank: day % 2 == 0 ? "ICBC" : "CCB")
            }
            for payment in Self.payments where day % payment.everyDays == payment.onDay {
                try await pay(payment, day: day)
                try await seed.pass(1800)
            }
            if day % 10 == 6 { try await withdraw(fen: 500_000 + Int64(day) * 1_111) }
            if day < days - 3 { try await payBillers(on: LocalDate(start).adding(days: day)) }
        }
    }

    private struct Plan {
        let biller: String
        let customerNumbers: [String]
        let everyDays: Int
        let onDay: Int
    }

    private static let payments = [
        Plan(biller: "CSPOWER", customerNumbers: ["4301001234", "4301005678"], everyDays: 3, onDay: 2),
        Plan(
            biller: "CSWATER", customerNumbers: ["10012345", "10012346", "10012347", "10012348"],
            everyDays: 5, onDay: 3),
        Plan(biller: "CSGAS1", customerNumbers: ["2100123456", "2100123457"], everyDays: 9, onDay: 4),
        Plan(biller: "CSGAS2", customerNumbers: ["60012345"], everyDays: 28, onDay: 12),
        Plan(biller: "CSCABLE", customerNumbers: ["731012345", "731012008"], everyDays: 8, onDay: 5),
    ]

    private func topUp(fen: Int64, bank: String) async throws {
        let number = try await platform.topUps.order(
            CommandID(effects: platform.effects), amount: Money(fen: fen), bank: bank, by: clerk)
        let form = try await platform.topUps.handOff(number, by: clerk)
        try await seed.pass(40)
        try await seed.payAtBank((form.action, form.inputs.map { ($0.name, $0.value) }))
        try await seed.pass(120)
    }

    private func pay(_ plan: Plan, day: Int) async throws {
        let number = plan.customerNumbers[(day / plan.everyDays) % plan.customerNumbers.count]
        let asked = try await platform.billPayments.ask(
            biller: plan.biller, customerNumber: number, by: clerk)
        guard let query = try await platform.billPayments.query(asked, of: clerk.enterprise) else { return }
        let chosen: BillPayments.Plan
        switch query.biller.amountRule {
        case .prepayment:
            chosen = try BillPayments.plan(query, chosen: [], amount: Money(fen: 80_000 + Int64(day) * 1_250))
        case .exact:
            guard !query.bills.isEmpty else { return }
            chosen = try BillPayments.plan(query, chosen: [], amount: nil)
        case .periods:
            guard let first = query.bills.first else { return }
            chosen = try BillPayments.plan(query, chosen: [first.billNumber], amount: nil)
        }
        _ = try await platform.billPayments.pay(
            CommandID(effects: platform.effects), query: query, plan: chosen,
            account: login.merchantNumber ?? "",
            password: login.paymentPassword ?? "", by: clerk)
        try await seed.pass(5)
    }

    /// What the worker has put together for the billers by noon is proposed and agreed on, and the bank pays it. What comes of
    /// the last days is left for whoever tries the demo.
    private func payBillers(on day: LocalDate) async throws {
        let noon = day.start.addingTimeInterval(12 * 3600)
        try await seed.pass(max(1, noon.timeIntervalSince(platform.effects.now())))
        let (operations, supervisor) = (
            try await seed.member(.operations), try await seed.member(.nationalSupervisor)
        )
        let settlements = platform.billerSettlements
        for found in try await settlements.waiting(within: .national) {
            try await settlements.propose(
                found.number, version: found.version, command: CommandID(effects: platform.effects),
                by: operations, from: .commandLine)
            try await settlements.decide(
                found.number, isGranted: true, version: found.version + 1,
                command: CommandID(effects: platform.effects), by: supervisor, from: .commandLine)
        }
        try await seed.pass(1)
        try await seed.pass(Double(platform.settings.firstPayoutQuerySeconds) + 60)
    }

    private func withdraw(fen: Int64) async throws {
        _ = try await platform.withdrawals.submit(
            CommandID(effects: platform.effects), amount: Money(fen: fen),
            password: login.paymentPassword ?? "", by: clerk)
        try await seed.pass(1)
        try await seed.pass(Double(platform.settings.firstPayoutQuerySeconds) + 60)
    }
}
