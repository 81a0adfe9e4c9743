import Foundation
import Testing

@testable import Payments

@Suite("The payment password")
struct PaymentAuthorizationTests {
    private func check(
        _ fixture: PeopleFixture, _ operatorID: Operator.ID, payer: String = "changsha01",
        _ password: String = PeopleFixture.paymentPassword
    ) async throws -> AuthorizedPayment {
        try await fixture.platform.paymentAuthorization.check(
            payer: payer, password: password, by: operatorID, from: fixture.origin, at: fixture.now)
    }

    @Test("Own merchant number or login ID with the payment password authorises")
    func right() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            for payer in [
                "changsha01", " CHANGSHA01 ", opened.merchantNumber, opened.merchantNumber.lowercased(),
            ] {
                let authorized = try await check(fixture, opened.operatorID, payer: payer)
                #expect(authorized.operatorID == opened.operatorID && authorized.at == fixture.now)
            }
            #expect(try await fixture.count("payment_password_failures") == 0)
        }
    }

    @Test("Another company's number and a wrong password are the same failure and count alike")
    func refusedAlike() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            let other = try await fixture.openActive(
                PeopleFixture.form(creditCode: "91310000MA1FL0007C", loginID: "shanghai1"))
            let attempts = [
                (other.merchantNumber, PeopleFixture.paymentPassword), ("changsha01", "wrong"),
                ("shanghai1", PeopleFixture.paymentPassword), ("", ""),
            ]
            for (index, attempt) in attempts.enumerated() {
                await #expect(throws: PaymentAuthorizationError.refused(triesLeft: 4 - index)) {
                    try await check(fixture, opened.operatorID, payer: attempt.0, attempt.1)
                }
            }
            // The other operator's own count is untouched.
            #expect(
                try await fixture.count(
                    "payment_password_failures", where: "operator_id = \(other.operatorID)") == 0)
        }
    }

    @Test("Five failures lock paying until the oldest is a day old; signing in still works")
    func lock() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            let first = fixture.now
            for _ in 0..<4 {
                _ = try? await check(fixture, opened.operatorID, payer: "changsha01", "wrong")
                fixture.clock.advance(3600)
            }
            let until = first + 24 * 3600
            await #expect(throws: PaymentAuthorizationError.locked(until: until)) {
                try await check(fixture, opened.operatorID, payer: "changsha01", "wrong")
            }
            await #expect(throws: PaymentAuthorizationError.locked(until: until)) {
                try await check(fixture, opened.operatorID)
            }
            #expect(
                try await fixture.platform.paymentAuthorization.lockedUntil(
                    opened.operatorID, at: fixture.now) == until)
            #expect(try await fixture.count("payment_password_failures") == 5)
            #expect(try await fixture.count("audit_events", where: "action = 'paymentPasswordLocked'") == 1)
            _ = try await fixture.platform.access.signInClerk(
                loginID: "changsha01", password: PeopleFixture.loginPassword, from: fixture.origin,
                at: fixture.now)
            fixture.clock.advance(20 * 3600 - 1)
            await #expect(throws: PaymentAuthorizationError.locked(until: until)) {
                try await check(fixture, opened.operatorID)
            }
            fixture.clock.advance(1)
            _ = try await check(fixture, opened.operatorID)
            // The others of the rolling day still count: one more failure locks again.
            await #expect(throws: PaymentAuthorizationError.locked(until: first + 25 * 3600)) {
                try await check(fixture, opened.operatorID, payer: "changsha01", "wrong")
            }
        }
    }

    @Test(
        "Guesses sent at the same moment are counted one by one, and the right one among too many is refused")
    func parallelGuesses() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            await withTaskGroup { group in
                for guess in 0..<30 {
                    group.addTask {
                        _ = try? await check(
                            fixture, opened.operatorID, payer: "changsha01", "guess \(guess)")
                    }
                }
            }
            #expect(try await fixture.count("payment_password_failures") == 5)
            await #expect(throws: PaymentAuthorizationError.self) {
                try await check(fixture, opened.operatorID)
            }
        }
    }

    @Test(
        "Failures that come while the right password is being checked are seen before the money is set aside")
    func failuresMeanwhile() async throws {
        try await PeopleFixture.with { fixture in
            struct Inactive: Error {}
            let opened = try await fixture.openActive()
            let authorization = fixture.platform.paymentAuthorization
            let authorized = try await check(fixture, opened.operatorID)
            func confirm() async throws {
                try await fixture.platform.database.transaction { connection in
                    let gate = try connection.query("SELECT \(fragment: authorization.gate(of: authorized))")
                    try authorization.pass(try #require(gate.first), or: Inactive())
                }
            }
            try await confirm()
            for _ in 0..<5 { _ = try? await check(fixture, opened.operatorID, payer: "changsha01", "wrong") }
            await #expect(throws: PaymentAuthorizationError.locked(until: fixture.now + 24 * 3600)) {
                try await confirm()
            }
            try await fixture.owner.execute("UPDATE enterprises SET state = 'frozen'")
            await #expect(throws: Inactive.self) { try await confirm() }
        }
    }

    @Test("The login password does not pay")
    func otherPassword() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            await #expect(throws: PaymentAuthorizationError.refused(triesLeft: 4)) {
                try await check(fixture, opened.operatorID, PeopleFixture.loginPassword)
            }
        }
    }
}
