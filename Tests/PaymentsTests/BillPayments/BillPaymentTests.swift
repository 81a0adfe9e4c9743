import Foundation
import Testing

@testable import Payments

@Suite("Bill payments")
struct BillPaymentTests {
    static let bill = Bill(billNumber: "B1", period: "2026-10", principal: 4_000, lateFee: 200, amount: 4_200)

    @Test("A bill is asked for again, paid, written off, and the money leaves the frozen balance")
    func paid() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            let held = try await money.balances()
            #expect(held == (try Balances(available: Money(fen: 5_800), frozen: Money(fen: 4_200))))
            try await money.pass(0)
            let payment = try await money.payment(number)
            #expect(payment.status == .writtenOff)
            #expect(payment.billerSerial == "S\(number)")
            #expect(try await money.balances() == (try Balances(available: Money(fen: 5_800), frozen: .zero)))
            #expect(money.world.calls.filter { $0.hasSuffix("/bills/query") }.count == 2)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Another company's number and a wrong password are the same failure and count together")
    func refusedAuthorization() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000)
            let query = try await money.askForBills()
            let plan = try BillPayments.plan(query, chosen: [], amount: nil)
            let payments = money.platform.billPayments
            for (account, password, left) in [
                (money.merchantNumber, "wrong-password-1", 4),
                ("M43010099999999", MoneyFixture.paymentPassword, 3),
            ] {
                await #expect(throws: PaymentAuthorizationError.refused(triesLeft: left)) {
                    try await payments.pay(
                        money.command(), query: query, plan: plan, account: account, password: password,
                        by: money.clerk)
                }
            }
            #expect(try await money.balances().frozen == .zero)
        }
    }

    @Test(
        "A payment that the biller writes off after the money went back is parked, stops the company, and is decided",
        arguments: ["refused", "writeOffFailed"], [Handling.charged, .madeGood, .borne])
    func writtenOffLate(first: String, handling: Handling) async throws {
        try await MoneyFixture.with { money in
            let number = try await money.writtenOffLate(after: first)
            let before = try await money.payment(number).status
            #expect(before == (first == "refused" ? .refusedDisputed : .disputed))
            #expect(try await money.held(.differenceReceivable, "EXACT") == 4_200)
            #expect(try await money.held(.billerPayable, "EXACT") == -4_200)
            let state = try await money.owner.query("SELECT state FROM enterprises").first
            #expect(try state?.decode("state", as: String.self) == "outgoingStopped")
            let found = try #require(await money.cases().first)
            #expect(found.channel == .biller && found.choices == [.charged, .madeGood, .borne])
            #expect(try await money.broken() == [])
            try await money.handle(found, handling)
            let after = try await money.payment(number).status
            let back: BillPaymentStatus = first == "refused" ? .refused : .writeOffFailed
            #expect(after == (handling == .charged ? .writtenOff : back))
            #expect(try await money.balances().available == Money(fen: handling == .charged ? 5_800 : 10_000))
            #expect(try await money.held(.differenceReceivable) == 0)
            #expect(try await money.held(.billerPayable) == (handling == .madeGood ? 0 : -4_200))
            #expect(try await money.held(.channelCost) == (handling == .borne ? 4_200 : 0))
            #expect(try await money.broken() == [])
            // Two people have decided, and nothing is owed: payments go on.
            let now = try await money.owner.query("SELECT state FROM enterprises").first
            #expect(try now?.decode("state", as: String.self) == "active")
        }
    }

    @Test(
        "A late write-off is parked once, though two workers hear of it at once and a third before them has died",
        arguments: ["refused", "writeOffFailed"], Death.allCases)
    func writtenOffLateAtOnce(first: String, death: Death) async throws {
        try await MoneyFixture.with { money in
            money.world.change { $0.paymentStatus = first }
            let number = try await money.submitBill()
            try await money.pass(0)
            money.world.change { $0.queryStatus = "writtenOff" }
            money.clock.advance(BillPayments.lastLookSeconds)
            let before = try await money.payment(number)
            try await money.die(death, over: "/payments/query")
            #expect(try await money.payment(number).status == before.status, "nothing was committed")
            #expect(try await money.entries(.writtenOffLate) == 0)

            let id = before.reference.id
            @Sendable func look() async throws {
                try await money.platform.billPayments.advance(id, attempts: 0)
            }
            try await money.atOnce(behind: money.accountsLock, [look, look])
            try await money.platform.billPayments.settle(
                before, .writtenOff(serial: "S\(number)"), attempts: 0)
            try await money.pass(0)
            let after = try await money.payment(number).status
            #expect(after == (first == "refused" ? .refusedDisputed : .disputed))
            #expect(try await money.entries(.writtenOffLate) == 1)
            #expect(try await money.cases().count == 1)
            #expect(try await money.held(.differenceReceivable, "EXACT") == 4_200)
            #expect(try await money.held(.billerPayable, "EXACT") == -4_200)
            #expect(try await money.balances().available == Money(fen: 10_000))
            let jobs = try await money.owner.query("SELECT 1 FROM jobs WHERE kind = 'billPayment'")
            #expect(jobs.isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A payment that was refused is asked about once more, and then left alone")
    func lastLook() async throws {
        try await MoneyFixture.with { money in
            money.world.change { $0.paymentStatus = "refused" }
            let number = try await money.submitBill()
            try await money.pass(0)
            money.world.change { $0.queryStatus = "refused" }
            try await money.pass(BillPayments.lastLookSeconds)
            #expect(try await money.payment(number).status == .refused)
            let jobs = try await money.owner.query("SELECT 1 FROM jobs WHERE kind = 'billPayment'")
            #expect(jobs.isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A second order for the same open bill is refused, with the number of the first")
    func oneOpenOrder() async throws {
        try await MoneyFixture.with { money in
            money.world.change { $0.billsUnavailable = false }
            let first = try await money.submitBill()
            let query = try await money.askForBills()
            let plan = try BillPayments.plan(query, chosen: [], amount: nil)
            await #expect(throws: BillPaymentError.alreadyBeingPaid(first)) {
                try await money.platform.billPayments.pay(
                    money.command(), query: query, plan: plan, account: money.merchantNumber,
                    password: MoneyFixture.paymentPassword, by: money.clerk)
            }
            #expect(try await money.broken() == [])
        }
    }

    @Test("Twenty submissions of one command at once make one order and one hold")
    func doubleClick() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000)
            let query = try await money.askForBills()
            let plan = try BillPayments.plan(query, chosen: [], amount: nil)
            let command = money.command()
            let numbers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 1...20 {
                    group.addTask {
                        try await money.platform.billPayments.pay(
                            command, query: query, plan: plan, account: money.merchantNumber,
                            password: MoneyFixture.paymentPassword, by: money.clerk)
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(numbers.count == 1)
            #expect(try await money.balances().frozen == Money(fen: 4_200))
            #expect(try await money.broken() == [])
        }
    }

    @Test("A balance that is short is refused with what is missing, and nothing is held")
    func balanceShort() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 4_000)
            let query = try await money.askForBills()
            let plan = try BillPayments.plan(query, chosen: [], amount: nil)
            await #expect(throws: BillPaymentError.balanceShort(Money(fen: 200))) {
                try await money.platform.billPayments.pay(
                    money.command(), query: query, plan: plan, account: money.merchantNumber,
                    password: MoneyFixture.paymentPassword, by: money.clerk)
            }
            #expect(try await money.broken() == [])
        }
    }

    @Test("A bill that changed before sending is not paid, and the money is set free")
    func billChanged() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            money.world.change {
                $0.bills = [
                    Bill(billNumber: "B1", period: "2026-10", principal: 4_000, lateFee: 300, amount: 4_300)
                ]
            }
            try await money.pass(0)
            let returned = try await money.payment(number)
            #expect(returned.status == .returnedToMaker)
            #expect(try await money.balances().available == Money(fen: 10_000))
            // What the biller says now is kept, and can be confirmed in place of the old.
            let query = try #require(returned.changedQueryNumber)
            let changed = try #require(
                try await money.platform.billPayments.query(query, of: money.clerk.enterprise))
            #expect(changed.bills.map(\.amount) == [4_300] && changed.customerNumber == "10012345")
            _ = try await money.platform.billPayments.pay(
                money.command(), query: changed, plan: BillPayments.plan(changed, chosen: [], amount: nil),
                account: money.merchantNumber, password: MoneyFixture.paymentPassword, by: money.clerk)
            #expect(try await money.balances().frozen == Money(fen: 4_300))
            #expect(money.world.state.withLock(\.paid).isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test("A lost answer is unknown, never failed: the biller is asked, and the bill is paid once")
    func answerLost() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            money.world.change { $0.silentPayments = 1 }
            try await money.pass(0)
            #expect(try await money.payment(number).status == .unknown)
            #expect(try await money.balances().frozen == Money(fen: 4_200))
            try await money.pass(10)
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(money.world.calls.filter { $0.hasSuffix("/payments") }.count == 1)
            #expect(try await money.broken() == [])
        }
    }

    @Test("What the biller never got is sent again identically")
    func resent() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            money.world.change {
                $0.silentPayments = 1
                $0.paymentStatus = "nothing"
            }
            try await money.pass(0)
            #expect(try await money.payment(number).status == .unknown)
            money.world.change { $0.paymentStatus = "writtenOff" }
            try await money.pass(10)
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(try await money.broken() == [])
        }
    }

    @Test(
        "What the biller says decides: refused, write-off failed, write-off unknown",
        arguments: ["refused", "writeOffFailed", "writeOffUnknown"])
    func outcomes(status: String) async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            money.world.change {
                $0.paymentStatus = status
                $0.queryStatus = status
            }
            try await money.pass(0)
            let payment = try await money.payment(number)
            switch status {
            case "refused": #expect(payment.status == .refused)
            case "writeOffFailed": #expect(payment.status == .writeOffFailed)
            default: #expect(payment.status == .writeOffPending)
            }
            #expect(try await money.broken() == [])
            let back = status == "writeOffUnknown" ? 5_800 : 10_000
            #expect(try await money.balances().available == Money(fen: Int64(back)))
            if status == "writeOffUnknown" {
                money.world.change { $0.queryStatus = "writeOffFailed" }
                try await money.pass(60)
                #expect(try await money.payment(number).status == .writeOffFailed)
                #expect(try await money.balances().available == Money(fen: 10_000))
                #expect(try await money.broken() == [])
            }
        }
    }

    @Test("A biller that stays silent before anything was sent: the money is set free after ten minutes")
    func silentBeforeSending() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            money.world.change { $0.billsUnavailable = true }
            try await money.pass(0)
            #expect(try await money.payment(number).status == .ready)
            try await money.pass(300)
            try await money.pass(600)
            #expect(try await money.payment(number).status == .withdrawn)
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test("An enterprise that was stopped after the confirmation pays nothing")
    func stoppedBeforeSending() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            try await money.owner.execute("UPDATE enterprises SET state = 'outgoingStopped'")
            try await money.pass(0)
            #expect(try await money.payment(number).status == .withdrawn)
            #expect(money.world.calls.allSatisfy { !$0.hasSuffix("/payments") })
            #expect(try await money.balances().available == Money(fen: 10_000))
            #expect(try await money.broken() == [])
        }
    }

    @Test("A command that was carried out is known to whoever gave it, and to nobody else")
    func commandResult() async throws {
        try await MoneyFixture.with { money in
            try await money.fund(fen: 10_000)
            let query = try await money.askForBills("PREPAYMENT")
            let command = money.command()
            #expect(try await money.platform.result(of: command, by: money.clerk) == nil)
            let number = try await money.platform.billPayments.pay(
                command, query: query, plan: BillPayments.plan(query, chosen: [], amount: Money(fen: 500)),
                account: money.merchantNumber, password: MoneyFixture.paymentPassword, by: money.clerk)
            #expect(try await money.platform.result(of: command, by: money.clerk) == number)
            #expect(
                try await money.platform.billPayments.underWay(for: query, of: money.clerk.enterprise)
                    == number)
            let other = Clerk(
                enterprise: money.clerk.enterprise,
                person: Operator.ID(rawValue: money.clerk.person.rawValue + 1), origin: money.clerk.origin)
            #expect(try await money.platform.result(of: command, by: other) == nil)
        }
    }

    @Test("Bills whose parts do not add up, overflow or repeat a number are no answer")
    func nonsense() async throws {
        try await MoneyFixture.with { money in
            func bill(_ number: String, _ principal: Int64, _ lateFee: Int64, _ amount: Int64) -> Bill {
                Bill(
                    billNumber: number, period: "2026-11", principal: principal, lateFee: lateFee,
                    amount: amount)
            }
            for bills in [
                [bill("B1", .max, 1, 5)], [bill("B1", 10, -5, 5)], [bill("", 5, 0, 5)],
                [bill("B1", 5, 0, 5), bill("B1", 5, 0, 5)], [bill("B1", .max, 0, .max)],
            ] {
                let outcome = try await money.askForBills(bills: bills).outcome
                #expect(outcome == .unavailable)
            }
        }
    }

    @Test("An order found in sending after a restart is unknown and asked about")
    func restartedWhileSending() async throws {
        try await MoneyFixture.with { money in
            let number = try await money.submitBill()
            let payment = try await money.payment(number)
            let moment = money.clock.now
            _ = try await money.platform.database.transaction { connection in
                try Orders.record(
                    .sendStarted, from: payment.status, of: payment.reference, at: moment, by: .system,
                    on: connection)
            }
            money.world.change { $0.paid[number] = 4_200 }
            try await money.pass(0)
            #expect(try await money.payment(number).status == .writtenOff)
            #expect(money.world.calls.filter { $0.hasSuffix("/payments") }.isEmpty)
            #expect(try await money.broken() == [])
        }
    }

    @Test("Rules of amount: exact takes all, periods what is chosen, prepayment anything within bounds")
    func plans() async throws {
        try await MoneyFixture.with { money in
            let second = Bill(billNumber: "B2", period: "2026-11", principal: 100, lateFee: 0, amount: 100)
            money.world.change { $0.bills = [Self.bill, second] }
            let exact = try await money.askForBills("EXACT", bills: nil)
            #expect(try BillPayments.plan(exact, chosen: [], amount: nil).amount == Money(fen: 4_300))
            let periods = try await money.askForBills("PERIODS", bills: nil)
            #expect(try BillPayments.plan(periods, chosen: ["B2"], amount: nil).amount == Money(fen: 100))
            #expect(throws: BillPaymentError.billsNotChosen) {
                try BillPayments.plan(periods, chosen: [], amount: nil)
            }
            #expect(throws: BillPaymentError.billsNotChosen) {
                try BillPayments.plan(periods, chosen: ["B3"], amount: nil)
            }
            let free = try await money.askForBills("PREPAYMENT", bills: nil)
            let plan = try BillPayments.plan(free, chosen: [], amount: Money(fen: 5_000))
            #expect(plan.arrears == Money(fen: 4_300))
            #expect(plan.prepaid == Money(fen: 700))
            #expect(throws: BillPaymentError.self) {
                try BillPayments.plan(free, chosen: [], amount: Money(fen: 10_000_001))
            }
        }
    }
}

extension MoneyFixture {
    /// Asks for the bills of a customer number.
    func askForBills(_ biller: String = "EXACT", bills: [Bill]? = [BillPaymentTests.bill]) async throws
        -> BillQuery
    {
        if let bills { world.change { $0.bills = bills } }
        let number = try await platform.billPayments.ask(
            biller: biller, customerNumber: "10012345", by: clerk)
        guard let query = try await platform.billPayments.query(number, of: clerk.enterprise) else {
            throw RowMissing()
        }
        return query
    }

    /// Funds the account with 100 yuan and submits the payment of a bill of 42 yuan.
    func submitBill() async throws -> String {
        try await fund(fen: 10_000)
        let query = try await askForBills()
        return try await platform.billPayments.pay(
            command(), query: query, plan: BillPayments.plan(query, chosen: [], amount: nil),
            account: merchantNumber,
            password: Self.paymentPassword, by: clerk)
    }

    func payment(_ number: String) async throws -> BillPayment {
        guard let found = try await platform.billPayments.history(number, of: clerk.enterprise) else {
            throw RowMissing()
        }
        return found.payment
    }
}
