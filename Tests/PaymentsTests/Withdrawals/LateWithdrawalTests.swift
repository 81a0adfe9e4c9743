import Foundation
import Postgres
import Testing

@testable import Payments

/// Every late or contradicting edge of money.md 2.3, driven by what the bank says and what two people decide.
@Suite("Late news of withdrawals")
struct LateWithdrawalTests {
    /// What our fee is, in fen, and whether it goes back with a payout that comes back (P34).
    struct FeeRule: Sendable, CustomTestStringConvertible {
        let fen: Int64
        let isGivenBack: Bool
        var testDescription: String { "fee \(fen)\(isGivenBack ? ", given back" : "")" }
    }

    /// The third rule, a fee that is kept, goes with the test of all edges.
    static let rules = [FeeRule(fen: 0, isGivenBack: false), FeeRule(fen: 50, isGivenBack: true)]

    /// A way through late news; gives the order's number.
    struct Scenario: Sendable, CustomTestStringConvertible {
        let name: String
        let run: @Sendable (MoneyFixture, FeeRule) async throws -> String
        var testDescription: String { name }
    }

    static let scenarios = [
        Scenario(name: "34 after acceptance", run: notKnown),
        Scenario(name: "returned, paid never seen", run: returnedUnseen),
        Scenario(name: "paid, then returned whole", run: returnedWhole),
        Scenario(name: "paid, then returned in part", run: returnedInPart),
        Scenario(name: "returned to a company that is closed", run: returnedToClosed),
        Scenario(name: "paid, and the files of D to D+3 lack it", run: paidAndAbsent),
        Scenario(name: "paid, the files lack it, and the bank never paid it", run: neverPaid),
        Scenario(name: "returned, paid again, charged, returned once more", run: returnedPaidCharged),
        Scenario(name: "returned, paid again, borne", run: returnedPaidBorne),
        Scenario(name: "returned, paid again, made good by people", run: returnedPaidMadeGood),
        Scenario(name: "returned, paid again, returned again", run: returnedPaidReturned),
        Scenario(name: "refused, paid all the same, charged", run: refusedPaidCharged),
        Scenario(name: "refused, paid all the same, borne, and then returned", run: refusedPaidBorne),
        Scenario(name: "refused, paid all the same, returned in part", run: refusedPaidReturned),
        Scenario(name: "refused, payment and return in one file", run: refusedBothLines),
        Scenario(name: "refused, return before payment in one file", run: refusedBothLinesReversed),
        Scenario(name: "refused, the file of the return before that of the payment", run: refusedReturnFirst),
        Scenario(name: "refused, the return credited before the payment is read", run: refusedReturnCredited),
        Scenario(
            name: "at the bank, the file of the return before that of the payment", run: atBankReturnFirst),
        Scenario(name: "at the bank, a part returned, and its payment read later", run: atBankPartFirst),
        Scenario(name: "paid twice, the second payment returned", run: duplicateReturned),
        Scenario(name: "paid twice, a part of the second payment returned", run: duplicateReturnedInPart),
        Scenario(name: "paid twice, borne, and then returned", run: duplicateBorneReturned),
        Scenario(name: "paid twice and returned in one file", run: duplicateBothLines),
        Scenario(name: "no answer, return before payment in one file", run: unknownBothLines),
        Scenario(name: "by the file from unknown, returned, paid again", run: unknownPaidReturnedPaid),
    ]

    @Test(
        "The books hold and each state has posted what it says, whatever the fee", arguments: scenarios, rules
    )
    func holds(scenario: Scenario, rule: FeeRule) async throws {
        try await MoneyFixture.with { money in _ = try await scenario.run(money, rule) }
    }

