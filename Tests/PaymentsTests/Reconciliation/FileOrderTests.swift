import Testing

@testable import Payments

@Suite("Files of the bank that come in another order than their days")
struct FileOrderTests {
    private static let paid = "202611230000000000001"
    private static let back = "202611280000000000001"

    private func reversal(of topUp: TopUp) -> BankFiles.Line {
        BankFiles.Line(
            trade: .reversal, serial: Self.back, originalSerial: Self.paid, orderNumber: topUp.number,
            amount: topUp.amount.fen)
    }

    @Test("A late debit whose giving back is read before the debit itself leaves nothing behind")
    func lateDebit() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 2_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "42") }
            for _ in 1...8 { try await money.pass(12 * 3600) }
            #expect(try await money.topUp(topUp.number).status == .lateDebited)
            #expect(try await money.workItems() == ["银行在时限之后扣款，等待银行退回"])
            try await money.file(MoneyFixture.day.adding(days: 5), [reversal(of: topUp)])
            #expect(try await money.topUp(topUp.number).status == .refundedByBank)
            #expect(try await money.workItems() == [], "its end leaves nobody waiting")
            try await money.file([money.line(of: topUp, serial: Self.paid)])
            #expect(try await money.topUp(topUp.number).status == .refundedByBank)
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A payment that the bank has taken back before we heard of it is not credited",
        arguments: [false, true])
    func takenBackUnheard(isClosing: Bool) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 2_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            if isClosing { try await money.platform.topUps.cancel(topUp.number, by: money.clerk) }
            try await money.file(MoneyFixture.day.adding(days: 1), [reversal(of: topUp)])
            #expect(try await money.topUp(topUp.number).status == .refundedByBank)
            try await money.file([money.line(of: topUp, serial: Self.paid)])
            #expect(try await money.topUp(topUp.number).status == .refundedByBank)
            #expect(try await money.balances().available == .zero)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
            #expect(try await money.broken() == [])
        }
    }
}
