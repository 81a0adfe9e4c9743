import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Refunds of receipts")
struct RefundTests {
    /// A receipt of 69.99 that no order may be credited with, and whose return two people have decided.
    private static func returning(
        _ body: @Sendable (MoneyFixture) async throws -> Void
    ) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.file([money.line(of: topUp, amount: 6_999)])
            try await money.handle(try #require(await money.cases().first), .returned)
            try await body(money)
        }
    }

    private static func state(_ money: MoneyFixture) async throws -> String {
        try await money.owner.query("SELECT state FROM refunds ORDER BY id DESC LIMIT 1").only()["state"]
    }

    private static func events(_ money: MoneyFixture) async throws -> [String] {
        try await money.owner.query("SELECT event FROM refund_events ORDER BY refund_id, sequence").map {
            try $0["event"]
        }
    }

    @Test("One that the bank does not know is sent again on its day, identically, and never on another")
    func resent() async throws {
        try await Self.returning { money in
            try await money.pass(0)
            #expect(try await Self.state(money) == "unknown")
            money.world.change { $0.refundDefault = .payout(code: "00") }
            try await money.pass(60)
            #expect(try await Self.state(money) == "accepted")
            #expect(try await Self.events(money).suffix(2) == ["resent", "accepted"])
            let times = try await money.owner.query("SELECT DISTINCT transaction_time FROM refunds")
            #expect(times.count == 1)
            #expect(try await money.broken() == [])
        }
        try await Self.returning { money in
            try await money.pass(0)
            money.clock.advance(86_400)
            for _ in 1...3 { try await money.pass(3600) }
            #expect(try await Self.state(money) == "unknown")
            #expect(try await !Self.events(money).contains("resent"))
        }
    }

    @Test("A paused gateway sends none, and what waited goes when it works again")
    func paused() async throws {
        try await Self.returning { money in
            try await money.set(
                .gateway, BankChannel.Settings(isPaused: true, notice: "银行系统升级", cutOff: nil))
            try await money.pass(0)
            #expect(try await Self.state(money) == "approved")
            try await money.set(.gateway, BankChannel.Settings(isPaused: false, notice: "", cutOff: nil))
            money.world.change { $0.refundDefault = .payout(code: "00") }
            try await money.pass(3_600)
            #expect(try await Self.state(money) == "accepted")
            #expect(try await money.broken() == [])
        }
    }

    @Test("That a repetition is refused says nothing about the first one")
    func repetitionRefused() async throws {
        try await Self.returning { money in
            try await money.pass(0)
            money.world.change { $0.refundDefault = .payout(code: "12") }
            try await money.pass(60)
            #expect(try await Self.state(money) == "unknown")
            #expect(try await money.held(.returnInTransit) == -6_999)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "One of which bank and files know nothing fails by two people only, and its money waits with the case again"
    )
    func absent() async throws {
        try await Self.returning { money in
            try await money.pass(0)
            money.clock.advance(86_400)
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            for _ in 1...6 { try await money.pass(12 * 3600) }
            #expect(try await Self.state(money) == "unknown")
            let found = try #require(await money.cases().last)
            #expect(found.kind == .oursOnly && found.choices == [.absent, .acknowledged])
            try await money.handle(found, .absent)
            #expect(try await Self.state(money) == "refused")
            #expect(try await money.held(.unidentifiedReceipts) == -6_999)
            #expect(try await money.cases().first?.state == .open)
            #expect(try await money.broken() == [])
            // Returned once more, it is another refund.
            money.world.change {
                $0.refundDefault = .payout(code: "00")
                $0.queryDefault = .query(code: "00", original: "00", amountFen: 6_999)
            }
            try await money.handle(try #require(await money.cases().first), .returned)
            try await money.pass(0)
            try await money.pass(60)
            #expect(try await Self.state(money) == "completed")
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "One that the bank confirms after its money went elsewhere is a loss, and ends as two people say",
        arguments: [(Handling.charged, "refused"), (.madeGood, "completed"), (.borne, "completed")])
    func disputed(handling: Handling, end: String) async throws {
        try await Self.returning { money in
            money.world.change { $0.refundDefault = .payout(code: "61") }
            try await money.pass(0)
            #expect(try await Self.state(money) == "refused")
            try await money.handle(try #require(await money.cases().first), .credited)
            let number: String = try await money.owner.query("SELECT number FROM refunds").only()["number"]
            let line = BankFiles.Line(
                trade: .refund, serial: "202611240000000000321", originalSerial: "202611230000000000001",
                orderNumber: number, amount: 6_999)
            try await money.file(MoneyFixture.day.adding(days: 1), [line])
            #expect(try await Self.state(money) == "disputed")
            try await money.platform.bankFiles.workOff(MoneyFixture.day.adding(days: 1))
            #expect(try await money.held(.differenceReceivable) == 6_999, "once")
            let found = try #require(await money.cases().last)
            try await money.handle(found, handling)
            #expect(try await Self.state(money) == end)
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.balances().available == Money(fen: handling == .charged ? 0 : 6_999))
            #expect(try await money.broken() == [])
        }
    }
}
