import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Dual control")
struct ApprovalTests {
    private static let version = ControlledVersion(
        subject: 77, version: 1, digest: [UInt8](repeating: 1, count: 32))

    private func request(
        _ fixture: PeopleFixture, _ action: ControlledAction, by maker: StaffMember,
        editors: [StaffMember] = [],
        version: ControlledVersion = version
    ) async throws {
        let now = fixture.now
        try await fixture.platform.database.transaction { connection in
            try Approvals.request(
                action, version, by: .staff(maker.id), editors: editors.map { .staff($0.id) }, at: now,
                on: connection)
        }
    }

    private func decide(
        _ fixture: PeopleFixture, _ action: ControlledAction, by checker: Actor,
        version: ControlledVersion = version, city: String = "430100"
    ) async throws {
        let now = fixture.now
        try await fixture.platform.database.transaction { connection in
            try Approvals.decide(
                .granted, action, version, by: checker, within: city, reason: nil, at: now, on: connection)
        }
    }

    @Test(
        "No controlled action is decided by maker, editor, their other logins, a wrong role or region, or a machine",
        arguments: ControlledAction.allCases)
    func everyAction(action: ControlledAction) async throws {
        try await PeopleFixture.with { fixture in
            let maker = try await fixture.add("SH0001", .supervisor, mobile: "13900000001").member
            let editor = try await fixture.add("SH0002", .supervisor, mobile: "13900000002").member
            let secondLogin = try await fixture.add("SH0003", .supervisor, .national, mobile: "139 0000 0001")
                .member
            let elsewhere = try await fixture.add(
                "SH0004", .supervisor, .city("440100"), mobile: "13900000004"
            ).member
            let auditor = try await fixture.add("SJ0001", .auditor, .national, mobile: "13900000005").member
            let manager = try await fixture.add("KH0001", .accountManager, mobile: "13900000006").member
            let disabled = try await fixture.add("SH0005", .supervisor, mobile: "13900000007").member
            try await fixture.owner.execute("UPDATE staff SET state = 'disabled' WHERE id = \(disabled.id)")
            let opened = try await fixture.openActive()
            try await request(fixture, action, by: maker, editors: [editor])
            if !action.deciders.isEmpty {
                for same in [maker, editor, secondLogin] {
                    await #expect(throws: ApprovalError.samePerson) {
                        try await decide(fixture, action, by: .staff(same.id))
                    }
                }
            }
            for other in [elsewhere, auditor, manager, disabled] {
                await #expect(throws: ApprovalError.notAllowed) {
                    try await decide(fixture, action, by: .staff(other.id))
                }
            }
            for machine: Actor in [.system, .bank, .biller, .operator(opened.operatorID)] {
                await #expect(throws: ApprovalError.notAllowed) {
                    try await decide(fixture, action, by: machine)
                }
            }
            let checker = try await fixture.add(
                "SH0006", .supervisor, .province("430000"), mobile: "13900000008"
            ).member
            if action.deciders.contains(.supervisor) {
                try await decide(fixture, action, by: .staff(checker.id))
                await #expect(throws: ApprovalError.stale) {
                    try await decide(fixture, action, by: .staff(checker.id))
                }
            } else {
                await #expect(throws: ApprovalError.notAllowed) {
                    try await decide(fixture, action, by: .staff(checker.id))
                }
            }
        }
    }

    @Test("Another digest, another version, a newer version and no request at all are stale")
    func stale() async throws {
        try await PeopleFixture.with { fixture in
            let maker = try await fixture.accountManager()
            let checker = try await fixture.supervisor()
            await #expect(throws: ApprovalError.stale) {
                try await decide(fixture, .openAccount, by: .staff(checker.id))
            }
            try await request(fixture, .openAccount, by: maker)
            let others = [
                ControlledVersion(subject: 77, version: 1, digest: [UInt8](repeating: 2, count: 32)),
                ControlledVersion(subject: 77, version: 2, digest: Self.version.digest),
                ControlledVersion(subject: 78, version: 1, digest: Self.version.digest),
            ]
            for other in others {
                await #expect(throws: ApprovalError.stale) {
                    try await decide(fixture, .openAccount, by: .staff(checker.id), version: other)
                }
            }
            await #expect(throws: ApprovalError.stale) {
                try await decide(fixture, .changeLimits, by: .staff(checker.id))
            }
            try await request(fixture, .openAccount, by: maker, version: others[1])
            await #expect(throws: ApprovalError.stale) {
                try await decide(fixture, .openAccount, by: .staff(checker.id))
            }
            try await decide(fixture, .openAccount, by: .staff(checker.id), version: others[1])
        }
    }

    @Test(
        "The database refuses maker and editor as decider even from the owner's hand, and forged copies"
    )
    func database() async throws {
        try await PeopleFixture.with { fixture in
            let maker = try await fixture.accountManager()
            let editor = try await fixture.add("KH0002", .accountManager, mobile: "13900000003").member
            let checker = try await fixture.supervisor()
            try await request(fixture, .openAccount, by: maker, editors: [editor])
            func insert(_ person: StaffMember, makerPerson: SQL = "maker_person", digest: SQL = "digest")
                -> SQL
            {
                """
                INSERT INTO approvals (
                    request_id, version, digest, maker_person, checker_person, checker_staff_id, decision, at)
                SELECT requests.id, version, \(fragment: digest), \(fragment: makerPerson), staff.mobile_digest,
                    staff.id, 'granted', \(fixture.now)
                FROM approval_requests AS requests, staff WHERE staff.id = \(person.id)
                """
            }
            for statement in [
                insert(maker), insert(editor), insert(maker, makerPerson: "sha256('x')"),
                insert(checker, digest: "sha256('x')"),
            ] {
                await #expect(throws: PostgresError.self) { try await fixture.owner.execute(statement) }
            }
            try await fixture.owner.execute(insert(checker))
            await #expect(throws: PostgresError.self) { try await fixture.owner.execute(insert(checker)) }
        }
    }

    @Test("The application can add requests, decisions and events, and never change or remove them")
    func appendOnly() async throws {
        try await PeopleFixture.with { fixture in
            let columns = [
                "approval_requests": "version", "approval_request_editors": "person", "approvals": "at",
                "audit_events": "at", "account_opening_events": "at", "account_opening_versions": "login_id",
                "enterprise_events": "at", "registered_account_events": "at",
                "payment_password_failures": "at", "activation_reissues": "reason",
            ]
            for (table, column) in columns {
                for statement: SQL in [
                    "DELETE FROM \(unsafeRaw: table)", "TRUNCATE \(unsafeRaw: table)",
                    "UPDATE \(unsafeRaw: table) SET \(unsafeRaw: column) = \(unsafeRaw: column)",
                ] {
                    do {
                        try await fixture.platform.database.execute(statement)
                        Issue.record("\(table) can be changed: \(statement.text)")
                    } catch let error as PostgresError {
                        #expect(error.kind == .insufficientPrivilege, "\(statement.text)")
                    }
                }
            }
        }
    }
}
