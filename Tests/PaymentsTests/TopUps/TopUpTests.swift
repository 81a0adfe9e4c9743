import Foundation
import Testing

@testable import Payments

@Suite("Top-ups")
struct TopUpTests {
    @Test("A paid top-up is credited once, with its entry, its serial and its settlement date")
    func credited() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 123_456)
            #expect(topUp.status == .created)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 123_456) }
            try await money.pass(2)
            let credited = try await money.topUp(topUp.number)
            #expect(credited.status == .credited)
            #expect(credited.bankSerial != nil)
            #expect(try await money.balances().available == Money(fen: 123_456))
            try await money.pass(86_400)
            #expect(try await money.balances().available == Money(fen: 123_456))
            #expect(try await money.broken() == [])
        }
    }

    @Test("The same command gives the same order, other input under it is refused")
    func commandRepeated() async throws {
        try await MoneyFixture.with { money in
            let command = money.command()
            let topUps = money.platform.topUps
            let first = try await topUps.order(
                command, amount: Money(fen: 100), bank: "ICBC", by: money.clerk)
            #expect(
                try await topUps.order(command, amount: Money(fen: 100), bank: "ICBC", by: money.clerk)
                    == first)
            await #expect(throws: CommandReused.self) {
                try await topUps.order(command, amount: Money(fen: 101), bank: "ICBC", by: money.clerk)
            }
        }
    }

    @Test("The hand-off repeated, and its page asked for again, give the identical signed form")
    func handOffRepeated() async throws {
        try await MoneyFixture.with { money in
            let topUps = money.platform.topUps
            let topUp = try await money.order(fen: 100)
            await #expect(throws: TopUpError.tooLate, "nobody would ask the bank about this order") {
                try await topUps.paymentForm(topUp.number, of: money.clerk.enterprise)
            }
            let first = try await topUps.handOff(topUp.number, by: money.clerk)
            money.clock.advance(5)
            #expect(try await topUps.handOff(topUp.number, by: money.clerk) == first)
            #expect(try await topUps.paymentForm(topUp.number, of: money.clerk.enterprise).1 == first)
            let (_, events) = try #require(await topUps.history(topUp.number, of: money.clerk.enterprise))
            #expect(events.map(\.event) == ["ordered", "handedOff"])
            try await topUps.cancel(topUp.number, by: money.clerk)
            await #expect(throws: TopUpError.tooLate) {
                try await topUps.paymentForm(topUp.number, of: money.clerk.enterprise)
            }
        }
    }

    @Test("Five notifications and five questions at once credit exactly once")
    func notifiedAndAskedAtOnce() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 5_000)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 5_000) }
            let body = try money.world.notification(of: topUp)
            let id = topUp.reference.id
            try await withThrowingTaskGroup { group in
                for _ in 1...5 {
                    group.addTask { try await money.platform.bank.receive(notification: body) }
                    group.addTask { try await money.platform.topUps.advance(id, attempts: 0) }
                }
                try await group.waitForAll()
            }
            #expect(try await money.balances().available == Money(fen: 5_000))
            try await money.pass(3600)
            #expect(try await money.balances().available == Money(fen: 5_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test("A believed notification is booked though the bank does not answer our question")
    func notifiedAlone() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .silence }
            try await money.platform.bank.receive(notification: money.world.notification(of: topUp))
            try await money.pass(0)
            #expect(try await money.topUp(topUp.number).status == .credited)
        }
    }

    @Test(
        "A notification with another amount, merchant, order or signature is kept for operations and never booked",
        arguments: ["amount", "merchant", "order", "stranger", "signature"])
    func unbelievable(fault: String) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "05") }
            var body: [UInt8]
            switch fault {
            case "amount": body = try money.world.notification(of: topUp, amountFen: 701)
            case "merchant": body = try money.world.notification(of: topUp, merchant: "777290058110048")
            case "stranger": body = try money.world.notification(of: topUp, byStranger: true)
            case "order":
                body = try money.world.notification(of: topUp)
                body = Array(
                    String(decoding: body, as: UTF8.self).replacing(
                        topUp.number, with: "TP20260101AAAAAAAAAAAA"
                    ).utf8)
            default:
                body = try money.world.notification(of: topUp)
                body = Array(
                    String(decoding: body, as: UTF8.self).replacing("txnAmt=700", with: "txnAmt=7000000").utf8
                )
            }
            try await money.platform.bank.receive(notification: body)
            try await money.pass(60)
            #expect(try await money.topUp(topUp.number).status == .atBank)
            #expect(try await money.balances().available == .zero)
            #expect(try await money.platform.monitoring.refusedBankMessages().count == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("An answer with another amount is kept for operations and never booked")
    func answerDiffers() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.bankAnswers = [.query(code: "00", original: "00", amountFen: 70_000)] }
            try await money.pass(2)
            #expect(try await money.topUp(topUp.number).status == .atBank)
            #expect(
                try await money.platform.monitoring.refusedBankMessages().first?.orderNumber == topUp.number)
        }
    }

    @Test("A declined attempt before the deadline changes nothing; after it the order closes")
    func declined() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "30") }
            try await money.pass(40)
            #expect(try await money.topUp(topUp.number).status == .atBank)
            try await money.pass(73 * 3600)
            try await money.pass(3600)
            try await money.pass(3600)
            #expect(try await money.topUp(topUp.number).status == .closed)
            #expect(try await money.broken() == [])
        }
    }

    @Test("At the deadline the bank's no closes at once; after silence it is asked again within seconds")
    func deadline() async throws {
        try await MoneyFixture.with { money in
            let answered = try await money.order(fen: 700)
            let unanswered = try await money.order(fen: 800)
            for topUp in [answered, unanswered] {
                _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            }
            money.world.change { $0.queryDefault = .query(code: "00", original: "30") }
            // Long enough that the next questions would be an hour apart.
            for _ in 1...71 { try await money.pass(3600) }
            #expect(try await money.topUp(answered.number).status == .atBank)
            money.world.change {
                $0.bankAnswers = [.silence]
                $0.queryDefault = .query(code: "00", original: "69")
            }
            try await money.pass(3601)
            let states = [
                try await money.topUp(answered.number).status,
                try await money.topUp(unanswered.number).status,
            ]
            #expect(Set(states) == [.closed, .closing])
            try await money.pass(2)
            #expect(try await money.topUp(answered.number).status == .closed)
            #expect(try await money.topUp(unanswered.number).status == .closed)
            #expect(try await money.broken() == [])
        }
    }

    @Test("An order that the bank does not know is never taken for failed")
    func notKnown() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            for _ in 1...20 { try await money.pass(86_400) }
            #expect(try await money.topUp(topUp.number).status == .closing)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Success after the order was closed is still credited; a late debit (42) is not")
    func late() async throws {
        try await MoneyFixture.with { money in
            let topUps = money.platform.topUps
            let closed = try await money.order(fen: 900)
            _ = try await topUps.handOff(closed.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "30") }
            try await money.pass(74 * 3600)
            try await money.pass(3600)
            #expect(try await money.topUp(closed.number).status == .closed)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 900) }
            try await money.platform.bank.receive(notification: money.world.notification(of: closed))
            try await money.pass(0)
            #expect(try await money.topUp(closed.number).status == .credited)

            let debited = try await money.order(fen: 800)
            _ = try await topUps.handOff(debited.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "42") }
            try await money.pass(2)
            #expect(try await money.topUp(debited.number).status == .lateDebited)
            #expect(try await money.balances().available == Money(fen: 900))
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A failed attempt and an answer that says nothing are recorded once each, and only while the payer may pay"
    )
    func recordedOnce() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            for code in ["05", "64", "05", "61", "04"] {
                money.world.change { $0.queryDefault = .query(code: "00", original: code) }
                try await money.pass(3600)
                try await money.pass(3600)
            }
            let events = try await money.platform.topUps.history(
                topUp.number, of: money.clerk.enterprise)
            #expect(
                try #require(events).1.map(\.event) == [
                    "ordered", "handedOff", "answerUnclear", "declinedBeforeTimeout",
                ])
            #expect(try await money.topUp(topUp.number).status == .atBank)
            try await money.pass(74 * 3600)
            let after = try await money.platform.topUps.history(
                topUp.number, of: money.clerk.enterprise)
            #expect(
                try #require(after).1.map(\.event).dropFirst(4).allSatisfy { $0 != "answerUnclear" })
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "The bank is not asked again before the time its answer's code allows",
        arguments: [
            ("37", nil, 180.0), ("34", nil, 1), ("10", nil, 3600), ("00", "05", 1), ("00", "37", 180),
            ("00", "98", 3600), ("00", "64", 1),
        ] as [(String, String?, Double)])
    func nextQuestion(code: String, original: String?, pause: Double) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: code, original: original) }
            try await money.pass(1)
            let next = try #require(await money.topUp(topUp.number).nextQuestionAt)
            let waited = next.timeIntervalSince(money.clock.now)
            #expect(pause == 1 ? waited <= 2 : abs(waited - pause) < 1, "\(code) \(waited)")
        }
    }

    @Test(
        "What the bank took too late and never gives back is for two people after ten working days, with a file or without one"
    )
    func overdue() async throws {
        for isFiled in [true, false] {
            try await MoneyFixture.with { money in
                let topUp = try await money.order(fen: 800)
                _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
                money.world.change { $0.queryDefault = .query(code: "00", original: "42") }
                try await money.pass(2)
                #expect(try await money.topUp(topUp.number).status == .lateDebited)
                if isFiled {
                    try await money.file([money.line(of: topUp)])
                    // The bank gives it back by itself: until then two people have no say.
                    let parked = try #require(await money.cases().last)
                    #expect(parked.waitsForBank && parked.choices.isEmpty)
                }
                // Monday the 23rd: the tenth working day after it is the 7th of December.
                for _ in 1...13 { try await money.pass(86_400) }
                #expect(try await money.topUp(topUp.number).status == .lateDebited)
                #expect(try await money.broken() == [])
                for _ in 1...2 { try await money.pass(86_400) }
                #expect(try await money.topUp(topUp.number).status == .inReview)
                #expect(try await money.broken() == [])
                let found = try #require(await money.cases().last)
                #expect(found.choices == (isFiled ? [.credited, .returned] : [.absent]))
                try await money.handle(found, isFiled ? .credited : .absent)
                #expect(
                    try await money.topUp(topUp.number).status == (isFiled ? .credited : .refundedByBank))
                #expect(try await money.balances().available == Money(fen: isFiled ? 800 : 0))
                #expect(try await money.broken() == [])
                guard !isFiled else { return }
                // A file brings it all the same: parked, and for two people again.
                try await money.file(MoneyFixture.day.adding(days: 20), [money.line(of: topUp)])
                #expect(try await money.topUp(topUp.number).status == .inReview)
                #expect(try await money.held(.unidentifiedReceipts) == -800)
                #expect(try await money.broken() == [])
            }
        }
    }

    @Test(
        "Success after a late debit that no file brings is for two people after ten working days, unless the bank takes it back"
    )
    func neverFiled() async throws {
        for isTakenBack in [false, true] {
            try await MoneyFixture.with { money in
                let topUp = try await money.neverFiled(fen: 800)
                for _ in 1...16 { try await money.pass(86_400) }
                let found = try #require(await money.cases().last)
                #expect(found.kind == .oursOnly && found.choices == [.absent])
                guard isTakenBack else {
                    try await money.handle(found, .absent)
                    #expect(try await money.topUp(topUp.number).status == .refundedByBank)
                    #expect(try await money.broken() == [])
                    return
                }
                try await money.file(
                    MoneyFixture.day.adding(days: 20),
                    [
                        BankFiles.Line(
                            trade: .reversal, serial: "202612130000000000001",
                            originalSerial: "202611230000000000001", orderNumber: topUp.number, amount: 800)
                    ])
                #expect(try await money.topUp(topUp.number).status == .refundedByBank)
                #expect(try await money.cases().filter { $0.state.isOpen }.isEmpty)
            }
        }
    }

    @Test("Cancelled before the hand-off it is closed at once, after it only when the bank has spoken")
    func cancelled() async throws {
        try await MoneyFixture.with { money in
            let topUps = money.platform.topUps
            let early = try await money.order(fen: 100)
            try await topUps.cancel(early.number, by: money.clerk)
            #expect(try await money.topUp(early.number).status == .closed)
            let late = try await money.order(fen: 100)
            _ = try await topUps.handOff(late.number, by: money.clerk)
            try await topUps.cancel(late.number, by: money.clerk)
            #expect(try await money.topUp(late.number).status == .closing)
            await #expect(throws: TopUpError.tooLate) {
                try await topUps.handOff(late.number, by: money.clerk)
            }
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 100) }
            try await money.pass(60)
            #expect(try await money.topUp(late.number).status == .credited)
        }
    }

    @Test(
        "A paid notification against the bank's own no: nothing is credited, nothing is closed, a person is told",
        arguments: ["30", "42"])
    func contradicted(code: String) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.clock.advance(73 * 3600)
            money.world.change { $0.queryDefault = .query(code: "00", original: code) }
            try await money.platform.bank.receive(notification: money.world.notification(of: topUp))
            try await money.pass(0)
            let status = try await money.topUp(topUp.number).status
            #expect(status == .atBank || status == .closing)
            #expect(try await money.balances().available == .zero)
            #expect(try await money.workItems() == ["银行通知已付款，查询却答未成功，请与银行核实"])
            // As soon as the bank says one thing, it is booked.
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 700) }
            try await money.pass(3600)
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "A file's payment of which the bank has said both, paid and debited too late, is parked"
    )
    func contradictedInFile() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.clock.advance(73 * 3600)
            money.world.change { $0.queryDefault = .query(code: "00", original: "42") }
            try await money.platform.bank.receive(notification: money.world.notification(of: topUp))
            try await money.pass(0)
            try await money.file([money.line(of: topUp)])
            #expect(try await money.topUp(topUp.number).status == .lateDebited)
            #expect(try await money.balances().available == .zero)
            #expect(try await money.held(.unidentifiedReceipts) == -700)
            #expect(try await money.broken() == [])
            // The bank changes its mind: two people decide.
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 700) }
            try await money.pass(86_400)
            #expect(try await money.topUp(topUp.number).status == .inReview)
            try await money.handle(try #require(await money.cases().last), .credited)
            #expect(try await money.topUp(topUp.number).status == .credited)
            #expect(try await money.balances().available == Money(fen: 700))
            #expect(try await money.broken() == [])
        }
    }

    @Test("Two workers who take over a late debit at once, or one after a restart, open one case")
    func takenOverAtOnce() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.neverFiled(fen: 800)
            money.clock.advance(16 * 86_400)
            let take: @Sendable () async throws -> Void = {
                try await money.platform.topUps.takeOver(topUp.reference.id)
            }
            try await money.atOnce(behind: money.accountsLock, [take, take])
            try await take()
            #expect(try await money.cases().map(\.choices) == [[.absent]])
            try await money.pass(0)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "The bank's word to two people and a file that brings the payment at the same time: whichever is first, the money is parked once",
        arguments: [true, false])
    func givenBackAndFiledAtOnce(isFiledFirst: Bool) async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.neverFiled(fen: 800)
            for _ in 1...16 { try await money.pass(86_400) }
            let found = try #require(await money.cases().last)
            let proposed = try await money.propose(found, .absent)
            let supervisor = try await money.nationalSupervisor()
            let decide: @Sendable () async throws -> Void = {
                try await money.platform.differences.decide(
                    proposed.number, isGranted: true, version: proposed.version, by: supervisor,
                    from: money.clerk.origin)
            }
            let acts: [@Sendable () async throws -> Void] = [
                { try await money.file(MoneyFixture.day.adding(days: 16), [money.line(of: topUp)]) }, decide,
            ]
            let refusals = try await money.atOnce(
                behind: money.accountsLock, refusal: DifferenceError.self,
                isFiledFirst ? acts : acts.reversed())
            #expect(refusals == (isFiledFirst ? [nil, .stale] : [nil, nil]))
            await #expect(throws: DifferenceError.stale) { try await decide() }
            #expect(try await money.topUp(topUp.number).status == .inReview)
            #expect(try await money.held(.unidentifiedReceipts) == -800)
            #expect(try await money.cases().filter(\.state.isOpen).map(\.parking) == [.receipt])
            #expect(try await money.broken() == [])
        }
    }

    @Test("Money in review that is on its way back to the payer asks for no other decision")
    func refundUnderWay() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.neverFiled(fen: 800)
            try await money.file([money.line(of: topUp)])
            money.world.change {
                $0.refundDefault = .payout(code: "00")
                $0.queryDefault = .query(code: "00", original: "05")
            }
            try await money.handle(try #require(await money.cases().last), .returned)
            for _ in 1...16 { try await money.pass(86_400) }
            #expect(try await money.topUp(topUp.number).status == .inReview)
            #expect(try await money.cases().filter { $0.state.isOpen }.isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A notification that comes while the bank's no is being booked is not lost")
    func notifiedWhileClosing() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.clock.advance(73 * 3600)
            let askedAt = money.clock.now
            // The question is answered, then the notification comes, and only then the answer is booked.
            try await money.platform.bank.receive(notification: money.world.notification(of: topUp))
            try await money.platform.topUps.settle(
                money.topUp(topUp.number), .declined(code: "30"), askedAt: askedAt, attempts: 0)
            #expect(try await money.topUp(topUp.number).status != .closed)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 700) }
            try await money.pass(0)
            #expect(try await money.topUp(topUp.number).status == .credited)
        }
    }

    @Test("A second serial for a credited order credits nothing and is shown to a person")
    func paidAgain() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 700) }
            let body = try money.world.notification(of: topUp)
            try await money.platform.bank.receive(notification: body)
            try await money.pass(0)
            // The same word again is no news.
            try await money.platform.bank.receive(notification: body)
            #expect(try await money.workItems() == [])
            try await money.platform.bank.receive(
                notification: money.world.notification(of: topUp, serial: "202611239999999999999"))
            try await money.pass(60)
            #expect(try await money.balances().available == Money(fen: 700))
            #expect(try await money.workItems().count == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("What strangers post to the notification address is kept, whatever it is")
    func nonsense() async throws {
        try await MoneyFixture.with { money in
            let name = String(repeating: "a", count: 64)
            let bodies = [
                "\(name)1=x&\(name)2=y", "orderId=%00&a=%00", "=&=&", "", "orderId=TP1&orderId=TP1",
                "a%00=1&a%00=2",
            ]
            for body in bodies {
                try await money.platform.bank.receive(notification: Array(body.utf8))
            }
            #expect(try await money.platform.monitoring.refusedBankMessages().count == bodies.count)
        }
    }

    @Test("An answer with a wrong signature is kept for operations and says nothing")
    func answerForged() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 700)
            _ = try await money.platform.topUps.handOff(topUp.number, by: money.clerk)
            money.world.change {
                $0.isForging = true
                $0.queryDefault = .query(code: "00", original: "00", amountFen: 700)
            }
            try await money.pass(2)
            #expect(try await money.topUp(topUp.number).status == .atBank)
            let refused = try await money.platform.monitoring.refusedBankMessages()
            #expect(refused.first?.orderNumber == topUp.number)
        }
    }

    @Test("An enterprise whose payments are stopped still receives money")
    func outgoingStopped() async throws {
        try await MoneyFixture.with { money in
            try await money.owner.execute("UPDATE enterprises SET state = 'outgoingStopped'")
            try await money.fund(fen: 700)
            #expect(try await money.balances().available == Money(fen: 700))
        }
    }

    @Test("Another enterprise's order does not exist")
    func notYours() async throws {
        try await MoneyFixture.with { money in
            let topUp = try await money.order(fen: 100)
            let stranger = Enterprise.ID(rawValue: money.clerk.enterprise.rawValue + 1)
            #expect(try await money.platform.topUps.find(topUp.number, of: stranger) == nil)
            let other = Clerk(enterprise: stranger, person: money.clerk.person, origin: money.clerk.origin)
            await #expect(throws: TopUpError.notFound) {
                try await money.platform.topUps.handOff(topUp.number, by: other)
            }
            await #expect(throws: TopUpError.notFound) {
                try await money.platform.topUps.paymentForm(topUp.number, of: stranger)
            }
            await #expect(throws: TopUpError.notFound) {
                try await money.platform.topUps.cancel(topUp.number, by: other)
            }
        }
    }
}

extension MoneyFixture {
    /// A top-up that the bank says it has debited too late (42), and then that it is paid, while no file has it.
    fileprivate func neverFiled(fen: Int64) async throws -> TopUp {
        let topUp = try await order(fen: fen)
        _ = try await platform.topUps.handOff(topUp.number, by: clerk)
        world.change { $0.queryDefault = .query(code: "00", original: "42") }
        try await pass(2)
        world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: fen) }
        try await platform.bank.receive(notification: world.notification(of: topUp))
        try await pass(0)
        #expect(try await self.topUp(topUp.number).status == .inReview)
        #expect(try await broken() == [])
        return topUp
    }
}
