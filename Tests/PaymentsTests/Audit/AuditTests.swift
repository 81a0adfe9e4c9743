import Foundation
import Testing

@testable import Payments

@Suite("The audit trail")
struct AuditTests {
    @Test(
        "Each act leaves a row with who, what, when, from where and whether it was allowed; secrets are in none"
    )
    func rows() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            let session = try await fixture.platform.access.signInClerk(
                loginID: "changsha01", password: PeopleFixture.loginPassword, from: fixture.origin,
                at: fixture.now)
            try? await {
                _ = try await fixture.platform.access.signInClerk(
                    loginID: "hunter2-typed-as-login", password: "hunter2-typed", from: fixture.origin,
                    at: fixture.now)
            }()
            _ = try? await fixture.platform.paymentAuthorization.check(
                payer: "changsha01", password: "hunter2-typed", by: opened.operatorID, from: fixture.origin,
                at: fixture.now)
            try await fixture.platform.sessions.end(
                token: session.token.revealed, from: fixture.origin, at: fixture.now)
            let rows = try await fixture.owner.query(
                "SELECT action, actor_kind, is_allowed, address, request_id, at FROM audit_events ORDER BY id"
            )
            let actions: [String] = try rows.map { try $0["action"] }
            #expect(
                actions == [
                    "staffAdded", "staffAdded", "openingSubmitted", "openingApproved", "activated",
                    "signedIn",
                    "signInRefused", "paymentPasswordRefused", "signedOut",
                ])
            let refused = try #require(
                rows.first { try $0.decode("action", as: String.self) == "signInRefused" })
            #expect(
                try refused["actor_kind"] as String == "stranger" && refused["is_allowed"] as Bool == false)
            #expect(
                try refused["address"] as String == "192.0.2.1" && refused["request_id"] as String == "R1")
            #expect(try refused["at"] as Date == fixture.now)
            let dump = try await Dump.ofAllTables(fixture.owner)
            #expect(!dump.contains("hunter2-typed"))
        }
    }
}
