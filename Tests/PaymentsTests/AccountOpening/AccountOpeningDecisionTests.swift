import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Deciding on an opening case")
struct AccountOpeningDecisionTests {
    @Test("Two cases with one credit code: the second one approved goes back to its account manager")
    func creditCodeTaken() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            let supervisor = try await fixture.supervisor()
            let openings = fixture.platform.accountOpenings
            var numbers: [String] = []
            for loginID in ["first001", "second01"] {
                numbers.append(
                    try await openings.submit(
                        PeopleFixture.form(loginID: loginID), command: fixture.command(), by: manager,
                        from: fixture.origin, at: fixture.now))
            }
            numbers.append(
                try await openings.submit(
                    PeopleFixture.form(creditCode: "91310000MA1FL0007C", loginID: "first001"),
                    command: fixture.command(), by: manager, from: fixture.origin, at: fixture.now))
            var outcomes: [AccountOpeningOutcome] = []
            for number in numbers {
                outcomes.append(
                    try await openings.approve(
                        number, version: 1, command: fixture.command(), by: supervisor, from: fixture.origin,
                        at: fixture.now))
            }
            #expect(outcomes[1] == .returnedCreditCodeTaken && outcomes[2] == .returnedLoginIDTaken)
            #expect(try await openings.find(numbers[1], for: manager)?.state == .returned)
            #expect(try await openings.find(numbers[1], for: manager)?.canEdit == true)
            #expect(try await fixture.count("enterprises") == 1)
            #expect(try await fixture.count("approvals") == 1)
        }
    }

    @Test("Of many supervisors deciding at the same moment one decides, the others are told")
    func race() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            var supervisors: [StaffMember] = []
            for index in 0..<6 {
                supervisors.append(
                    try await fixture.add("SH001\(index)", .supervisor, mobile: "1370000000\(index)").member)
            }
            let openings = fixture.platform.accountOpenings
            let number = try await openings.submit(
                PeopleFixture.form(), command: fixture.command(), by: manager, from: fixture.origin,
                at: fixture.now)
            let results = await withTaskGroup(of: String.self) { group in
                for (index, supervisor) in supervisors.enumerated() {
                    group.addTask {
                        do {
                            if index.isMultiple(of: 2) {
                                _ = try await openings.approve(
                                    number, version: 1, command: fixture.command(), by: supervisor,
                                    from: fixture.origin, at: fixture.now)
                            } else {
                                try await openings.sendBack(
                                    number, version: 1, reason: "资料不全", by: supervisor, from: fixture.origin,
                                    at: fixture.now)
                            }
                            return "decided"
                        } catch {
                            return "\(error)"
                        }
                    }
                }
                return await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(results.sorted() == ["decided", "stale", "stale", "stale", "stale", "stale"])
            #expect(try await fixture.count("approvals") == 1)
        }
    }

    @Test("A version damaged behind the application's back is not approved")
    func damaged() async throws {
        try await PeopleFixture.with { fixture in
            let manager = try await fixture.accountManager()
            let supervisor = try await fixture.supervisor()
            let openings = fixture.platform.accountOpenings
            let number = try await openings.submit(
                PeopleFixture.form(), command: fixture.command(), by: manager, from: fixture.origin,
                at: fixture.now)
            try await fixture.owner.execute("UPDATE account_opening_versions SET operator_name = '别人'")
            await #expect(throws: AccountOpeningError.stale) {
                try await openings.approve(
                    number, version: 1, command: fixture.command(), by: supervisor, from: fixture.origin,
                    at: fixture.now)
            }
            #expect(try await fixture.count("enterprises") == 0)
        }
    }
}
