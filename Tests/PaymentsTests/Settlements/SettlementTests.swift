import Foundation
import Postgres
import Synchronization
import Testing

@testable import Payments

@Suite("Settlement to billers")
struct SettlementTests {
    private static let serial = "202611230000000000777"

    @Test("The database has the same table as the code, and refuses what is not in it")
    func steps() async throws {
        try await MoneyFixture.with { money in
            let rows = try await money.owner.query(
                "SELECT from_state, event, to_state FROM biller_settlement_steps"
            ).map { row in
                try ["from_state", "event", "to_state"].map { try row.decode($0, as: String.self) }
            }
            #expect(
                Set(rows)
                    == Set(
                        BillerSettlementStatus.steps.map {
                            [$0.from?.rawValue ?? "", $0.event.rawValue, $0.to.rawValue]
                        }))
            try await money.collectable()
            try await money.collect()
            let id = try await money.settlement().id
            for (event, state) in [
                ("sendStarted", "sending"), ("paidConfirmed", "paid"), ("approved", "payable"),
            ] {
                let refusal = await #expect(throws: PostgresError.self) {
                    try await money.platform.database.query(
                        """
                        SELECT record_biller_settlement_event(
                            \(id), \(event), \(state), \(money.clock.now), 'system', NULL, '', NULL)
                        """)
                }
                // Not even the application can pay what two people have not agreed on.
                #expect(
                    refusal?.constraint
                        == (event == "approved" ? "settlement_is_granted" : "biller_settlement_step_is_legal")
                )
            }
        }
    }

    @Test(
        "What was paid and agreed is put together, agreed on by two people, sent, paid, and matched in the file"
    )
    func paid() async throws {
        try await MoneyFixture.with { money in
            try await money.account()
            for _ in 1...2 { try await money.collectable() }
            let other = try await money.collectable(isAgreed: false)
            try await money.collect()
            try await money.collect()
            #expect(try await money.settlements().count == 1)
            var found = try await money.settlement()
            #expect(found.status == .pendingReview && found.payments == 2)
            #expect(found.gross == Money(fen: 8_400) && found.net == Money(fen: 8_400))
            #expect(try await money.held(.billerPayable, MoneyFixture.biller) == -12_600)
            #expect(try await money.broken() == [])
            try await money.proposeSettlement()
            let proposed = try await money.settlement()
            await #expect(throws: BillerSettlementError.samePerson) {
                try await money.platform.billerSettlements.decide(
                    proposed.number, isGranted: true, version: proposed.version, by: money.operations(),
                    from: money.clerk.origin)
            }
            await #expect(throws: BillerSettlementError.stale) {
                try await money.platform.billerSettlements.decide(
                    proposed.number, isGranted: true, version: proposed.version - 1, by: money.supervisor(),
                    from: money.clerk.origin)
            }
            try await money.decideSettlement()
            #expect(try await money.held(.billerPayable, MoneyFixture.biller) == -4_200)
            #expect(try await money.held(.settlementInTransit) == -8_400)
            #expect(try await money.broken() == [])
            try await money.pass(0)
            found = try await money.settlement()
            #expect(found.status == .atBank)
            #expect(found.attempt?.number == found.number, "the first payout bears the settlement's number")
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 8_400) }
            try await money.pass(200)
            found = try await money.settlement()
            #expect(found.status == .paid)
            #expect(try await money.held(.settlementInTransit) == 0)
            #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == -8_400)
            #expect(try await money.entries(.settlementApproved) == 1)
            #expect(try await money.entries(.settlementPaid) == 1)
            // The file has it too: no case, and the file is wholly worked off.
            let serial = try #require(found.attempt?.bankSerial)
            try await money.fileOfToday([money.payoutLine(found.number, serial: serial, fen: 8_400)])
            let classes = try await money.owner.query("SELECT DISTINCT class FROM bank_file_sums").map {
                try $0.decode("class", as: String.self)
            }
            #expect(classes == ["matched"])
            #expect(try await money.openCases() == [])
            #expect(try await money.broken() == [])
            // What comes into a statement later is for the next settlement.
            try await money.agree([other])
            try await money.collect()
            let next = try await money.settlement()
            #expect(next.number != found.number && next.net == Money(fen: 4_200))
            let lines = try await money.platform.billerSettlements.lines(of: next.number, within: .national)
            #expect(lines?.map(\.number) == [other])
        }
    }

    @Test("On a working day from ten o'clock on it is put together by itself, on a day of rest it is not")
    func days() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.collectable(isAgreed: false)
            // The Saturday of that week, then the Monday at nine and at ten o'clock.
            try await money.platform.billerSettlements.plan(at: money.clock.now)
            try await money.pass(4 * 86_400)
            try await money.agree([number])
            try await money.pass(86_400)
            #expect(LocalDate(money.clock.now).weekday == 6)
            #expect(try await money.settlements().isEmpty)
            try await money.pass(2 * 86_400 - 3_600)
            #expect(try await money.settlements().isEmpty)
            try await money.pass(3_600)
            #expect(try await money.settlements().count == 1)
        }
    }

    @Test("Two that put together at once take each payment once")
    func collectedAtOnce() async throws {
        try await MoneyFixture.with { money in
            for _ in 1...2 { try await money.collectable() }
            @Sendable func collect() async throws { try await money.collect() }
            try await money.atOnce(
                behind: "SELECT code FROM billers WHERE code = \(MoneyFixture.biller) FOR NO KEY UPDATE",
                [collect, collect])
            #expect(try await money.settlements().map(\.payments) == [2])
            #expect(try await money.broken() == [])
        }
    }

    @Test("Two decisions at once: one counts, the other is told so; money is booked and sent once")
    func decidedAtOnce() async throws {
        try await MoneyFixture.with { money in
            try await money.account()
            try await money.collectable()
            try await money.collect()
            try await money.proposeSettlement()
            let found = try await money.settlement()
            _ = try await money.nationalSupervisor()
            @Sendable func grant() async throws { try await money.decideSettlement() }
            @Sendable func other() async throws {
                try await money.platform.billerSettlements.decide(
                    found.number, isGranted: true, version: found.version, by: money.nationalSupervisor(),
                    from: money.clerk.origin)
            }
            let refusals = try await money.atOnce(
                behind: "SELECT id FROM biller_settlements FOR NO KEY UPDATE",
                refusal: BillerSettlementError.self, [grant, other])
            #expect(refusals.count { $0 == .stale } == 1 && refusals.count { $0 == nil } == 1)
            #expect(try await money.decisions(.settleBiller) == [1, 1])
            #expect(try await money.entries(.settlementApproved) == 1)
            @Sendable func advance() async throws {
                try await money.platform.billerSettlements.advance(found.id, attempts: 0)
            }
            try await money.atOnce(
                behind: "SELECT id FROM biller_settlements FOR NO KEY UPDATE", [advance, advance])
            #expect(money.payoutCalls == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("The same command twice is carried out once and is no error")
    func twice() async throws {
        try await MoneyFixture.with { money in
            try await money.account()
            try await money.collectable()
            try await money.collect()
            try await money.proposeSettlement()
            let found = try await money.settlement()
            let command = money.command()
            for _ in 1...2 {
                try await money.platform.billerSettlements.decide(
                    found.number, isGranted: true, version: found.version, command: command,
                    by: money.supervisor(), from: money.clerk.origin)
            }
            #expect(try await money.decisions(.settleBiller) == [1, 1])
            #expect(try await money.entries(.settlementApproved) == 1)
        }
    }

    @Test("A payment that the biller does not have any more stops the agreement; given back, it is left out")
    func changed() async throws {
        try await MoneyFixture.with { money in
            try await money.account()
            let first = try await money.collectable()
            try await money.collectable()
            try await money.collect()
            try await money.proposeSettlement()
            try await money.agree([first], isAgreed: false)
            await #expect(throws: BillerSettlementError.paymentsChanged) {
                try await money.decideSettlement()
            }
            await #expect(throws: BillerSettlementError.reasonMissing) {
                try await money.decideSettlement(isGranted: false)
            }
            try await money.decideSettlement(isGranted: false, reason: "对账单有变化")
            let found = try await money.settlement()
            #expect(found.status == .pendingReview && found.proposal == nil && found.payments == 1)
            try await money.proposeSettlement()
            try await money.decideSettlement()
            #expect(try await money.held(.settlementInTransit) == -4_200)
            #expect(try await money.broken() == [])
            // Not agreed any more after it was settled: the check says so.
            let paid = try await money.platform.billerSettlements.lines(of: found.number, within: .national)
            try await money.agree((paid ?? []).map(\.number), isAgreed: false)
            #expect(try await money.broken().map { $0.prefix(2) } == ["I6"])
        }
    }

    @Test("Without an account nothing is proposed; nobody but operations proposes")
    func notProposed() async throws {
        try await MoneyFixture.with { money in
            try await money.collectable()
            try await money.collect()
            await #expect(throws: BillerSettlementError.accountMissing) {
                try await money.proposeSettlement()
            }
            try await money.account()
            let found = try await money.settlement()
            await #expect(throws: BillerSettlementError.notAllowed) {
                try await money.platform.billerSettlements.propose(
                    found.number, version: found.version, by: money.supervisor(), from: money.clerk.origin)
            }
            // An account that comes after the proposal is not the one that was agreed on.
            try await money.proposeSettlement()
            try await money.account("0002")
            #expect(try await money.settlement().account?.tail == "0001")
            try await money.decideSettlement()
            #expect(try await money.settlement().account?.tail == "0001")
        }
    }

    @Test(
        "What the biller owes us is kept back; where nothing is left to pay, the rest is carried on",
        arguments: [1_000, 4_200, 5_000])
    func netted(owed: Int64) async throws {
        try await MoneyFixture.with { money in
            try await money.account()
            let number = try await money.collectable()
            // A refund of a payment that was settled before, shown to the company in advance (P25).
            _ = try await money.owner.query(
                """
                SELECT post_entry('P25', 'billPayment', o.id, 'writtenOff', 9, \(money.clock.now), o.enterprise_id,
                    ARRAY['billerReceivable', 'enterpriseAvailable'], ARRAY[\(MoneyFixture.biller), ''],
                    ARRAY['BP20261101REFUNDED00001', ''], ARRAY[\(owed), \(-owed)]::bigint[])
                FROM orders o WHERE o.number = \(number)
                """)
            try await money.collect()
            let kept = min(owed, 4_200)
            #expect(try await money.settlement().netted == Money(fen: kept))
            try await money.proposeSettlement()
            try await money.decideSettlement()
            let found = try await money.settlement()
            #expect(found.status == (owed < 4_200 ? .payable : .carriedForward))
            #expect(try await money.held(.billerReceivable) == owed - kept)
            #expect(try await money.held(.billerPayable) == 0)
            #expect(try await money.held(.settlementInTransit) == kept - 4_200)
            try await money.pass(0)
            #expect(money.payoutCalls == (owed < 4_200 ? 1 : 0))
            // The posting of the test belongs to no state of its order.
            #expect(try await money.broken().filter { !$0.hasPrefix("I3: [\"order") } == [])
        }
    }

    @Test("One that the bank does not know is sent again on its day, identically, and never on another")
    func resent() async throws {
        for isSameDay in [true, false] {
            try await MoneyFixture.with { money in
                try await money.agreedSettlement()
                money.world.change { $0.bankAnswers = [.silence] }
                try await money.pass(0)
                #expect(try await money.settlement().status == .unknown)
                let time = try await money.settlement().attempt?.transactionTime
                if !isSameDay { money.clock.advance(86_400) }
                try await money.pass(200)
                let found = try await money.settlement()
                #expect(found.status == (isSameDay ? .atBank : .unknown))
                #expect(found.attempt?.transactionTime == time)
                #expect(money.payoutCalls == (isSameDay ? 2 : 1))
                #expect(try await money.broken() == [])
                guard !isSameDay else { return }
                #expect(try await money.workItems().contains { $0.contains("银行称无此付款") })
            }
        }
    }

    @Test(
        "A worker that dies over the sending leaves it unknown, and the biller is paid once",
        arguments: Death.allCases)
    func died(death: Death) async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            try await money.die(death, over: "backTransReq.do")
            #expect(try await money.settlement().status == .sending)
            try await money.pass(0)
            #expect(try await money.settlement().status == .unknown)
            money.confirmPayouts()
            try await money.pass(200)
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.entries(.settlementPaid) == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A paused channel sends nothing to billers; what waited goes when it works again")
    func paused() async throws {
        try await MoneyFixture.with { money in
            try await money.set(
                .payout,
                BankChannel.Settings(isPaused: true, notice: "银行系统升级", cutOff: CutOff(minutes: 960)))
            try await money.agreedSettlement()
            try await money.pass(0)
            #expect(try await money.settlement().status == .payable)
            #expect(money.payoutCalls == 0)
            try await money.set(
                .payout, BankChannel.Settings(isPaused: false, notice: "", cutOff: CutOff(minutes: 960)))
            try await money.pass(3_600)
            #expect(try await money.settlement().status == .atBank)
            #expect(try await money.broken() == [])
        }
    }

    @Test("The bank's own notification counts where it answers no question, and contradicts what was refused")
    func notified() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            try await money.pass(0)
            money.world.change { $0.queryDefault = .silence }
            try await money.platform.bank.receive(
                notification: try money.payoutNotification(of: money.settlement()))
            try await money.pass(0)
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.broken() == [])
            let refused = try await money.platform.monitoring.refusedBankMessages()
            #expect(refused.isEmpty)
        }
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            try await money.pass(0)
            money.world.change { $0.queryDefault = .query(code: "00", original: "61") }
            try await money.platform.bank.receive(
                notification: try money.payoutNotification(of: money.settlement()))
            try await money.pass(0)
            #expect(try await money.settlement().status == .atBank, "the bank has said both")
            #expect(try await money.workItems().contains { $0.contains("查询却答失败") })
            money.confirmPayouts()
            try await money.pass(3_600)
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.workItems() == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "Refused, it is payable again: two people agree on the corrected account, and the payout is another one"
    )
    func refused() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            money.world.change { $0.bankAnswers = [.payout(code: "61")] }
            try await money.pass(0)
            let first = try await money.settlement()
            #expect(first.status == .payable && first.awaitsProposal && first.attempt?.outcome == .refused)
            #expect(try await money.held(.settlementInTransit) == -4_200)
            try await money.pass(86_400)
            #expect(money.payoutCalls == 1, "nothing is sent again by itself")
            #expect(try await money.broken() == [])
            try await money.account("0002")
            try await money.proposeSettlement()
            try await money.decideSettlement()
            try await money.pass(0)
            let second = try await money.settlement()
            #expect(second.account?.tail == "0002")
            #expect(second.attempt?.number == first.number + "A2")
            money.confirmPayouts()
            try await money.pass(200)
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.entries(.settlementApproved) == 1)
            #expect(try await money.broken() == [])
            // The one that was refused is in the file all the same: paid twice, a loss until it is decided.
            try await money.fileOfToday([money.payoutLine(first.number, serial: Self.serial)])
            let found = try #require(await money.cases().last)
            #expect(found.parking == .loss && found.amount == Money(fen: 4_200))
            #expect(try await money.broken() == [])
            // And comes back.
            try await money.file(
                MoneyFixture.day.adding(days: 1),
                [money.returnLine(first.number, serial: "202611240000000000778", of: Self.serial)])
            #expect(try await money.openCases() == [])
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test("One that was refused and is in the file all the same is paid, and what waited to be sent is not")
    func paidAfterRefusal() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            money.world.change { $0.bankAnswers = [.payout(code: "61")] }
            try await money.pass(0)
            try await money.proposeSettlement()
            try await money.decideSettlement()
            let number = try await money.settlement().number
            try await money.fileOfToday([money.payoutLine(number, serial: Self.serial)])
            #expect(try await money.settlement().status == .paid)
            try await money.pass(3_600)
            #expect(money.payoutCalls == 1)
            #expect(try await money.openCases() == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "Returned after it was paid, in one file or another, it is payable again; what the bank kept is our cost",
        arguments: [(0, 4_200), (1, 4_200), (1, 4_000)] as [(Int, Int64)])
    func returned(later: Int, cameBack: Int64) async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            money.world.change { $0.bankAnswers = [.silence] }
            try await money.pass(0)
            let number = try await money.settlement().number
            let payment = money.payoutLine(number, serial: Self.serial)
            let back = money.returnLine(
                number, serial: "202611240000000000778", of: Self.serial, fen: cameBack)
            if later == 0 {
                // The return stands before the payment.
                try await money.fileOfToday([back, payment])
            } else {
                try await money.fileOfToday([payment])
                #expect(try await money.settlement().status == .paid, "the file confirms it")
                try await money.file(MoneyFixture.day.adding(days: later), [back])
            }
            let found = try await money.settlement()
            #expect(found.status == .payable && found.attempt?.outcome == .returned)
            #expect(try await money.held(.settlementInTransit) == -4_200)
            #expect(try await money.held(.channelCost) == 4_200 - cameBack)
            #expect(try await money.openCases() == [])
            #expect(try await money.broken() == [])
            try await money.account("0002")
            try await money.proposeSettlement()
            try await money.decideSettlement()
            money.world.change { $0.queryDefault = .query(code: "34", original: nil) }
            try await money.pass(0)
            money.confirmPayouts()
            try await money.pass(200)
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.entries(.settlementPaid) == 2)
            #expect(try await money.entries(.settlementReturned) == 1)
            // Working the same files off again changes nothing.
            try await money.platform.bankFiles.workOff(MoneyFixture.day)
            #expect(try await money.entries(.settlementPaid) == 2)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "Paid with another amount, twice, or without having been sent, it is a loss until two people decide")
    func losses() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            let number = try await money.settlement().number
            try await money.fileOfToday([money.payoutLine(number, serial: Self.serial, fen: 4_200)])
            #expect(try await money.openCases() == ["未提交银行的收费单位结算 \(number)，银行却已付款"])
            try await money.pass(0)
            money.confirmPayouts()
            try await money.pass(200)
            let serial = try #require(try await money.settlement().attempt?.bankSerial)
            try await money.file(
                MoneyFixture.day.adding(days: 1),
                [
                    money.payoutLine(number, serial: serial),
                    money.payoutLine(number, serial: "202611240000000000771"),
                    money.payoutLine(number, serial: "202611240000000000772", fen: 4_100),
                ])
            #expect(
                try await money.openCases().dropFirst() == [
                    "收费单位结算 \(number)，银行付款两次", "银行付出的金额与收费单位结算 \(number) 不符",
                ])
            #expect(try await money.held(.differenceReceivable) == 12_500)
            #expect(try await money.broken() == [])
            // What the platform has borne and what then comes back is the platform's, and no company's.
            let twice = try #require(await money.cases().first { $0.serial == "202611240000000000771" })
            try await money.handle(twice, .borne)
            #expect(try await money.held(.channelCost) == 4_200)
            try await money.file(
                MoneyFixture.day.adding(days: 2),
                [money.returnLine(number, serial: "202611240000000000773", of: "202611240000000000771")])
            #expect(try await money.held(.unidentifiedReceipts) == -4_200)
            let back = try #require(await money.cases().first { $0.serial == "202611240000000000773" })
            #expect(back.choices == [.recovered])
            try await money.handle(back, .recovered)
            #expect(try await money.entries(.lossRecovered) == 1)
            #expect(try await money.held(.channelCost) == 0)
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.broken() == [])
        }
    }

    @Test("In the file with another amount than it was booked with, under the same serial, it is a case")
    func otherAmount() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            try await money.pass(0)
            money.confirmPayouts()
            try await money.pass(200)
            let found = try await money.settlement()
            let serial = try #require(found.attempt?.bankSerial)
            try await money.fileOfToday([money.payoutLine(found.number, serial: serial, fen: 4_199)])
            #expect(try await money.openCases() == ["收费单位结算 \(found.number) 已入账的金额与银行文件不符"])
            let difference = try #require(await money.cases().last)
            #expect(difference.parking == .receipt && difference.amount == Money(fen: 1))
            #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == -4_199)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A notification about a payout that is over, and that was refused, is for a person")
    func notifiedLate() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            money.world.change { $0.bankAnswers = [.payout(code: "61")] }
            try await money.pass(0)
            let refused = try await money.settlement()
            try await money.proposeSettlement()
            try await money.decideSettlement()
            try await money.pass(0)
            #expect(try await money.settlement().status == .atBank)
            try await money.platform.bank.receive(notification: try money.payoutNotification(of: refused))
            #expect(try await money.workItems().contains { $0.hasPrefix("订单已了结，银行又通知 00") })
            #expect(try await money.platform.monitoring.refusedBankMessages().isEmpty)
            try await money.pass(200)
            #expect(try await money.settlement().status == .atBank, "it says nothing about the second one")
            #expect(try await money.broken() == [])
        }
    }

    @Test("One of which bank and files know nothing is payable again by two people only")
    func absent() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            money.world.change { $0.bankAnswers = [.silence] }
            try await money.pass(0)
            money.clock.advance(86_400)
            try await money.fileOfToday()
            for offset in 1...3 { try await money.file(MoneyFixture.day.adding(days: offset), []) }
            for _ in 1...6 { try await money.pass(12 * 3600) }
            #expect(try await money.settlement().status == .unknown)
            let found = try #require(await money.cases().last)
            #expect(found.kind == .oursOnly && found.choices == [.absent, .acknowledged])
            try await money.handle(found, .absent)
            let settlement = try await money.settlement()
            #expect(settlement.status == .payable && settlement.attempt?.outcome == .absent)
            #expect(try await money.workItems() == [])
            #expect(try await money.broken() == [])
            try await money.proposeSettlement()
            try await money.decideSettlement()
            try await money.pass(0)
            #expect(try await money.settlement().status == .atBank)
        }
    }

    @Test("Held for paid and in none of the files, two people are asked, until a file has it")
    func notInFiles() async throws {
        try await MoneyFixture.with { money in
            let found = try await money.paidSettlement()
            try await money.filesWithoutSettlement()
            #expect(try await money.openCases().contains { $0.contains("均无此交易") })
            let serial = try #require(found.attempt?.bankSerial)
            try await money.file(
                MoneyFixture.day.adding(days: 4), [money.payoutLine(found.number, serial: serial)])
            #expect(try await money.openCases() == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "Two people say that the bank never paid it: payable again; if a file brings it after all, it is paid"
    )
    func neverPaid() async throws {
        try await MoneyFixture.with { money in
            let paid = try await money.paidSettlement()
            try await money.filesWithoutSettlement()
            let found = try #require(await money.cases().last)
            #expect(found.kind == .oursOnly && found.choices == [.absent, .acknowledged])
            try await money.handle(found, .absent)
            let settlement = try await money.settlement()
            #expect(settlement.status == .payable && settlement.attempt?.outcome == .absent)
            #expect(try await money.held(.settlementInTransit) == -4_200)
            #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == 0)
            #expect(try await money.entries(.settlementReturned) == 1)
            #expect(try await money.broken() == [])
            try await money.proposeSettlement()
            try await money.decideSettlement()
            #expect(try await money.settlement().attempt?.number == paid.number + "A2")
            // The bank has paid it after all, under the serial of its first word.
            let serial = try #require(paid.attempt?.bankSerial)
            try await money.file(
                MoneyFixture.day.adding(days: 4), [money.payoutLine(paid.number, serial: serial)])
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == -4_200)
            try await money.pass(3_600)
            #expect(money.payoutCalls == 1, "what waited to be sent is not")
            #expect(try await money.openCases() == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test("What a file has come to have meanwhile cannot be said never to have been paid")
    func paidMeanwhile() async throws {
        try await MoneyFixture.with { money in
            let paid = try await money.paidSettlement()
            try await money.filesWithoutSettlement()
            let found = try #require(await money.cases().last)
            let serial = try #require(paid.attempt?.bankSerial)
            let line = money.payoutLine(paid.number, serial: serial)
            _ = try await money.platform.bankFiles.accept(
                MoneyFixture.day.adding(days: 4), name: "INN", digest: Array(repeating: 0, count: 32)
            ) { [lines = Lines([line])] in lines.next() }
            await #expect(throws: DifferenceError.unfitting) { try await money.handle(found, .absent) }
            #expect(try await money.settlement().status == .paid)
            try await money.platform.bankFiles.workOff(MoneyFixture.day.adding(days: 4))
            #expect(try await money.openCases() == [])
        }
    }

    @Test("In no file, and then returned by the bank: nobody is asked any more")
    func returnedMissing() async throws {
        try await MoneyFixture.with { money in
            let paid = try await money.paidSettlement()
            try await money.filesWithoutSettlement()
            #expect(try await money.openCases().count == 1)
            try await money.file(
                MoneyFixture.day.adding(days: 4),
                [
                    money.returnLine(
                        paid.number, serial: Self.serial, of: try #require(paid.attempt?.bankSerial))
                ])
            #expect(try await money.settlement().attempt?.outcome == .returned)
            #expect(try await money.openCases() == [])
            #expect(try await money.broken() == [])
        }
    }

    @Test("One that nobody holds against the files that are there is found by the check")
    func notCompared() async throws {
        try await MoneyFixture.with { money in
            let paid = try await money.paidSettlement()
            try await money.filesWithoutSettlement()
            try await money.owner.execute("UPDATE biller_settlement_attempts SET is_compared = false")
            #expect(try await money.broken() == [], "the next file compares it")
            money.clock.advance(2 * 86_400 + 1)
            let report = try await money.platform.monitoring.check().first { $0.invariant.name == "I14" }
            #expect(report?.subjects.contains("settlement \(paid.number)") == true)
        }
    }

    @Test("Two people have looked at it and leave it: nobody is asked again")
    func acknowledged() async throws {
        try await MoneyFixture.with { money in
            _ = try await money.paidSettlement()
            try await money.filesWithoutSettlement()
            try await money.handle(try #require(await money.cases().last), .acknowledged)
            try await money.file(MoneyFixture.day.adding(days: 4), [])
            #expect(try await money.openCases() == [])
            #expect(try await money.settlement().status == .paid)
        }
    }

    @Test(
        "Called paid only after the files of its day were there, and after the bank had denied it, it is asked about"
    )
    func paidLate() async throws {
        try await MoneyFixture.with { money in
            try await money.agreedSettlement()
            money.world.change { $0.bankAnswers = [.silence] }
            try await money.pass(0)
            money.clock.advance(86_400)
            try await money.filesWithoutSettlement()
            for _ in 1...6 { try await money.pass(12 * 3600) }
            #expect(try await money.openCases().contains { $0.contains("银行称没有") })
            money.confirmPayouts()
            for _ in 1...2 { try await money.pass(12 * 3600) }
            #expect(try await money.settlement().status == .paid)
            #expect(try await money.openCases() == [])
            try await money.file(MoneyFixture.day.adding(days: 4), [])
            #expect(try await money.openCases().count == 1)
            try await money.handle(try #require(await money.cases().last), .absent)
            #expect(try await money.settlement().status == .payable)
            #expect(try await money.broken() == [])
        }
    }
}

/// The lines of a file, one after the other.
private final class Lines: Sendable {
    private let rest: Mutex<ArraySlice<BankFiles.Line>>
    init(_ lines: [BankFiles.Line]) { rest = Mutex(lines[...]) }
    func next() -> BankFiles.Line? { rest.withLock { $0.popFirst() } }
}
