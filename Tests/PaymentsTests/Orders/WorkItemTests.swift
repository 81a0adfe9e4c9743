import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Open items that only a person closes")
struct WorkItemTests {
    /// A credited top-up of which the bank says something else afterwards.
    private static func contradicted(_ money: MoneyFixture) async throws -> TopUp {
        let topUp = try await money.credited(fen: 7_000)
        try await money.platform.topUps.settle(topUp, .debitedLate, askedAt: money.clock.now, attempts: 0)
        return topUp
    }

    private static func view(_ topUp: TopUp, _ money: MoneyFixture) async throws -> StaffOrder {
        try #require(
            await money.platform.staffOrders.view(
                topUp.number, by: money.operations(), from: money.clerk.origin))
    }

    private static func resolve(
        _ items: [Int64], _ topUp: TopUp, _ money: MoneyFixture, _ resolution: String = "已与银行核实",
        by member: StaffMember? = nil
    ) async throws {
        let operations = try await money.operations()
        try await money.platform.staffOrders.resolve(
            items, of: topUp.number, resolution: resolution, by: member ?? operations,
            from: money.clerk.origin)
    }

    @Test(
        "One of an ended order is closed by operations with what came of it, once, and stands in the audit trail"
    )
    func closed() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await Self.contradicted(money)
            let order = try await Self.view(topUp, money)
            #expect(order.isLeftToPeople && order.workItems.count == 1)
            let items = order.workItems.map(\.id)
            for resolution in ["", " ", String(repeating: "长", count: 501)] {
                await #expect(throws: WorkItemError.resolutionMissing) {
                    try await Self.resolve(items, topUp, money, resolution)
                }
            }
            let supervisor = try await money.supervisor()
            await #expect(throws: WorkItemError.notAllowed) {
                try await Self.resolve(items, topUp, money, by: supervisor)
            }
            for _ in 1...2 { try await Self.resolve(items, topUp, money) }
            #expect(try await Self.view(topUp, money).workItems.isEmpty)
            #expect(try await money.workItems().isEmpty)
            let row = try await money.owner.query(
                "SELECT resolved_by, resolution, resolved_at = \(money.clock.now) AS is_now FROM work_items"
            ).only()
            let operations = try await money.operations()
            #expect(try row["resolved_by"] == operations.id)
            #expect(try row["resolution"] == "已与银行核实" && row["is_now"])
            let audited = try await money.owner.query(
                "SELECT subject, detail FROM audit_events WHERE action = 'workItemResolved'"
            ).only()
            #expect(try audited["subject"] == topUp.number)
            #expect(try audited["detail"] == "topUp.lateDebit: 已与银行核实")
            #expect(try await money.broken() == [])
        }
    }

    @Test("What comes after the page was seen stays open, and so do the items of another order")
    func onlySeen() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await Self.contradicted(money)
            let seen = try await Self.view(topUp, money).workItems.map(\.id)
            let other = try await Self.contradicted(money)
            try await money.platform.database.transaction {
                try WorkItems.raise(
                    "topUp.contradicted", order: topUp.reference.id, detail: "新的消息", at: money.clock.now,
                    on: $0)
            }
            let foreign = try await Self.view(other, money).workItems.map(\.id)
            try await Self.resolve(seen + foreign, topUp, money)
            #expect(try await Self.view(topUp, money).workItems.map(\.detail) == ["新的消息"])
            #expect(try await Self.view(other, money).workItems.map(\.id) == foreign)
        }
    }

    @Test("One of an order that goes on, or that has an open case, is left to what will end it")
    func goesOn() async throws {
        try await MoneyFixture.with { money in
            let running = try await money.order(fen: 8_000)
            _ = try await money.platform.topUps.handOff(running.number, by: money.clerk)
            try await money.platform.database.transaction {
                try WorkItems.raise(
                    "topUp.openTooLong", order: running.reference.id, detail: "没有结果", at: money.clock.now,
                    on: $0)
            }
            let topUp = try await Self.contradicted(money)
            // The file of its day lacks it: a case of the machine's own.
            try await money.file([])
            for order in [running, topUp] {
                let found = try await Self.view(order, money)
                #expect(!found.isLeftToPeople && found.workItems.count == 1)
                await #expect(throws: WorkItemError.goesOn) {
                    try await Self.resolve(found.workItems.map(\.id), order, money)
                }
            }
            #expect(try await Self.view(topUp, money).workItems.count == 1)
        }
    }

    @Test("One of another region is not there")
    func elsewhere() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await Self.contradicted(money)
            _ = try await money.platform.staff.add(
                number: "YY0009", name: "运营九", role: .operations, region: .city("440100"),
                mobile: "13900000029",
                at: money.clock.now)
            let stranger = try #require(await money.platform.staff.find(number: "YY0009"))
            await #expect(throws: WorkItemError.notFound) {
                try await Self.resolve([1], topUp, money, by: stranger)
            }
        }
    }
}
