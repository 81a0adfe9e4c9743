import Postgres
import Testing

@testable import Payments

@Suite("Money of an unknown order")
struct UnknownMoneyTests {
    private static let serial = "202611230000000000777"

    /// What the bank has and no order of ours explains.
    private func unknown(_ trade: BankFiles.Trade = .payment, serial: String = serial, amount: Int64 = 5_500)
        -> BankFiles.Line
    {
        BankFiles.Line(
            trade: trade, serial: serial,
            originalSerial: trade == .payment || trade == .payout ? nil : "202611220000000000001",
            orderNumber: "TP20261123NOBODY00001", amount: amount)
    }

    @Test("is credited to the company that two people name, and the company's statement shows and finds it")
    func credited() async throws {
        try await MoneyFixture.with { money in
            try await money.file([unknown()])
            let found = try #require(await money.cases().first)
            #expect(found.namesEnterprise && found.choices == [.credited, .returned])
            try await money.handle(found, .credited, for: " \(money.merchantNumber.lowercased()) ")
            #expect(try await money.balances().available == Money(fen: 5_500))
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.broken() == [])
            let line = try #require(await money.statement(StatementFilter()).movements.first)
            #expect(line.orderNumber == found.number && !line.hasOrder)
            #expect(line.kind == .topUp && line.state == "credited" && line.counterparty == "银联企业网银支付")
            #expect(line.income == Money(fen: 5_500) && line.balance == Money(fen: 5_500))
            let finding = [
                StatementFilter(kind: .topUp), StatementFilter(states: [OrderState(TopUpStatus.credited)]),
                StatementFilter(orderNumber: found.number), StatementFilter(counterparty: "银联"),
                StatementFilter(direction: .income, least: Money(fen: 5_500)),
            ]
            for filter in finding {
                let page = try await money.statement(filter)
                #expect(page.movements == [line] && page.totals == .of(5_500, 0), "\(filter)")
            }
            let missing = [
                StatementFilter(kind: .withdrawal), StatementFilter(kind: .billPayment),
                StatementFilter(states: [OrderState(TopUpStatus.reversed)]),
                StatementFilter(orderNumber: "TP20261123NOBODY00001"), StatementFilter(counterparty: "工商"),
            ]
            for filter in missing {
                let page = try await money.statement(filter)
                #expect(page.movements.isEmpty && page.totals == .of(0, 0), "\(filter)")
            }
        }
    }

    @Test("Two people deciding at once credit it once, and so does one who decides twice")
    func creditedAtOnce() async throws {
        try await MoneyFixture.with { money in
            try await money.file([unknown()])
            let found = try #require(await money.cases().first)
            let (differences, origin) = (money.platform.differences, money.clerk.origin)
            try await differences.propose(
                found.number, .credited, reason: "已核实", for: money.merchantNumber, by: money.operations(),
                from: origin)
            let people = [try await money.supervisor(), try await money.otherOperations()]
            @Sendable func decide(_ person: StaffMember) async throws {
                try await differences.decide(
                    found.number, isGranted: true, version: found.version + 1, by: person, from: origin)
            }
            let outcomes = try await money.atOnce(
                behind: money.accountsLock, refusal: DifferenceError.self,
                people.map { person in { try await decide(person) } })
            #expect(outcomes == [nil, .stale])
            await #expect(throws: DifferenceError.stale) { try await decide(people[0]) }
            try await money.platform.bankFiles.workOff(MoneyFixture.day)
            #expect(try await money.decisions(.handleDifference) == [1, 1])
            #expect(try await money.entries(.receiptAssigned) == 1)
            #expect(try await money.balances().available == Money(fen: 5_500))
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.statement(StatementFilter()).movements.count == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A company that is not named, not known or closed is not credited")
    func refused() async throws {
        try await MoneyFixture.with { money in
            try await money.file([unknown()])
            let found = try #require(await money.cases().first)
            let other = try await money.anotherEnterprise()
            func become(_ states: String...) async throws {
                for state in states {
                    try await money.owner.execute(
                        "UPDATE enterprises SET state = \(state) WHERE id = \(other)")
                }
            }
            func propose(_ number: String) async throws {
                try await money.platform.differences.propose(
                    found.number, .credited, reason: "已核实", for: number, by: money.operations(),
                    from: money.clerk.origin)
            }
            func decide(_ isGranted: Bool) async throws {
                try await money.platform.differences.decide(
                    found.number, isGranted: isGranted, reason: "已销户", version: found.version + 1,
                    by: money.supervisor(), from: money.clerk.origin)
            }
            await #expect(throws: DifferenceError.enterpriseMissing) { try await propose("") }
            await #expect(throws: DifferenceError.enterpriseUnknown) { try await propose("M00000000000000") }
            // Closed while the proposal waits.
            try await become("active", "closing")
            try await propose("M99000000000000")
            try await become("closed")
            await #expect(throws: DifferenceError.enterpriseClosed) { try await decide(true) }
            try await decide(false)
            await #expect(throws: DifferenceError.enterpriseClosed) { try await propose("M99000000000000") }
            #expect(try await money.held(.unidentifiedReceipts) == -5_500)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A proposal brings the case into the region of the company it names, and sent back it is nobody's again"
    )
    func region() async throws {
        try await MoneyFixture.with { money in
            try await money.file([unknown()])
            let found = try #require(await money.cases().first)
            let differences = money.platform.differences
            let supervisor = try await money.supervisor()
            #expect(try await differences.find(found.number, within: supervisor.region) == nil)
            try await differences.propose(
                found.number, .credited, reason: "已核实", for: money.merchantNumber, by: money.operations(),
                from: money.clerk.origin)
            let waiting = try #require(await differences.waiting(for: supervisor).first)
            #expect(waiting.number == found.number && waiting.merchantNumber == money.merchantNumber)
            #expect(try await differences.waiting(for: money.operations()).isEmpty)
            try await differences.decide(
                found.number, isGranted: false, reason: "请附回函", version: waiting.version, by: supervisor,
                from: money.clerk.origin)
            let returned = try #require(await money.cases().first)
            #expect(returned.state == .open && returned.enterprise == nil)
            #expect(try await differences.waiting(for: supervisor).isEmpty)
        }
    }

    @Test("A loss of no order is charged to the company that two people name; one that owes then is stopped")
    func charged() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 1_000)
            try await money.file([unknown(.reversal, amount: 2_500)])
            let found = try #require(await money.cases().first { $0.kind == .bankOnly })
            #expect(found.parking == .loss && found.namesEnterprise)
            try await money.handle(found, .charged, for: money.merchantNumber)
            #expect(try await money.balances().available == .zero)
            #expect(try await money.held(.enterpriseReceivable) == 1_500)
            #expect(try await money.broken() == [])
            let line = try #require(
                await money.statement(StatementFilter(direction: .expense)).movements.first)
            #expect(line.orderNumber == found.number && line.state == "reversed")
            #expect(line.expense == Money(fen: 1_000))
        }
    }

    @Test("What comes back of a payout that we never sent has no payer: it can only be credited")
    func payoutReturn() async throws {
        try await MoneyFixture.with { money in
            try await money.file([unknown(.payoutReturn)])
            let found = try #require(await money.cases().first)
            #expect(found.choices == [.credited])
            try await money.handle(found, .credited, for: money.merchantNumber)
            let line = try #require(await money.statement(StatementFilter(kind: .withdrawal)).movements.first)
            #expect(line.state == "returned" && line.income == Money(fen: 5_500))
            #expect(try await money.broken() == [])
        }
    }

    @Test("A line that people have credited to an order is found by the order's kind and number")
    func ofOrder() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.file([money.line(of: topUp, amount: 6_900)])
            try await money.handle(try #require(await money.cases().first), .credited)
            for filter in [StatementFilter(kind: .topUp), StatementFilter(orderNumber: topUp.number)] {
                let page = try await money.statement(filter)
                #expect(page.movements.map(\.orderNumber) == [topUp.number], "\(filter)")
                #expect(page.movements.allSatisfy(\.hasOrder) && page.totals == .of(6_900, 0))
            }
        }
    }
}
