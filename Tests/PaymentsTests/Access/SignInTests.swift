import Cryptography
import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Signing in")
struct SignInTests {
    private func signIn(
        _ fixture: PeopleFixture, _ loginID: String = "changsha01",
        _ password: String = PeopleFixture.loginPassword
    ) async throws -> NewSession {
        try await fixture.platform.access.signInClerk(
            loginID: loginID, password: password, from: fixture.origin, at: fixture.now)
    }

    @Test("A clerk signs in, is found by the token with the enterprise, and signs out")
    func circle() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            let session = try await signIn(fixture, " Changsha01")
            let token = session.token.revealed
            #expect(token.count == 43 && session.previousSignInAt == nil)
            let found = try #require(
                try await fixture.platform.sessions.findClerk(token: token, at: fixture.now))
            #expect(found.operatorID == opened.operatorID && found.merchantNumber == opened.merchantNumber)
            #expect(found.enterpriseName == "长沙示例实业有限公司" && found.enterpriseState == .active)
            #expect(found.cityName == "长沙市" && found.cityCode == "430100" && found.operatorName == "李小梅")
            #expect(
                found.isValid(csrf: found.csrf) && !found.isValid(csrf: token) && !found.isValid(csrf: ""))
            try await fixture.platform.sessions.end(token: token, from: fixture.origin, at: fixture.now)
            #expect(try await fixture.platform.sessions.findClerk(token: token, at: fixture.now) == nil)
            #expect(try await fixture.count("sessions") == 0)
            #expect(try await fixture.count("audit_events", where: "action = 'signedOut'") == 1)
        }
    }

    @Test("Each sign-in makes a new token, and no table holds one")
    func tokens() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let first = try await signIn(fixture).token.revealed
            fixture.clock.advance(60)
            let second = try await signIn(fixture)
            #expect(second.token.revealed != first && second.previousSignInAddress == "192.0.2.1")
            let dump = try await Dump.ofAllTables(fixture.owner)
            for secret in [
                first, second.token.revealed, PeopleFixture.loginPassword, PeopleFixture.paymentPassword,
            ] {
                #expect(!dump.contains(secret))
            }
            #expect("\(second.token)" == "***")
        }
    }

    @Test("Unknown login, wrong password, disabled and locked account are refused alike")
    func refusedAlike() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            let attempts = [
                ("nobody", PeopleFixture.loginPassword), ("changsha01", "wrong password"), ("changsha01", ""),
                ("", ""), ("changsha01", String(repeating: "x", count: 129)), ("changsha01", "a\0b"),
                ("changsha01", PeopleFixture.paymentPassword),
                ("changsha01", PeopleFixture.loginPassword + " "),
                ("changsha01", " " + PeopleFixture.loginPassword),
                ("changsha01", PeopleFixture.loginPassword.uppercased()),
            ]
            for (login, password) in attempts {
                await #expect(throws: SignInError.refused) { try await signIn(fixture, login, password) }
                fixture.clock.advance(400)
            }
            fixture.clock.advance(7200)
            _ = try await signIn(fixture)
            try await fixture.owner.execute(
                "UPDATE operators SET state = 'disabled' WHERE id = \(opened.operatorID)")
            await #expect(throws: SignInError.refused) { try await signIn(fixture) }
        }
    }

    @Test("The time of a refusal does not tell a stranger whether the login exists or is locked")
    func comparableTime() async throws {
        try await PeopleFixture.with(parameters: .production) { fixture in
            try await fixture.openActive()
            try await fixture.openActive(
                PeopleFixture.form(creditCode: "91310000MA1FL0007C", loginID: "locked01"))
            for _ in 0..<10 {
                _ = try? await signIn(fixture, "locked01", "no")
                fixture.clock.advance(301)
            }
            // The quickest of several interleaved tries: what else the machine does can only slow one down. A refusal that
            // spared the hash would take a small part of the others' time.
            var quickest: [String: Duration] = [:]
            for round in 0..<8 {
                for login in ["nobody\(round)", "changsha01", "locked01"] {
                    let kind = login.hasPrefix("nobody") ? "nobody" : login
                    let time = await ContinuousClock().measure { _ = try? await signIn(fixture, login, "no") }
                    quickest[kind] = min(quickest[kind] ?? time, time)
                }
                fixture.clock.advance(1)
            }
            let times = quickest.values.sorted()
            #expect(times.count == 3 && times[0] > times[2] * 0.1, "\(quickest)")
        }
    }

    @Test("From the third failure on a try has to wait; the wait doubles and ends")
    func backOff() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            for _ in 0..<3 {
                await #expect(throws: SignInError.refused) { try await signIn(fixture, "changsha01", "no") }
            }
            // Even the right password is refused, and what is refused so is not counted.
            await #expect(throws: SignInError.refused) { try await signIn(fixture) }
            #expect(try await fixture.count("sign_in_tries") == 3)
            fixture.clock.advance(5.1)
            await #expect(throws: SignInError.refused) { try await signIn(fixture, "changsha01", "no") }
            fixture.clock.advance(5.1)
            await #expect(throws: SignInError.refused) { try await signIn(fixture) }
            fixture.clock.advance(5.1)
            _ = try await signIn(fixture)
            #expect(try await fixture.count("sign_in_tries") == 0)
        }
    }

    @Test("Ten failures in an hour lock the account for half an hour; others are not affected")
    func lock() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let other = PeopleFixture.form(creditCode: "91310000MA1FL0007C", loginID: "shanghai1")
            try await fixture.openActive(other)
            for _ in 0..<10 {
                await #expect(throws: SignInError.refused) { try await signIn(fixture, "changsha01", "no") }
                fixture.clock.advance(301)
            }
            await #expect(throws: SignInError.refused) { try await signIn(fixture) }
            _ = try await signIn(fixture, "shanghai1")
            // A new process knows as much: the count is in the database.
            let restarted = try fixture.rehashing(.least)
            await #expect(throws: SignInError.refused) {
                try await restarted.access.signInClerk(
                    loginID: "changsha01", password: PeopleFixture.loginPassword, from: fixture.origin,
                    at: fixture.now)
            }
            fixture.clock.advance(30 * 60 - 301 + 1)
            _ = try await signIn(fixture)
        }
    }

    @Test("An unknown login is counted like a known one")
    func unknownIsCounted() async throws {
        try await PeopleFixture.with { fixture in
            for _ in 0..<5 {
                await #expect(throws: SignInError.refused) { try await signIn(fixture, "nobody") }
            }
            let tries = try await fixture.count("sign_in_tries")
            #expect(tries == 3)
        }
    }

    @Test("Guesses sent at the same moment are worth no more than ten in a row")
    func parallelGuesses() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            await withTaskGroup { group in
                for guess in 0..<40 {
                    group.addTask { _ = try? await signIn(fixture, "changsha01", "guess \(guess)") }
                }
            }
            #expect(try await fixture.count("sign_in_tries") <= 10)
            await #expect(throws: SignInError.refused) { try await signIn(fixture) }
        }
    }

    @Test("An address with a hundred failures is turned away, whatever login it tries")
    func address() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            for guess in 0..<100 {
                await #expect(throws: SignInError.refused) { try await signIn(fixture, "someone\(guess)") }
            }
            await #expect(throws: SignInError.refused) { try await signIn(fixture) }
            _ = try await fixture.platform.access.signInClerk(
                loginID: "changsha01", password: PeopleFixture.loginPassword,
                from: Origin(address: "192.0.2.77", requestID: "R2"), at: fixture.now)
            fixture.clock.advance(15 * 60 + 1)
            _ = try await signIn(fixture)
        }
    }

    @Test("A sign-in stores the password anew when the cost of hashing was raised")
    func rehash() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            let dearer = try fixture.rehashing(Argon2Parameters(memoryKiB: 16, iterations: 2, parallelism: 1))
            func stored() async throws -> [String] {
                try await fixture.owner.query(
                    "SELECT unnest(ARRAY[login_password, payment_password]) AS hash FROM operators"
                ).map { try $0["hash"] }
            }
            #expect(try await stored().allSatisfy { $0.contains("m=8,t=1") })
            _ = try await dearer.access.signInClerk(
                loginID: "changsha01", password: PeopleFixture.loginPassword, from: fixture.origin,
                at: fixture.now)
            _ = try await dearer.paymentAuthorization.check(
                payer: "changsha01", password: PeopleFixture.paymentPassword, by: opened.operatorID,
                from: fixture.origin, at: fixture.now)
            #expect(try await stored().allSatisfy { $0.contains("m=16,t=2") })
        }
    }

    @Test(
        "Staff sign in with what was returned once; clerks and staff cannot use each other's door or session")
    func apart() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let (member, password) = try await fixture.add("YY0001", .operations, mobile: "13900000003")
            let access = fixture.platform.access
            let session = try await access.signInStaff(
                number: "yy0001", password: password, from: fixture.origin, at: fixture.now)
            let token = session.token.revealed
            let found = try #require(
                try await fixture.platform.sessions.findStaff(token: token, at: fixture.now))
            #expect(found.member.id == member.id && found.member.role == .operations)
            #expect(found.member.region == .city("430100") && found.isValid(csrf: found.csrf))
            #expect(try await fixture.platform.sessions.findClerk(token: token, at: fixture.now) == nil)
            let clerk = try await signIn(fixture).token.revealed
            #expect(try await fixture.platform.sessions.findStaff(token: clerk, at: fixture.now) == nil)
            await #expect(throws: SignInError.refused) { try await signIn(fixture, "YY0001", password) }
            await #expect(throws: SignInError.refused) {
                try await access.signInStaff(
                    number: "changsha01", password: PeopleFixture.loginPassword, from: fixture.origin,
                    at: fixture.now)
            }
        }
    }

    @Test("The rule of waiting and locking, without a database")
    func throttle() {
        let throttle = SignInThrottle(settings: AccessSettings())
        let start = MovedClock.start
        func tries(_ offsets: [Double], failed: Bool = true) -> [SignInThrottle.Try] {
            offsets.map { SignInThrottle.Try(at: start + $0, hasFailed: failed) }
        }
        #expect(throttle.closedUntil([], at: start) == nil)
        #expect(throttle.closedUntil(tries([0, 1]), at: start + 2) == nil)
        #expect(throttle.closedUntil(tries([0, 1, 2]), at: start + 2) == start + 7)
        #expect(throttle.closedUntil(tries([0, 1, 2]), at: start + 7) == nil)
        #expect(throttle.closedUntil(tries([0, 1, 2], failed: false), at: start + 2) == nil)
        let nine = Array(stride(from: 0.0, to: 9, by: 1))
        #expect(throttle.closedUntil(tries(nine), at: start + 9) == start + 8 + 300)
        #expect(throttle.closedUntil(tries(nine + [9], failed: false), at: start + 9) == start + 9 + 1800)
        // Ten failures over more than an hour do not lock.
        let slow = (0..<10).map { Double($0) * 401 }
        #expect(throttle.closedUntil(tries(slow), at: start + 3700) == start + 9 * 401 + 300)
    }
}

/// The contents of all tables as text.
enum Dump {
    static func ofAllTables(_ owner: Database) async throws -> String {
        let tables: [String] = try await owner.query(
            "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        ).map { try $0["name"] }
        var text = ""
        for table in tables {
            let rows = try await owner.query("SELECT t::text AS line FROM \(unsafeRaw: table) AS t")
            for row in rows { text += try row.decode("line", as: String.self) + "\n" }
        }
        return text
    }
}
