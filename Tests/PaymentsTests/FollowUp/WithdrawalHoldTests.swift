import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Withdrawals that follow-up monitoring keeps back")
struct WithdrawalHoldTests {
    @Test(
        "The next withdrawal stays accepted and is not sent, until two people release it; its promise does not change"
    )
    func released() async throws {
        try await MoneyFixture.with { money in
            let found = try await money.holding()
            #expect(found.hold?.isInForce == true)
            let sent = money.payouts
            let number = try await money.withdrawNow(fen: 700)
            let kept = try await money.withdrawal(number)
            #expect(kept.status == .accepted && kept.isKeptBack)
            #expect(money.payouts == sent)
            #expect(try await money.workItems() == ["事后监控暂缓提交银行（案例 \(found.number)），须由两人放行或撤销"])
            #expect(try await money.details(found).held.map(\.number) == [number])
            #expect(try await money.broken() == [])
            #expect(try await money.told(of: number) == [.withdrawalInVerification])
            // Looked at again, it is the same.
            try await money.pass(3600)
            #expect(try await money.withdrawal(number).status == .accepted)
            #expect(try await money.told(of: number) == [.withdrawalInVerification])
            #expect(try await money.details(found).held.count == 1)

            let version = try await money.propose(.release, for: found)
            let waiting = try await money.platform.followUps.waiting(for: money.supervisor())
            #expect(waiting.map(\.number) == [found.number])
            try await money.platform.followUps.decideProposal(
                for: found.number, isGranted: true, version: version, by: money.supervisor(),
                from: money.clerk.origin)
            #expect(try await money.workItems() == [])
            #expect(try await money.told(of: number) == [.withdrawalInVerification, .withdrawalReleased])
            try await money.pass(0)
            let released = try await money.withdrawal(number)
            #expect(released.status == .atBank && !released.isKeptBack)
            #expect(released.expectedUntil == kept.expectedUntil)
            #expect(money.payouts == sent + 1)
            #expect(
                try await money.details(found).events.map(\.event)
                    == ["raised", "withdrawalHeld", "releaseProposed", "released"])
            // The hold is over for those that come later, too.
            let later = try await money.withdrawNow(fen: 800)
            #expect(try await money.withdrawal(later).status == .atBank)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Cancelled by two people the money is free again, and the hold goes on for the next one")
    func cancelled() async throws {
        try await MoneyFixture.with { money in
            let found = try await money.holding()
            let available = try await money.balances().available
            await #expect(throws: FollowUpError.nothingHeld) { try await money.propose(.cancel, for: found) }
            let number = try await money.withdrawNow(fen: 700)
            let version = try await money.propose(.cancel, for: found)
            try await money.platform.followUps.decideProposal(
                for: found.number, isGranted: true, version: version, by: money.supervisor(),
                from: money.clerk.origin)
            let cancelled = try await money.withdrawal(number)
            #expect(cancelled.status == .cancelled)
            #expect(cancelled.reason == "审核未通过，如有疑问请联系客户经理")
            #expect(try await money.balances().available == available)
            #expect(try await money.workItems() == [])
            #expect(try await money.told(of: number) == [.withdrawalInVerification, .withdrawalNotReleased])
            let amounts = try await money.owner.query(
                "SELECT 1 FROM inbox_messages WHERE topic LIKE 'withdrawal%' AND amount = 700")
            #expect(amounts.count == 2)
            let next = try await money.withdrawNow(fen: 800)
            #expect(try await money.withdrawal(next).isKeptBack)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "Whoever proposed does not decide, nor does another role or region; what is sent back stays kept back"
    )
    func twoPeople() async throws {
        try await MoneyFixture.with { money in
            let found = try await money.holding()
            let number = try await money.withdrawNow(fen: 700)
            let (followUps, origin) = (money.platform.followUps, money.clerk.origin)
            await #expect(throws: FollowUpError.notAllowed) {
                try await followUps.propose(
                    .release, for: found.number, version: money.version(of: found), reason: "x",
                    by: money.supervisor(), from: origin)
            }
            await #expect(throws: FollowUpError.reasonMissing) {
                try await followUps.propose(
                    .release, for: found.number, version: money.version(of: found), reason: " ",
                    by: money.operations(), from: origin)
            }
            let version = try await money.propose(.release, for: found)
            func decide(_ member: StaffMember, isGranted: Bool = true, version: Int) async throws {
                try await followUps.decideProposal(
                    for: found.number, isGranted: isGranted, version: version, reason: "材料不全", by: member,
                    from: origin)
            }
            await #expect(throws: FollowUpError.samePerson) {
                try await decide(money.operations(), version: version)
            }
            guard let manager = try await money.platform.staff.find(number: "KH0001") else {
                throw RowMissing()
            }
            await #expect(throws: FollowUpError.notAllowed) { try await decide(manager, version: version) }
            _ = try await money.platform.staff.add(
                number: "SH0044", name: "审核广东", role: .supervisor, region: .province("440000"),
                mobile: "13900000044", at: money.clock.now)
            let stranger = try #require(try await money.platform.staff.find(number: "SH0044"))
            await #expect(throws: FollowUpError.notFound) { try await decide(stranger, version: version) }
            await #expect(throws: FollowUpError.stale) {
                try await decide(money.supervisor(), version: version - 1)
            }
            try await decide(money.supervisor(), isGranted: false, version: version)
            try await money.pass(3600)
            #expect(try await money.withdrawal(number).isKeptBack)
            // What staff think of a proposal is no news to the company.
            #expect(try await money.told(of: number) == [.withdrawalInVerification])
            await #expect(throws: FollowUpError.stale) {
                try await decide(money.supervisor(), version: version)
            }
            let again = try await money.propose(.release, for: found)
            // A second member of operations may decide, too.
            try await decide(money.otherOperations(), version: again)
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A withdrawal that comes after the proposal makes it void: it was about fewer")
    func laterWithdrawal() async throws {
        try await MoneyFixture.with { money in
            let found = try await money.holding()
            try await money.withdrawNow(fen: 700)
            let version = try await money.propose(.release, for: found)
            let second = try await money.withdrawNow(fen: 800)
            await #expect(throws: FollowUpError.stale) {
                try await money.platform.followUps.decideProposal(
                    for: found.number, isGranted: true, version: version, by: money.supervisor(),
                    from: money.clerk.origin)
            }
            #expect(try await money.withdrawal(second).isKeptBack)
            #expect(try await money.details(found).found.hold?.state == .active)
            let again = try await money.propose(.release, for: found)
            try await money.platform.followUps.decideProposal(
                for: found.number, isGranted: true, version: again, by: money.supervisor(),
                from: money.clerk.origin)
            try await money.pass(0)
            #expect(try await money.withdrawal(second).status == .atBank)
        }
    }

    @Test("While another hold goes on, nobody tells the company that its withdrawal goes on")
    func twoHolds() async throws {
        try await MoneyFixture.with { money in
            for rule in [FollowUpRule.Kind.newAccountLarge, .quickTurn] {
                try await money.change(rule, holds: true)
            }
            try await money.fund(fen: 20_000_000)
            try await money.withdrawNow(fen: 19_999_000)
            try await money.applyRules()
            let number = try await money.withdrawNow(fen: 700)
            func holding() async throws -> [FollowUpCase] {
                let cases = try await money.platform.followUps.list(within: .national, limit: 100).rows
                return cases.filter { $0.hold?.isInForce == true }
            }
            var left = try await holding()
            #expect(left.count == 2)
            while !left.isEmpty {
                #expect(try await money.withdrawal(number).isKeptBack)
                #expect(try await Set(money.told(of: number)) == [.withdrawalInVerification])
                for found in left {
                    guard try await money.details(found).held.map(\.number) == [number] else { continue }
                    let version = try await money.propose(.release, for: found)
                    try await money.platform.followUps.decideProposal(
                        for: found.number, isGranted: true, version: version, by: money.supervisor(),
                        from: money.clerk.origin)
                }
                try await money.pass(0)
                let before = left.count
                left = try await holding()
                try #require(left.count < before)
            }
            #expect(try await money.told(of: number).filter { $0 == .withdrawalReleased }.count == 1)
            #expect(try await money.withdrawal(number).status == .atBank)
        }
    }

    @Test("The clerk may cancel what is kept back, and a stopped company's goes back by itself")
    func endedOtherwise() async throws {
        try await MoneyFixture.with { money in
            let found = try await money.holding()
            let first = try await money.withdrawNow(fen: 700)
            try await money.platform.withdrawals.cancel(first, by: money.clerk)
            #expect(try await money.withdrawal(first).status == .cancelled)
            #expect(try await money.workItems() == [])
            let second = try await money.withdrawNow(fen: 800)
            try await money.owner.execute("UPDATE enterprises SET state = 'outgoingStopped'")
            try await money.pass(3600)
            #expect(try await money.withdrawal(second).status == .returnedToMaker)
            #expect(try await money.workItems() == [])
            try await money.owner.execute("UPDATE enterprises SET state = 'active'")
            // Nothing waits any more; the hold is ended all the same.
            let version = try await money.propose(.release, for: found)
            try await money.platform.followUps.decideProposal(
                for: found.number, isGranted: true, version: version, by: money.supervisor(),
                from: money.clerk.origin)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "Decision, the clerk's cancellation and the worker at one moment: one of them is first, and the money is in one place",
        arguments: [WithdrawalHold.Handling.release, .cancel])
    func race(handling: WithdrawalHold.Handling) async throws {
        try await MoneyFixture.with { money in
            let found = try await money.holding()
            let supervisor = try await money.supervisor()
            for round in 1...4 {
                let sent = money.payouts
                let number = try await money.withdrawNow(fen: 100 + Int64(round))
                guard try await money.withdrawal(number).isKeptBack else { break }
                let version = try await money.propose(handling, for: found)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await money.platform.followUps.decideProposal(
                            for: found.number, isGranted: true, version: version, by: supervisor,
                            from: money.clerk.origin)
                    }
                    group.addTask {
                        do {
                            try await money.platform.withdrawals.cancel(number, by: money.clerk)
                        } catch WithdrawalError.tooLate {
                            // Sent in the meantime.
                        }
                    }
                    for _ in 1...2 { group.addTask { try await money.pass(0) } }
                    try await group.waitForAll()
                }
                try await money.pass(0)
                let ended = try await money.withdrawal(number)
                #expect(ended.status == .cancelled || (handling == .release && ended.status == .atBank))
                #expect(money.payouts == sent + (ended.status == .atBank ? 1 : 0))
                #expect(try await money.broken() == [])
            }
        }
    }

    @Test(
        "Two people deciding at once decide once, and so does one who decides twice",
        arguments: [WithdrawalHold.Handling.release, .cancel])
    func decidedAtOnce(handling: WithdrawalHold.Handling) async throws {
        try await MoneyFixture.with { money in
            let found = try await money.holding()
            let (available, sent) = (try await money.balances().available, money.payouts)
            let released = try await money.entries(.released)
            let number = try await money.withdrawNow(fen: 700)
            let version = try await money.propose(handling, for: found)
            let people = [try await money.supervisor(), try await money.otherOperations()]
            @Sendable func decide(_ person: StaffMember) async throws {
                try await money.platform.followUps.decideProposal(
                    for: found.number, isGranted: true, version: version, by: person,
                    from: money.clerk.origin)
            }
            let outcomes = try await money.atOnce(
                behind: money.accountsLock, refusal: FollowUpError.self,
                people.map { person in { try await decide(person) } })
            #expect(outcomes == [nil, .stale])
            await #expect(throws: FollowUpError.stale) { try await decide(people[0]) }
            #expect(try await money.decisions(.releaseWithdrawal) == [1, 1])
            try await money.pass(0)
            let isReleased = handling == .release
            #expect(try await money.withdrawal(number).status == (isReleased ? .atBank : .cancelled))
            #expect(money.payouts == sent + (isReleased ? 1 : 0))
            #expect(try await money.entries(.released) == released + (isReleased ? 0 : 1))
            let left = try available - Money(fen: isReleased ? 700 : 0)
            #expect(try await money.balances() == (try Balances(available: left, frozen: .zero)))
            let events = try await money.details(found).events.map(\.event)
            #expect(
                events.suffix(2)
                    == (isReleased
                        ? ["releaseProposed", "released"]
                        : ["cancellationProposed", "withdrawalsCancelled"]))
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A hold and the sending at one moment: what is sent is not kept back, what is kept back is not sent")
    func raceWithSending() async throws {
        try await MoneyFixture.with { money in
            try await money.change(.newAccountLarge, holds: true)
            try await money.fund(fen: 20_000_000)
            try await money.withdrawNow(fen: 5_000_000)
            let sent = money.payouts
            var numbers: [String] = []
            for count in 1...6 { numbers.append(try await money.withdraw(fen: Int64(count), funding: 0)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await money.platform.followUps.apply(0) }
                group.addTask { try await money.pass(0) }
                try await group.waitForAll()
            }
            try await money.pass(0)
            let found = try #require(await money.followUps(.newAccountLarge).first)
            let kept = Set(try await money.details(found).held.map(\.number))
            for number in numbers {
                let status = try await money.withdrawal(number).status
                #expect(status == (kept.contains(number) ? .accepted : .atBank))
            }
            #expect(money.payouts == sent + numbers.count - kept.count)
            #expect(try await money.broken() == [])
        }
    }
}

