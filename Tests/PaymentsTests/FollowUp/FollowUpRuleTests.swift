import Foundation
import Postgres
import Testing

@testable import Payments

/// Each rule with what it looks for, and with what only just is not that. The thresholds are those of the migration.
@Suite("Rules of follow-up monitoring")
struct FollowUpRuleTests {
    static let hour = 3600.0
    static let day = 86_400.0

    @Test(
        "Topped up and withdrawn within 24 hours, at least 10,000 yuan and 80 %: a case with both orders",
        arguments: [
            (1_000_000, 1_000_000, 24 * FollowUpRuleTests.hour - 1, true), (1_250_000, 1_000_000, 60, true),
            (1_000_000, 1_000_000, 24 * FollowUpRuleTests.hour + 1, false), (999_999, 999_999, 60, false),
            (1_250_001, 1_000_000, 60, false),
        ])
    func quickTurn(topUp: Int, withdrawn: Int, after seconds: Double, isHit: Bool) async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: Int64(topUp))
            money.clock.advance(seconds)
            let number = try await money.withdrawNow(fen: Int64(withdrawn))
            try await money.applyRules()
            let found = try await money.followUps(.quickTurn)
            #expect(found.count == (isHit ? 1 : 0))
            guard let found = found.first else { return }
            #expect(found.rule.sentence == "充值入账后 24 小时内提现合计 10,000.00 元以上，且不少于充值金额的 80%，其间没有缴费")
            #expect(found.state == .open && found.hold == nil)
            let details = try await money.details(found)
            #expect(details.evidence.map(\.fact) == [.toppedUp, .withdrawn])
            #expect(details.evidence.last?.order?.number == number)
            #expect(details.evidence.map { $0.order?.amount.fen } == [Int64(topUp), Int64(withdrawn)])
            #expect(details.events.map(\.event) == ["raised"])
        }
    }

    @Test("Withdrawn in parts it is the same, once for the top-up")
    func quickTurnInParts() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 2_000_000)
            for (fen, count) in [(900_000, 0), (699_999, 0), (1, 1), (400_000, 1)] {
                money.clock.advance(60)
                try await money.withdrawNow(fen: Int64(fen))
                try await money.applyRules()
                #expect(try await money.followUps(.quickTurn).count == count)
            }
            let found = try #require(await money.followUps(.quickTurn).first)
            #expect(
                try await money.details(found).evidence.compactMap { $0.order?.amount.fen }
                    == [2_000_000, 900_000, 699_999, 1])
            // Another top-up that leaves at once is another case.
            try await money.fund(fen: 1_000_000)
            try await money.withdrawNow(fen: 1_000_000)
            try await money.applyRules()
            #expect(try await money.followUps(.quickTurn).count == 2)
        }
    }

    @Test("A bill that is paid, or on its way, between top-up and withdrawal ends the suspicion")
    func billPaid() async throws {
        for outcome in ["writtenOff", "writeOffUnknown", "silence", "writeOffFailed", "refused"] {
            try await MoneyFixture.with { money in
                try await money.fund(fen: 1_010_000)
                money.world.change {
                    $0.paymentStatus = outcome
                    $0.silentPayments = outcome == "silence" ? 1 : 0
                }
                let query = try await money.askForBills()
                _ = try await money.platform.billPayments.pay(
                    money.command(), query: query,
                    plan: BillPayments.plan(query, chosen: [], amount: nil),
                    account: money.merchantNumber, password: MoneyFixture.paymentPassword, by: money.clerk)
                try await money.pass(0)
                money.clock.advance(60)
                _ = try await money.withdraw(fen: 1_000_000, funding: 0)
                try await money.applyRules()
                let isSuspicious = outcome == "writeOffFailed" || outcome == "refused"
                #expect(try await money.followUps(.quickTurn).count == (isSuspicious ? 1 : 0), "\(outcome)")
            }
        }
    }

    @Test("A bill paid before the top-up is none between")
    func billBefore() async throws {
        try await MoneyFixture.with { money in
            _ = try await money.submitBill()
            try await money.pass(0)
            money.clock.advance(60)
            try await money.fund(fen: 1_000_000)
            try await money.withdrawNow(fen: 1_000_000)
            try await money.applyRules()
            #expect(try await money.followUps(.quickTurn).count == 1)
        }
    }

    @Test(
        "Five withdrawals of at most 5,000 yuan within 24 hours: a case of the five, and the next one after five more"
    )
    func manySmall() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000_000)
            var numbers: [String] = []
            for count in 1...9 {
                money.clock.advance(60)
                numbers.append(try await money.withdrawNow(fen: count == 1 ? 500_000 : 100))
                try await money.applyRules()
                #expect(try await money.followUps(.manySmall).count == (count < 5 ? 0 : 1))
            }
            let first = try #require(await money.followUps(.manySmall).first)
            #expect(
                try await money.details(first).evidence.compactMap { $0.order?.number }
                    == Array(numbers.prefix(5)))
            numbers.append(try await money.withdrawNow(fen: 100))
            try await money.applyRules()
            let second = try #require(await money.followUps(.manySmall).last)
            #expect(
                try await money.details(second).evidence.compactMap { $0.order?.number }
                    == Array(numbers.suffix(5)))
        }
    }

    @Test("Ten at once, before the rules are applied, are two cases all the same")
    func manyAtOnce() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000)
            for _ in 1...11 { _ = try await money.withdraw(fen: 100, funding: 0) }
            try await money.applyRules()
            let found = try await money.followUps(.manySmall)
            #expect(found.count == 2)
            var cited: [String] = []
            for one in found {
                cited += try await money.details(one).evidence.compactMap { $0.order?.number }
            }
            #expect(cited.count == 10 && Set(cited).count == 10)
        }
    }

    @Test(
        "Four small ones, a fifth that is larger, one of the day before, or one that was cancelled are no case",
        arguments: ["four", "larger", "dayBefore", "cancelled"])
    func nearlyMany(what: String) async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000_000)
            let first = try await money.withdraw(fen: what == "larger" ? 500_001 : 100, funding: 0)
            switch what {
            case "four": money.clock.advance(60)
            case "cancelled": try await money.platform.withdrawals.cancel(first, by: money.clerk)
            case "dayBefore": money.clock.advance(24 * FollowUpRuleTests.hour)
            default: break
            }
            for _ in 1...(what == "four" ? 3 : 4) { _ = try await money.withdraw(fen: 100, funding: 0) }
            try await money.applyRules()
            #expect(try await money.followUps(.manySmall).isEmpty)
        }
    }

    @Test(
        "50,000 yuan to an account that was verified within seven days: a case",
        arguments: [
            (5_000_000, 7 * FollowUpRuleTests.day - 1, true), (5_000_000, 7 * FollowUpRuleTests.day, false),
            (4_999_999, FollowUpRuleTests.hour, false),
        ])
    func newAccountLarge(fen: Int, at seconds: Double, isHit: Bool) async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: Int64(fen))
            money.move(to: seconds)
            try await money.withdrawNow(fen: Int64(fen))
            try await money.applyRules()
            let found = try await money.followUps(.newAccountLarge)
            #expect(found.count == (isHit ? 1 : 0))
            guard let found = found.first else { return }
            let evidence = try await money.details(found).evidence
            #expect(evidence.map(\.fact) == [.accountVerified, .withdrawn])
            #expect(evidence.first?.at == MovedClock.start && evidence.first?.order == nil)
        }
    }

    @Test(
        "Half a year without movement, then 10,000 yuan withdrawn: a case",
        arguments: [
            (1_000_000, 180 * FollowUpRuleTests.day, true),
            (1_000_000, 180 * FollowUpRuleTests.day - 1, false),
            (999_999, 180 * FollowUpRuleTests.day, false),
        ])
    func dormantActive(fen: Int, quiet: Double, isHit: Bool) async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 3_000_000)
            let credited = money.clock.now
            money.clock.advance(quiet)
            let number = try await money.withdraw(fen: Int64(fen), funding: 0)
            try await money.applyRules()
            let found = try await money.followUps(.dormantActive)
            #expect(found.count == (isHit ? 1 : 0))
            guard let found = found.first else { return }
            let evidence = try await money.details(found).evidence
            #expect(evidence.map(\.fact) == [.lastActive, .withdrawn])
            #expect(evidence.first?.at == credited)
            #expect(evidence.last?.order?.number == number)
            // Awake now: another one is no second case.
            _ = try await money.withdraw(fen: Int64(fen), funding: 0)
            try await money.applyRules()
            #expect(try await money.followUps(.dormantActive).count == 1)
        }
    }

    @Test(
        "Since its opening without movement, then topped up: withdrawn within 72 hours it is a case, later not",
        arguments: [(72 * FollowUpRuleTests.hour - 1, true), (72 * FollowUpRuleTests.hour + 1, false)])
    func dormantSinceOpening(after seconds: Double, isHit: Bool) async throws {
        try await MoneyFixture.with { money in
            money.move(to: 200 * FollowUpRuleTests.day)
            try await money.fund(fen: 3_000_000)
            money.clock.advance(seconds)
            _ = try await money.withdraw(fen: 1_000_000, funding: 0)
            try await money.applyRules()
            let found = try await money.followUps(.dormantActive)
            #expect(found.count == (isHit ? 1 : 0))
            guard let found = found.first else { return }
            #expect(
                try await money.details(found).evidence.map(\.fact) == [.opened, .activeAgain, .withdrawn])
        }
    }

    @Test("Two withdrawals that come back within 30 days: a case that keeps the next one back")
    func returnedTwice() async throws {
        for days in [29.0, 31.0] {
            try await MoneyFixture.with { money in
                try await money.fund(fen: 100_000)
                let first = try await money.withdrawAndReturn(fen: 1_000, fileOf: 1)
                try await money.applyRules()
                #expect(try await money.followUps(.returnedTwice).isEmpty)
                money.clock.advance(days * FollowUpRuleTests.day)
                let second = try await money.withdrawAndReturn(fen: 2_000, fileOf: 2)
                #expect(try await money.withdrawal(second).status == .returned)
                try await money.applyRules()
                let found = try await money.followUps(.returnedTwice)
                #expect(found.count == (days < 30 ? 1 : 0))
                let third = try await money.withdrawNow(fen: 3_000)
                #expect(try await money.withdrawal(third).isKeptBack == (days < 30))
                guard let found = found.first else { return }
                let details = try await money.details(found)
                #expect(details.evidence.map(\.fact) == [.returned, .returned])
                #expect(details.evidence.compactMap { $0.order?.number } == [first, second])
                // The two are one case; a third one alone is none.
                try await money.applyRules()
                #expect(try await money.followUps(.returnedTwice).count == 1)
            }
        }
    }

    @Test(
        "The next withdrawal is kept back also when it follows the second return before the rules were applied"
    )
    func returnedJustNow() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 100_000)
            try await money.withdrawAndReturn(fen: 1_000, fileOf: 1)
            try await money.withdrawAndReturn(fen: 2_000, fileOf: 2)
            #expect(try await money.followUps(.returnedTwice).isEmpty)
            let sent = money.payouts
            let third = try await money.withdrawNow(fen: 3_000)
            let kept = try await money.withdrawal(third)
            #expect(kept.status == .accepted && kept.isKeptBack)
            #expect(money.payouts == sent)
            // It is one case, also for the next application of the rules.
            try await money.applyRules()
            #expect(try await money.followUps(.returnedTwice).count == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A rule that is off raises nothing; a case cites the version that raised it")
    func versions() async throws {
        try await MoneyFixture.with { money in
            try await money.change(.newAccountLarge, isOn: false)
            try await money.fund(fen: 20_000_000)
            try await money.withdrawNow(fen: 5_000_000)
            try await money.applyRules()
            #expect(try await money.followUps(.newAccountLarge).isEmpty)
            try await money.change(.newAccountLarge)
            try await money.applyRules()
            #expect(try await money.followUps(.newAccountLarge).map(\.rule.version) == [3])
            let rules = try await money.platform.followUps.rules()
            #expect(rules.map(\.kind) == FollowUpRule.Kind.allCases)
            #expect(rules.map(\.version) == [1, 1, 3, 1, 1, 1, 1])
        }
    }

    @Test("Applied by four at once, and by the worker again and again, the rules raise one case")
    func once() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 1_000_000)
            try await money.withdrawNow(fen: 1_000_000)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...4 { group.addTask { try await money.platform.followUps.apply(0) } }
                try await group.waitForAll()
            }
            for _ in 1...3 { try await money.pass(61) }
            #expect(try await money.followUps(.quickTurn).count == 1)
        }
    }

    @Test("The worker applies the rules by itself, and what it finds waits for operations")
    func byTheWorker() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 1_000_000)
            try await money.withdrawNow(fen: 1_000_000)
            try await money.pass(61)
            let found = try await money.followUps(.quickTurn)
            #expect(found.count == 1)
            let waiting = try await money.platform.followUps.waiting(for: money.operations())
            #expect(waiting.map(\.number) == found.map(\.number))
            // A supervisor waits for proposals only.
            #expect(try await money.platform.followUps.waiting(for: money.supervisor()).isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Of many orders the rules read the new ones and those of one company, through an index")
    func plan() async throws {
        try await MoneyFixture.with { money in
            let moment = money.clock.now
            try await money.owner.execute(
                """
                INSERT INTO orders (
                    kind, number, enterprise_id, operator_id, amount, counterparty, state, created_at, state_since, is_final)
                SELECT CASE WHEN n % 4 = 0 THEN 'withdrawal' ELSE 'topUp' END, 'XX' || (10000000 + n),
                    \(money.clerk.enterprise), \(money.clerk.person), 100, '', CASE WHEN n % 4 = 0 THEN 'paid' ELSE 'closed' END,
                    \(moment) - (n - 4) * interval '1 hour', \(moment) - (n - 4) * interval '1 hour', true
                FROM generate_series(1, 40000) n
                """)
            try await money.owner.execute("ANALYZE orders")
            for rule in FollowUpRule.Kind.allCases {
                let scanned: Int64 = try await money.platform.database.transaction { connection in
                    try connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
                    for round in 1...2 {
                        _ = try connection.query(
                            FollowUps.raising(
                                rule, numbers: ["RC\(rule.rawValue.uppercased())\(round)"],
                                from: moment.addingTimeInterval(-600), until: moment))
                    }
                    return try connection.query(
                        """
                        SELECT seq_tup_read + idx_tup_fetch AS read FROM pg_stat_xact_user_tables WHERE relname = 'orders'
                        """
                    ).only()["read"]
                }
                #expect(scanned < 200, "\(rule)")
            }
        }
    }
}
