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

    @Test("A paid notification after the refusal was booked is shown to a person and changes nothing")
    func paidAfterRefusal() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.withdraw(fen: 3_000)
            money.world.change { $0.payoutDefault = .payout(code: "61") }
            try await money.pass(0)
            #expect(try await money.withdrawal(number).status == .refused)
            try await money.platform.bank.receive(
                notification: money.world.notification(of: money.withdrawal(number)))
            try await money.pass(60)
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
            for _ in 1...10 { try await money.pass(86_400) }
            #expect(try await money.withdrawal(number).status == .atBank)
            #expect(try await money.workItems() == ["已过预计到账日，银行仍未给出结果"])
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

    @Test("The promise counts working days; a year without calendar gives a range with a note")
    func promise() throws {
        func day(_ text: String) throws -> LocalDate { try #require(LocalDate(entered: text)) }
        let calendar = WorkingDayCalendar(
            exceptions: [try day("2026-10-01"): .holiday, try day("2026-10-02"): .holiday],
            loadedYears: [2026])
        let promise = Withdrawals.promise(calendar, from: try day("2026-09-30"))
        #expect(promise.from == (try day("2026-10-05")))
        #expect(promise.until == (try day("2026-10-07")))
        #expect(promise.missingYears.isEmpty)
        let overNewYear = Withdrawals.promise(calendar, from: try day("2026-12-31"))
        #expect(overNewYear.missingYears == [2027])
        #expect(overNewYear.until > overNewYear.from.adding(days: 3))
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
