import Postgres
import TestDatabase
import Testing

@testable import Payments

@Suite("Tables of states")
struct LifecycleTests {
    private static func steps<State: Lifecycle>(_ type: State.Type) -> Set<String> {
        Set(
            type.steps.compactMap { step in
                step.from.flatMap {
                    $0 == step.to ? nil : "\(type.subject) \($0.rawValue) \(step.to.rawValue)"
                }
            })
    }

    @Test("The database lists the same steps as the code, no more and no fewer")
    func sameSteps() async throws {
        try await PeopleFixture.with { fixture in
            let rows = try await fixture.platform.database.query(
                "SELECT subject, from_state, to_state FROM state_steps")
            let stored = Set(
                try rows.map { row -> String in
                    let subject: String = try row["subject"]
                    let from: String = try row["from_state"]
                    let to: String = try row["to_state"]
                    return "\(subject) \(from) \(to)"
                })
            let code = [
                Self.steps(EnterpriseState.self), Self.steps(RegisteredAccountState.self),
                Self.steps(OperatorState.self), Self.steps(StaffState.self),
                Self.steps(ActivationLinkState.self),
                Self.steps(AccountOpeningState.self), Self.steps(MessageState.self),
            ].reduce(into: Set()) { $0.formUnion($1) }
            #expect(stored == code)
        }
    }

    @Test("Everything that the table does not list throws, and the database refuses it too")
    func illegal() async throws {
        #expect(throws: IllegalStep.self) { try EnterpriseState.after(.activated, from: .closed) }
        #expect(throws: IllegalStep.self) { try AccountOpeningState.after(.approved, from: .draft) }
        #expect(throws: IllegalStep.self) { try RegisteredAccountState.after(.confirmed, from: .unverified) }
        try await PeopleFixture.with { fixture in
            try await fixture.open()
            for statement: SQL in [
                "UPDATE enterprises SET state = 'closed'",
                "UPDATE registered_accounts SET state = 'verified'",
                "UPDATE operators SET state = 'disabled'",
                "UPDATE account_opening_cases SET state = 'submitted'",
                "UPDATE messages SET state = 'queued'",
            ] {
                await #expect(throws: PostgresError.self) { try await fixture.owner.execute(statement) }
            }
        }
    }

    @Test("Every state can be reached and every event is in the table")
    func complete() {
        func check<State: Lifecycle>(_ type: State.Type) {
            let reached = Set(type.steps.map(\.to))
            #expect(reached == Set(State.allCases), "\(type.subject)")
            #expect(Set(type.steps.map(\.event)) == Set(State.Event.allCases), "\(type.subject)")
        }
        check(EnterpriseState.self)
        check(RegisteredAccountState.self)
        check(OperatorState.self)
        check(StaffState.self)
        check(ActivationLinkState.self)
        check(AccountOpeningState.self)
        check(MessageState.self)
    }
}