    @Test("No late edge of the table is without a scenario")
    func complete() async throws {
        let driven = try await withThrowingTaskGroup(of: [String].self) { group in
            for scenario in Self.scenarios {
                group.addTask { try await Self.edges(of: scenario) }
            }
            return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        let late = WithdrawalStatus.transitions.filter { transition in
            transition.isLate || transition.from == .paymentParked
        }
        #expect(late.count >= 11)
        for edge in late {
            let name = "\(edge.from?.rawValue ?? "") \(edge.event.rawValue) \(edge.to.rawValue)"
            #expect(driven.contains(name), "\(name)")
        }
    }

    /// The steps that the order of a scenario has taken.
    private static func edges(of scenario: Scenario) async throws -> [String] {
        var found: [String] = []
        try await MoneyFixture.with { money in
            let number = try await scenario.run(money, FeeRule(fen: 50, isGivenBack: false))
            found = try await money.owner.query(
                """
                SELECT concat_ws(' ', v.from_state, v.event, v.to_state) AS edge FROM order_events v
                JOIN orders o ON o.id = v.order_id WHERE o.number = \(number)
                """
            ).map { try $0.decode("edge", as: String.self) }
        }
        return found
    }

    // MARK: Steps that scenarios share

    private static let amount: Int64 = 6_000
    private static let funds: Int64 = 10_000
    private static let day = MoneyFixture.day

    /// Funds the account and submits a withdrawal of 6,000 fen under a fee rule.
    private static func submit(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        try await money.owner.execute(
            "UPDATE bank_channels SET gives_fee_back = \(rule.isGivenBack) WHERE channel = 'unionpay-payout'")
        try await money.fund(fen: funds)
        money.world.change { $0.queryDefault = .query(code: "34", original: nil) }
        return try await money.withdraw(fen: amount, fee: rule.fen)
    }

    private static func paid(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await submit(money, rule)
        try await money.pass(0)
        money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: amount) }
        try await money.pass(200)
        #expect(try await money.withdrawal(number).status == .paid)
        #expect(try await money.balances().available == Money(fen: funds - amount - rule.fen))
        #expect(try await money.broken() == [])
        return number
    }

    private static func refused(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await submit(money, rule)
        money.world.change { $0.bankAnswers = [.payout(code: "61")] }
        try await money.pass(0)
        #expect(try await money.withdrawal(number).status == .refused)
        return number
    }

    private static func returned(_ money: MoneyFixture, _ rule: FeeRule, fen: Int64 = amount) async throws
        -> String
    {
        let number = try await paid(money, rule)
        let serial = try await money.withdrawal(number).bankSerial
        try await money.file(day.adding(days: 2), [back("R1", of: serial, number, fen: fen)])
        try await expect(money, number, .returned, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        return number
    }

    private static func returnedAndPaid(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await returned(money, rule)
        try await money.file(day.adding(days: 3), [out("P2", number)])
        try await expect(money, number, .paymentParked, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        #expect(try await money.held(.differenceReceivable) == amount)
        return number
    }

    private static func refusedAndPaid(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await refused(money, rule)
        try await money.file(day, [out("P1", number)])
        try await expect(money, number, .paymentParked, available: funds)
        return number
    }

    private static func serial(_ short: String) -> String {
        "2026112399999999999" + short.replacing("R", with: "8").replacing("P", with: "7")
    }

    /// The line of a payout.
    private static func out(_ short: String, _ number: String) -> BankFiles.Line {
        BankFiles.Line(trade: .payout, serial: serial(short), orderNumber: number, amount: amount)
    }

    /// The line of a return.
    private static func back(_ short: String, of original: String?, _ number: String, fen: Int64 = amount)
        -> BankFiles.Line
    {
        BankFiles.Line(
            trade: .payoutReturn, serial: serial(short), originalSerial: original, orderNumber: number,
            amount: fen)
    }

    /// Decides about the newest case that waits for people.
    private static func handle(_ money: MoneyFixture, _ handling: Handling) async throws {
        let found = try #require(await money.cases().last { $0.state.isOpen })
        try await money.handle(found, handling)
    }

    private static func expect(
        _ money: MoneyFixture, _ number: String, _ status: WithdrawalStatus, available: Int64
    ) async throws {
        #expect(try await money.withdrawal(number).status == status)
        #expect(try await money.balances().available == Money(fen: available))
        #expect(try await money.broken() == [])
    }

    // MARK: Scenarios

    private static func notKnown(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await submit(money, rule)
        try await money.pass(0)
        try await money.pass(200)
        try await expect(money, number, .atBank, available: funds - amount - rule.fen)
        #expect(try await money.workItems() == ["银行受理后又称无此交易"])
        // The bank finds it after all: nothing is left for a person.
        money.world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: amount) }
        try await money.pass(3_600)
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        #expect(try await money.workItems() == [])
        return number
    }

    private static func returnedUnseen(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await submit(money, rule)
        try await money.pass(0)
        try await money.file(day, [back("R1", of: serial("P1"), number)])
        try await expect(money, number, .returned, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        #expect(try await money.held(.feeIncome) == (rule.isGivenBack ? 0 : -rule.fen))
        #expect(try await money.withdrawal(number).nextQuestionAt == nil)
        return number
    }

    private static func returnedWhole(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await returned(money, rule)
        #expect(try await money.held(.feeIncome) == (rule.isGivenBack ? 0 : -rule.fen))
        #expect(try await money.held(.channelCost) == 0)
        return number
    }

    private static func returnedInPart(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await returned(money, rule, fen: amount - 100)
        #expect(try await money.held(.channelCost) == 100)
        return number
    }

    private static func returnedToClosed(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await paid(money, rule)
        let serial = try await money.withdrawal(number).bankSerial
        try await money.owner.execute("UPDATE enterprises SET state = 'closing'")
        try await money.owner.execute("UPDATE enterprises SET state = 'closed'")
        try await money.file(day.adding(days: 2), [back("R1", of: serial, number)])
        try await expect(money, number, .returned, available: funds - amount - rule.fen)
        #expect(
            try await money.held(.unidentifiedReceipts) == -amount - (rule.isGivenBack ? rule.fen : 0))
        return number
    }

    private static func paidAndAbsent(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await paid(money, rule)
        for offset in 0...3 { try await money.file(day.adding(days: offset), []) }
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        let found = try #require(await money.cases().last { $0.state.isOpen && $0.orderNumber == number })
        #expect(found.kind == .oursOnly)
        try await money.handle(found, .acknowledged)
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        return number
    }

    private static func neverPaid(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await paid(money, rule)
        for offset in 0...3 { try await money.file(day.adding(days: offset), []) }
        let found = try #require(await money.cases().last { $0.state.isOpen && $0.orderNumber == number })
        try await money.handle(found, .absent)
        // Our fee goes back too, whatever the rule says of what was paid.
        try await expect(money, number, .refused, available: funds)
        #expect(try await money.held(.feeIncome) == 0)
        #expect(try await money.held(.bankClearing, Channel.payout.rawValue) == 0)
        #expect(try await money.withdrawal(number).bankSerial == nil)
        return number
    }

    private static func returnedPaidCharged(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await returnedAndPaid(money, rule)
        try await handle(money, .charged)
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        #expect(try await money.held(.differenceReceivable) == 0)
        #expect(try await money.held(.feeIncome) == -rule.fen)
        // What was charged as paid may come back, too.
        try await money.file(day.adding(days: 4), [back("R2", of: serial("P2"), number)])
        try await expect(money, number, .returned, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        return number
    }

    private static func returnedPaidBorne(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await returnedAndPaid(money, rule)
        try await handle(money, .borne)
        try await expect(money, number, .returned, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        #expect(try await money.held(.channelCost) == amount)
        return number
    }

    private static func returnedPaidMadeGood(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await returnedAndPaid(money, rule)
        try await handle(money, .madeGood)
        try await expect(money, number, .returned, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        #expect(try await money.held(.channelCost) == 0)
        return number
    }

    private static func returnedPaidReturned(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await returnedAndPaid(money, rule)
        try await money.file(day.adding(days: 4), [back("R2", of: serial("P2"), number)])
        try await expect(money, number, .returned, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        #expect(try await money.cases().allSatisfy { !$0.state.isOpen })
        #expect(try await money.held(.differenceReceivable) == 0)
        return number
    }

    private static func refusedPaidCharged(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await refusedAndPaid(money, rule)
        try await handle(money, .charged)
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        #expect(try await money.held(.feeIncome) == -rule.fen)
        return number
    }

    private static func refusedPaidBorne(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await refusedAndPaid(money, rule)
        try await handle(money, .borne)
        try await expect(money, number, .refused, available: funds)
        // Nobody has counted on it any more: people decide whose it is.
        try await money.file(day.adding(days: 2), [back("R1", of: serial("P1"), number)])
        try await expect(money, number, .refused, available: funds)
        #expect(try await money.held(.unidentifiedReceipts) == -amount)
        return number
    }

    private static func refusedPaidReturned(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await refusedAndPaid(money, rule)
        try await money.file(day.adding(days: 2), [back("R1", of: serial("P1"), number, fen: amount - 100)])
        try await expect(money, number, .refused, available: funds)
        #expect(try await money.held(.channelCost) == 100)
        #expect(try await money.held(.differenceReceivable) == 0)
        return number
    }

    private static func refusedBothLines(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        try await refusedCancelled(money, rule) { [out("P1", $0), back("R1", of: serial("P1"), $0)] }
    }

    private static func refusedBothLinesReversed(_ money: MoneyFixture, _ rule: FeeRule) async throws
        -> String
    {
        try await refusedCancelled(money, rule) { [back("R1", of: serial("P1"), $0), out("P1", $0)] }
    }

    private static func refusedCancelled(
        _ money: MoneyFixture, _ rule: FeeRule, lines: (String) -> [BankFiles.Line]
    ) async throws -> String {
        let number = try await refused(money, rule)
        try await money.file(day, lines(number))
        try await expect(money, number, .refused, available: funds)
        // The top-up of the funds waits for its own line.
        let states = try await money.cases().filter { $0.orderNumber == number }.map(\.state)
        #expect(states == [.selfCleared, .selfCleared])
        #expect(try await money.held(.differenceReceivable) == 0)
        return number
    }

    private static func refusedReturnFirst(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await refused(money, rule)
        try await money.file(day.adding(days: 1), [back("R1", of: serial("P1"), number)])
        #expect(try await money.held(.unidentifiedReceipts) == -amount)
        try await money.file(day, [out("P1", number)])
        try await expect(money, number, .refused, available: funds)
        try await expectNothingWaits(money, number)
        return number
    }

    private static func refusedReturnCredited(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await refused(money, rule)
        try await money.file(day.adding(days: 1), [back("R1", of: serial("P1"), number)])
        try await handle(money, .credited)
        try await expect(money, number, .refused, available: funds + amount)
        // The bank's net is nothing, and the company has the money twice.
        try await money.file(day, [out("P1", number)])
        try await expect(money, number, .paymentParked, available: funds + amount)
        #expect(try await money.held(.differenceReceivable) == amount)
        return number
    }

    private static func atBankReturnFirst(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        try await atBankReturnFirst(money, rule, fen: amount)
    }

    private static func atBankPartFirst(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await atBankReturnFirst(money, rule, fen: amount - 100)
        #expect(try await money.held(.channelCost) == 100)
        return number
    }

    private static func atBankReturnFirst(_ money: MoneyFixture, _ rule: FeeRule, fen: Int64) async throws
        -> String
    {
        let number = try await submit(money, rule)
        try await money.pass(0)
        try await money.file(day.adding(days: 1), [back("R1", of: serial("P1"), number, fen: fen)])
        let left = funds - (rule.isGivenBack ? 0 : rule.fen)
        try await expect(money, number, .returned, available: left)
        try await money.file(day, [out("P1", number)])
        try await expect(money, number, .returned, available: left)
        try await expectNothingWaits(money, number)
        // Another payment is one too many all the same.
        try await money.file(day.adding(days: 2), [out("P2", number)])
        try await expect(money, number, .paymentParked, available: left)
        return number
    }

    /// A withdrawal that is paid, and paid once more by the file.
    private static func paidTwice(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await paid(money, rule)
        try await money.file(day, [out("P2", number)])
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        #expect(try await money.held(.differenceReceivable) == amount)
        return number
    }

    private static func duplicateReturned(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await paidTwice(money, rule)
        try await money.file(day.adding(days: 2), [back("R2", of: serial("P2"), number)])
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        try await expectNothingWaits(money, number)
        return number
    }

    private static func duplicateReturnedInPart(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String
    {
        let number = try await paidTwice(money, rule)
        try await money.file(day.adding(days: 2), [back("R2", of: serial("P2"), number, fen: amount - 100)])
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        #expect(try await money.held(.channelCost) == 100)
        try await expectNothingWaits(money, number)
        return number
    }

    private static func duplicateBorneReturned(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String
    {
        let number = try await paidTwice(money, rule)
        let found = try #require(
            await money.cases().last { $0.state.isOpen && $0.orderNumber == number })
        try await money.handle(found, .borne)
        try await money.file(day.adding(days: 2), [back("R2", of: serial("P2"), number)])
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        #expect(try await money.held(.unidentifiedReceipts) == -amount)
        let back = try #require(await money.cases().last { $0.state.isOpen && $0.orderNumber == number })
        #expect(back.choices == [.recovered], "the company has lost nothing that it could have again")
        try await money.handle(back, .recovered)
        #expect(try await money.held(.channelCost) == 0)
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        try await expectNothingWaits(money, number)
        return number
    }

    private static func duplicateBothLines(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await paid(money, rule)
        try await money.file(day, [back("R2", of: serial("P2"), number), out("P2", number)])
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        try await expectNothingWaits(money, number)
        return number
    }

    /// No case of the order is open, and nothing of it is parked.
    private static func expectNothingWaits(_ money: MoneyFixture, _ number: String) async throws {
        let cases = try await money.cases().filter { $0.orderNumber == number }
        #expect(cases.allSatisfy { !$0.state.isOpen })
        #expect(try await money.held(.differenceReceivable) == 0)
        #expect(try await money.held(.unidentifiedReceipts) == 0)
    }

    private static func unknownBothLines(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String {
        let number = try await submit(money, rule)
        money.world.change { $0.bankAnswers = [.silence] }
        try await money.pass(0)
        try await money.file(day, [back("R1", of: serial("P1"), number), out("P1", number)])
        try await expect(money, number, .returned, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        #expect(try await money.held(.unidentifiedReceipts) == 0)
        return number
    }

    private static func unknownPaidReturnedPaid(_ money: MoneyFixture, _ rule: FeeRule) async throws -> String
    {
        let number = try await submit(money, rule)
        money.world.change { $0.bankAnswers = [.silence] }
        try await money.pass(0)
        try await money.file(day, [out("P1", number)])
        try await expect(money, number, .paid, available: funds - amount - rule.fen)
        try await money.file(day.adding(days: 1), [back("R1", of: serial("P1"), number)])
        try await money.file(day.adding(days: 2), [out("P2", number)])
        try await expect(money, number, .paymentParked, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        try await handle(money, .borne)
        try await expect(money, number, .returned, available: funds - (rule.isGivenBack ? 0 : rule.fen))
        return number
    }
}

extension MoneyFixture {
    /// Submits a withdrawal that costs a fee, which no form does at present.
    func withdraw(fen: Int64, fee: Int64) async throws -> String {
        let number = Orders.newNumber(prefix: "WD", effects: platform.effects)
        let calendar = try await platform.workingDays.calendar()
        let moment = clock.now
        try await platform.database.transaction { connection in
            try Withdrawals.create(
                number, amount: Money(fen: fen), fee: Money(fen: fee), calendar: calendar, promised: nil,
                by: clerk, at: moment, on: connection)
        }
        return number
    }
}
