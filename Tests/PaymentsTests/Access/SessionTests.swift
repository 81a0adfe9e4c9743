import Foundation
import Testing

@testable import Payments

@Suite("Sessions")
struct SessionTests {
    private func signedIn(_ fixture: PeopleFixture) async throws -> String {
        try await fixture.platform.access.signInClerk(
            loginID: "changsha01", password: PeopleFixture.loginPassword, from: fixture.origin,
            at: fixture.now
        ).token.revealed
    }

    private func isLive(_ token: String, _ fixture: PeopleFixture, countsAsActivity: Bool = true) async throws
        -> Bool
    {
        try await fixture.platform.sessions.findClerk(
            token: token, at: fixture.now, countsAsActivity: countsAsActivity) != nil
    }

    @Test("A session ends after fifteen minutes without a request, and each request begins them anew")
    func idle() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let token = try await signedIn(fixture)
            for _ in 0..<4 {
                fixture.clock.advance(14 * 60)
                #expect(try await isLive(token, fixture))
            }
            fixture.clock.advance(15 * 60)
            #expect(try await !isLive(token, fixture))
        }
    }

    @Test("Polling does not keep a session alive")
    func polling() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let token = try await signedIn(fixture)
            for _ in 0..<14 {
                fixture.clock.advance(60)
                #expect(try await isLive(token, fixture, countsAsActivity: false))
            }
            fixture.clock.advance(60)
            #expect(try await !isLive(token, fixture, countsAsActivity: false))
        }
    }

    @Test("A session ends after eight hours whatever happens in it")
    func life() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let token = try await signedIn(fixture)
            for _ in 0..<47 {
                fixture.clock.advance(600)
                #expect(try await isLive(token, fixture))
            }
            fixture.clock.advance(599)
            #expect(try await isLive(token, fixture))
            fixture.clock.advance(1)
            #expect(try await !isLive(token, fixture))
        }
    }

    @Test("Staff sessions end after ten minutes without a request")
    func staffIdle() async throws {
        try await PeopleFixture.with { fixture in
            let (_, password) = try await fixture.add("SJ0001", .auditor, .national, mobile: "13900000009")
            let token = try await fixture.platform.access.signInStaff(
                number: "SJ0001", password: password, from: fixture.origin, at: fixture.now
            ).token.revealed
            fixture.clock.advance(599)
            #expect(
                try await fixture.platform.sessions.findStaff(token: token, at: fixture.now)?.member.region
                    == .national)
            fixture.clock.advance(600)
            #expect(try await fixture.platform.sessions.findStaff(token: token, at: fixture.now) == nil)
        }
    }

    @Test("The row is written at most every half a minute")
    func grain() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let token = try await signedIn(fixture)
            let begun = fixture.now
            func lastSeen() async throws -> Date {
                try await fixture.owner.query("SELECT last_seen_at FROM sessions").only()["last_seen_at"]
            }
            fixture.clock.advance(29)
            #expect(try await isLive(token, fixture))
            #expect(try await lastSeen() == begun)
            fixture.clock.advance(1)
            #expect(try await isLive(token, fixture))
            #expect(try await lastSeen() == fixture.now)
        }
    }

    @Test(
        "Disabling the operator, changing the credentials or closing the enterprise ends the session at the next request"
    )
    func ended() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            let first = try await signedIn(fixture)
            try await fixture.owner.execute(
                "UPDATE operators SET credentials_version = credentials_version + 1 WHERE id = \(opened.operatorID)"
            )
            #expect(try await !isLive(first, fixture))
            let second = try await signedIn(fixture)
            try await fixture.owner.execute(
                "UPDATE operators SET state = 'disabled' WHERE id = \(opened.operatorID)")
            #expect(try await !isLive(second, fixture))
            try await fixture.owner.execute(
                "UPDATE operators SET state = 'active' WHERE id = \(opened.operatorID)")
            #expect(try await isLive(second, fixture))
            try await fixture.owner.execute("UPDATE enterprises SET state = 'closing'")
            #expect(try await isLive(second, fixture))
            try await fixture.owner.execute("UPDATE enterprises SET state = 'closed'")
            #expect(try await !isLive(second, fixture))
        }
    }

    @Test("What is no token finds nothing")
    func noToken() async throws {
        try await PeopleFixture.with { fixture in
            for token in ["", "x", String(repeating: "A", count: 43), "'; DROP TABLE sessions"] {
                #expect(try await !isLive(token, fixture))
                try await fixture.platform.sessions.end(token: token, from: fixture.origin, at: fixture.now)
            }
        }
    }

    @Test("Ended sessions and old tries are swept away, live ones stay")
    func sweep() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            _ = try await signedIn(fixture)
            _ = try? await fixture.platform.access.signInClerk(
                loginID: "nobody", password: "x", from: fixture.origin, at: fixture.now)
            fixture.clock.advance(7 * 3600)
            let live = try await signedIn(fixture)
            fixture.clock.advance(2 * 3600)
            #expect(try await fixture.count("sessions") == 2)
            try await fixture.platform.sessions.sweep(at: fixture.now)
            #expect(try await fixture.count("sessions") == 1)
            #expect(try await fixture.count("sign_in_tries", where: "outcome <> 'succeeded'") == 0)
            #expect(try await fixture.count("sign_in_tries", where: "outcome = 'succeeded'") == 1)
            fixture.clock.advance(30 * 24 * 3600)
            try await fixture.platform.sessions.sweep(at: fixture.now)
            #expect(try await fixture.count("sign_in_tries") == 0)
            #expect(Sessions.digest(of: live) != nil)
        }
    }
}
