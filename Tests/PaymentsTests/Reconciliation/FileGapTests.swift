import Testing

@testable import Payments

@Suite("What the bank's files lack, and what they say of another trade")
struct FileGapTests {
    /// The files of the days from the first to the last after the day of the tests, all empty.
    private func empty(_ money: MoneyFixture, _ offsets: ClosedRange<Int>) async throws {
        for offset in offsets { try await money.file(MoneyFixture.day.adding(days: offset), []) }
    }

    private func classes(_ money: MoneyFixture) async throws -> [String] {
        try await money.owner.query("SELECT class FROM bank_file_classes ORDER BY line").map {
            try $0["class"]
        }
    }

    @Test("What is booked on a day whose file was worked off without it is found when the days have passed")
    func bookedLater() async throws {
        try await MoneyFixture.with { money in
            money.world.change { $0.file = .none }
            try await empty(money, 0...3)
            let topUp = try await money.credited(fen: 10_000)
            try await money.pass(86_400)
            #expect(try await money.cases().isEmpty, "the next files may have it")
            // 27 November: the loss is of today, and nobody has had to cover it yet.
            for _ in 1...3 { try await money.pass(86_400) }
            let found = try #require(await money.cases().first)
            #expect(
                found.kind == .oursOnly && found.parking == .order && found.settlementDate == MoneyFixture.day
            )
            #expect(try await money.topUp(topUp.number).status == .reversalParked)
            let broken = try await money.broken()
            #expect(broken == [], "\(broken)")
        }
    }

    @Test("What is booked on a day whose file has it is not looked for again")
    func bookedAndFiled() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.file([money.line(of: topUp)])
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await money.owner.query("SELECT 1 FROM jobs WHERE kind = 'bankFile'").isEmpty)
        }
    }

    @Test("A cut-off of a withdrawal that came back meanwhile is a person's when the days have passed")
    func returnedMeanwhile() async throws {
        try await MoneyFixture.with { money in
            _ = try await money.credited(fen: 20_000)
            let withdrawal = try await money.paid(fen: 10_000)
            try await empty(money, 0...1)
            try await money.file(
                MoneyFixture.day.adding(days: 2),
                [
                    BankFiles.Line(
                        trade: .payoutReturn, serial: "202611250000000000001",
                        originalSerial: withdrawal.bankSerial, orderNumber: withdrawal.number, amount: 10_000)
                ])
            #expect(try await money.withdrawal(withdrawal.number).status == .returned)
            func cutOff() async throws -> Difference? {
                try await money.cases().first { $0.orderNumber == withdrawal.number && $0.serial == nil }
            }
            #expect(try await cutOff()?.state == .waitingCutOff)
            try await empty(money, 3...3)
            let found = try #require(try await cutOff())
            #expect(found.kind == .oursOnly && found.state == .open && found.parking == .none)
        }
    }

    @Test(
        "A cut-off of a top-up that the bank took back meanwhile is a person's, and its loss is parked once")
    func reversedMeanwhile() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await empty(money, 0...1)
            try await money.file(
                MoneyFixture.day.adding(days: 2),
                [
                    BankFiles.Line(
                        trade: .reversal, serial: "202611250000000000001", originalSerial: topUp.bankSerial,
                        orderNumber: topUp.number, amount: 10_000)
                ])
            #expect(try await money.topUp(topUp.number).status == .reversalParked)
            try await empty(money, 3...3)
            #expect(try await money.held(.differenceReceivable) == 10_000)
            let found = try #require(await money.cases().first)
            #expect(found.kind == .oursOnly && found.state == .open && found.parking == .none)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A serial that was booked for one order and that the file gives to another is a case, not matched")
    func otherOrder() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            let other = try await money.order(fen: 10_000)
            var line = money.line(of: topUp)
            line.orderNumber = other.number
            try await money.file([line])
            #expect(try await classes(money) == ["stateDiffers"])
            let found = try #require(await money.cases().first { $0.kind == .stateDiffers })
            #expect(found.detail.contains(topUp.number) && found.detail.contains(other.number))
            #expect(found.state == .open && found.parking == .none && found.orderNumber == topUp.number)
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(try await money.broken() == [])
            try await money.platform.bankFiles.workOff(MoneyFixture.day)
            #expect(try await money.cases().count { $0.kind == .stateDiffers } == 1)
        }
    }

    @Test(
        "A serial that was booked as a payment and that the file has as something else is a case, not matched"
    )
    func otherTrade() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            var line = money.line(of: topUp)
            line.trade = .reversal
            try await money.file([line])
            #expect(try await classes(money) == ["stateDiffers"])
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await money.cases().contains { $0.kind == .stateDiffers && $0.state == .open })
            #expect(try await money.broken() == [])
        }
    }

    @Test("A line without our number is matched by serial, trade and amount")
    func withoutNumber() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            var line = money.line(of: topUp)
            line.orderNumber = ""
            try await money.file([line])
            #expect(try await classes(money) == ["matched"])
            #expect(try await money.cases().isEmpty)
            #expect(try await money.broken() == [])
        }
    }
}
