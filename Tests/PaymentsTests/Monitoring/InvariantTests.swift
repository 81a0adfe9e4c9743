import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Invariants of the books")
struct InvariantTests {
    /// What is damaged, by whom only the owner of the tables can be, and what the check must then say.
    struct Damage: Sendable, CustomStringConvertible {
        let invariant: String
        let subject: String
        let statements: [SQL]
        var description: String { "\(invariant) \(subject)" }
    }

    static let damages = [
        Damage(
            invariant: "I1", subject: "entry ",
            statements: ["UPDATE journal_entries SET event = 'answerUnclear' WHERE code = 'P01'"]),
        Damage(
            invariant: "I2", subject: "account enterpriseAvailable of enterprise ",
            statements: [
                "UPDATE enterprise_accounts SET version = version + 1 WHERE account = 'enterpriseAvailable'"
            ]),
        Damage(
            invariant: "I3", subject: "order TP",
            statements: ["UPDATE orders SET amount = amount + 1 WHERE kind = 'topUp'"]),
        Damage(
            invariant: "I4", subject: "frozen of enterprise ",
            statements: [
                "UPDATE orders SET amount = amount + 1 WHERE kind = 'withdrawal' AND state = 'accepted'"
            ]),
        Damage(
            invariant: "I5", subject: "withdrawalInTransit item ",
            statements: ["UPDATE postings SET item = 'WDOTHER' WHERE account = 'withdrawalInTransit'"]),
        Damage(
            invariant: "I14", subject: "order WD", statements: ["DELETE FROM jobs WHERE kind = 'withdrawal'"]),
        Damage(
            invariant: "I17", subject: "approval ",
            statements: [
                "ALTER TABLE approvals DISABLE TRIGGER USER",
                "ALTER TABLE approvals DROP CONSTRAINT approvals_two_persons",
                "UPDATE approvals SET checker_person = maker_person WHERE id = (SELECT min(id) FROM approvals)",
            ]),
    ]

    @Test("One damaged row is named by its invariant", arguments: damages)
    func damaged(damage: Damage) async throws {
        try await MoneyFixture.with { money in
            let sent = try await money.withdraw(fen: 300)
            try await money.pass(0)
            #expect(try await money.withdrawal(sent).status == .atBank)
            _ = try await money.withdraw(fen: 200, funding: 0)
            #expect(try await money.broken() == [])
            for statement in damage.statements { try await money.owner.execute(statement) }
            let reports = try await money.platform.monitoring.check().filter { $0.count > 0 }
            let report = try #require(reports.first { $0.invariant.name == damage.invariant })
            #expect(report.subjects.contains { $0.hasPrefix(damage.subject) })
            // A wrong amount of an order shows in what its state says (I3) and in what it holds (I4) alike.
            let others = Set(reports.map(\.invariant.name)).subtracting([damage.invariant])
            #expect(others.isSubset(of: damage.invariant == "I4" ? ["I3"] : []))
        }
    }

    @Test("An overdue job is found after its slack")
    func overdue() async throws {
        try await MoneyFixture.with { money in
            _ = try await money.withdraw(fen: 300)
            money.clock.advance(599)
            #expect(try await money.broken() == [])
            money.clock.advance(2)
            #expect(try await money.broken().first?.hasPrefix("I14") == true)
        }
    }

    @Test("Every invariant that applies is checked")
    func names() {
        #expect(Monitoring.invariants.map(\.name) == ["I1", "I2", "I3", "I4", "I5", "I14", "I17"])
    }
}
