import Postgres
import Testing

@testable import Payments

/// What the bank gives back by itself beside our refund.
extension RefundTests {
    @Test(
        "The bank takes back by itself what a refund is giving back: a loss, which is none when the refund is refused",
        arguments: [true, false])
    func takenBackMeanwhile(isConfirmed: Bool) async throws {
        try await Self.returning { money in
            money.world.change { $0.refundDefault = .payout(code: isConfirmed ? "00" : "61") }
            if isConfirmed { try await money.pass(0) }
            let number: String = try await money.owner.query("SELECT number FROM orders").only()["number"]
            let reversal = BankFiles.Line(
                trade: .reversal, serial: "202611240000000000001", originalSerial: "202611230000000000001",
                orderNumber: number, amount: 6_999)
            try await money.file(MoneyFixture.day.adding(days: 1), [reversal])
            #expect(try await money.held(.differenceReceivable) == 6_999)
            #expect(try await money.broken() == [])
            if isConfirmed {
                Self.confirm(money)
                for _ in 1...3 { try await money.pass(300) }
                #expect(try await money.topUp(number).status == .returned)
                #expect(try await money.held(.differenceReceivable) == 6_999)
            } else {
                try await money.pass(0)
                #expect(try await Self.state(money) == "refused")
                #expect(try await money.topUp(number).status == .refundedByBank)
                #expect(try await money.held(.differenceReceivable) == 0)
            }
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.held(.returnInTransit) == 0)
            #expect(try await money.broken() == [])
            if isConfirmed { try await Self.fileWithRefund(money, offset: 2) }
            try await Self.settle(
                money, (isConfirmed ? [0, 1, 2] : [0, 1]).map { ($0, $0 == 0 ? 6_999 : -6_999) })
            #expect(try await Self.left(money) == [])
            #expect(try await money.broken() == [])
        }
    }

    /// The bank's own giving back of the receipt, in the file of the next day.
    private static func fileOwn(_ money: MoneyFixture, _ trade: BankFiles.Trade, number: String) async throws
    {
        try await money.file(
            MoneyFixture.day.adding(days: 1),
            [
                BankFiles.Line(
                    trade: trade, serial: "202611240000000000001",
                    originalSerial: "202611230000000000001", orderNumber: trade == .refund ? "" : number,
                    amount: 6_999)
            ])
    }

    /// The receipt has gone back once, without our refund: nothing of it is left with anybody.
    private static func expectTakenBack(_ money: MoneyFixture, hasOrder: Bool) async throws {
        try await money.platform.bankFiles.workOff(MoneyFixture.day.adding(days: 1))
        #expect(try await state(money) == "refused")
        #expect(try await money.held(.unidentifiedReceipts) == 0)
        #expect(try await money.held(.returnInTransit) == 0)
        #expect(try await money.held(.differenceReceivable) == 0)
        #expect(try await money.entries(.receiptTakenBack) == 1)
        #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
        if hasOrder {
            let orders = try await money.owner.query("SELECT state FROM orders WHERE kind = 'topUp'")
            #expect(try orders.map { try $0["state"] as String } == ["refundedByBank"])
        }
        try await settle(money, [(0, 6_999), (1, -6_999)])
        #expect(try await left(money) == [])
        #expect(try await money.broken() == [])
    }

    private static func number(_ money: MoneyFixture, hasOrder: Bool) async throws -> String {
        guard hasOrder else { return "TP20261123NOBODY00001" }
        return try await money.owner.query("SELECT number FROM orders WHERE kind = 'topUp'").only()["number"]
    }

    @Test(
        "One that the bank answers with 45 or 46, because it has given the payment back by itself, ends refused, and the file takes the receipt back",
        arguments: [("46", BankFiles.Trade.reversal), ("45", .refund)],
        [(true, true), (true, false), (false, true), (false, false)])
    func givenBackAlready(
        _ answer: (code: String, trade: BankFiles.Trade), _ order: (hasOrder: Bool, isFiledFirst: Bool)
    ) async throws {
        try await Self.returning(hasOrder: order.hasOrder) { money in
            let number = try await Self.number(money, hasOrder: order.hasOrder)
            money.world.change { $0.refundDefault = .payout(code: answer.code) }
            try await money.pass(0)
            #expect(try await Self.state(money) == "unknown", "the answer alone ends nothing")
            if order.isFiledFirst {
                try await Self.fileOwn(money, answer.trade, number: number)
                #expect(try await money.held(.differenceReceivable) == 6_999)
                #expect(try await money.broken() == [])
            }
            money.world.change { $0.queryDefault = .query(code: "00", original: answer.code) }
            try await money.pass(300)
            #expect(try await Self.state(money) == "refused")
            if !order.isFiledFirst {
                #expect(try await money.held(.unidentifiedReceipts) == -6_999)
                #expect(try await money.broken() == [])
                try await Self.fileOwn(money, answer.trade, number: number)
            }
            try await Self.expectTakenBack(money, hasOrder: order.hasOrder)
        }
    }

    @Test(
        "One that the bank has answered with 46 and then does not know ends by two people, and so does the receipt",
        arguments: [true, false])
    func reversedAndNotKnown(hasOrder: Bool) async throws {
        try await Self.returning(hasOrder: hasOrder) { money in
            let number = try await Self.number(money, hasOrder: hasOrder)
            money.world.change { $0.refundDefault = .payout(code: "46") }
            for _ in 1...3 { try await money.pass(300) }
            #expect(try await Self.state(money) == "unknown")
            money.clock.advance(86_400)
            try await Self.fileOwn(money, .reversal, number: number)
            for offset in 2...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            for _ in 1...6 { try await money.pass(12 * 3600) }
            let found = try #require(
                await money.cases().last { $0.state == .open && $0.refundNumber != nil })
            #expect(found.choices == [.absent, .acknowledged])
            try await money.handle(found, .absent)
            try await Self.expectTakenBack(money, hasOrder: hasOrder)
        }
    }
}
