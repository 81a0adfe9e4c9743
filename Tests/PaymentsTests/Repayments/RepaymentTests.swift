import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Repayment of what a company owes")
struct RepaymentTests {
    /// A company that owes 50.00: a top-up of 80.00 was reversed when 50.00 of it were set aside, and charged by two people.
    private static func indebted(_ body: @Sendable (MoneyFixture) async throws -> Void) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 8_000)
            try await money.file([money.line(of: topUp)])
            money.world.change { $0.queryDefault = .query(code: "34", original: nil) }
            let number = try await money.platform.withdrawals.submit(
                money.command(), amount: Money(fen: 5_000), password: MoneyFixture.paymentPassword,
                by: money.clerk)
            try await money.file(
                MoneyFixture.day.adding(days: 1),
                [
                    BankFiles.Line(
                        trade: .reversal, serial: "202611240000000000001", originalSerial: topUp.bankSerial,
                        orderNumber: topUp.number, amount: 8_000)
                ])
            try await money.handle(try #require(await money.cases().first), .charged)
            #expect(try await money.held(.enterpriseReceivable) == 5_000)
            #expect(try await state(money) == "outgoingStopped")
            try await money.platform.withdrawals.cancel(number, by: money.clerk)
            #expect(try await money.balances().available == Money(fen: 5_000))
            try await body(money)
        }
    }

    private static func state(_ money: MoneyFixture) async throws -> String {
        try await money.owner.query("SELECT state FROM enterprises").only()["state"]
    }

    private static func waiting(_ money: MoneyFixture) async throws -> Repayment {
        let found = try await money.platform.repayments.receivable(
            of: money.merchantNumber, within: .national)
        return try #require(found?.waiting)
    }

    private static func repay(_ money: MoneyFixture, fen: Int64) async throws {
        let repayments = money.platform.repayments
        try await repayments.propose(
            of: money.merchantNumber, Money(fen: fen), reason: "单位来函同意", by: money.operations(),
            from: money.clerk.origin)
        let found = try await waiting(money)
        try await repayments.decide(
            found.number, of: money.merchantNumber, isAgreed: true, version: found.version,
            by: money.supervisor(), from: money.clerk.origin)
    }

    @Test("A part lowers the debt; with the rest payments go on")
    func inParts() async throws {
        try await Self.indebted { money in
            try await Self.repay(money, fen: 2_000)
            #expect(try await money.held(.enterpriseReceivable) == 3_000)
            #expect(try await Self.state(money) == "outgoingStopped")
            #expect(try await money.broken() == [])
            try await Self.repay(money, fen: 3_000)
            #expect(try await money.held(.enterpriseReceivable) == 0)
            #expect(try await money.balances().available == .zero)
            #expect(try await Self.state(money) == "active")
            #expect(try await money.broken() == [])
            let found = try await money.platform.repayments.receivable(
                of: money.merchantNumber, within: .national)
            #expect(found?.decided.map(\.state) == [.agreed, .agreed])
            let lines = try await money.platform.statements.page(
                of: money.clerk.enterprise, filter: StatementFilter()
            ).movements.filter { $0.code == PostingCode.repaid.rawValue }
            #expect(lines.map(\.expense) == [Money(fen: 3_000), Money(fen: 2_000)])
            #expect(lines.map(\.counterparty) == ["应收企业款", "应收企业款"])
            let told = try await money.owner.query(
                "SELECT amount FROM inbox_messages WHERE topic = 'receivableRepaid' ORDER BY id")
            #expect(try told.map { try $0.decode("amount", as: Int64.self) } == [2_000, 3_000])
        }
    }

    @Test("Nothing goes on by a request of nothing while a loss is parked")
    func parked() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 8_000)
            try await money.file([money.line(of: topUp)])
            try await money.file(
                MoneyFixture.day.adding(days: 1),
                [
                    BankFiles.Line(
                        trade: .reversal, serial: "202611240000000000001", originalSerial: topUp.bankSerial,
                        orderNumber: topUp.number, amount: 8_000)
                ])
            #expect(try await Self.state(money) == "outgoingStopped")
            await #expect(throws: RepaymentError.nothingToDo) {
                try await money.platform.repayments.propose(
                    of: money.merchantNumber, .zero, reason: "x", by: money.operations(),
                    from: money.clerk.origin)
            }
            #expect(try await Self.state(money) == "outgoingStopped")
        }
    }

    @Test(
        "Not more than is owed or available, nor nothing while something is owed, and one request at a time")
    func limits() async throws {
        try await Self.indebted { money in
            let (repayments, origin) = (money.platform.repayments, money.clerk.origin)
            let operations = try await money.operations()
            func propose(_ fen: Int64, _ reason: String = "x") async throws {
                try await repayments.propose(
                    of: money.merchantNumber, Money(fen: fen), reason: reason, by: operations, from: origin)
            }
            await #expect(throws: RepaymentError.moreThanOwed) { try await propose(5_001) }
            await #expect(throws: RepaymentError.nothingToDo) { try await propose(0) }
            await #expect(throws: RepaymentError.reasonMissing) { try await propose(1, " ") }
            await #expect(throws: RepaymentError.notAllowed) {
                try await repayments.propose(
                    of: money.merchantNumber, Money(fen: 1), reason: "x", by: money.supervisor(), from: origin
                )
            }
            try await propose(5_000)
            let waiting = try await repayments.waiting(within: .national)
            #expect(waiting.map(\.merchantNumber) == [money.merchantNumber])
            #expect(try await repayments.waiting(within: .city("430200")).isEmpty)
            await #expect(throws: RepaymentError.stale) { try await propose(1) }
            let found = try await Self.waiting(money)
            await #expect(throws: RepaymentError.samePerson) {
                try await repayments.decide(
                    found.number, of: money.merchantNumber, isAgreed: true, version: found.version,
                    by: operations, from: origin)
            }
            await #expect(throws: RepaymentError.stale) {
                try await repayments.decide(
                    found.number, of: money.merchantNumber, isAgreed: true, version: found.version + 1,
                    by: money.supervisor(), from: origin)
            }
            await #expect(throws: RepaymentError.reasonMissing) {
                try await repayments.decide(
                    found.number, of: money.merchantNumber, isAgreed: false, version: found.version,
                    by: money.supervisor(), from: origin)
            }
            try await repayments.decide(
                found.number, of: money.merchantNumber, isAgreed: false, reason: "请先联系单位",
                version: found.version, by: money.supervisor(), from: origin)
            #expect(try await money.held(.enterpriseReceivable) == 5_000)
            let refused = try await money.owner.query(
                "SELECT 1 FROM audit_events WHERE action = 'repaymentRefused' AND NOT is_allowed")
            #expect(refused.count >= 4)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Five people deciding at once repay once")
    func atOnce() async throws {
        try await Self.indebted { money in
            let (repayments, origin) = (money.platform.repayments, money.clerk.origin)
            try await repayments.propose(
                of: money.merchantNumber, Money(fen: 2_500), reason: "x", by: money.operations(), from: origin
            )
            let (found, supervisor) = (try await Self.waiting(money), try await money.supervisor())
            let agreed = await withTaskGroup(of: Bool.self) { group in
                for _ in 1...5 {
                    group.addTask {
                        do {
                            try await repayments.decide(
                                found.number, of: money.merchantNumber, isAgreed: true,
                                version: found.version,
                                by: supervisor, from: origin)
                            return true
                        } catch {
                            #expect(error as? RepaymentError == .stale)
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(agreed == 1)
            #expect(try await money.held(.enterpriseReceivable) == 2_500)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Two people proposing at once make one request, and it is repaid once")
    func proposedAtOnce() async throws {
        try await Self.indebted { money in
            let (repayments, origin) = (money.platform.repayments, money.clerk.origin)
            let people = [try await money.operations(), try await money.otherOperations()]
            let outcomes = try await money.atOnce(
                behind: money.accountsLock, refusal: RepaymentError.self,
                people.map { person in
                    {
                        try await repayments.propose(
                            of: money.merchantNumber, Money(fen: 3_000), reason: "单位来函同意", by: person,
                            from: origin)
                    }
                })
            #expect(outcomes == [nil, .stale])
            #expect(try await money.decisions(.repayReceivable) == [1, 0])
            #expect(try await money.broken() == [])
            let found = try await Self.waiting(money)
            try await repayments.decide(
                found.number, of: money.merchantNumber, isAgreed: true, version: found.version,
                by: money.supervisor(), from: origin)
            await #expect(throws: RepaymentError.stale) {
                try await repayments.decide(
                    found.number, of: money.merchantNumber, isAgreed: true, version: found.version,
                    by: money.supervisor(), from: origin)
            }
            #expect(try await money.held(.enterpriseReceivable) == 2_000)
            #expect(try await money.balances().available == Money(fen: 2_000))
            #expect(try await money.entries(.repaid) == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A gap that is not covered for a working day breaks the cover of customers' money")
    func cover() async throws {
        try await Self.indebted { money in
            #expect(try await money.broken() == [], "a gap of today is given time")
            for _ in 1...3 { try await money.pass(86_400) }
            #expect(
                try await money.broken().filter { $0.hasPrefix("I9") } == [
                    "I9: [\"cover is short by 5000 fen\"]"
                ])
            // Own money in the reserve covers it.
            let newest = MoneyFixture.day.adding(days: 3)
            try await money.platform.reserveStatements.take(
                ReserveStatements.Statement(
                    day: newest, account: ReserveStatements.account, opening: 0, closing: 5_000,
                    lines: [
                        ReserveStatements.Line(
                            serial: "R9", change: 5_000, counterparty: "自有资金", purpose: "补足",
                            settlementDate: nil)
                    ]))
            #expect(
                try await money.broken().count { $0.hasPrefix("I9") } == 1, "not before two people say so")
            let own = try #require(await money.cases().first { $0.channel == .reserve })
            try await money.handle(own, .ownFunds)
            #expect(try await money.broken().filter { $0.hasPrefix("I9") } == [])
        }
    }
}
