import Foundation
import Testing

@testable import Payments

@Suite("Withdrawals")
struct WithdrawalTests {
    @Test("Accepted by the bank and paid: every step is posted, the serial booked")
    func paid() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            #expect(
                try await money.balances()
                    == (try Balances(available: Money(fen: 7_000), frozen: Money(fen: 3_000))))
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await money.broken() == [])
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 3_000) }
            try await money.pass(200)
            #expect(try await money.withdrawal(number).status == .paid)
            #expect(try await money.balances() == (try Balances(available: Money(fen: 7_000), frozen: .zero)))
            #expect(try await money.broken() == [])
        }
    }

    @Test("Refused at once, or after acceptance: the money is back", arguments: [true, false])
    func refused(atOnce: Bool) async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change {
                $0.payoutDefault = .payout(code: atOnce ? "61" : "00")
                $0.queryDefault = .query(code: "00", original: "61")
            }
            try await money.pass(0)
            if !atOnce { try await money.pass(200) }
            let withdrawal = try await money.withdrawal(number)
            #expect(withdrawal.status == .refused)
            #expect(withdrawal.reason?.isEmpty == false)
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "No answer is unknown: asked after three minutes, sent again identically on the same day when the bank knows nothing"
    )
    func unanswered() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change { $0.bankAnswers = [.silence] }
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .unknown)
            let time = try await money.withdrawal(number).transactionTime
            try await money.pass(170)
            #expect(money.world.calls.filter { $0.hasSuffix("queryTrans.do") }.count == 1)
            try await money.pass(20)
            let again = try await money.withdrawal(number)
            #expect(again.status == .atBank)
            #expect(again.transactionTime == time)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A lost answer, and 05 when asked: the bank has the trade, so it is accepted and posted as such")
    func acceptedByQuery() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change {
                $0.bankAnswers = [.silence]
                $0.queryDefault = .query(code: "00", original: "05")
            }
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .unknown)
            try await money.pass(200)
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await money.balances().frozen == .zero)
            #expect(try await money.broken() == [])
            // Once more says nothing new.
            try await money.pass(400)
            #expect(try await money.withdrawal(number).status == .atBank)
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 3_000) }
            try await money.pass(3_600)
            #expect(try await money.withdrawal(number).status == .paid)
            #expect(try await money.broken() == [])
        }
    }

    @Test("05 about the question itself, and not about the trade, decides nothing")
    func queryAcceptedOnly() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change {
                $0.bankAnswers = [.silence]
                $0.queryDefault = .query(code: "05", original: nil)
            }
            try await money.pass(0)
            try await money.pass(200)
            #expect(try await money.withdrawal(number).status == .unknown)
            #expect(try await money.balances().frozen == Money(fen: 3_000))
        }
    }

    @Test("On the next day it is not sent again, and three working days later it is still asked about")
    func nextDay() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change {
                $0.bankAnswers = [.silence]
                $0.queryDefault = .silence
            }
            try await money.pass(0)
            money.world.change { $0.queryDefault = .query(code: "34", original: nil) }
            money.clock.advance(86_400)
            for _ in 1...80 { try await money.pass(3_600) }
            #expect(try await money.withdrawal(number).status == .unknown)
            #expect(money.world.calls.filter { $0.hasSuffix("backTransReq.do") }.count == 1)
            #expect(money.world.calls.filter { $0.hasSuffix("queryTrans.do") }.count > 20)
            #expect(try await money.balances().frozen == Money(fen: 3_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test("A paid notification against a refusal by query: the money stays set aside, a person is told")
    func contradicted() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            try await money.pass(0)
            money.world.change { $0.queryDefault = .query(code: "00", original: "61") }
            try await money.platform.bank.receive(
                notification: money.world.notification(of: money.withdrawal(number)))
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await money.balances().available == Money(fen: 7_000))
            #expect(try await money.workItems() == ["银行通知已付款，查询却答失败，请与银行核实"])
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "Bank answers that change nothing are recorded once, and the past promise is told whatever the bank says"
    )
    func recordedOnce() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            try await money.pass(0)
            func events() async throws -> [String] {
                guard
                    let found = try await money.platform.withdrawals.history(
                        number, of: money.clerk.enterprise)
                else { throw RowMissing() }
                return found.events.map(\.event)
            }
            for _ in 1...3 { try await money.pass(3_600) }
            #expect(try await events() == ["submitted", "sendStarted", "bankAccepted", "notKnown"])
            money.world.change { $0.queryDefault = .query(code: "00", original: "06") }
            for _ in 1...3 { try await money.pass(3_600) }
            #expect(
                try await events()
                    == ["submitted", "sendStarted", "bankAccepted", "notKnown", "answerUnclear"])
            money.world.change { $0.queryDefault = .query(code: "00", original: "61") }
            try await money.platform.bank.receive(
                notification: money.world.notification(of: money.withdrawal(number)))
            for _ in 1...3 { try await money.pass(4 * 86_400) }
            #expect(try await events().filter { $0 == "promisePassed" }.count == 1)
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Shortly before midnight nothing is sent again")
    func beforeMidnight() {
        let sent = "20261123090000"
        let midnight = Date(timeIntervalSince1970: 1_795_449_600)
        #expect(Bank.mayRepeat(sent, at: midnight.addingTimeInterval(-301)))
        #expect(!Bank.mayRepeat(sent, at: midnight.addingTimeInterval(-300)))
    }

    @Test("A paid notification after the refusal was booked is shown to a person and changes nothing")
    func paidAfterRefusal() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change { $0.payoutDefault = .payout(code: "61") }
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .refused)
            try await money.platform.bank.receive(
                notification: money.world.notification(of: money.withdrawal(number)))
            try await money.pass(300)
            #expect(try await money.withdrawal(number).status == .refused)
            #expect(try await money.workItems().count == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("That a repetition is refused releases nothing: the first message may still be on its way")
    func repetitionRefused() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change { $0.bankAnswers = [.silence] }
            try await money.pass(0)
            money.world.change { $0.payoutDefault = .payout(code: "61") }
            try await money.pass(200)
            #expect(money.world.calls.filter { $0.hasSuffix("backTransReq.do") }.count == 2)
            #expect(try await money.withdrawal(number).status == .unknown)
            #expect(try await money.balances().frozen == Money(fen: 3_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test("What cannot be written as a message is never taken for sent: the money is free again")
    func unsendable() async throws {
        try await MoneyFixture.with { money in
            try await money.owner.execute("UPDATE registered_accounts SET holder_name = '甲&乙={有限}公司'")
            let number = try await money.withdraw(fen: 3_000)
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .returnedToMaker)
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(try await money.workItems().count == 1)
            #expect(money.world.calls.allSatisfy { !$0.hasSuffix("backTransReq.do") })
            #expect(try await money.broken() == [])
        }
    }

    @Test("Past the promised day a person is told, and nothing is guessed")
    func promisePassed() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change { $0.queryDefault = .query(code: "00", original: "05") }
            // Promised until Thursday, 26 November.
            for _ in 1...3 { try await money.pass(86_400) }
            #expect(try await money.workItems() == [])
            for _ in 1...7 { try await money.pass(86_400) }
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await money.workItems() == ["已过预计到账日 2026-11-26，银行仍未给出结果"])
            let told = try await money.owner.query("SELECT 1 FROM order_events WHERE event = 'promisePassed'")
            #expect(told.count == 1)
            #expect(try await money.broken() == [])
            money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: 3_000) }
            try await money.pass(3_600)
            #expect(try await money.withdrawal(number).status == .paid)
            #expect(try await money.workItems() == [], "the machine closes what has found its answer")
        }
    }

    @Test(
        "An answer that says nothing about a payout is followed by the next question after an hour, which its code asks for"
    )
    func saysNothing() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change { $0.queryDefault = .query(code: "00", original: "98") }
            try await money.pass(0)
            func questions() -> Int { money.world.calls.filter { $0.hasSuffix("queryTrans.do") }.count }
            try await money.pass(180)
            let before = questions()
            try await money.pass(3_599)
            #expect(questions() == before)
            try await money.pass(1)
            #expect(questions() == before + 1)
            #expect(try await money.withdrawal(number).status == .atBank)
        }
    }

    @Test("Asked first after three minutes, then on the rhythm, and hourly to the end")
    func rhythm() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change { $0.queryDefault = .query(code: "00", original: "05") }
            try await money.pass(0)
            func questions() -> Int { money.world.calls.filter { $0.hasSuffix("queryTrans.do") }.count }
            let before = questions()
            for (place, wait) in [180.0, 300, 600, 1_800, 3_600, 3_600, 3_600].enumerated() {
                try await money.pass(wait - 1)
                #expect(questions() == before + place)
                try await money.pass(1)
                #expect(questions() == before + place + 1)
            }
            #expect(try await money.withdrawal(number).status == .atBank)
        }
    }

    @Test(
        "What the bank may still be doing stays open and is asked about again",
        arguments: ["01", "03", "04", "05", "12", "60"])
    func stillOpen(code: String) async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change { $0.queryDefault = .query(code: "00", original: code) }
            try await money.pass(0)
            try await money.pass(200)
            let withdrawal = try await money.withdrawal(number)
            #expect(withdrawal.status == .atBank)
            #expect(withdrawal.nextQuestionAt != nil)
            #expect(try await money.balances().available == Money(fen: 7_000))
        }
    }

    @Test("The bank's word overtakes the lost answer: acceptance and payment are posted together")
    func paidFromUnknown() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change {
                $0.bankAnswers = [.silence]
                $0.queryDefault = .query(code: "00", original: "00", amountFen: 3_000)
            }
            try await money.pass(0)
            try await money.pass(200)
            #expect(try await money.withdrawal(number).status == .paid)
            #expect(try await money.broken() == [])
        }
    }

    @Test("An account that is no longer verified when the order is to be sent gives the money back")
    func accountNoLongerValid() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            try await money.owner.execute("UPDATE registered_accounts SET state = 'manualCheck'")
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .returnedToMaker)
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(money.world.calls.allSatisfy { !$0.hasSuffix("backTransReq.do") })
            #expect(try await money.broken() == [])
        }
    }

    @Test("Cancelled and sent at the same moment, exactly one of the two happens")
    func cancelledWhileSent() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 100_000)
            money.world.change { $0.queryDefault = .query(code: "00", original: "05") }
            var outcomes: Set<WithdrawalStatus> = []
            for round in 1...12 {
                let number = try await money.platform.withdrawals.submit(
                    money.command(), amount: Money(fen: 1_000), password: MoneyFixture.paymentPassword,
                    by: money.clerk)
                let sent = money.world.calls.filter { $0.hasSuffix("backTransReq.do") }.count
                let isCancelled = await withTaskGroup(of: Bool?.self) { group in
                    group.addTask {
                        // A head start for the one or the other, by turns.
                        if round.isMultiple(of: 2) { try? await Task.sleep(for: .milliseconds(round)) }
                        return (try? await money.platform.withdrawals.cancel(number, by: money.clerk)) != nil
                    }
                    group.addTask {
                        if !round.isMultiple(of: 2) { try? await Task.sleep(for: .milliseconds(round)) }
                        _ = try? await Worker(platform: money.platform).runDue()
                        return nil
                    }
                    return await group.reduce(false) { $0 || $1 == true }
                }
                let status = try await money.withdrawal(number).status
                let calls = money.world.calls.filter { $0.hasSuffix("backTransReq.do") }.count - sent
                #expect(status == (isCancelled ? .cancelled : .atBank))
                #expect(calls == (isCancelled ? 0 : 1))
                outcomes.insert(status)
            }
            #expect(outcomes == [.cancelled, .atBank], "the race was won by both in turn")
            #expect(try await money.broken() == [])
        }
    }

    @Test("Cancelled before it is sent, it is free again; afterwards it is too late")
    func cancelled() async throws {
        try await MoneyFixture.with { money in
            let early = try await money.withdraw(fen: 3_000)
            try await money.platform.withdrawals.cancel(early, by: money.clerk)
            #expect(try await money.withdrawal(early).status == .cancelled)
            #expect(try await money.balances().available == Money(fen: 10_000))
            let late = try await money.withdraw(fen: 3_000, funding: 0)
            try await money.pass(0)
            await #expect(throws: WithdrawalError.tooLate) {
                try await money.platform.withdrawals.cancel(late, by: money.clerk)
            }
            #expect(try await money.broken() == [])
        }
    }

    @Test("Cancelled twice at once, and once more, it is cancelled once")
    func cancelledAtOnce() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            @Sendable func cancel() async throws {
                try await money.platform.withdrawals.cancel(number, by: money.clerk)
            }
            try await money.atOnce(behind: money.accountsLock, [cancel, cancel])
            try await cancel()
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .cancelled)
            #expect(
                try await money.balances() == (try Balances(available: Money(fen: 10_000), frozen: .zero)))
            #expect(try await money.entries(.released) == 1)
            let told = try await money.owner.query(
                "SELECT 1 AS one FROM audit_events WHERE action = 'withdrawalCancelled'")
            #expect(told.count == 1)
            #expect(money.world.calls.allSatisfy { !$0.hasSuffix("backTransReq.do") })
            #expect(try await money.broken() == [])
        }
    }

    @Test("Ten submissions of one command at once make one withdrawal and one hold")
    func doubleClick() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000)
            let command = money.command()
            let numbers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 1...10 {
                    group.addTask {
                        try await money.platform.withdrawals.submit(
                            command, amount: Money(fen: 3_000), password: MoneyFixture.paymentPassword,
                            by: money.clerk)
                    }
                }
                var found: Set<String> = []
                for try await number in group { found.insert(number) }
                return found
            }
            #expect(numbers.count == 1)
            #expect(try await money.balances().frozen == Money(fen: 3_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test("Parallel withdrawals of the whole balance: one succeeds")
    func parallel() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000)
            let done = await withTaskGroup(of: Bool.self) { group in
                for _ in 1...20 {
                    group.addTask {
                        let number = try? await money.platform.withdrawals.submit(
                            money.command(), amount: Money(fen: 10_000),
                            password: MoneyFixture.paymentPassword,
                            by: money.clerk)
                        return number != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(done == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "The promise counts from the day until its cut-off, else from the next working day",
        arguments: [
            // A Wednesday, with two days of holiday and a weekend behind it.
            ("2026-09-30", 15 * 60 + 59, "2026-09-30", nil, "2026-10-05", "2026-10-07"),
            ("2026-09-30", 16 * 60, "2026-10-05", .cutOff, "2026-10-06", "2026-10-08"),
            // A holiday, a Saturday that is worked, the Sunday after it.
            ("2026-10-01", 600, "2026-10-05", .restDay, "2026-10-06", "2026-10-08"),
            ("2026-10-10", 600, "2026-10-10", nil, "2026-10-12", "2026-10-14"),
            ("2026-10-10", 1_439, "2026-10-12", .cutOff, "2026-10-13", "2026-10-15"),
            ("2026-10-11", 0, "2026-10-12", .restDay, "2026-10-13", "2026-10-15"),
        ] as [(String, Int, String, ArrivalPromise.Postponement?, String, String)])
    func promise(
        day: String, minutes: Int, from: String, postponement: ArrivalPromise.Postponement?, first: String,
        last: String
    ) throws {
        let promise = try Self.promise(day, minutes: minutes)
        #expect(promise.countedFrom?.description == from)
        #expect(promise.postponement == postponement)
        #expect(promise.from.description == first)
        #expect(promise.until.description == last)
        #expect(promise.isCalendarKnown)
    }

    @Test("A year without calendar gives a range, and says so", arguments: ["2026-12-31", "2027-01-04"])
    func promiseWithoutCalendar(day: String) throws {
        let promise = try Self.promise(day, minutes: 600)
        #expect(!promise.isCalendarKnown)
        #expect(promise.until > promise.from.adding(days: 3))
    }

    private static func promise(_ day: String, minutes: Int) throws -> ArrivalPromise {
        func date(_ text: String) throws -> LocalDate { try #require(LocalDate(entered: text)) }
        let calendar = WorkingDayCalendar(
            exceptions: [
                try date("2026-10-01"): .holiday, try date("2026-10-02"): .holiday,
                try date("2026-10-10"): .makeupWorkday,
            ], loadedYears: [2026])
        return ArrivalPromise(
            at: try date(day).start.addingTimeInterval(Double(minutes * 60)), cutOff: CutOff(minutes: 960),
            calendar: calendar)
    }

    @Test("A promise that was shown is not made worse behind one's back, and one that was made stays")
    func promiseKept() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000)
            let withdrawals = money.platform.withdrawals
            let shown = try await withdrawals.offer(for: money.clerk.enterprise).expected
            let number = try await withdrawals.submit(
                money.command(), amount: Money(fen: 1_000), password: MoneyFixture.paymentPassword,
                promised: shown.until, by: money.clerk)
            money.clock.advance(6 * 3600)
            let command = money.command()
            await #expect(throws: WithdrawalError.promiseChanged) {
                _ = try await withdrawals.submit(
                    command, amount: Money(fen: 1_000), password: MoneyFixture.paymentPassword,
                    promised: shown.until, by: money.clerk)
            }
            #expect(try await money.balances().frozen == Money(fen: 1_000))
            let later = try await withdrawals.offer(for: money.clerk.enterprise).expected
            #expect(later.until == shown.until.adding(days: 1))
            #expect(later.postponement == .cutOff)
            // The same command with the promise that is true now; once more it is the same order, whenever that is.
            func submit() async throws -> String {
                try await withdrawals.submit(
                    command, amount: Money(fen: 1_000), password: MoneyFixture.paymentPassword,
                    promised: later.until, by: money.clerk)
            }
            let second = try await submit()
            money.clock.advance(3 * 86_400)
            #expect(try await submit() == second)
            #expect(try await money.withdrawal(number).promise == shown)
            #expect(try await money.withdrawal(second).promise == later)
        }
    }

    @Test(
        "A cut-off is typed as people type times",
        arguments: [
            ("16:00", 960), ("9:05", 545), ("００:00", nil), ("23:59", 1_439), ("16：30", 990), ("24:00", nil),
            ("16:60", nil), ("16", nil), ("", nil), ("-1:00", nil), ("16:00:00", nil),
        ] as [(String, Int?)])
    func cutOff(text: String, minutes: Int?) {
        #expect(CutOff(entered: text)?.minutes == minutes)
        if let minutes {
            #expect(CutOff(minutes: minutes).flatMap { CutOff(entered: $0.description) }?.minutes == minutes)
        }
    }

    @Test("A settlement day without year gets the nearest one, also over New Year")
    func settlementYear() throws {
        let newYear = try #require(LocalDate(entered: "2027-01-01")).start
        #expect(SettlementDay.date("1231", near: newYear).description == "2026-12-31")
        #expect(
            SettlementDay.date("0101", near: newYear.addingTimeInterval(-3600)).description == "2027-01-01")
        #expect(SettlementDay.date("0230", near: newYear).description == "2027-01-01")
    }
}

extension MoneyFixture {
    /// Funds the account and submits a withdrawal.
    func withdraw(fen: Int64, funding: Int64 = 10_000) async throws -> String {
        if funding > 0 { try await fund(fen: funding) }
        world.change { $0.queryDefault = .query(code: "34", original: nil) }
        return try await platform.withdrawals.submit(
            command(), amount: Money(fen: fen), password: Self.paymentPassword, by: clerk)
    }

    func withdrawal(_ number: String) async throws -> Withdrawal {
        guard let found = try await platform.withdrawals.history(number, of: clerk.enterprise) else {
            throw RowMissing()
        }
        return found.withdrawal
    }
}
