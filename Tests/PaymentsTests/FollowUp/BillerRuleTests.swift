import Foundation
import Postgres
import Testing

@testable import Payments

/// The rules about payments to billers, each with what it looks for and with what only just is not that.
@Suite("Rules of follow-up monitoring about billers")
struct BillerRuleTests {
    static let day = 86_400.0

    /// The newest settlement is paid and comes back, by the file of a day that has none yet.
    private static func payAndReturn(_ money: MoneyFixture, fileOf day: Int) async throws {
        money.world.change { $0.queryDefault = .query(code: "34", original: nil) }
        try await money.pass(0)
        money.confirmPayouts()
        try await money.pass(200)
        let paid = try await money.settlement()
        let attempt = try #require(paid.attempt)
        #expect(paid.status == .paid)
        try await money.file(
            MoneyFixture.day.adding(days: day),
            [
                money.returnLine(
                    attempt.number, serial: "20261125000000000000\(day)",
                    of: try #require(attempt.bankSerial))
            ])
        #expect(try await money.settlement().status == .payable)
    }

    /// Two people agree that the newest settlement is sent.
    private static func agree(_ money: MoneyFixture) async throws {
        try await money.proposeSettlement()
        try await money.decideSettlement()
    }

    @Test(
        "Two payments to a biller that come back within 30 days: a case that keeps the next one back until two people release it",
        arguments: [29.0, 31.0])
    func returnedTwice(days: Double) async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            try await Self.payAndReturn(money, fileOf: 1)
            try await money.applyRules()
            #expect(try await money.followUps(.billerReturnedTwice).isEmpty)
            money.clock.advance(days * Self.day)
            try await Self.agree(money)
            try await Self.payAndReturn(money, fileOf: 2)
            try await money.applyRules()
            let cases = try await money.followUps(.billerReturnedTwice)
            #expect(cases.count == (days < 30 ? 1 : 0))
            try await Self.agree(money)
            let before = money.payoutCalls
            money.world.change { $0.queryDefault = .query(code: "34", original: nil) }
            try await money.pass(0)
            let isHeld = days < 30
            #expect(money.payoutCalls == before + (isHeld ? 0 : 1))
            #expect(try await money.settlement().isKeptBack == isHeld)
            guard let found = cases.first else { return }
            #expect(found.isAboutBiller && found.merchantNumber == MoneyFixture.biller)
            var details = try await money.details(found)
            #expect(details.evidence.map(\.fact) == [.billerReturned, .billerReturned])
            #expect(details.evidence.compactMap { $0.order?.amount.fen } == [4_200, 4_200])
            #expect(details.heldSettlements.map(\.status) == [.payable])
            #expect(try await money.workItems().contains { $0.contains("须由两人放行") })
            #expect(try await money.broken() == [])
            // Nothing can be cancelled, and one person does not release it.
            await #expect(throws: FollowUpError.nothingHeld) { try await money.propose(.cancel, for: found) }
            let version = try await money.propose(.release, for: found)
            await #expect(throws: FollowUpError.samePerson) {
                try await money.platform.followUps.decideProposal(
                    for: found.number, isGranted: true, version: version, by: money.operations(),
                    from: money.clerk.origin)
            }
            try await money.pass(3_700)
            #expect(money.payoutCalls == before)
            try await money.platform.followUps.decideProposal(
                for: found.number, isGranted: true, version: version, by: money.supervisor(),
                from: money.clerk.origin)
            try await money.pass(0)
            #expect(money.payoutCalls == before + 1)
            #expect(try await money.settlement().status == .atBank)
            details = try await money.details(found)
            #expect(details.heldSettlements.map(\.status) == [.atBank])
            // The two are one case.
            try await money.applyRules()
            #expect(try await money.followUps(.billerReturnedTwice).count == 1)
            #expect(try await money.workItems() == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A large payment to an account registered within seven days: a case with both",
        arguments: [
            (4_200, 7 * BillerRuleTests.day - 1, true), (4_200, 7 * BillerRuleTests.day, false),
            (4_201, 0, false),
        ])
    func accountLarge(least: Int, after seconds: Double, isHit: Bool) async throws {
        try await MoneyFixture.with { money in
            try await money.owner.execute(
                """
                INSERT INTO follow_up_rules (rule, version, name, sentence, days, least_amount)
                SELECT rule, version + 1, name, sentence, days, \(Int64(least)) FROM follow_up_rules
                WHERE rule = 'billerAccountLarge'
                """)
            try await money.collectable()
            try await money.collect()
            try await money.account()
            money.clock.advance(seconds)
            try await Self.agree(money)
            try await money.applyRules()
            let found = try await money.followUps(.billerAccountLarge)
            #expect(found.count == (isHit ? 1 : 0))
            guard let found = found.first else { return }
            let details = try await money.details(found)
            #expect(details.evidence.map(\.fact) == [.billerAccount, .billerPaid])
            let number = try await money.settlement().number
            #expect(details.evidence.last?.order?.number == number)
            #expect(details.found.rule.sentence.contains("42.00 元"))
            // It is one person's to decide, as any case.
            try await money.platform.followUps.takeOver(
                found.number, by: money.operations(), from: money.clerk.origin)
            try await money.platform.followUps.decide(
                found.number, .verified, reason: "已与收费单位核实", by: money.operations(), from: money.clerk.origin)
            #expect(try await money.followUps(.billerAccountLarge).first?.state == .decided)
            try await money.pass(0)
            #expect(try await money.settlement().status == .atBank, "the rule holds nothing")
        }
    }

    @Test(
        "A hold and the sending at one moment: what is sent is not kept back, what is kept back is not sent")
    func raceWithSending() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            try await Self.payAndReturn(money, fileOf: 1)
            try await Self.agree(money)
            try await Self.payAndReturn(money, fileOf: 2)
            try await Self.agree(money)
            let before = money.payoutCalls
            let id = try await money.settlement().id
            @Sendable func send() async throws {
                try await money.platform.billerSettlements.advance(id, attempts: 0)
            }
            @Sendable func apply() async throws { try await money.platform.followUps.apply(0) }
            async let sending: Void = send()
            async let applying: Void = apply()
            _ = try await (sending, applying)
            let found = try await money.settlement()
            #expect(found.isKeptBack == (money.payoutCalls == before))
            #expect(found.status == (money.payoutCalls == before ? .payable : .atBank))
            #expect(try await money.broken() == [])
        }
    }
}