@Suite("Cases of follow-up monitoring")
struct FollowUpCaseTests {
    /// A case without a hold.
    private func raised(_ money: MoneyFixture) async throws -> FollowUpCase {
        try await money.fund(fen: 1_000_000)
        try await money.withdrawNow(fen: 1_000_000)
        try await money.applyRules()
        guard let found = try await money.followUps(.quickTurn).first else { throw RowMissing() }
        return found
    }

    @Test("Taken by one member of operations, taken over by another, decided by the owner with a reason")
    func decided() async throws {
        try await MoneyFixture.with { money in
            let found = try await raised(money)
            let (followUps, origin) = (money.platform.followUps, money.clerk.origin)
            let (one, other) = (try await money.operations(), try await money.otherOperations())
            func decide(_ member: StaffMember, reason: String = "已核对购销合同") async throws {
                try await followUps.decide(
                    found.number, .verified, reason: reason, by: member, from: origin)
            }
            await #expect(throws: FollowUpError.stale) { try await decide(one) }
            await #expect(throws: FollowUpError.notAllowed) {
                try await followUps.takeOver(found.number, by: money.supervisor(), from: origin)
            }
            try await followUps.takeOver(found.number, by: one, from: origin)
            try await followUps.takeOver(found.number, by: one, from: origin)
            await #expect(throws: FollowUpError.notOwner) { try await decide(other) }
            try await followUps.takeOver(found.number, by: other, from: origin)
            await #expect(throws: FollowUpError.notOwner) { try await decide(one) }
            for reason in ["  ", String(repeating: "长", count: 501)] {
                await #expect(throws: FollowUpError.reasonMissing) { try await decide(other, reason: reason) }
            }
            try await decide(other)
            let details = try await money.details(found)
            #expect(details.found.state == .decided && details.found.decision == .verified)
            #expect(details.found.reason == "已核对购销合同" && details.found.owner == other.id)
            #expect(details.events.map(\.event) == ["raised", "takenOver", "takenOver", "decided"])
            #expect(details.events.last?.staffName == other.name)
            await #expect(throws: FollowUpError.stale) { try await decide(other) }
            await #expect(throws: FollowUpError.stale) {
                try await followUps.takeOver(found.number, by: one, from: origin)
            }
            #expect(try await followUps.waiting(for: one).isEmpty)
            // Not by the application either.
            await #expect(throws: PostgresError.self) {
                try await money.platform.database.execute(
                    "UPDATE follow_up_cases SET state = 'taken', decision = NULL, reason = NULL")
            }
        }
    }

    @Test("One person's decision does not end a hold: two have to, first")
    func holdFirst() async throws {
        try await MoneyFixture.with { money in
            let found = try await money.holding()
            let (followUps, origin) = (money.platform.followUps, money.clerk.origin)
            let operations = try await money.operations()
            try await followUps.takeOver(found.number, by: operations, from: origin)
            func decide() async throws {
                try await followUps.decide(
                    found.number, .unremarkable, reason: "正常经营", by: operations, from: origin)
            }
            await #expect(throws: FollowUpError.holdInForce) { try await decide() }
            let version = try await money.propose(.release, for: found)
            await #expect(throws: FollowUpError.holdInForce) { try await decide() }
            try await followUps.decideProposal(
                for: found.number, isGranted: true, version: version, by: money.supervisor(), from: origin)
            try await decide()
            #expect(try await money.details(found).found.state == .decided)
        }
    }

    @Test("The list is narrowed by rule, state and company, and read page by page within a region")
    func list() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 40_000_000)
            for _ in 1...5 { try await money.withdrawNow(fen: 5_000_000) }
            try await money.applyRules()
            let followUps = money.platform.followUps
            func numbers(_ filter: FollowUpFilter = FollowUpFilter(), _ region: Region = .national)
                async throws
                -> [String]
            {
                try await followUps.list(filter, within: region).rows.map(\.number)
            }
            let all = try await numbers()
            #expect(all.count == 5)
            #expect(try await numbers(FollowUpFilter(rule: .newAccountLarge)) == all)
            #expect(try await numbers(FollowUpFilter(rule: .manySmall)).isEmpty)
            #expect(try await numbers(FollowUpFilter(state: .open)) == all)
            #expect(try await numbers(FollowUpFilter(state: .decided)).isEmpty)
            #expect(try await numbers(FollowUpFilter(search: "示例实业")) == all)
            #expect(try await numbers(FollowUpFilter(search: money.merchantNumber)) == all)
            #expect(try await numbers(FollowUpFilter(search: all[2].lowercased())) == [all[2]])
            #expect(try await numbers(FollowUpFilter(search: "没有这家")).isEmpty)
            #expect(try await numbers(FollowUpFilter(), .city("430100")) == all)
            #expect(try await numbers(FollowUpFilter(), .province("440000")).isEmpty)
            let first = try await followUps.list(within: .national, limit: 3)
            let second = try await followUps.list(within: .national, before: first.next, limit: 3)
            #expect((first.rows + second.rows).map(\.number) == all)
            #expect(second.next == nil)
            let elsewhere = try await followUps.find(all[0], within: .province("440000"))
            #expect(elsewhere == nil)
        }
    }
}
