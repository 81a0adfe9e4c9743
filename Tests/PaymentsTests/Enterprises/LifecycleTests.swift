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
                Self.steps(FollowUpState.self), Self.steps(WithdrawalHold.State.self),
            ].reduce(into: Set()) { $0.formUnion($1) }
            #expect(stored == code)
        }
    }

    @Test(
        "From every state, by every event: the code takes what its table has and throws for everything else")
    func inCode() {
        func check<State: Lifecycle>(_ type: State.Type) {
            for from in [nil] + State.allCases.map(Optional.some) {
                for event in State.Event.allCases {
                    let listed = State.steps.first { $0.from == from && $0.event == event }?.to
                    let taken = try? State.after(event, from: from)
                    #expect(taken == listed, "\(State.subject) \(from?.rawValue ?? "–") \(event)")
                }
            }
        }
        check(EnterpriseState.self)
        check(RegisteredAccountState.self)
        check(OperatorState.self)
        check(StaffState.self)
        check(ActivationLinkState.self)
        check(AccountOpeningState.self)
        check(MessageState.self)
        check(FollowUpState.self)
        check(WithdrawalHold.State.self)
    }

    @Test(
        "The database lets the application's role set a state by a step of the table and refuses every other")
    func inDatabase() async throws {
        try await PeopleFixture.with { fixture in
            _ = try await fixture.open()
            try await Self.check(EnterpriseState.self, "enterprises", fixture)
            try await Self.check(RegisteredAccountState.self, "registered_accounts", fixture)
            try await Self.check(OperatorState.self, "operators", fixture)
            try await Self.check(StaffState.self, "staff", fixture)
            try await Self.check(ActivationLinkState.self, "activation_links", fixture)
            try await Self.check(AccountOpeningState.self, "account_opening_cases", fixture)
            try await Self.check(MessageState.self, "messages", fixture)
        }
    }

    /// A step was taken, and is to be taken back.
    private struct Taken: Error {}

    /// Puts a row of the table into every state and tries to bring it from there to every other.
    private static func check<State: Lifecycle>(
        _ type: State.Type, _ table: String, _ fixture: PeopleFixture
    ) async throws {
        let id: Int64 = try await fixture.owner.query("SELECT min(id) AS id FROM \(unsafeRaw: table)").only()[
            "id"]
        // Conditions on what a row in some state holds would refuse steps, too.
        let conditions = try await fixture.owner.query(
            """
            SELECT conname::text AS name FROM pg_constraint
            WHERE contype = 'c' AND conrelid = to_regclass(\(table))
            """)
        for condition in conditions {
            let name: String = try condition["name"]
            try await fixture.owner.execute(
                "ALTER TABLE \(unsafeRaw: table) DROP CONSTRAINT \(unsafeRaw: name)")
        }
        for from in State.allCases {
            try await fixture.owner.transaction { connection in
                try connection.execute("ALTER TABLE \(unsafeRaw: table) DISABLE TRIGGER USER")
                try connection.execute("UPDATE \(unsafeRaw: table) SET state = \(from) WHERE id = \(id)")
                try connection.execute("ALTER TABLE \(unsafeRaw: table) ENABLE TRIGGER USER")
            }
            for to in State.allCases where to != from {
                var isTaken = false
                do {
                    try await fixture.platform.database.transaction { connection in
                        try connection.execute(
                            "UPDATE \(unsafeRaw: table) SET state = \(to) WHERE id = \(id)")
                        throw Taken()
                    }
                } catch is Taken {
                    isTaken = true
                } catch let error as PostgresError where error.constraint == "\(State.subject)_step" {
                    // Refused, as everything that the table does not list has to be.
                }
                let isListed = State.steps.contains { $0.from == from && $0.to == to }
                #expect(isTaken == isListed, "\(table) from \(from) to \(to)")
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
        check(FollowUpState.self)
        check(WithdrawalHold.State.self)
    }
}
