import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Channels of the bank")
struct ChannelTests {
    private static let working = BankChannel.Settings(
        isPaused: false, notice: "", cutOff: CutOff(minutes: 960))
    private static let paused = BankChannel.Settings(
        isPaused: true, notice: "银行系统升级", cutOff: CutOff(minutes: 960))

    @Test("A paused channel sends nothing and keeps asking; what waited is sent when it works again")
    func pause() async throws {
        try await MoneyFixture.with { money in
            let sent = try await money.withdraw(fen: 1_000)
            try await money.pass(0)
            #expect(try await money.withdrawal(sent).status == .atBank)
            try await money.set(.payout, Self.paused)
            let waiting = try await money.withdraw(fen: 2_000, funding: 0)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 1_000) }
            try await money.pass(300)
            #expect(try await money.withdrawal(sent).status == .paid, "questions go on")
            var withdrawal = try await money.withdrawal(waiting)
            #expect(withdrawal.status == .accepted)
            #expect(withdrawal.pauseNotice == "银行系统升级")
            #expect(try await money.payouts() == 1)
            #expect(try await money.broken() == [])
            // The promise counts on.
            try await money.pass(4 * 86_400)
            #expect(try await money.workItems() == ["已过预计到账日 2026-11-26，通道暂停，尚未提交银行"])
            #expect(try await money.payouts() == 1)
            try await money.set(.payout, Self.working)
            money.world.change { $0.queryDefault = .query(code: "00", original: "05") }
            try await money.pass(0)
            withdrawal = try await money.withdrawal(waiting)
            #expect(withdrawal.status == .atBank)
            #expect(withdrawal.pauseNotice == nil)
            #expect(try await money.payouts() == 2)
            // The order's own event follows once the bank has it.
            try await money.pass(200)
            let told = try await money.owner.query("SELECT 1 FROM order_events WHERE event = 'promisePassed'")
            #expect(told.count == 1)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 2_000) }
            try await money.pass(3_600)
            #expect(try await money.withdrawal(waiting).status == .paid)
            #expect(try await money.workItems() == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test("A paused channel does not send again either; when it works again on the same day, it does")
    func notResent() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 2_000)
            money.world.change { $0.bankAnswers = [.silence] }
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .unknown)
            try await money.set(.payout, Self.paused)
            try await money.pass(200)
            #expect(try await money.withdrawal(number).status == .unknown)
            #expect(try await money.payouts() == 1)
            #expect(try await money.workItems() == [])
            try await money.set(.payout, Self.working)
            try await money.pass(3_600)
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await money.payouts() == 2)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "The files that may lack a withdrawal begin with the day of its sending, not that of its submission")
    func sentLate() async throws {
        try await MoneyFixture.with { money in
            try await money.set(.payout, Self.paused)
            let number = try await money.withdraw(fen: 2_000)
            let submitted = LocalDate(money.clock.now)
            money.clock.advance(3 * 86_400)
            try await money.set(.payout, Self.working)
            money.world.change {
                $0.bankAnswers = [.silence]
                $0.payoutDefault = .silence
            }
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .unknown)
            func missing() async throws -> [Difference] {
                try await money.cases().filter { $0.orderNumber == number }
            }
            for offset in 0...3 { try await money.file(submitted.adding(days: offset), []) }
            for _ in 1...3 { try await money.pass(12 * 3600) }
            #expect(try await missing().isEmpty)
            for offset in 4...6 { try await money.file(submitted.adding(days: offset), []) }
            try await money.pass(12 * 3600)
            let found = try #require(await missing().first)
            #expect(found.choices.contains(.absent))
            #expect(found.settlementDate == submitted.adding(days: 3))
            #expect(try await money.withdrawal(number).status == .unknown)
        }
    }

    @Test("What waits for a paused channel can be cancelled")
    func cancelled() async throws {
        try await MoneyFixture.with { money in
            try await money.set(.payout, Self.paused)
            let number = try await money.withdraw(fen: 2_000)
            try await money.pass(0)
            try await money.platform.withdrawals.cancel(number, by: money.clerk)
            try await money.set(.payout, Self.working)
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .cancelled)
            #expect(try await money.payouts() == 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A paused channel takes no new top-ups and sends nobody to the bank; one at the bank is credited")
    func topUps() async throws {
        try await MoneyFixture.with { money in
            let waiting = try await money.order(fen: 2_000)
            let topUp = try await money.order(fen: 5_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.set(.gateway, BankChannel.Settings(isPaused: true, notice: "升级", cutOff: nil))
            await #expect(throws: TopUpError.channelPaused) { _ = try await money.order(fen: 1_000) }
            await #expect(throws: TopUpError.channelPaused) {
                _ = try await money.platform.topUps.handOff(waiting.number, by: money.clerk)
            }
            #expect(try await money.topUp(waiting.number).status == .created)
            #expect(try await money.platform.channels.pause(of: .gateway) == "升级")
            money.world.change { $0.bankAnswers = [.query(code: "00", original: "00", amountFen: 5_000)] }
            try await money.pass(2)
            #expect(try await money.topUp(topUp.number).status == .credited)
        }
    }

    @Test(
        "A pause that is being agreed on is waited for by whoever is about to send, and then nothing is sent")
    func pausedWhileAboutToSend() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 2_000)
            let gate = Gate()
            async let pausing: Void = money.owner.transaction { connection in
                _ = try connection.query("SELECT lock_channel('unionpay-payout')")
                try connection.execute(
                    "UPDATE bank_channels SET is_paused = true, notice = '升级' WHERE channel = 'unionpay-payout'"
                )
                gate.hold()
            }
            try await gate.reached()
            async let sending: Void = money.pass(0)
            try await money.somebodyWaits()
            gate.open()
            try await pausing
            try await sending
            #expect(try await money.withdrawal(number).status == .accepted)
            #expect(try await money.payouts() == 0)
        }
    }

    @Test("A pause waits for whoever has begun to send")
    func sentWhilePaused() async throws {
        try await MoneyFixture.with { money in
            let proposal = try await money.propose(.payout, Self.paused)
            let supervisor = try await money.nationalSupervisor()
            let gate = Gate()
            async let sending: Void = money.owner.transaction { connection in
                _ = try connection.query("SELECT channel_is_paused('unionpay-payout')")
                gate.hold()
            }
            try await gate.reached()
            async let deciding: Void = money.platform.channels.decide(
                proposal, of: .payout, isGranted: true, command: money.command(), by: supervisor,
                from: money.clerk.origin)
            try await money.somebodyWaits()
            #expect(try await money.platform.channels.pause(of: .payout) == nil)
            gate.open()
            try await sending
            try await deciding
            #expect(try await money.platform.channels.pause(of: .payout) == "银行系统升级")
        }
    }

    @Test("Pause and sending at the same moment: sent once, or not at all until it works again")
    func race() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 100_000)
            money.world.change { $0.queryDefault = .query(code: "00", original: "05") }
            let supervisor = try await money.nationalSupervisor()
            for round in 1...6 {
                let number = try await money.platform.withdrawals.submit(
                    money.command(), amount: Money(fen: 1_000), password: MoneyFixture.paymentPassword,
                    by: money.clerk)
                let before = try await money.payouts()
                let proposal = try await money.propose(.payout, Self.paused)
                await withTaskGroup { group in
                    group.addTask {
                        if round.isMultiple(of: 2) { try? await Task.sleep(for: .milliseconds(2 * round)) }
                        do {
                            try await money.platform.channels.decide(
                                proposal, of: .payout, isGranted: true, command: money.command(),
                                by: supervisor, from: money.clerk.origin)
                        } catch { Issue.record(error) }
                    }
                    group.addTask {
                        if !round.isMultiple(of: 2) { try? await Task.sleep(for: .milliseconds(2 * round)) }
                        _ = try? await Worker(platform: money.platform).runDue()
                    }
                }
                let isSent = try await money.withdrawal(number).status == .atBank
                if !isSent { #expect(try await money.withdrawal(number).status == .accepted) }
                #expect(try await money.payouts() == before + (isSent ? 1 : 0))
                try await money.set(.payout, Self.working)
                try await money.pass(0)
                #expect(try await money.withdrawal(number).status == .atBank)
                #expect(try await money.payouts() == before + 1)
            }
            #expect(try await money.broken() == [])
        }
    }

    /// A withdrawal that a paused channel has put back, and the proposal that it works again.
    private static func waiting(
        _ body: @Sendable (MoneyFixture, _ number: String, _ proposal: Int64) async throws -> Void
    ) async throws {
        try await MoneyFixture.with { money in
            try await money.set(.payout, paused)
            let number = try await money.withdraw(fen: 2_000)
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .accepted)
            money.world.change { $0.queryDefault = .query(code: "00", original: "05") }
            try await body(money, number, try await money.propose(.payout, working))
        }
    }

    /// What was waiting is sent, once.
    private static func expectSent(_ number: String, _ money: MoneyFixture) async throws {
        #expect(try await money.withdrawal(number).status == .atBank)
        #expect(try await money.payouts() == 1)
        #expect(try await money.entries(.payoutAccepted) == 1)
        #expect(
            try await money.balances() == (try Balances(available: Money(fen: 8_000), frozen: .zero)))
        #expect(try await money.broken() == [])
    }

    @Test("Two people deciding at once decide once; the same command twice is one decision")
    func resumedAtOnce() async throws {
        try await Self.waiting { money, number, proposal in
            let people = [try await money.nationalSupervisor(), try await money.otherOperations()]
            let command = money.command()
            @Sendable func decide(_ person: StaffMember, _ command: CommandID) async throws {
                try await money.platform.channels.decide(
                    proposal, of: .payout, isGranted: true, command: command, by: person,
                    from: money.clerk.origin)
            }
            let outcomes = try await money.atOnce(
                behind: "SELECT lock_channel('unionpay-payout')", refusal: ChannelError.self,
                [
                    { try await decide(people[0], command) }, { try await decide(people[0], command) },
                    { try await decide(people[1], money.command()) },
                ])
            #expect(outcomes == [nil, nil, .stale])
            try await decide(people[0], command)
            let found = try #require(try await money.platform.channels.find(.payout))
            #expect(found.channel.version == 3 && found.channel.settings == Self.working)
            // The pause and its end.
            #expect(try await money.decisions(.changeChannel) == [2, 2])
            try await money.pass(0)
            try await Self.expectSent(number, money)
        }
    }

    @Test(
        "The end of a pause and a worker about to send at once: whoever is first, it is sent once",
        arguments: [true, false])
    func resumedWhileAboutToSend(isResumedFirst: Bool) async throws {
        try await Self.waiting { money, number, proposal in
            let supervisor = try await money.nationalSupervisor()
            // The time has come at which the worker tries again.
            money.clock.advance(3_600)
            @Sendable func resume() async throws {
                try await money.platform.channels.decide(
                    proposal, of: .payout, isGranted: true, command: money.command(), by: supervisor,
                    from: money.clerk.origin)
            }
            @Sendable func work() async throws { try await money.pass(0) }
            try await money.atOnce(
                behind: "SELECT lock_channel('unionpay-payout')",
                isResumedFirst ? [resume, work] : [work, resume])
            // What was put back at the last moment is due at once.
            try await money.pass(0)
            try await Self.expectSent(number, money)
        }
    }

    @Test("A worker that has taken a withdrawal before the pause ended, and not looked yet, sends it")
    func resumedBeforeTheWorkerLooks() async throws {
        try await Self.waiting { money, number, proposal in
            let supervisor = try await money.nationalSupervisor()
            money.clock.advance(3_600)
            let gate = Gate()
            async let holding: Void = money.owner.transaction { connection in
                _ = try connection.query(money.accountsLock)
                gate.hold()
            }
            try await gate.reached()
            async let sending: Void = money.pass(0)
            try await money.somebodyWaits()
            try await money.platform.channels.decide(
                proposal, of: .payout, isGranted: true, command: money.command(), by: supervisor,
                from: money.clerk.origin)
            gate.open()
            try await holding
            try await sending
            try await Self.expectSent(number, money)
        }
    }

    @Test(
        "A worker that dies over the first sending after a pause leaves it unknown, and it is paid out once",
        arguments: Death.allCases)
    func diedAfterResuming(death: Death) async throws {
        try await Self.waiting { money, number, proposal in
            try await money.platform.channels.decide(
                proposal, of: .payout, isGranted: true, command: money.command(),
                by: money.nationalSupervisor(), from: money.clerk.origin)
            try await money.die(death, over: "backTransReq.do")
            #expect(try await money.withdrawal(number).status == .sending)
            money.world.change {
                $0.queryDefault =
                    death == .afterCall
                    ? .query(code: "00", original: "05") : .query(code: "34", original: nil)
            }
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .unknown)
            try await money.pass(200)
            try await Self.expectSent(number, money)
        }
    }

    @Test(
        "Cancelled in a pause just as it ends: cancelled or sent, whichever is first, and not both",
        arguments: [true, false])
    func cancelledWhileResumed(isCancelledFirst: Bool) async throws {
        try await Self.waiting { money, number, proposal in
            let supervisor = try await money.nationalSupervisor()
            @Sendable func cancel() async throws {
                try await money.platform.withdrawals.cancel(number, by: money.clerk)
            }
            @Sendable func resumeAndSend() async throws {
                try await money.platform.channels.decide(
                    proposal, of: .payout, isGranted: true, command: money.command(), by: supervisor,
                    from: money.clerk.origin)
                try await money.pass(0)
            }
            let outcomes = try await money.atOnce(
                behind: money.accountsLock, refusal: WithdrawalError.self,
                isCancelledFirst ? [cancel, resumeAndSend] : [resumeAndSend, cancel])
            #expect(outcomes == [nil, isCancelledFirst ? nil : .tooLate])
            try await money.pass(3_600)
            guard isCancelledFirst else { return try await Self.expectSent(number, money) }
            #expect(try await money.withdrawal(number).status == .cancelled)
            #expect(try await money.payouts() == 0)
            #expect(try await money.entries(.released) == 1)
            #expect(
                try await money.balances() == (try Balances(available: Money(fen: 10_000), frozen: .zero)))
            #expect(try await money.broken() == [])
        }
    }

    @Test("A changed cut-off counts for what is submitted from then on")
    func cutOff() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 1_000)
            let before = try await money.withdrawal(number).promise
            // It is ten o'clock.
            var settings = Self.working
            settings.cutOff = CutOff(minutes: 9 * 60)
            try await money.set(.payout, settings)
            let late = try await money.withdraw(fen: 1_000, funding: 0)
            #expect(try await money.withdrawal(number).promise == before)
            let after = try await money.withdrawal(late).promise
            #expect(after.postponement == .cutOff)
            #expect(after.cutOff == settings.cutOff)
            #expect(after.until == before.until.adding(days: 1))
        }
    }

    @Test("One person proposes, another one of the whole country decides, once and about what was seen")
    func dualControl() async throws {
        try await MoneyFixture.with { money in
            let channels = money.platform.channels
            let (operations, origin) = (try await money.operations(), money.clerk.origin)
            let national = try await money.nationalSupervisor()
            func propose(
                _ settings: BankChannel.Settings, version: Int = 1, reason: String = "银行通知",
                by member: StaffMember
            ) async throws {
                try await channels.propose(
                    settings, for: .payout, version: version, reason: reason, command: money.command(),
                    by: member, from: origin)
            }
            func refuses(_ error: ChannelError, _ act: () async throws -> Void) async {
                await #expect(throws: error) { try await act() }
            }
            await refuses(.notAllowed) { try await propose(Self.paused, by: national) }
            await refuses(.reasonMissing) { try await propose(Self.paused, reason: " ", by: operations) }
            await refuses(.noticeMissing) {
                try await propose(
                    BankChannel.Settings(isPaused: true, notice: " ", cutOff: CutOff(minutes: 960)),
                    by: operations)
            }
            await refuses(.nothingChanged) { try await propose(Self.working, by: operations) }
            await refuses(.stale) { try await propose(Self.paused, version: 7, by: operations) }
            await refuses(.cutOffUnfitting) {
                try await propose(
                    BankChannel.Settings(isPaused: true, notice: "升级", cutOff: nil), by: operations)
            }
            let proposal = try await money.propose(.payout, Self.paused)
            await refuses(.alreadyProposed) { try await propose(Self.paused, by: operations) }
            #expect(try await channels.waiting(for: national).map(\.id) == [proposal])
            #expect(try await channels.waiting(for: money.supervisor()).isEmpty, "not of the whole country")

            func decide(_ isGranted: Bool, _ id: Int64, reason: String = "", by member: StaffMember)
                async throws
            {
                try await channels.decide(
                    id, of: .payout, isGranted: isGranted, reason: reason, command: money.command(),
                    by: member,
                    from: origin)
            }
            await refuses(.samePerson) { try await decide(true, proposal, by: operations) }
            let city = try await money.supervisor()
            await refuses(.notAllowed) { try await decide(true, proposal, by: city) }
            await refuses(.stale) { try await decide(true, proposal + 1, by: national) }
            await refuses(.reasonMissing) { try await decide(false, proposal, by: national) }
            // The database does not take it without the agreement either.
            let failure = await #expect(throws: PostgresError.self) {
                _ = try await money.platform.database.query("SELECT apply_channel_change(\(proposal))")
            }
            #expect(failure?.constraint == "channel_change_is_granted")
            try await decide(false, proposal, reason: "请注明时间", by: national)
            #expect(try await channels.find(.payout)?.channel.settings == Self.working)
            await refuses(.stale) { try await decide(true, proposal, by: national) }
            try await money.set(.payout, Self.paused)
            let found = try #require(try await channels.find(.payout))
            #expect(found.channel.settings == Self.paused)
            #expect(found.channel.version == 2)
            #expect(found.changes.map { $0.decision?.isGranted } == [true, false])
            let again = await #expect(throws: PostgresError.self) {
                _ = try await money.platform.database.query(
                    "SELECT apply_channel_change(\(found.changes[0].id))")
            }
            #expect(again?.constraint == "channel_change_is_granted", "a change is applied once")
            #expect(try await money.broken() == [])
        }
    }

    @Test("The queue is by the promised day, the longest overdue first, counted, summed, paged and filtered")
    func queue() async throws {
        try await MoneyFixture.with { money in
            let withdrawals = money.platform.withdrawals
            try await money.set(.payout, Self.paused)
            var numbers = [try await money.withdraw(fen: 100)]
            money.clock.advance(86_400)
            for fen in [200, 300] as [Int64] {
                numbers.append(try await money.withdraw(fen: fen, funding: 0))
            }
            money.clock.advance(86_400)
            numbers.append(try await money.withdraw(fen: 400, funding: 0))
            // 27 November: the first is overdue, the next two are due today.
            money.clock.advance(2 * 86_400)
            func list(_ filter: WithdrawalQueueFilter, within region: Region = .national) async throws
                -> [String]
            {
                var found: [String] = []
                var key: WithdrawalQueueKey?
                repeat {
                    let page = try await withdrawals.queue(filter, within: region, after: key, limit: 2)
                    found += page.rows.map(\.number)
                    key = page.next
                } while key != nil
                return found
            }
            #expect(try await list(WithdrawalQueueFilter()) == numbers)
            #expect(try await list(WithdrawalQueueFilter(due: .overdue)) == [numbers[0]])
            #expect(try await list(WithdrawalQueueFilter(due: .today)) == Array(numbers[1...2]))
            #expect(try await list(WithdrawalQueueFilter(due: .later)) == [numbers[3]])
            #expect(try await list(WithdrawalQueueFilter(status: .accepted)) == numbers)
            #expect(try await list(WithdrawalQueueFilter(status: .atBank)) == [])
            #expect(try await list(WithdrawalQueueFilter(), within: .city("440100")) == [])
            let totals = try await withdrawals.queueTotals(within: .national)
            let found = Dictionary(uniqueKeysWithValues: totals.map { ($0.due, "\($0.count) \($0.sum.fen)") })
            #expect(found == [.overdue: "1 100", .today: "2 500", .later: "1 400"])
            let first = try #require(try await withdrawals.queue(within: .national).rows.first)
            #expect(first.pauseNotice == "银行系统升级")
            var exported: [String] = []
            let isCut = try await withdrawals.exportQueue(WithdrawalQueueFilter(), within: .national) {
                exported += $0.map(\.number)
            }
            #expect(!isCut && exported == numbers)
        }
    }
}

extension MoneyFixture {
    /// One person proposes what a channel is to be.
    func propose(_ channel: Channel, _ settings: BankChannel.Settings) async throws -> Int64 {
        guard let found = try await platform.channels.find(channel)?.channel else { throw RowMissing() }
        try await platform.channels.propose(
            settings, for: channel, version: found.version, reason: "银行通知", command: command(),
            by: operations(), from: clerk.origin)
        guard let id = try await platform.channels.find(channel)?.channel.proposal?.id else {
            throw RowMissing()
        }
        return id
    }

    /// Two people set a channel.
    func set(_ channel: Channel, _ settings: BankChannel.Settings) async throws {
        try await platform.channels.decide(
            propose(channel, settings), of: channel, isGranted: true, command: command(),
            by: nationalSupervisor(), from: clerk.origin)
    }

    /// How many payouts the bank was sent.
    fileprivate func payouts() async throws -> Int {
        world.calls.filter { $0.hasSuffix("backTransReq.do") }.count
    }
}
