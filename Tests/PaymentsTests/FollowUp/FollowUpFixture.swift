import Foundation
import Postgres

@testable import Payments

extension MoneyFixture {
    /// Moves the clock to so many seconds after the opening of the company, whose account was verified in the same moment.
    func move(to seconds: Double) {
        clock.advance(MovedClock.start.timeIntervalSince(clock.now) + seconds)
    }

    /// A withdrawal of what is there, sent at once if nothing keeps it back. The bank goes on to say that it has accepted it.
    @discardableResult
    func withdrawNow(fen: Int64) async throws -> String {
        let number = try await withdraw(fen: fen, funding: 0)
        world.change { $0.queryDefault = .query(code: "00", original: "05") }
        try await pass(0)
        return number
    }

    /// A withdrawal that is paid and comes back, by the file of a day that has none yet.
    @discardableResult
    func withdrawAndReturn(fen: Int64, fileOf day: Int) async throws -> String {
        let number = try await withdrawNow(fen: fen)
        world.change { $0.queryDefault = .query(code: "00", original: "00", amountFen: fen) }
        try await pass(200)
        let paid = try await withdrawal(number)
        try await file(
            Self.day.adding(days: day),
            [
                BankFiles.Line(
                    trade: .payoutReturn, serial: "20261125000000000000\(day)",
                    originalSerial: paid.bankSerial,
                    orderNumber: number, amount: fen)
            ])
        return number
    }

    /// Applies the rules, twice: what was found is not found again.
    func applyRules() async throws {
        try await platform.followUps.apply(0)
        clock.advance(1)
        try await platform.followUps.apply(0)
    }

    /// The cases of a rule, the oldest first.
    func followUps(_ rule: FollowUpRule.Kind) async throws -> [FollowUpCase] {
        try await platform.followUps.list(FollowUpFilter(rule: rule), within: .national, limit: 100).rows
            .reversed()
    }

    func details(_ found: FollowUpCase) async throws -> FollowUpDetails {
        guard let details = try await platform.followUps.find(found.number, within: .national) else {
            throw RowMissing()
        }
        return details
    }

    /// The next version of a rule, as a migration would write it.
    func change(_ rule: FollowUpRule.Kind, isOn: Bool = true, holds: Bool = false) async throws {
        try await owner.execute(
            """
            INSERT INTO follow_up_rules (
                rule, version, name, sentence, hours, days, least_count, least_amount, most_amount, least_percent, is_on,
                holds_withdrawals)
            SELECT rule, version + 1, name, sentence, hours, days, least_count, least_amount, most_amount, least_percent,
                \(isOn), \(holds)
            FROM follow_up_rules WHERE rule = \(rule) ORDER BY version DESC LIMIT 1
            """)
    }

    /// A second member of operations of the whole country.
    func otherOperations() async throws -> StaffMember {
        if let found = try await platform.staff.find(number: "YY0002") { return found }
        _ = try await platform.staff.add(
            number: "YY0002", name: "运营二", role: .operations, region: .national, mobile: "13900000022",
            at: clock.now)
        guard let found = try await platform.staff.find(number: "YY0002") else { throw RowMissing() }
        return found
    }

    /// A case of a large withdrawal to a new account, whose hold is in force; the withdrawal itself has been sent.
    func holding() async throws -> FollowUpCase {
        try await change(.newAccountLarge, holds: true)
        try await fund(fen: 20_000_000)
        try await withdrawNow(fen: 5_000_000)
        try await applyRules()
        guard let found = try await followUps(.newAccountLarge).first else { throw RowMissing() }
        return found
    }

    /// Proposes what becomes of what a case keeps back; gives the version that is proposed.
    @discardableResult
    func propose(_ handling: WithdrawalHold.Handling, for found: FollowUpCase) async throws -> Int {
        try await platform.followUps.propose(
            handling, for: found.number, version: try await version(of: found), reason: "已电话核实",
            by: operations(), from: clerk.origin)
        return try await version(of: found)
    }

    /// The version of a case's hold.
    func version(of found: FollowUpCase) async throws -> Int {
        try await details(found).found.hold?.version ?? 0
    }

    /// What the clerk was told about an order, the oldest first.
    func told(of number: String) async throws -> [InboxTopic] {
        try await owner.query(
            """
            SELECT m.topic FROM inbox_messages m JOIN orders o ON o.id = m.order_id
            WHERE o.number = \(number) AND m.operator_id = \(clerk.person) ORDER BY m.id
            """
        ).map { try $0["topic"] }
    }

    /// How many payouts the bank was sent.
    var payouts: Int { world.calls.filter { $0.hasSuffix("backTransReq.do") }.count }
}
