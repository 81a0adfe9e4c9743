import Foundation
import Testing

@testable import Payments

@Suite("What a bank and an open order say to a top-up")
struct TopUpRoomTests {
    /// Puts settings of a bank in force.
    private static func set(_ settings: TopUpBankSettings, of code: String = "ICBC", in money: MoneyFixture)
        async throws
    {
        func member(_ number: String, mobile: String) async throws -> StaffMember {
            if let found = try await money.platform.staff.find(number: number) { return found }
            _ = try await money.platform.staff.add(
                number: number, name: number, role: .operations, region: .national, mobile: mobile,
                at: money.clock.now)
            guard let added = try await money.platform.staff.find(number: number) else { throw RowMissing() }
            return added
        }
        let maker = try await member("YY0001", mobile: "13900000021")
        let checker = try await member("YY0002", mobile: "13900000022")
        let banks = money.platform.topUpBanks
        let version = try await banks.history(code)?.1.first?.version ?? 0
        try await banks.propose(
            settings, for: code, after: version, reason: "银行通知", command: money.command(), by: maker,
            from: money.clerk.origin)
        try await banks.decide(
            code, version: version + 1, isGranted: true, by: checker, from: money.clerk.origin)
    }

    private static let usual = TopUpBankSettings(isOn: true, isDirect: true, isSuggested: true)

