import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Reconciliation with the bank's files")
struct ReconciliationTests {
    @Test("What both have the same is matched and leaves no case")
    func matched() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            #expect(try await money.file([money.line(of: topUp)]) == .accepted)
            #expect(try await money.cases().isEmpty)
            let classes = try await money.owner.query("SELECT class FROM bank_file_classes")
            #expect(try classes.map { try $0.decode("class", as: String.self) } == ["matched"])
            #expect(try await money.broken() == [])
        }
    }

    @Test("The same file again changes nothing; another one of the same day is not taken")
    func repeated() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            #expect(try await money.file([money.line(of: topUp)]) == .repeated)
            #expect(try await money.file([money.line(of: topUp, amount: 9_999)]) == .other)
            #expect(try await money.file([money.line(of: topUp, amount: 9_998)]) == .other)
            try await money.platform.bankFiles.workOff(MoneyFixture.day)
            let told = try #require(await money.cases().first)
            #expect(try await money.cases().count == 1 && told.detail.contains("内容不同的对账文件"))
            #expect(told.choices == [.acknowledged])
        }
    }

    @Test("A file that breaks off in the middle leaves nothing behind")
    func brokenOff() async throws {
        struct Damaged: Error {}
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            let line = money.line(of: topUp)
            var count = 0
            await #expect(throws: Damaged.self) {
                _ = try await money.platform.bankFiles.accept(
                    MoneyFixture.day, name: "x", digest: [UInt8](repeating: 0, count: 32)
                ) {
                    count += 1
                    if count > 6_000 { throw Damaged() }
                    return line
                }
            }
            #expect(try await money.owner.query("SELECT 1 FROM bank_files").isEmpty)
            #expect(try await money.file([line]) == .accepted)
            #expect(try await money.cases().isEmpty)
        }
    }

    @Test("A payment that we had not heard of is credited from the file, whatever state the order waits in")
    func goodNews() async throws {
        for state in [TopUpStatus.atBank, .closing, .closed] {
            try await MoneyFixture.with { money in
                let topUp = try await money.order(fen: 7_000)
                _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
                if state != .atBank { try await money.platform.topUps.cancel(topUp.number, by: money.clerk) }
                if state == .closed {
                    money.world.change { $0.queryDefault = .query(code: "00", original: "69") }
                    for _ in 1...12 { try await money.pass(12 * 3600) }
                }
                #expect(try await money.topUp(topUp.number).status == state)
                money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 7_000) }
                try await money.file([money.line(of: topUp)])
                #expect(try await money.topUp(topUp.number).status == .credited)
                #expect(try await money.balances().available == Money(fen: 7_000))
                let found = try #require(await money.cases().first)
                #expect(found.kind == .stateDiffers)
                #expect(found.state == .selfCleared)
                try await money.platform.bankFiles.workOff(MoneyFixture.day)
                #expect(try await money.balances().available == Money(fen: 7_000))
                #expect(try await money.cases().count == 1)
                #expect(try await money.broken() == [])
            }
        }
    }

    @Test("Another amount than ordered is parked, and two people credit what really came")
    func amountDiffers() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.file([money.line(of: topUp, amount: 6_900)])
            #expect(try await money.topUp(topUp.number).status == .inReview)
            #expect(try await money.balances().available == .zero)
            #expect(try await money.held(.unidentifiedReceipts) == -6_900)
            #expect(try await money.broken() == [])
            let found = try #require(await money.cases().first)
            #expect(found.kind == .amountDiffers)
            try await money.handle(found, .credited)
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await money.balances().available == Money(fen: 6_900))
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Money of an unknown order is parked, and goes back to its payer once two people say so")
    func bankOnly() async throws {
        try await MoneyFixture.with { money in
            try await money.file([
                BankFiles.Line(
                    trade: .payment, serial: "202611230000000000777", orderNumber: "TP20261123NOBODY00001",
                    amount: 5_500)
            ])
            let found = try #require(await money.cases().first)
            #expect(found.kind == .bankOnly)
            #expect(try await money.held(.unidentifiedReceipts) == -5_500)
            await #expect(throws: DifferenceError.enterpriseMissing) {
                try await money.handle(found, .credited)
            }
            try await money.handle(found, .returned)
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.held(.returnInTransit) == -5_500)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A second payment of one order is parked and the order stays credited")
    func duplicate() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 3_000)
            try await money.file([
                money.line(of: topUp), money.line(of: topUp, serial: "202611230000000000888"),
            ])
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await money.held(.unidentifiedReceipts) == -3_000)
            let found = try #require(await money.cases().first)
            #expect(found.kind == .duplicate)
            #expect(try await money.broken() == [])
            try await money.handle(found, .returned)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 3_000) }
            #expect(try await money.held(.returnInTransit) == -3_000)
            #expect(try await money.broken() == [])
        }
    }

    @Test("The same line twice in one file is one payment and a case")
    func lineTwice() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 3_000)
            try await money.file([money.line(of: topUp), money.line(of: topUp)])
            let found = try #require(await money.cases().first)
            #expect(found.kind == .duplicate && found.parking == .none)
            #expect(try await money.balances().available == Money(fen: 3_000))
            try await money.handle(found, .acknowledged)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A credited top-up that the bank reversed is parked, stops the company, and is charged, made good or borne",
        arguments: [Handling.charged, .madeGood, .borne])
    func reversed(handling: Handling) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 8_000)
            try await money.file([money.line(of: topUp)])
            // A part is spent before the bad news comes.
            money.world.change { $0.queryDefault = .query(code: "34", original: nil) }
            _ = try await money.platform.withdrawals.submit(
                money.command(), amount: Money(fen: 5_000), password: MoneyFixture.paymentPassword,
                by: money.clerk)
            try await money.file(
                MoneyFixture.day.adding(days: 1),
                [
                    BankFiles.Line(
                        trade: .reversal, serial: "202611240000000000001",
                        originalSerial: topUp.bankSerial, orderNumber: topUp.number, amount: 8_000)
                ])
            #expect(try await money.topUp(topUp.number).status == .reversalParked)
            #expect(try await money.held(.differenceReceivable) == 8_000)
            #expect(try await money.broken() == [])
            let state = try await money.owner.query("SELECT state FROM enterprises").first
            #expect(try state?.decode("state", as: String.self) == "outgoingStopped")
            let found = try #require(await money.cases().first)
            try await money.handle(found, handling)
            #expect(
                try await money.topUp(topUp.number).status == (handling == .charged ? .reversed : .credited))
            #expect(try await money.held(.differenceReceivable) == 0)
            if handling == .charged {
                #expect(try await money.balances().available == .zero)
                #expect(try await money.held(.enterpriseReceivable) == 5_000)
            }
            if handling == .borne { #expect(try await money.held(.channelCost) == 8_000) }
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A file that the bank's answers contradict for days is believed in the end: the money is with the bank"
    )
    func contradictedForDays() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 2_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "69") }
            for _ in 1...8 { try await money.pass(12 * 3600) }
            try await money.file([money.line(of: topUp)])
            #expect(try await !money.platform.bankFiles.workOff(MoneyFixture.day))
            money.clock.advance(3 * 86_400)
            #expect(try await money.platform.bankFiles.workOff(MoneyFixture.day))
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await money.balances().available == Money(fen: 2_000))
        }
    }

    @Test(
        "A file's payment of a closed order waits for the bank's word: one debited late is parked, and never credited",
        arguments: ["34", "69", "05"])
    func lateDebitOfClosed(first word: String) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 2_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "69") }
            for _ in 1...8 { try await money.pass(12 * 3600) }
            #expect(try await money.topUp(topUp.number).status == .closed)
            money.world.change {
                $0.queryDefault =
                    word == "34"
                    ? .query(code: "34", original: nil) : .query(code: "00", original: word)
            }
            try await money.file([money.line(of: topUp)])
            let files = money.platform.bankFiles
            #expect(try await !files.workOff(MoneyFixture.day))
            #expect(try await money.topUp(topUp.number).status == .closed)
            #expect(try await money.held(.bankClearing) == 0)
            #expect(try await money.workItems().count == (word == "05" ? 0 : 1))
            money.world.change { $0.queryDefault = .query(code: "00", original: "42") }
            #expect(try await files.workOff(MoneyFixture.day))
            #expect(try await money.topUp(topUp.number).status == .lateDebited)
            #expect(try await money.balances().available == .zero)
            #expect(try await money.held(.unidentifiedReceipts) == -2_000)
            #expect(try await money.broken() == [])
            try await money.file(
                MoneyFixture.day.adding(days: 4),
                [
                    BankFiles.Line(
                        trade: .reversal, serial: "202611270000000000001",
                        originalSerial: "202611230000000000001", orderNumber: topUp.number, amount: 2_000)
                ])
            #expect(try await money.topUp(topUp.number).status == .refundedByBank)
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A debit after the time allowed is parked when the file brings it, and goes back when the bank takes it back"
    )
    func lateDebit() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 2_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "42") }
            for _ in 1...8 { try await money.pass(12 * 3600) }
            #expect(try await money.topUp(topUp.number).status == .lateDebited)
            try await money.file([money.line(of: topUp)])
            #expect(try await money.held(.unidentifiedReceipts) == -2_000)
            #expect(try await money.broken() == [])
            try await money.file(
                MoneyFixture.day.adding(days: 4),
                [
                    BankFiles.Line(
                        trade: .reversal, serial: "202611270000000000001",
                        originalSerial: "202611230000000000001", orderNumber: topUp.number, amount: 2_000)
                ])
            #expect(try await money.topUp(topUp.number).status == .refundedByBank)
            #expect(try await money.held(.unidentifiedReceipts) == 0)
            #expect(try await money.broken() == [])
        }
    }

    @Test("What we have and the file lacks waits for the next days' files and then is a loss")
    func cutOff() async throws {
        try await MoneyFixture.with { money in
            let late = try await money.credited(fen: 4_000)
            let lost = try await money.credited(fen: 1_500)
            try await money.file([])
            #expect(try await money.cases().map(\.kind) == [.cutOff, .cutOff])
            try await money.file(MoneyFixture.day.adding(days: 1), [money.line(of: late)])
            #expect(try await money.cases().map(\.state) == [.selfCleared, .waitingCutOff])
            try await money.file(MoneyFixture.day.adding(days: 2), [])
            #expect(try await money.topUp(lost.number).status == .credited)
            try await money.file(MoneyFixture.day.adding(days: 3), [])
            #expect(try await money.topUp(lost.number).status == .reversalParked)
            let found = try await money.cases()
            #expect(found.map(\.kind) == [.cutOff, .oursOnly])
            #expect(found.map(\.parking) == [.none, .order])
            #expect(try await money.broken() == [])
            try await money.handle(found[1], .madeGood)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A paid withdrawal that comes back is the company's again at once, what the bank kept is our cost")
    func payoutReturned() async throws {
        try await MoneyFixture.with { money in
            let withdrawal = try await money.paid(fen: 6_000)
            #expect(withdrawal.status == .paid)
            try await money.file(
                MoneyFixture.day.adding(days: 2),
                [
                    BankFiles.Line(
                        trade: .payoutReturn, serial: "202611250000000000009",
                        originalSerial: withdrawal.bankSerial, orderNumber: withdrawal.number, amount: 5_900)
                ])
            #expect(try await money.withdrawal(withdrawal.number).status == .returned)
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(try await money.held(.channelCost) == 100)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A refused withdrawal that the bank paid all the same is parked",
        arguments: [Handling.charged, .borne])
    func paidAfterRefusal(handling: Handling) async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 6_000)
            money.world.change { $0.bankAnswers = [.payout(code: "61")] }
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .refused)
            try await money.file([
                BankFiles.Line(
                    trade: .payout, serial: "202611230000000000012", orderNumber: number, amount: 6_000)
            ])
            #expect(try await money.withdrawal(number).status == .paymentParked)
            #expect(try await money.held(.differenceReceivable) == 6_000)
            #expect(try await money.broken() == [])
            let found = try #require(await money.cases().first)
            try await money.handle(found, handling)
            #expect(
                try await money.withdrawal(number).status == (handling == .charged ? .paid : .refused))
            #expect(
                try await money.balances().available == Money(fen: handling == .charged ? 4_000 : 10_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test("A withdrawal of which bank and files know nothing is set free by two people only")
    func absent() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 6_000)
            money.world.change { $0.bankAnswers = [.silence] }
            try await money.pass(0)
            // Each question is answered by 34; after the first day it may not be sent again.
            money.world.change { $0.payoutDefault = .silence }
            let day = LocalDate(money.clock.now)
            for offset in 0...3 { try await money.file(day.adding(days: offset), []) }
            for _ in 1...10 { try await money.pass(12 * 3600) }
            #expect(try await money.withdrawal(number).status == .unknown)
            let found = try #require(await money.cases().last)
            #expect(found.kind == .oursOnly)
            try await money.handle(found, .absent)
            #expect(try await money.withdrawal(number).status == .refused)
            #expect(try await money.balances().available == Money(fen: 10_000))
            // The files lack the top-up too, and nobody has covered that loss.
            #expect(try await money.broken() == ["I9: [\"cover is short by 10000 fen\"]"])
        }
    }

    @Test("Nobody decides about a proposal of one's own, or of an older version")
    func dualControl() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.file([money.line(of: topUp, amount: 6_900)])
            let found = try #require(await money.cases().first)
            let differences = money.platform.differences
            let operations = try await money.operations()
            let origin = money.clerk.origin
            await #expect(throws: DifferenceError.notAllowed) {
                try await differences.propose(
                    found.number, .credited, reason: "x", by: money.supervisor(), from: origin)
            }
            await #expect(throws: DifferenceError.unfitting) {
                try await differences.propose(
                    found.number, .borne, reason: "x", by: operations, from: origin)
            }
            let tooLong = String(repeating: "长", count: 501)
            await #expect(throws: DifferenceError.reasonMissing) {
                try await differences.propose(
                    found.number, .credited, reason: tooLong, by: operations, from: origin)
            }
            try await differences.propose(
                found.number, .credited, reason: "已核实", by: operations, from: origin)
            await #expect(throws: DifferenceError.samePerson) {
                try await differences.decide(
                    found.number, isGranted: true, version: found.version + 1, by: operations, from: origin)
            }
            await #expect(throws: DifferenceError.stale) {
                try await differences.decide(
                    found.number, isGranted: true, version: found.version, by: money.supervisor(),
                    from: origin)
            }
            await #expect(throws: DifferenceError.reasonMissing) {
                try await differences.decide(
                    found.number, isGranted: false, version: found.version + 1, by: money.supervisor(),
                    from: origin)
            }
            await #expect(throws: DifferenceError.reasonMissing) {
                try await differences.decide(
                    found.number, isGranted: false, reason: tooLong, version: found.version + 1,
                    by: money.supervisor(), from: origin)
            }
            try await differences.decide(
                found.number, isGranted: false, reason: "请附银行回执", version: found.version + 1,
                by: money.supervisor(), from: origin)
            #expect(try await money.cases().first?.state == .open)
            #expect(try await money.balances().available == .zero)
        }
    }

    @Test("Fees are booked with the file, and one that was not agreed is a case")
    func fees() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            var line = money.line(of: topUp)
            line.fee = 30
            try await money.file([line])
            #expect(try await money.held(.channelCost, "fee") == 30)
            #expect(try await money.held(.bankClearing) == 9_970)
            #expect(try await money.cases().map(\.kind) == [.feeDiffers])
            #expect(try await money.broken() == [])
        }
    }

    @Test("The net of a settlement day arrives in the reserve and empties clearing, cut-offs included")
    func reserve() async throws {
        try await MoneyFixture.with { money in
            let first = try await money.credited(fen: 10_000)
            let late = try await money.credited(fen: 2_000)
            let next = MoneyFixture.day.adding(days: 1)
            var line = money.line(of: first)
            line.fee = 30
            try await money.file([line])
            try await money.file(next, [money.line(of: late)])
            let statements = money.platform.reserveStatements
            func statement(
                _ day: LocalDate, _ opening: Int64, _ change: Int64, of settled: LocalDate, _ serial: String
            )
                -> ReserveStatements.Statement
            {
                ReserveStatements.Statement(
                    day: day, account: "8888****0001", opening: opening, closing: opening + change,
                    lines: [
                        ReserveStatements.Line(
                            serial: serial, change: change, counterparty: "银联", purpose: "清算",
                            settlementDate: settled)
                    ])
            }
            let one = statement(next, 0, 9_970, of: MoneyFixture.day, "R1")
            try await statements.take(one)
            try await statements.take(one)
            #expect(try await money.held(.reserve) == 9_970)
            #expect(try await money.held(.bankClearing) == 2_000)
            await #expect(throws: ReserveStatements.StatementError.openingDiffers) {
                try await statements.take(statement(next.adding(days: 1), 1, 2_000, of: next, "R2"))
            }
            try await statements.take(statement(next.adding(days: 1), 9_970, 2_000, of: next, "R2"))
            #expect(try await money.held(.reserve) == 11_970)
            let open = try await money.owner.query(
                """
                SELECT owner, item FROM postings WHERE account = 'bankClearing'
                GROUP BY 1, 2 HAVING sum(amount) <> 0
                """)
            #expect(open.isEmpty, "each item is settled by itself")
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A day whose net is zero is settled by the first statement of a later day, and counts once if money comes after all"
    )
    func zeroNet() async throws {
        try await MoneyFixture.with { money in
            // What is paid out has been topped up before, on the same day.
            let withdrawal = try await money.paid(fen: 10_000)
            let funding = try await money.owner.query("SELECT number FROM orders WHERE kind = 'topUp'").only()
            let topUp = try await money.topUp(try funding["number"])
            let (day, next) = (MoneyFixture.day, MoneyFixture.day.adding(days: 1))
            try await money.file([
                money.line(of: topUp),
                BankFiles.Line(
                    trade: .payout, serial: try #require(withdrawal.bankSerial),
                    orderNumber: withdrawal.number,
                    amount: 10_000),
            ])
            func openItems() async throws -> Int {
                try await money.owner.query(
                    """
                    SELECT owner, item FROM postings WHERE account = 'bankClearing'
                    GROUP BY 1, 2 HAVING sum(amount) <> 0
                    """
                ).count
            }
            func isSettled() async throws -> Bool {
                try #require(
                    await money.platform.reconciliationDays.details(of: day, .init(), within: .national)
                ).isSettledAtZero
            }
            func take(_ statementDay: LocalDate, _ opening: Int64, _ lines: [ReserveStatements.Line])
                async throws
            {
                money.clock.advance(1)
                try await money.platform.reserveStatements.take(
                    ReserveStatements.Statement(
                        day: statementDay, account: "8888****0001", opening: opening,
                        closing: opening + lines.reduce(0) { $0 + $1.change }, lines: lines))
            }
            // The day's own statement comes too early to say anything about its net.
            try await take(day, 0, [])
            #expect(try await openItems() == 2)
            #expect(try await !isSettled())
            try await take(next, 0, [])
            #expect(try await openItems() == 0)
            #expect(try await isSettled())
            #expect(try await money.broken() == [])
            // Nothing is posted twice, and nothing is short.
            try await take(next.adding(days: 1), 0, [])
            #expect(try await openItems() == 0)
            try await money.platform.reserveStatements.lookForRests(through: next.adding(days: 9))
            #expect(try await money.cases().isEmpty)
            // The bank pays for it after all: a case, with the money under the day.
            try await take(
                next.adding(days: 2), 0,
                [
                    ReserveStatements.Line(
                        serial: "R1", change: 500, counterparty: "银联", purpose: "清算", settlementDate: day)
                ])
            #expect(try await money.cases().map(\.kind) == [.amountDiffers])
            #expect(try await money.held(.bankClearing) == -500)
            #expect(try await openItems() == 1)
            #expect(try await !isSettled())
            #expect(try await money.broken() == [])
        }
    }

    @Test("A statement that forgets to settle a day whose net is zero is found by the check")
    func zeroNetLeftOpen() async throws {
        try await MoneyFixture.with { money in
            // What is paid out has been topped up before, on the same day.
            let withdrawal = try await money.paid(fen: 10_000)
            let funding = try await money.owner.query("SELECT number FROM orders WHERE kind = 'topUp'").only()
            let topUp = try await money.topUp(try funding["number"])
            try await money.file([
                money.line(of: topUp),
                BankFiles.Line(
                    trade: .payout, serial: try #require(withdrawal.bankSerial),
                    orderNumber: withdrawal.number,
                    amount: 10_000),
            ])
            #expect(try await money.broken() == [])
            try await money.owner.execute(
                """
                INSERT INTO reserve_statements (day, account, opening, closing, digest, imported_at)
                VALUES (
                    \(MoneyFixture.day.adding(days: 1)), 'reserve', 0, 0, \([UInt8](repeating: 0, count: 32)),
                    \(money.clock.now.addingTimeInterval(60)))
                """)
            let broken = try await money.broken()
            #expect(broken.count == 1 && broken.first?.hasPrefix("I7") == true)
        }
    }

    @Test("A net that differs from the file is a case, and stays in clearing")
    func reserveDiffers() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 10_000)
            try await money.file([money.line(of: topUp)])
            try await money.platform.reserveStatements.take(
                ReserveStatements.Statement(
                    day: MoneyFixture.day.adding(days: 1), account: "8888****0001", opening: 0,
                    closing: 9_000,
                    lines: [
                        ReserveStatements.Line(
                            serial: "R1", change: 9_000, counterparty: "银联", purpose: "清算",
                            settlementDate: MoneyFixture.day)
                    ]))
            #expect(try await money.held(.reserve) == 9_000)
            #expect(try await money.held(.bankClearing) == 1_000)
            #expect(try await money.cases().map(\.kind) == [.amountDiffers])
            #expect(try await money.broken() == [])
        }
    }

    @Test("The same file offered five times at once is taken once, line by line")
    func offeredAtOnce() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.credited(fen: 3_000)
            let line = money.line(of: topUp)
            let digest = [UInt8](repeating: 1, count: 32)
            let results = try await withThrowingTaskGroup(of: BankFiles.Acceptance.self) { group in
                for _ in 1...5 {
                    group.addTask {
                        var lines = [line][...]
                        return try await money.platform.bankFiles.accept(
                            MoneyFixture.day, name: "x", digest: digest
                        ) { lines.popFirst() }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.filter { $0 == .accepted }.count == 1)
            #expect(results.filter { $0 == .repeated }.count == 4)
            let classes = try await money.owner.query("SELECT class FROM bank_file_classes")
            #expect(try classes.map { try $0.decode("class", as: String.self) } == ["matched"])
        }
    }

    @Test(
        "A day worked off by several workers at once, and again after a restart, books and parks each line once"
    )
    func workedOffAtOnce() async throws {
        try await MoneyFixture.with { money in
            // In this order: the bank's next answer is for the only order that asks.
            let twice = try await money.credited(fen: 3_000)
            let unheard = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(unheard.number, by: money.clerk)
            var lines = [
                money.line(of: unheard, serial: "202611230000000000101"), money.line(of: twice),
                money.line(of: twice, serial: "202611230000000000102"),
                BankFiles.Line(
                    trade: .payment, serial: "202611230000000000103", orderNumber: "TP20261123NOBODY00001",
                    amount: 400),
            ][...]
            // The file is taken, and the worker dies before it works off a line.
            _ = try await money.platform.bankFiles.accept(
                MoneyFixture.day, name: "x", digest: [UInt8](repeating: 2, count: 32)
            ) { lines.popFirst() }
            await withTaskGroup { group in
                for _ in 1...4 {
                    // One that comes second may be refused by an index, and is put back.
                    group.addTask { try? await money.platform.bankFiles.workOff(MoneyFixture.day) }
                }
            }
            try await money.platform.bankFiles.workOff(MoneyFixture.day)
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(try await money.held(.unidentifiedReceipts) == -3_400)
            #expect(try await money.cases().count == 3)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Five people deciding at once decide once")
    func decidedAtOnce() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 7_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            try await money.file([money.line(of: topUp, amount: 6_900)])
            let found = try #require(await money.cases().first)
            let differences = money.platform.differences
            let origin = money.clerk.origin
            try await differences.propose(
                found.number, .credited, reason: "已核实", by: money.operations(), from: origin)
            let supervisor = try await money.supervisor()
            let granted = await withTaskGroup(of: Bool.self) { group in
                for _ in 1...5 {
                    group.addTask {
                        do {
                            try await differences.decide(
                                found.number, isGranted: true, version: found.version + 1, by: supervisor,
                                from: origin)
                            return true
                        } catch {
                            #expect(error as? DifferenceError == .stale)
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(granted == 1)
            #expect(try await money.balances().available == Money(fen: 6_900))
            #expect(try await money.broken() == [])
        }
    }
}
