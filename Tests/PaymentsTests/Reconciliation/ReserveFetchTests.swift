import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Fetching the reserve account's statements")
struct ReserveFetchTests {
    private static let day = MoneyFixture.day
    private static let next = day.adding(days: 1)

    /// A statement as the bank writes it; each line is serial, change and purpose.
    private static func csv(
        _ day: LocalDate, _ opening: Int64, _ lines: [(serial: String, change: Int64, purpose: String)]
    ) -> String {
        var balance = opening
        var text = "record,day,serial,bookedAt,direction,amount,balance,counterparty,purpose\r\n"
        text += "opening,\(day),,,,,\(balance),,\r\n"
        for line in lines {
            balance += line.change
            text +=
                "line,\(day),\(line.serial),\(day)T10:00:00+08:00,\(line.change < 0 ? "out" : "in"),"
                + "\(line.change.magnitude),\(balance),\"中国银联（模拟）, \"\"清算\"\"\",\(line.purpose)\r\n"
        }
        return text + "closing,\(day),,,,,\(balance),,\r\n"
    }

    private static func net(of day: LocalDate) -> String {
        "商户清算 " + day.description.filter { $0 != "-" }
    }

    /// What a person was told of statements.
    private static func told(_ money: MoneyFixture) async throws -> [String] {
        let items = try await money.platform.monitoring.openWorkItems(within: .national).rows.map(\.detail)
        return try await (items + money.openCases()).filter { $0.contains("备付金账户") }
    }

    private static func statements(_ money: MoneyFixture) async throws -> [LocalDate] {
        try await money.owner.query("SELECT day FROM reserve_statements ORDER BY day").map { try $0["day"] }
    }

