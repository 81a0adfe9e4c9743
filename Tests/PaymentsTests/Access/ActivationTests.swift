import Cryptography
import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("First activation")
struct ActivationTests {
    private func activate(
        _ fixture: PeopleFixture, _ token: String, login: String = PeopleFixture.loginPassword,
        payment: String = PeopleFixture.paymentPassword
    ) async throws {
        try await fixture.platform.activations.activate(
            token: token, loginPassword: login, paymentPassword: payment, from: fixture.origin,
            at: fixture.now)
    }

    @Test(
        "The link goes to the operator's phone only, sets both passwords once, and makes operator and enterprise active"
    )
    func circle() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.open()
            let message = try #require(fixture.phone.messages.last)
            #expect(message.to == "13800138000")
            #expect(message.text.contains("https://portal.example/activation/\(opened.token)"))
            #expect(message.text.contains("changsha01") && message.text.contains("任何人索要均为诈骗"))
            #expect(try await !Dump.ofAllTables(fixture.owner).contains(opened.token))
            let page = try #require(
                try await fixture.platform.activations.find(token: opened.token, at: fixture.now))
            #expect(page.loginID == "changsha01" && page.operatorName == "李小梅")
            await #expect(throws: SignInError.refused) {
                try await fixture.platform.access.signInClerk(
                    loginID: "changsha01", password: "", from: fixture.origin, at: fixture.now)
            }
            try await activate(fixture, opened.token)
            #expect(try await fixture.count("operators", where: "state = 'active'") == 1)
            #expect(try await fixture.count("enterprises", where: "state = 'active'") == 1)
            #expect(try await fixture.count("enterprise_events", where: "event = 'activated'") == 1)
            _ = try await fixture.platform.access.signInClerk(
                loginID: "changsha01", password: PeopleFixture.loginPassword, from: fixture.origin,
                at: fixture.now)
            #expect(try await fixture.platform.activations.find(token: opened.token, at: fixture.now) == nil)
            await #expect(throws: ActivationError.linkInvalid) { try await activate(fixture, opened.token) }
        }
    }

    @Test("A link lives twenty-four hours")
    func expiry() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.open()
            fixture.clock.advance(24 * 3600 - 1)
            #expect(try await fixture.platform.activations.find(token: opened.token, at: fixture.now) != nil)
            fixture.clock.advance(1)
            #expect(try await fixture.platform.activations.find(token: opened.token, at: fixture.now) == nil)
            await #expect(throws: ActivationError.linkInvalid) { try await activate(fixture, opened.token) }
        }
    }

    @Test("Bad passwords are refused with both faults and leave the link usable")
    func faults() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.open()
            let same = "same-for-both-7"
            let cases: [(String, String, PasswordFault?, PasswordFault?)] = [
                ("short", "password123", .tooShort(8), .common),
                (same, same, nil, .sameAsOther),
                ("x-changsha01-x", opened.merchantNumber + "x", .containsOwnData, .containsOwnData),
                ("my13800138000", "", .containsOwnData, .empty),
                ("caf\u{e9}-lantern-9", "cafe\u{301}-lantern-9", nil, .sameAsOther),
            ]
            for (login, payment, loginFault, paymentFault) in cases {
                await #expect(throws: ActivationError.faults(login: loginFault, payment: paymentFault)) {
                    try await activate(fixture, opened.token, login: login, payment: payment)
                }
            }
            try await activate(fixture, opened.token)
        }
    }

    @Test("Two activations at the same moment: one sets the passwords")
    func race() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.open()
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        (try? await activate(fixture, opened.token, login: "login-choice-\(number)x")) != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(outcomes == 1)
        }
    }

    @Test("A link issued anew replaces the one before")
    func replaced() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.open()
            let platform = fixture.platform
            let now = fixture.now
            let mobile = try MobileNumber(entered: "13800138000")
            try await platform.database.transaction { connection in
                let id: Operator.ID = try connection.query("SELECT id FROM operators").only()["id"]
                try platform.activations.issue(
                    for: id, to: mobile, enterpriseName: "长沙示例实业有限公司", loginID: "changsha01", at: now,
                    on: connection)
            }
            try await fixture.deliverMessages()
            let second = try #require(fixture.phone.newestToken)
            #expect(second != opened.token)
            await #expect(throws: ActivationError.linkInvalid) { try await activate(fixture, opened.token) }
            try await activate(fixture, second)
        }
    }

    @Test("No account has a password before activation, and none can be active without")
    func noDefault() async throws {
        try await PeopleFixture.with { fixture in
            #expect(try await fixture.count("staff") == 0)
            #expect(try await fixture.count("operators") == 0)
            try await fixture.open()
            #expect(
                try await fixture.count(
                    "operators", where: "login_password IS NULL AND payment_password IS NULL") == 1)
            await #expect(throws: PostgresError.self) {
                try await fixture.owner.execute("UPDATE operators SET state = 'active'")
            }
        }
    }
}
