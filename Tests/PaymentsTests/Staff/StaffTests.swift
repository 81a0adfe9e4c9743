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
            await #expect(throws: StaffError.wrongName) { try await add("KH0001", "陈\u{200B}晓") }
            try await add()
            await #expect(throws: StaffError.numberTaken) { try await add() }
        }
    }

    @Test("Each error is a sentence for the command line")
    func sentences() {
        for error in StaffError.allCases {
            let sentence = "\(error)"
            #expect(sentence.hasSuffix(".") && sentence.contains(" "), "\(sentence)")
        }
    }

    private static let chosen = "湘江夜航灯火 0417"

    @Test("The first password has to be changed, one said to be lasting need not be")
    func firstPassword() async throws {
        try await PeopleFixture.with { fixture in
            let (member, password) = try await fixture.add("YY0001", .operations, mobile: "13900000003")
            let (access, sessions, now) = (fixture.platform.access, fixture.platform.sessions, fixture.now)
            func signIn(_ password: String) async throws -> String {
                try await access.signInStaff(
                    number: "YY0001", password: password, from: fixture.origin, at: now
                ).token.revealed
            }
            let token = try await signIn(password)
            #expect(try await sessions.findStaff(token: token, at: now)?.mustChangePassword == true)
            func change(from present: String, to new: String) async throws {
                try await access.changePassword(
                    of: member, from: present, to: new, from: fixture.origin, at: now)
            }
            await #expect(throws: PasswordChangeError.fault(.tooShort(8))) {
                try await change(from: password, to: "short")
            }
            await #expect(throws: PasswordChangeError.fault(.sameAsBefore)) {
                try await change(from: password, to: password)
            }
            for own in ["x-yy0001-x", "my13900000003"] {
                await #expect(throws: PasswordChangeError.fault(.containsOwnData)) {
                    try await change(from: password, to: own)
                }
            }
            await #expect(throws: PasswordChangeError.refused) {
                try await change(from: "wrong", to: Self.chosen)
            }
            #expect(try await fixture.count("audit_events", where: "action = 'passwordChangeRefused'") == 1)
            try await change(from: password, to: Self.chosen)
            #expect(try await sessions.findStaff(token: token, at: now) == nil)
            await #expect(throws: SignInError.refused) { _ = try await signIn(password) }
            let next = try await signIn(Self.chosen)
            #expect(try await sessions.findStaff(token: next, at: now)?.mustChangePassword == false)
            #expect(try await fixture.count("audit_events", where: "action = 'passwordChanged'") == 1)
            try await fixture.deliverMessages()
            let message = try #require(fixture.phone.messages.last)
            #expect(message.to == "13900000003" && message.text.contains("密码已修改"))
            let lasting = try await fixture.platform.staff.add(
                number: "YY0002", name: "吴涛", role: .operations, region: .national, mobile: "13900000004",
                isLasting: true, at: now)
            #expect(
                try await fixture.count("staff", where: "id = \(lasting.id) AND NOT must_change_password")
                    == 1)
        }
    }

    @Test(
        "Wrong present passwords count like failed sign-ins, so that an open session is no place to guess from"
    )
    func guessing() async throws {
        try await PeopleFixture.with { fixture in
            let (member, password) = try await fixture.add("YY0001", .operations, mobile: "13900000003")
            func change(from present: String) async throws {
                try await fixture.platform.access.changePassword(
                    of: member, from: present, to: Self.chosen, from: fixture.origin, at: fixture.now)
            }
            for _ in 0..<3 {
                await #expect(throws: PasswordChangeError.refused) { try await change(from: "no") }
            }
            await #expect(throws: PasswordChangeError.refused) { try await change(from: password) }
            await #expect(throws: SignInError.refused) {
                _ = try await fixture.platform.access.signInStaff(
                    number: "YY0001", password: password, from: fixture.origin, at: fixture.now)
            }
            fixture.clock.advance(5.1)
            try await change(from: password)
        }
    }

    @Test(
        "Who is disabled loses every session and does not sign in again; disabling twice or nobody is an error"
    )
    func disable() async throws {
        try await PeopleFixture.with { fixture in
            let (_, password) = try await fixture.add("YY0001", .operations, mobile: "13900000003")
            let staff = fixture.platform.staff
            func signIn() async throws -> String {
                try await fixture.platform.access.signInStaff(
                    number: "YY0001", password: password, from: fixture.origin, at: fixture.now
                ).token.revealed
            }
            let token = try await signIn()
            try await staff.disable(number: " yy0001", at: fixture.now)
            #expect(try await fixture.platform.sessions.findStaff(token: token, at: fixture.now) == nil)
            #expect(try await fixture.count("sessions") == 0)
            #expect(try await staff.find(number: "YY0001") == nil)
            await #expect(throws: SignInError.refused) { _ = try await signIn() }
            #expect(
                try await fixture.count(
                    "audit_events", where: "action = 'staffDisabled' AND subject = 'staff YY0001'") == 1)
            await #expect(throws: StaffError.alreadyDisabled) {
                try await staff.disable(number: "YY0001", at: fixture.now)
            }
            await #expect(throws: StaffError.notFound) {
                try await staff.disable(number: "YY0009", at: fixture.now)
            }
        }
    }
}