    @Test("Each day is fetched in its turn, an absent one is waited for, and the net reaches the reserve")
    func inTurn() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            money.world.change {
                $0.statements[Self.next.description] = Self.csv(
                    Self.next, 0, [("R1", 10_000, Self.net(of: Self.day))])
            }
            // The account has no entry on the first day; the second day's statement is there already.
            try await money.pass(20 * 3600)
            #expect(try await Self.statements(money) == [])
            try await money.pass(20 * 3600)
            #expect(try await Self.statements(money) == [Self.next])
            #expect(try await money.held(.reserve) == 10_000)
            #expect(try await money.held(.bankClearing) == 0)
            // Of the third day there is none yet: a person is told after its time, and the matter ends with it.
            let third = Self.next.adding(days: 1)
            try await money.pass(24 * 3600)
            #expect(try await Self.told(money) == [])
            try await money.pass(18 * 3600)
            #expect(try await Self.told(money) == ["备付金账户 \(third) 的对账单未能入账：银行还没有这一天的对账单"])
            money.world.change { $0.statements[third.description] = Self.csv(third, 10_000, []) }
            try await money.pass(1800)
            #expect(try await Self.statements(money) == [Self.next, third])
            #expect(try await Self.told(money) == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test("A statement waits for the file whose net it brings")
    func waitsForFile() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 700)
            money.world.change {
                $0.statements[Self.day.description] = Self.csv(Self.day, 0, [])
                $0.statements[Self.next.description] = Self.csv(
                    Self.next, 0, [("R1", 700, Self.net(of: Self.day))])
            }
            try await money.pass(48 * 3600)
            #expect(try await Self.statements(money) == [Self.day])
            try await money.file([money.line(of: topUp)])
            try await money.pass(3600)
            #expect(try await Self.statements(money) == [Self.day, Self.next])
            #expect(try await money.held(.reserve) == 700)
            #expect(try await money.cases().isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A statement that is cut off, wrongly signed, or does not follow on the one before is not booked, and told",
        arguments: ["half", "forged", "balance", "opening"])
    func unusable(fault: String) async throws {
        try await MoneyFixture.with { money in
            _ = try await money.credited(fen: 700)
            let good = Self.csv(Self.day, 0, [("R1", 500, "自有资金")])
            money.world.change {
                $0.isForging = fault == "forged"
                $0.statements[Self.day.description] =
                    switch fault {
                    case "half": String(good.prefix(good.count / 2))
                    case "balance": good.replacing(",500,500,", with: ",500,501,")
                    case "opening": Self.csv(Self.day, 1, [])
                    default: good
                    }
            }
            try await money.pass(48 * 3600)
            #expect(try await Self.statements(money) == [])
            #expect(try await money.held(.reserve) == 0)
            #expect(try await Self.told(money).count { $0.contains("\(Self.day) 的对账单未能入账") } == 1)
            money.world.change {
                $0.isForging = false
                $0.statements[Self.day.description] = good
            }
            for _ in 1...4 { try await money.pass(1800) }
            #expect(try await Self.statements(money) == [Self.day])
            #expect(try await money.held(.reserve) == 500)
        }
    }

    @Test("A net that does not arrive by its waiting days is a loss, and is made good when it comes")
    func short() async throws {
        try await MoneyFixture.with { money in
            let first = try await money.credited(fen: 10_000)
            let late = try await money.credited(fen: 2_000)
            try await money.file([money.line(of: first)])
            try await money.file(Self.next, [money.line(of: late)])
            let statements = money.platform.reserveStatements
            // Monday's net is in the statement of no day until Thursday's.
            for offset in 0...3 {
                let day = Self.day.adding(days: offset)
                let lines = offset == 2 ? [("R2", Int64(2_000), Self.net(of: Self.next))] : []
                let statement = try ReserveStatements.statement(
                    Array(Self.csv(day, offset > 2 ? 2_000 : 0, lines).utf8), of: day)
                try await statements.take(statement)
                try await statements.lookForRests(through: day)
                #expect(try await money.held(.differenceReceivable) == (offset < 3 ? 0 : 10_000))
            }
            let found = try #require(await money.cases().last)
            #expect(found.channel == .reserve && found.parking == .loss && found.kind == .oursOnly)
            #expect(found.amount == Money(fen: 10_000))
            #expect(found.choices == [.madeGood, .borne], "no company is to blame")
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.broken() == [])
            try await statements.lookForRests(through: Self.day.adding(days: 3))
            #expect(try await money.held(.differenceReceivable) == 10_000, "once")
            let day = Self.day.adding(days: 4)
            try await statements.take(
                ReserveStatements.statement(
                    Array(Self.csv(day, 2_000, [("R3", 10_000, Self.net(of: Self.day))]).utf8), of: day))
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.held(.reserve) == 12_000)
            #expect(try await money.cases().last?.state == .selfCleared)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A net that people have taken for made good and that does not come is parked once more")
    func shortAgain() async throws {
        try await MoneyFixture.with { money in
            let first = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: first)])
            let statements = money.platform.reserveStatements
            func pass(_ offset: Int) async throws {
                let day = Self.day.adding(days: offset)
                try await statements.take(
                    ReserveStatements.statement(Array(Self.csv(day, 0, []).utf8), of: day))
                try await statements.lookForRests(through: day)
            }
            for offset in 0...3 { try await pass(offset) }
            try await money.handle(try #require(await money.cases().last), .madeGood)
            #expect(try await money.held(.bankClearing) == 10_000)
            try await pass(4)
            #expect(try await money.held(.differenceReceivable) == 10_000)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.cases().filter { $0.state.isOpen }.count == 1)
            try await money.handle(
                try #require(await money.cases().first { $0.state.isOpen }), .borne)
            try await pass(5)
            #expect(try await money.held(.channelCost) == 10_000)
            #expect(
                try await money.cases().allSatisfy { !$0.state.isOpen }, "what is borne is not parked again")
        }
    }

    @Test("A net that arrives in parts is a case until its rest is there")
    func inParts() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            let statements = money.platform.reserveStatements
            func take(_ day: LocalDate, _ opening: Int64, _ serial: String, _ change: Int64) async throws {
                try await statements.take(
                    ReserveStatements.statement(
                        Array(Self.csv(day, opening, [(serial, change, Self.net(of: Self.day))]).utf8),
                        of: day))
            }
            try await take(Self.next, 0, "R1", 9_000)
            #expect(try await money.cases().map(\.state) == [.open])
            try await take(Self.next.adding(days: 1), 9_000, "R2", 1_000)
            #expect(try await money.cases().map(\.state) == [.selfCleared])
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.broken() == [])
        }
    }

    // MARK: Repeated, broken off, at once

    private static let statementsLock: SQL =
        "SELECT pg_advisory_xact_lock(hashtext('reserve_statements'))"

    /// The days whose statements are planned.
    private static func planned(_ money: MoneyFixture) async throws -> [LocalDate] {
        try await money.owner.query("SELECT subject_id FROM jobs WHERE kind = 'reserveStatement' ORDER BY 1")
            .map { LocalDate(daysSinceEpoch: Int(try $0.decode("subject_id", as: Int64.self))) }
    }

    /// Plans the statement of a day and no other, as whoever was about to fetch it left it.
    private static func plan(_ day: LocalDate, _ money: MoneyFixture) async throws {
        let moment = money.clock.now
        try await money.owner.execute("DELETE FROM jobs WHERE kind = 'reserveStatement'")
        try await money.platform.database.transaction { connection in
            try Jobs.schedule(.reserveStatement, Int64(day.daysSinceEpoch), due: moment, on: connection)
        }
    }

    /// The net of the first day is in the bank's statement of the next one, which may be fetched by now.
    private static func settled(_ body: @Sendable (MoneyFixture) async throws -> Void) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            money.world.change {
                $0.statements[next.description] = csv(next, 0, [("R1", 10_000, net(of: day))])
            }
            money.clock.advance(41 * 3600)
            try await plan(next, money)
            try await body(money)
            #expect(try await statements(money) == [next])
            #expect(try await planned(money) == [next.adding(days: 1)])
            #expect(try await money.entries(.settled) == 1)
            #expect(try await money.held(.reserve) == 10_000)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.cases().isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Two workers that fetch one statement at once book it once, and so does one that comes later")
    func fetchedAtOnce() async throws {
        try await Self.settled { money in
            let statements = money.platform.reserveStatements
            @Sendable func fetch() async throws { try await statements.advance(Self.next, attempts: 0) }
            try await money.atOnce(behind: Self.statementsLock, [fetch, fetch])
            try await fetch()
            try await money.pass(0)
        }
    }

    @Test("A worker that dies over the call leaves the statement to another", arguments: Death.allCases)
    func diedOverCall(death: Death) async throws {
        try await Self.settled { money in
            try await money.die(death, over: "\(Self.next)")
            #expect(try await Self.statements(money).isEmpty)
            #expect(try await money.held(.reserve) == 0)
            try await money.pass(Jobs.fileLeaseSeconds)
        }
    }

    @Test(
        "A statement that was taken by a worker that died then is not booked again, and the next is planned")
    func diedAfterTaking() async throws {
        try await Self.settled { money in
            let text = Self.csv(Self.next, 0, [("R1", 10_000, Self.net(of: Self.day))])
            try await money.platform.reserveStatements.take(
                ReserveStatements.statement(Array(text.utf8), of: Self.next))
            #expect(try await Self.planned(money) == [Self.next])
            try await money.pass(0)
        }
    }

    /// A net that has not arrived by its last day, whose statement is taken, and looked at by nobody yet.
    private static func short(_ body: @Sendable (MoneyFixture) async throws -> Void) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            for offset in 0...3 {
                let day = day.adding(days: offset)
                try await money.platform.reserveStatements.take(
                    ReserveStatements.statement(Array(csv(day, 0, []).utf8), of: day))
            }
            #expect(try await money.held(.bankClearing) == 10_000)
            try await body(money)
            #expect(try await money.broken() == [])
        }
    }

    private static let last = day.adding(days: 3)

    /// The late net, in the statement of the day after.
    private static func late() throws -> ReserveStatements.Statement {
        let day = last.adding(days: 1)
        return try ReserveStatements.statement(
            Array(csv(day, 0, [("R9", 10_000, net(of: Self.day))]).utf8), of: day)
    }

    @Test(
        "A short net is parked though the worker died after the statement, and once though it died after that"
    )
    func shortAfterRestart() async throws {
        try await Self.short { money in
            for _ in 1...2 {
                // Taken, and parked the second time; the job is there still.
                try await Self.plan(Self.last, money)
                try await money.pass(0)
                #expect(try await money.held(.differenceReceivable) == 10_000)
                #expect(try await money.held(.bankClearing) == 0)
                #expect(try await money.entries(.settlementShort) == 1)
                #expect(try await money.cases().map(\.parking) == [.loss])
                #expect(try await Self.planned(money) == [Self.last.adding(days: 1)])
            }
        }
    }

    @Test("Two workers that find a net short at once park it once")
    func shortAtOnce() async throws {
        try await Self.short { money in
            let statements = money.platform.reserveStatements
            @Sendable func look() async throws { try await statements.lookForRests(through: Self.last) }
            try await money.atOnce(behind: Self.statementsLock, [look, look])
            #expect(try await money.held(.differenceReceivable) == 10_000)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.entries(.settlementShort) == 1)
            #expect(try await money.cases().map(\.parking) == [.loss])
        }
    }

    @Test(
        "A net that arrives while it is parked is made good; one that has just arrived is not parked",
        arguments: [true, false])
    func shortWhileArriving(isParkedFirst: Bool) async throws {
        try await Self.short { money in
            let statements = money.platform.reserveStatements
            let late = try Self.late()
            @Sendable func look() async throws { try await statements.lookForRests(through: Self.last) }
            @Sendable func arrive() async throws { try await statements.take(late) }
            try await money.atOnce(
                behind: Self.statementsLock,
                isParkedFirst ? [look, arrive] : [arrive, look])
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.held(.reserve) == 10_000)
            #expect(try await money.entries(.settlementShort) == (isParkedFirst ? 1 : 0))
            #expect(try await money.entries(.madeGood) == (isParkedFirst ? 1 : 0))
            #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
        }
    }
}
