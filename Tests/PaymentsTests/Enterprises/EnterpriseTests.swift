import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Enterprises")
struct EnterpriseTests {
    private static let codes = [
        "91430100MA4L0002XB", "91310000MA1FL0007C", "91440300MA5DA0010G", "91350200MA31X0038B",
        "92330106MA2AX0069Q",
    ]

    @Test("The list is narrowed by name, code, merchant number, login ID and state, and goes page by page")
    func list() async throws {
        try await PeopleFixture.with { fixture in
            var merchantNumbers: [String] = []
            for (index, code) in Self.codes.enumerated() {
                var form = PeopleFixture.form(creditCode: code, loginID: "company\(index)")
                form.enterpriseName = "长沙第\(index)水泥厂"
                form.holderName = form.enterpriseName
                merchantNumbers.append(try await fixture.open(form).merchantNumber)
            }
            #expect(Set(merchantNumbers).count == 5)
            let enterprises = fixture.platform.enterprises
            func search(_ text: String, _ state: EnterpriseState? = nil) async throws -> [String] {
                try await enterprises.list(
                    EnterpriseFilter(search: text, state: state), within: .city("430100")
                )
                .rows.map(\.merchantNumber)
            }
            #expect(try await search("") == merchantNumbers.reversed())
            #expect(try await search("第3水泥") == [merchantNumbers[3]])
            #expect(try await search(" 91310000ma1fl0007c ") == [merchantNumbers[1]])
            #expect(try await search(merchantNumbers[2].lowercased()) == [merchantNumbers[2]])
            #expect(try await search("Company4") == [merchantNumbers[4]])
            #expect(try await search("100%_'; --").isEmpty)
            #expect(try await search("", .pendingActivation).count == 5)
            #expect(try await search("", .active).isEmpty)
            let first = try await enterprises.list(within: .province("430000"), limit: 2)
            let second = try await enterprises.list(within: .province("430000"), after: first.next, limit: 2)
            let third = try await enterprises.list(within: .national, after: second.next, limit: 2)
            #expect(
                (first.rows + second.rows + third.rows).map(\.merchantNumber) == merchantNumbers.reversed())
            #expect(third.next == nil)
        }
    }

    @Test("An enterprise outside of the region is not in the list and has no page")
    func region() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.open()
            let enterprises = fixture.platform.enterprises
            for region: Region in [.city("440100"), .province("440000"), .city("430200")] {
                #expect(try await enterprises.list(within: region).rows.isEmpty)
                #expect(
                    try await enterprises.details(merchantNumber: opened.merchantNumber, within: region)
                        == nil)
            }
            #expect(
                try await enterprises.details(merchantNumber: "M00000000000000", within: .national) == nil)
            #expect(Region.province("430000").covers(city: "430100", of: "430000"))
            #expect(!Region.city("430200").covers(city: "430100", of: "430000"))
        }
    }

    @Test(
        "Operations take an account to manual checking, another person confirms it, and the history shows both"
    )
    func verification() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.open()
            let operations = try await fixture.add("YY0001", .operations, mobile: "13900000003").member
            let supervisor = try #require(try await fixture.platform.staff.find(number: "SH0001"))
            let accounts = fixture.platform.registeredAccounts
            let details = try #require(
                try await fixture.platform.enterprises.details(
                    merchantNumber: opened.merchantNumber, within: .national))
            let id = try #require(details.registeredAccount?.id)
            let (origin, now) = (fixture.origin, fixture.now)
            await #expect(throws: RegisteredAccountError.notAllowed) {
                try await accounts.requestManualCheck(
                    of: id, reason: "x", by: supervisor, from: origin, at: now)
            }
            await #expect(throws: RegisteredAccountError.reasonMissing) {
                try await accounts.requestManualCheck(
                    of: id, reason: " ", by: operations, from: origin, at: now)
            }
            await #expect(throws: RegisteredAccountError.stale) {
                try await accounts.confirm(id, by: supervisor, from: origin, at: now)
            }
            try await accounts.requestManualCheck(
                of: id, reason: "开户许可证已核对", by: operations, from: origin, at: now)
            await #expect(throws: RegisteredAccountError.samePerson) {
                try await accounts.confirm(id, by: operations, from: origin, at: now)
            }
            await #expect(throws: (any Error).self) {
                try await accounts.requestManualCheck(
                    of: id, reason: "again", by: operations, from: origin, at: now)
            }
            try await accounts.confirm(id, by: supervisor, from: origin, at: now)
            let after = try #require(
                try await fixture.platform.enterprises.details(
                    merchantNumber: opened.merchantNumber, within: .national))
            #expect(after.registeredAccount?.state == .verified)
            #expect(after.events.map(\.event).contains("confirmed"))
            #expect(after.events.contains { $0.reason == "开户许可证已核对" })
        }
    }

    @Test("Who wrote the opening, or is its operator, does not confirm its account; each refusal is audited")
    func notOwnCase() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.open()
            let operations = try await fixture.add("YY0001", .operations, mobile: "13900000003").member
            // The account manager of the case and its operator, with logins of their own.
            let author = try await fixture.add("YY0002", .operations, mobile: "13900000001").member
            let asOperator = try await fixture.add("SH0008", .supervisor, mobile: "13800138000").member
            let accounts = fixture.platform.registeredAccounts
            let id: RegisteredAccount.ID = try await fixture.owner.query("SELECT id FROM registered_accounts")
                .only()["id"]
            let (origin, now) = (fixture.origin, fixture.now)
            await #expect(throws: RegisteredAccountError.notAllowed) {
                try await accounts.requestManualCheck(
                    of: id, reason: "核对中", by: asOperator, from: origin, at: now)
            }
            try await accounts.requestManualCheck(
                of: id, reason: "核对中", by: operations, from: origin, at: now)
            for person in [operations, author, asOperator] {
                await #expect(throws: RegisteredAccountError.samePerson) {
                    try await accounts.confirm(id, by: person, from: origin, at: now)
                }
            }
            let refusals = try await fixture.owner.query(
                "SELECT detail FROM audit_events WHERE action = 'accountCheckRefused' AND NOT is_allowed ORDER BY id"
            ).map { try $0.decode("detail", as: String.self) }
            #expect(refusals == ["notAllowed", "samePerson", "samePerson", "samePerson"])
            let supervisor = try #require(try await fixture.platform.staff.find(number: "SH0001"))
            try await accounts.confirm(id, by: supervisor, from: origin, at: now)
        }
    }

    @Test("A refusal in manual checking needs a reason and makes the account invalid")
    func refusal() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.open()
            let operations = try await fixture.add("YY0001", .operations, mobile: "13900000003").member
            let second = try await fixture.add("YY0002", .operations, mobile: "13900000004").member
            let accounts = fixture.platform.registeredAccounts
            let id: RegisteredAccount.ID = try await fixture.owner.query("SELECT id FROM registered_accounts")
                .only()["id"]
            let (origin, now) = (fixture.origin, fixture.now)
            try await accounts.requestManualCheck(
                of: id, reason: "核对中", by: operations, from: origin, at: now)
            await #expect(throws: RegisteredAccountError.reasonMissing) {
                try await accounts.refuse(id, reason: "", by: second, from: origin, at: now)
            }
            try await accounts.refuse(id, reason: "户名不符", by: second, from: origin, at: now)
            #expect(try await fixture.count("registered_accounts", where: "state = 'invalid'") == 1)
        }
    }
}