    @Test("A bank that is off or rests takes no order, and no payer who has not gone there yet")
    func notAvailable() async throws {
        try await MoneyFixture.with { money in
            let topUps = money.platform.topUps
            let waiting = try await money.order(fen: 100)
            let gone = try await money.order(fen: 200)
            let form = try await topUps.handOff(gone.number, by: money.clerk)
            var settings = Self.usual
            settings.isOn = false
            try await Self.set(settings, in: money)
            await #expect(throws: TopUpError.bankNotAvailable(.off)) { try await money.order(fen: 300) }
            await #expect(throws: TopUpError.bankNotAvailable(.off)) {
                try await topUps.handOff(waiting.number, by: money.clerk)
            }
            // Whoever was there may go back: the bank itself will say what it takes.
            #expect(try await topUps.handOff(gone.number, by: money.clerk) == form)
            // 10:00 in Beijing.
            settings = Self.usual
            settings.maintenance = [try #require(MaintenanceWindow(entered: "09:00-10:30"))]
            try await Self.set(settings, in: money)
            let end = money.clock.now.addingTimeInterval(1800)
            await #expect(throws: TopUpError.bankNotAvailable(.maintenance(until: end))) {
                try await money.order(fen: 300)
            }
            money.clock.advance(1800)
            #expect(try await money.order(fen: 300).status == .created)
            _ = try await topUps.handOff(waiting.number, by: money.clerk)
        }
    }

    @Test("Banks that nobody switched on, and codes that are none, take no order")
    func unknown() async throws {
        try await MoneyFixture.with { money in
            let topUps = money.platform.topUps
            for (code, error) in [
                ("BANKWF", TopUpError.bankNotAvailable(.off)), ("BSB", TopUpError.unknownBank),
                ("NOBANK", TopUpError.unknownBank),
            ] {
                await #expect(throws: error) {
                    try await topUps.order(
                        money.command(), amount: Money(fen: 100), bank: code, by: money.clerk)
                }
            }
        }
    }

    @Test("The limits of one top-up hold to the fen")
    func limits() async throws {
        try await MoneyFixture.with { money in
            var settings = Self.usual
            settings.least = Money(fen: 1_000)
            settings.most = Money(fen: 50_000)
            try await Self.set(settings, in: money)
            await #expect(throws: TopUpError.belowLeast(Money(fen: 1_000))) {
                try await money.order(fen: 999)
            }
            await #expect(throws: TopUpError.aboveMost(Money(fen: 50_000))) {
                try await money.order(fen: 50_001)
            }
            for fen in [1_000, 50_000] as [Int64] {
                #expect(try await money.order(fen: fen).status == .created)
            }
        }
    }

    @Test("The limit of a day counts what was ordered from that bank on that Beijing day and not lost")
    func day() async throws {
        try await MoneyFixture.with { money in
            var settings = Self.usual
            settings.mostPerDay = Money(fen: 10_000)
            try await Self.set(settings, in: money)
            let first = try await money.order(fen: 6_000)
            await #expect(throws: TopUpError.aboveDay(most: Money(fen: 10_000), left: Money(fen: 4_000))) {
                try await money.order(fen: 4_001)
            }
            let choices = try await money.platform.topUpBanks.choices(of: money.clerk.enterprise)
            #expect(choices.lastUsed == "ICBC")
            #expect(
                choices.banks.first { $0.code == "ICBC" }.map { choices.leftToday(at: $0) }
                    == Money(fen: 4_000))
            // Another bank has its own limits, and what was cancelled counts no more.
            _ = try await money.platform.topUps.order(
                money.command(), amount: Money(fen: 9_000), bank: "CCB", by: money.clerk)
            try await money.platform.topUps.cancel(first.number, by: money.clerk)
            _ = try await money.order(fen: 10_000)
            await #expect(throws: TopUpError.aboveDay(most: Money(fen: 10_000), left: .zero)) {
                try await money.order(fen: 1)
            }
            // 10:00 and 14 hours: the next day in Beijing.
            money.clock.advance(14 * 3600)
            _ = try await money.order(fen: 9_999)
        }
    }

    @Test("Two orders at once do not both have what is left of a day")
    func dayAtOnce() async throws {
        try await MoneyFixture.with { money in
            var settings = Self.usual
            settings.mostPerDay = Money(fen: 10_000)
            try await Self.set(settings, in: money)
            let done = await withTaskGroup(of: Bool.self) { group in
                for fen in 6_000...6_005 {
                    group.addTask { (try? await money.order(fen: Int64(fen))) != nil }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(done == 1)
        }
    }

    @Test("A second open order of the same amount is made only by a clerk who was told of the first")
    func twin() async throws {
        try await MoneyFixture.with { money in
            let topUps = money.platform.topUps
            let first = try await money.order(fen: 700)
            let command = money.command()
            await #expect(throws: TopUpError.sameAmountOpen(number: first.number)) {
                try await topUps.order(command, amount: Money(fen: 700), bank: "CCB", by: money.clerk)
            }
            _ = try await money.order(fen: 701)
            // The same form goes on, and sent twice it makes one order.
            let second = try await topUps.order(
                command, amount: Money(fen: 700), bank: "CCB", besides: first.number, by: money.clerk)
            #expect(second != first.number)
            #expect(
                try await topUps.order(
                    command, amount: Money(fen: 700), bank: "CCB", besides: first.number, by: money.clerk)
                    == second)
            // Now there are two, and the clerk was told of one.
            await #expect(throws: TopUpError.sameAmountOpen(number: second)) {
                try await topUps.order(
                    money.command(), amount: Money(fen: 700), bank: "CCB", besides: first.number,
                    by: money.clerk)
            }
            for number in [first.number, second] { try await topUps.cancel(number, by: money.clerk) }
            #expect(try await money.order(fen: 700).status == .created)
        }
    }

    @Test("Of two orders of the same amount at once, one is told of the other")
    func sameAmountAtOnce() async throws {
        try await MoneyFixture.with { money in
            let told = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 1...4 {
                    group.addTask {
                        do {
                            _ = try await money.order(fen: 700)
                            return false
                        } catch TopUpError.sameAmountOpen { return true }
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(told == 3)
        }
    }

    @Test(
        "The bank's code goes along only where the gateway jumps to it, and stays as it was when the order was made"
    )
    func direct() async throws {
        try await MoneyFixture.with { money in
            let topUps = money.platform.topUps
            func code(_ form: PaymentFormFields) -> String? { form.first { $0.name == "issInsCode" }?.value }
            let number = try await topUps.order(
                money.command(), amount: Money(fen: 100), bank: "CSCB", by: money.clerk)
            #expect(try await money.topUp(number).isDirect == false)
            let form = try await topUps.handOff(number, by: money.clerk)
            #expect(code(form.inputs.map { ($0.name, $0.value) }) == nil)
            let direct = try await money.order(fen: 200)
            #expect(
                code(
                    try await topUps.handOff(direct.number, by: money.clerk).inputs.map {
                        ($0.name, $0.value)
                    })
                    == "ICBC")
            var settings = Self.usual
            settings.isDirect = false
            try await Self.set(settings, in: money)
            let again = try await topUps.handOff(direct.number, by: money.clerk)
            #expect(code(again.inputs.map { ($0.name, $0.value) }) == "ICBC")
        }
    }

    private typealias PaymentFormFields = [(name: String, value: String)]

    @Test(
        "Cancelled at the bank the order is closing until its deadline and a question after it: paid it is credited, else closed"
    )
    func closing() async throws {
        try await MoneyFixture.with { money in
            let topUps = money.platform.topUps
            let paid = try await money.order(fen: 100)
            let unpaid = try await money.order(fen: 200)
            for topUp in [paid, unpaid] {
                _ = try await topUps.handOff(topUp.number, by: money.clerk)
                try await topUps.cancel(topUp.number, by: money.clerk)
            }
            money.world.change { $0.queryDefault = .query(code: "00", original: "30") }
            // The gateway's no before the deadline is no end: the payer may still try again.
            for _ in 1...71 { try await money.pass(3600) }
            for topUp in [paid, unpaid] {
                let now = try await money.topUp(topUp.number)
                #expect(now.status == .closing)
                let next = try #require(now.nextQuestionAt)
                #expect(next > money.clock.now && next <= now.payUntil)
            }
            try await money.platform.bank.receive(notification: money.world.notification(of: paid))
            money.world.change {
                $0.bankAnswers = [.query(code: "00", original: "00", amountFen: 100)]
            }
            try await money.pass(0)
            #expect(try await money.topUp(paid.number).status == .credited)
            #expect(try await money.topUp(unpaid.number).status == .closing)
            try await money.pass(3601)
            #expect(try await money.topUp(unpaid.number).status == .closed)
            #expect(try await money.balances().available == Money(fen: 100))
            #expect(try await money.broken() == [])
        }
    }
}
