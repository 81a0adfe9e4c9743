import Foundation
import Testing

@testable import Payments

@Suite("Staff")
struct StaffTests {
    @Test("A member of staff is added with a random password that is stored as a hash only")
    func add() async throws {
        try await PeopleFixture.with { fixture in
            let added = try await fixture.platform.staff.add(
                number: " kh0001 ", name: "陈晓", role: .accountManager, region: .city("430100"),
                mobile: "13900000001",
                at: fixture.now)
            #expect("\(added.password)" == "***")
            let found = try #require(try await fixture.platform.staff.find(number: "KH0001"))
            #expect(found.id == added.id && found.name == "陈晓" && found.role == .accountManager)
            #expect(found.region == .city("430100"))
            let dump = try await Dump.ofAllTables(fixture.owner)
            #expect(!dump.contains(added.password.revealed) && dump.contains("argon2id"))
            #expect(try await fixture.count("audit_events", where: "action = 'staffAdded'") == 1)
        }
    }

    @Test("Bad input is refused with its reason")
    func refused() async throws {
        try await PeopleFixture.with { fixture in
            func add(
                _ number: String = "KH0001", _ name: String = "陈晓", _ region: Region = .city("430100"),
                _ mobile: String = "13900000001"
            ) async throws {
                _ = try await fixture.platform.staff.add(
                    number: number, name: name, role: .accountManager, region: region, mobile: mobile,
                    at: fixture.now)
            }
            for number in ["", "K1", "1234", "KH-00!1", "工号001", String(repeating: "K", count: 17)] {
                await #expect(throws: StaffError.wrongNumber) { try await add(number) }
            }
            await #expect(throws: StaffError.wrongName) { try await add("KH0001", " ") }
            await #expect(throws: StaffError.wrongMobile) { try await add("KH0001", "陈晓", .national, "123") }
            for region: Region in [.city("999999"), .province("430100")] {
                await #expect(throws: StaffError.unknownRegion) { try await add("KH0001", "陈晓", region) }
            }
            try await add()
            await #expect(throws: StaffError.numberTaken) { try await add() }
        }
    }
}
