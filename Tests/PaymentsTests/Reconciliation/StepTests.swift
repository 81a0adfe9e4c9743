import Postgres
import Testing

@testable import Payments

@Suite("Steps of differences and refunds")
struct StepTests {
    @Test("The database has the same tables as the code")
    func same() async throws {
        try await MoneyFixture.with { money in
            func rows(_ table: String) async throws -> Set<[String]> {
                Set(
                    try await money.owner.query("SELECT from_state, event, to_state FROM \(unsafeRaw: table)")
                        .map { [try $0["from_state"], try $0["event"], try $0["to_state"]] })
            }
            let differences = try await rows("difference_steps")
            #expect(
                differences
                    == Set(
                        DifferenceState.steps.map {
                            [$0.from?.rawValue ?? "", $0.event.rawValue, $0.to.rawValue]
                        }))
            let refunds = try await rows("refund_steps")
            #expect(
                refunds
                    == Set(
                        RefundStatus.steps.map {
                            [$0.from?.rawValue ?? "", $0.event.rawValue, $0.to.rawValue]
                        }))
        }
    }

    @Test("A step that the table does not have is refused by the database")
    func refused() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.file([money.line(of: topUp, amount: 6_900)])
            let id = try #require(await money.cases().first).id
            for event in DifferenceState.Event.allCases
            where !DifferenceState.steps.contains(where: { $0.from == .open && $0.event == event }) {
                await #expect(throws: PostgresError.self) {
                    try await money.platform.database.transaction {
                        try Differences.record(event, of: id, at: money.clock.now, by: .system, on: $0)
                    }
                }
            }
        }
    }

    @Test("A refund of a receipt is sent once, confirmed by the file, and empties its case")
    func refund() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 3_000)
            try await money.file([
                money.line(of: topUp), money.line(of: topUp, serial: "202611230000000000888"),
            ])
            try await money.handle(try #require(await money.cases().first), .returned)
            let number = try #require(try await money.owner.query("SELECT number FROM refunds").first)
                .decode("number", as: String.self)
            // The answer to the refund is lost: nobody knows, until the file says so.
            try await money.pass(0)
            #expect(try await money.held(.returnInTransit) == -3_000)
            #expect(try await money.broken() == [])
            try await money.file(
                MoneyFixture.day.adding(days: 2),
                [
                    BankFiles.Line(
                        trade: .refund, serial: "202611250000000000001",
                        originalSerial: "202611230000000000888", orderNumber: number, amount: 3_000)
                ])
            let state = try await money.owner.query("SELECT state FROM refunds").first
            #expect(try state?.decode("state", as: String.self) == "completed")
            #expect(try await money.held(.returnInTransit) == 0)
            #expect(try await money.held(.bankClearing) == 3_000)
            #expect(try await money.broken() == [])
        }
    }
}
