import Postgres
import Testing

@testable import Payments

@Suite("Money in the reserve account that is no net, or more than one")
struct ReserveMoneyTests {
    private static let day = MoneyFixture.day

    /// Takes the statement of the day `offset` days after the first, and looks for what has not arrived by it. A line with
    /// a settlement day is its net.
    private static func pass(
        _ money: MoneyFixture, _ offset: Int, opening: Int64 = 0,
        _ lines: [(serial: String, change: Int64, settled: LocalDate?)] = []
    ) async throws {
        let statements = money.platform.reserveStatements
        let statementDay = day.adding(days: offset)
        money.clock.advance(1)
        try await statements.take(
            ReserveStatements.Statement(
                day: statementDay, account: ReserveStatements.account, opening: opening,
                closing: lines.reduce(opening) { $0 + $1.change },
                lines: lines.map {
                    ReserveStatements.Line(
                        serial: $0.serial, change: $0.change, counterparty: "长沙某公司", purpose: "转账",
                        settlementDate: $0.settled)
                }))
        try await statements.lookForRests(through: statementDay)
    }

    @Test("What comes in is nobody's until two people call it the platform's own")
    func ownFunds() async throws {
        try await MoneyFixture.with { money in
            try await Self.pass(money, 1, [("R1", 5_000, nil)])
            #expect(try await money.held(.reserve) == 5_000)
            #expect(try await money.held(.unidentifiedReceipts, "reserve") == -5_000)
            #expect(try await money.held(.ownFunds) == 0)
            #expect(try await money.broken() == [])
            let found = try #require(await money.cases().first)
            #expect(found.parking == .receipt && found.choices == [.credited, .ownFunds])
            try await money.handle(found, .ownFunds)
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.held(.ownFunds) == -5_000)
            #expect(try await money.held(.reserve) == 5_000)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "What a company has sent to the reserve account itself is credited to the company that two people name"
    )
    func credited() async throws {
        try await MoneyFixture.with { money in
            try await Self.pass(money, 1, [("R1", 5_000, nil)])
            let found = try #require(await money.cases().first)
            await #expect(throws: DifferenceError.enterpriseMissing) {
                try await money.handle(found, .credited)
            }
            try await money.handle(found, .credited, for: money.merchantNumber)
            #expect(try await money.balances().available == Money(fen: 5_000))
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.broken() == [])
            let page = try await money.statement(StatementFilter(kind: .topUp))
            let line = try #require(page.movements.first)
            #expect(line.orderNumber == found.number && line.counterparty == "银行转账")
            #expect(page.totals == .of(5_000, 0))
            let compared = try await money.platform.statements.reconciliation(
                of: money.clerk.enterprise, from: Self.day.adding(days: -1), until: Self.day.adding(days: 9))
            #expect(compared.items.map(\.outcome) == [.agreed])
        }
    }

    @Test("What the bank has taken is missed until it is called the platform's own, or borne")
    func drawn() async throws {
        for handling in [Handling.ownFunds, .borne] {
            try await MoneyFixture.with { money in
                try await Self.pass(money, 1, [("R1", -700, nil)])
                #expect(try await money.held(.reserve) == -700)
                #expect(try await money.held(.differenceReceivable, "reserve") == 700)
                #expect(try await money.broken() == [])
                let found = try #require(await money.cases().first)
                #expect(found.parking == .loss && found.choices == [.ownFunds, .borne])
                try await money.handle(found, handling)
                #expect(try await money.held(.differenceReceivable) == 0)
                #expect(try await money.held(.ownFunds) == (handling == .ownFunds ? 700 : 0))
                #expect(try await money.held(.channelCost) == (handling == .borne ? 700 : 0))
                #expect(try await money.broken() == [])
            }
        }
    }

    @Test("Money taken on the settlement day of a net is not made good by that net")
    func drawnOnSettlementDay() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            try await Self.pass(money, 0, [("R1", -700, nil)])
            try await Self.pass(money, 1, opening: -700, [("R2", 10_000, Self.day)])
            #expect(try await money.held(.differenceReceivable) == 700)
            #expect(try await money.held(.reserve) == 9_300)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A net that comes a second time is not the platform's")
    func paidTwice() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            try await Self.pass(money, 1, [("R1", 10_000, Self.day)])
            try await Self.pass(money, 2, opening: 10_000, [("R2", 10_000, Self.day)])
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.held(.unidentifiedReceipts) == -10_000)
            #expect(try await money.held(.ownFunds) == 0)
            #expect(try await money.broken() == [])
        }
    }

    /// A net of 110.00 for a file of 100.00 has come, and the statements of its waiting days.
    private static func tooMuch(
        through last: Int = 4, _ body: @Sendable (MoneyFixture) async throws -> Void
    ) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            try await pass(money, 1, [("R1", 11_000, day)])
            for offset in 2...last { try await pass(money, offset, opening: 11_000) }
            try await body(money)
        }
    }

    @Test(
        "A net larger than its file is a case, and its surplus stays under its day until the bank draws it or something explains it"
    )
    func surplus() async throws {
        for last in [2, 4] {
            try await Self.tooMuch(through: last) { money in
                #expect(try await money.held(.bankClearing) == -1_000)
                #expect(try await money.held(.unidentifiedReceipts) == 0)
                let found = try await money.cases().filter(\.state.isOpen)
                #expect(found.map(\.kind) == [.amountDiffers])
                #expect(found.map(\.choices) == [[last == 2 ? .acknowledged : .ownFunds]])
                #expect(try await money.broken() == [])
                try await Self.pass(money, 5, opening: 11_000, [("R2", -1_000, Self.day)])
                #expect(try await money.held(.reserve) == 10_000)
                #expect(try await money.held(.bankClearing) == 0)
                #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
                #expect(try await money.broken() == [])
            }
        }
    }

    @Test(
        "A surplus that nothing explains by its waiting days is moved by two people, and what the bank takes then is money of its own"
    )
    func surplusMoved() async throws {
        try await Self.tooMuch { money in
            try await money.handle(try #require(await money.cases().last), .ownFunds)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.held(.ownFunds) == -1_000)
            #expect(try await money.broken() == [])
            for offset in 5...6 { try await Self.pass(money, offset, opening: 11_000) }
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
            try await Self.pass(money, 7, opening: 11_000, [("R2", -1_000, Self.day)])
            #expect(try await money.held(.bankClearing) == 0)
            let drawn = try #require(await money.cases().last)
            #expect(drawn.parking == .loss)
            try await money.handle(drawn, .ownFunds)
            #expect(try await money.held(.ownFunds) == 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A surplus that was looked at before its waiting days are over is a case again when they are")
    func surplusAcknowledged() async throws {
        try await Self.tooMuch(through: 2) { money in
            try await money.handle(try #require(await money.cases().last), .acknowledged)
            for offset in 3...6 { try await Self.pass(money, offset, opening: 11_000) }
            let open = try await money.cases().filter(\.state.isOpen)
            #expect(open.map(\.choices) == [[.ownFunds]] && open.map(\.bankAmount) == [Money(fen: 1_000)])
            try await money.handle(try #require(open.first), .ownFunds)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.broken() == [])
        }
    }

    /// The files of the days on which the bank may bring what the first day's lacks.
    private static func files(_ money: MoneyFixture) async throws {
        for offset in 1...3 { try await money.file(day.adding(days: offset), []) }
        try await money.platform.bankFiles.advance(day, attempts: 0)
        try await money.platform.bankFiles.workOff(day.adding(days: 3))
    }

    @Test(
        "A payment that the file lacks and the net has brought is no surplus, until two people bear its loss",
        arguments: [Handling.madeGood, .borne])
    func surplusExplained(handling: Handling) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            _ = try await money.credited(fen: 1_000)
            try await money.file([money.line(of: topUp)])
            try await Self.pass(money, 1, [("R1", 11_000, Self.day)])
            for offset in 2...4 { try await Self.pass(money, offset, opening: 11_000) }
            try await Self.files(money)
            try await Self.pass(money, 5, opening: 11_000)
            let surplus = { @Sendable in
                try await money.cases().filter { $0.channel == .reserve && $0.choices == [.ownFunds] }
            }
            #expect(try await surplus().isEmpty)
            let loss = try #require(await money.cases().first { $0.parking == .order })
            #expect(try await money.broken() == [])
            try await money.handle(loss, handling)
            try await Self.pass(money, 6, opening: 11_000)
            if handling == .borne {
                try await money.handle(try #require(await surplus().first), .ownFunds)
            }
            #expect(try await surplus().allSatisfy { !$0.state.isOpen })
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.held(.ownFunds) == (handling == .borne ? -1_000 : 0))
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A payment that is booked after the surplus was moved finds a net that has not brought it: one loss")
    func bookedAfterSurplus() async throws {
        try await Self.tooMuch { money in
            try await money.handle(try #require(await money.cases().last), .ownFunds)
            _ = try await money.credited(fen: 1_000)
            #expect(try await money.held(.bankClearing) == 1_000)
            try await Self.files(money)
            try await Self.pass(money, 5, opening: 11_000)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.held(.differenceReceivable) == 1_000)
            #expect(try await money.broken() == [])
            try await money.handle(
                try #require(await money.cases().first { $0.parking == .order && $0.state.isOpen }), .borne)
            try await Self.pass(money, 6, opening: 11_000)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.held(.ownFunds) == -1_000)
            #expect(try await money.held(.channelCost) == 1_000)
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
            #expect(try await money.broken() == [])
        }
    }

    @Test("A surplus that something explains between proposal and decision is not moved")
    func explainedMeanwhile() async throws {
        try await Self.tooMuch { money in
            let found = try #require(await money.cases().last)
            let proposed = try await money.propose(found, .ownFunds)
            _ = try await money.credited(fen: 1_000)
            await #expect(throws: DifferenceError.stale) {
                try await money.platform.differences.decide(
                    found.number, isGranted: true, version: proposed.version, by: money.nationalSupervisor(),
                    from: money.clerk.origin)
            }
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.held(.ownFunds) == 0)
            // What was booked is looked for in the files first: until then nobody can say, and the case stays.
            try await Self.pass(money, 5, opening: 11_000)
            #expect(try await money.cases().contains { $0.channel == .reserve && $0.state.isOpen })
            #expect(try await money.broken() == [])
            try await Self.files(money)
            try await Self.pass(money, 6, opening: 11_000)
            #expect(try await money.cases().filter { $0.channel == .reserve }.allSatisfy { !$0.state.isOpen })
            #expect(try await money.held(.differenceReceivable) == 1_000)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A net that is smaller by a payout that the file lacks is no loss: clearing has what the bank has paid"
    )
    func payoutNotInFile() async throws {
        // Where the bank owes nothing else, no line comes at all.
        for payout in [Int64(10_000), 4_000] {
            try await MoneyFixture.with { money in
                _ = try await money.paid(fen: payout)
                let funding = try await money.owner.query("SELECT number FROM orders WHERE kind = 'topUp'")
                let line = money.line(of: try await money.topUp(try funding.only()["number"]))
                let net = line.amount - payout
                try await money.file([line])
                for offset in 1...3 { try await money.file(Self.day.adding(days: offset), []) }
                try await Self.pass(money, 1, net == 0 ? [] : [("R1", net, Self.day)])
                for offset in 2...6 { try await Self.pass(money, offset, opening: net) }
                #expect(try await money.held(.reserve) == net)
                #expect(try await money.held(.bankClearing) == 0)
                #expect(try await money.held(.differenceReceivable) == 0)
                #expect(try await money.entries(.settlementShort) == 0)
                #expect(try await money.broken() == [])
            }
        }
    }

    @Test("A net that the bank does not draw is a case, and no more when it does")
    func notDrawn() async throws {
        try await MoneyFixture.with { money in
            let withdrawal = try await money.paid(fen: 4_000)
            let funding = try await money.owner.query("SELECT number FROM orders WHERE kind = 'topUp'").only()
            let topUp = try await money.topUp(try funding["number"])
            try await money.file([money.line(of: topUp)])
            try await money.file(
                Self.day.adding(days: 1),
                [
                    BankFiles.Line(
                        trade: .payout, serial: try #require(withdrawal.bankSerial),
                        orderNumber: withdrawal.number, amount: 4_000)
                ])
            let held = topUp.amount.fen
            try await Self.pass(money, 1, [("R1", held, Self.day)])
            for offset in 2...7 { try await Self.pass(money, offset, opening: held) }
            let found = try await money.cases().filter { $0.channel == .reserve }
            #expect(found.map(\.kind) == [.oursOnly] && found.map(\.parking) == [.none])
            #expect(found.map(\.choices) == [[.acknowledged]])
            #expect(try await money.held(.bankClearing) == -4_000)
            #expect(try await money.broken() == [])
            try await Self.pass(money, 8, opening: held, [("R2", -4_000, Self.day.adding(days: 1))])
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
            #expect(try await money.broken() == [])
        }
    }

    // MARK: The check

    /// What the check finds of clearing.
    private static func clearing(_ money: MoneyFixture) async throws -> [String] {
        try await money.broken().filter { $0.hasPrefix("I7") }
    }

    @Test("A net that is booked nowhere is found by the check, whatever cases of other days there are")
    func forgotten() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            try await Self.pass(money, 1, [("R1", 500, nil)])
            let own = try #require(await money.cases().first { $0.channel == .reserve })
            try await money.handle(own, .ownFunds)
            #expect(try await money.broken() == [])
            try await money.owner.execute(
                """
                INSERT INTO reserve_statement_lines (
                    day, line, serial, change, counterparty, purpose, settlement_date)
                VALUES (\(Self.day.adding(days: 1)), 2, 'R2', 10000, '银联', '清算', \(Self.day))
                """)
            #expect(try await Self.clearing(money) == ["I7: [\"clearing unionpay-b2b item \(Self.day)\"]"])
        }
    }

    @Test("A net that nobody has parked though it is late is found by the check")
    func late() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            for offset in 1...4 {
                let day = Self.day.adding(days: offset)
                try await money.platform.reserveStatements.take(
                    ReserveStatements.Statement(
                        day: day, account: ReserveStatements.account, opening: 0, closing: 0, lines: []))
                let isLate = offset == 4
                #expect(try await Self.clearing(money) == (isLate ? ["I7: [\"net of \(Self.day)\"]"] : []))
            }
            try await money.platform.reserveStatements.lookForRests(through: Self.day.adding(days: 4))
            #expect(try await Self.clearing(money) == [])
        }
    }
}
