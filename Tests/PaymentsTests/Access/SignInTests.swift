import Cryptography
import Foundation
import Postgres
import Testing

@testable import Payments

@Suite("Signing in")
struct SignInTests {
    private func signIn(
        _ fixture: PeopleFixture, _ loginID: String = "changsha01",
        _ password: String = PeopleFixture.loginPassword, from address: String = "192.0.2.1"
    ) async throws -> NewSession {
        try await fixture.platform.access.signInClerk(
            loginID: loginID, password: password, from: Origin(address: address, requestID: "R1"),
            at: fixture.now)
    }

    /// Tries that count: not those that succeeded.
    private func tries(_ fixture: PeopleFixture) async throws -> Int {
        try await fixture.count("sign_in_tries", where: "outcome <> 'succeeded'")
    }

    /// Fails as often as it takes to close a login for all addresses at which it is not known: ten times from each of
    /// three addresses, which are closed then. Takes three quarters of an hour.
    private func failFromElsewhere(
        _ fixture: PeopleFixture, _ attempt: (String) async throws -> Void
    ) async {
        for round in 0..<10 {
            if round > 0 { fixture.clock.advance(301) }
            for address in 1...3 { try? await attempt("198.51.100.\(address)") }
        }
    }

    private func failFromElsewhere(_ fixture: PeopleFixture) async {
        await failFromElsewhere(fixture) { _ = try await signIn(fixture, "changsha01", "no", from: $0) }
    }

    @Test("A clerk signs in, is found by the token with the enterprise, and signs out")
    func circle() async throws {
        try await PeopleFixture.with { fixture in
            let opened = try await fixture.openActive()
            let session = try await signIn(fixture, " Changsha01")
            let token = session.token.revealed
            #expect(token.count == 43)
            let found = try #require(
                try await fixture.platform.sessions.findClerk(token: token, at: fixture.now))
            #expect(found.previousSignIn == nil)
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
            #expect(second.token.revealed != first)
            let dump = try await Dump.ofAllTables(fixture.owner)
            for secret in [
                first, second.token.revealed, PeopleFixture.loginPassword, PeopleFixture.paymentPassword,
            ] {
                #expect(!dump.contains(secret))
            }
            #expect("\(second.token)" == "***")
        }
    }

    @Test("A session tells of the sign-in before it, and never of its own")
    func previousSignIn() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let first = fixture.now
            _ = try await signIn(fixture)
            fixture.clock.advance(3600)
            let token = try await fixture.platform.access.signInClerk(
                loginID: "changsha01", password: PeopleFixture.loginPassword,
                from: Origin(address: "198.51.100.7", requestID: "second"), at: fixture.now
            ).token.revealed
            let found = try #require(
                try await fixture.platform.sessions.findClerk(token: token, at: fixture.now))
            #expect(found.previousSignIn?.at == first && found.previousSignIn?.address == "192.0.2.1")
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

    @Test("The time of a refusal does not tell a stranger whether the login exists")
    func comparableTime() async throws {
        try await PeopleFixture.with(parameters: .production) { fixture in
            try await fixture.openActive()
            // The quickest of several interleaved tries: what else the machine does can only slow one down. A refusal that
            // spared the hash would take a small part of the other's time.
            var quickest: [String: Duration] = [:]
            for round in 0..<8 {
                for login in ["nobody01", "changsha01"] {
                    let time = await ContinuousClock().measure {
                        _ = try? await signIn(fixture, login, "no", from: "198.51.100.\(round)")
                    }
                    quickest[login] = min(quickest[login] ?? time, time)
                }
            }
            let times = quickest.values.sorted()
            #expect(times.count == 2 && times[0] > times[1] * 0.1, "\(quickest)")
        }
    }

    @Test("A closed login or address is refused before anything is hashed, whether or not the login exists")
    func closedBeforeHashing() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            let password = try await fixture.add("YY0001", .operations, mobile: "13900000003").password
            for login in ["changsha01", "nobody01"] {
                for _ in 0..<3 { _ = try? await signIn(fixture, login, "no", from: "198.51.100.9") }
            }
            func staff(_ password: String, from address: String) async throws {
                _ = try await fixture.platform.access.signInStaff(
                    number: "YY0001", password: password, from: Origin(address: address, requestID: ""),
                    at: fixture.now)
            }
            for _ in 0..<3 { try? await staff("no", from: "198.51.100.9") }
            for guess in 0..<100 {
                _ = try? await signIn(fixture, "someone\(guess)", "no", from: "198.51.100.8")
            }
            // A hash would now fail in another way.
            fixture.platform.passwords.close()
            for login in ["changsha01", "nobody01"] {
                await #expect(throws: SignInError.refused) {
                    try await signIn(fixture, login, from: "198.51.100.9")
                }
                await #expect(throws: SignInError.addressClosed) {
                    try await signIn(fixture, login, from: "198.51.100.8")
                }
            }
            await #expect(throws: SignInError.refused) { try await staff(password, from: "198.51.100.9") }
            await #expect(throws: SignInError.addressClosed) {
                try await staff(password, from: "198.51.100.8")
            }
            await #expect(throws: PasswordHasherError.closed) {
                try await signIn(fixture, from: "198.51.100.7")
            }
        }
    }

    @Test(
        "Strangers who know a login ID cannot shut its owner out: not where the owner signed in within 30 days"
    )
    func ownerKeepsTheDoor() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            // Known since the activation; the office since a sign-in.
            _ = try await signIn(fixture, from: "203.0.113.5")
            await failFromElsewhere(fixture)
            #expect(try await tries(fixture) == 30)
            for known in ["192.0.2.1", "203.0.113.5"] { _ = try await signIn(fixture, from: known) }
            await #expect(throws: SignInError.refused) { try await signIn(fixture, from: "203.0.113.99") }
            // Again and again: the strangers' failures stay, and so does the owner's door.
            for _ in 0..<3 {
                fixture.clock.advance(30 * 60 + 1)
                await failFromElsewhere(fixture)
                _ = try await signIn(fixture, from: "203.0.113.5")
            }
            // What fails at a known address closes that address only, and for itself only.
            for _ in 0..<3 { _ = try? await signIn(fixture, "changsha01", "no", from: "203.0.113.5") }
            await #expect(throws: SignInError.refused) { try await signIn(fixture, from: "203.0.113.5") }
            _ = try await signIn(fixture, from: "192.0.2.1")
            // After 30 days nobody knows the address any more.
            fixture.clock.advance(30 * 24 * 3600)
            await failFromElsewhere(fixture)
            await #expect(throws: SignInError.refused) { try await signIn(fixture, from: "192.0.2.1") }
            fixture.clock.advance(30 * 60 + 1)
            _ = try await signIn(fixture, from: "192.0.2.1")
        }
    }

    @Test("One stranger at one address closes the login there, and nobody anywhere else")
    func strangerClosesOwnAddress() async throws {
        try await PeopleFixture.with { fixture in
            try await fixture.openActive()
            for _ in 0..<10 {
                _ = try? await signIn(fixture, "changsha01", "no", from: "198.51.100.1")
                fixture.clock.advance(301)
            }
            await #expect(throws: SignInError.refused) { try await signIn(fixture, from: "198.51.100.1") }
            _ = try await signIn(fixture, from: "203.0.113.50")
        }
    }

    @Test("Staff are closed out and let in by the same limits")
    func staffLimits() async throws {
        try await PeopleFixture.with { fixture in
            let password = try await fixture.add("YY0001", .operations, mobile: "13900000003").password
            func staff(_ password: String, from address: String) async throws {
                _ = try await fixture.platform.access.signInStaff(
                    number: "YY0001", password: password, from: Origin(address: address, requestID: ""),
                    at: fixture.now)
            }
            try await staff(password, from: "192.0.2.1")
            await failFromElsewhere(fixture) { try await staff("no", from: $0) }
            await #expect(throws: SignInError.refused) { try await staff(password, from: "203.0.113.9") }
            try await staff(password, from: "192.0.2.1")
        }
    }

    @Test("An IPv6 address counts by its first 64 bits, and an IPv4 address written as IPv6 is that address")
    func networks() {
        func network(_ address: String) -> String { Origin(address: address, requestID: "").network }
        #expect(network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9"))
        #expect(network("2001:db8:1:2::1") != network("2001:db8:1:3::1"))
        #expect(network("::ffff:192.0.2.1") == "192.0.2.1" && network("192.0.2.1") == "192.0.2.1")
        #expect(network("unknown") == "unknown")
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
            #expect(try await tries(fixture) == 3)
            fixture.clock.advance(5.1)
            await #expect(throws: SignInError.refused) { try await signIn(fixture, "changsha01", "no") }
            fixture.clock.advance(5.1)
            await #expect(throws: SignInError.refused) { try await signIn(fixture) }
            fixture.clock.advance(5.1)
            _ = try await signIn(fixture)
            #expect(try await tries(fixture) == 0)
        }
    }

    @Test("Ten failures in an hour lock the account at an address for half an hour; others are not affected")
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
            let counted = try await tries(fixture)
            #expect(counted == 3)
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
            #expect(try await tries(fixture) <= 10)
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
            await #expect(throws: SignInError.addressClosed) { try await signIn(fixture) }
            await #expect(throws: SignInError.addressClosed) { try await signIn(fixture, "someone7") }
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

    @Test("The table of limits, without a database")
    func limits() {
        let start = MovedClock.start
        func closedUntil(
            _ scope: SignInLimit.Scope, _ offsets: [Double], failed: Bool = true, at offset: Double
        ) -> Double? {
            let tries = offsets.reversed().map { SignInLimit.Try(at: start + $0, hasFailed: failed) }
            return SignInLimit.all.filter { $0.scope == scope }
                .compactMap { $0.closedUntil(tries, at: start + offset)?.timeIntervalSince(start) }.max()
        }
        #expect(closedUntil(.loginAtAddress, [], at: 0) == nil)
        #expect(closedUntil(.loginAtAddress, [0, 1], at: 2) == nil)
        #expect(closedUntil(.loginAtAddress, [0, 1, 2], at: 2) == 7.0)
        #expect(closedUntil(.loginAtAddress, [0, 1, 2], at: 7) == nil)
        #expect(closedUntil(.loginAtAddress, [0, 1, 2], failed: false, at: 2) == nil)
        // From the third failure on 5 seconds, which double.
        for (failures, wait) in [
            (3, 5.0), (4, 10), (5, 20), (6, 40), (7, 80), (8, 160), (9, 300), (10, 1800),
        ] {
            let offsets = (0..<failures).map(Double.init)
            #expect(
                closedUntil(.loginAtAddress, offsets, at: Double(failures - 1)) == Double(failures - 1) + wait
            )
        }
        let ten = (0..<10).map(Double.init)
        #expect(closedUntil(.loginAtAddress, ten, failed: false, at: 9) == 1809.0)
        // Ten failures over more than an hour do not lock; the nine of the last hour make their wait.
        let slow = (0..<10).map { Double($0) * 401 }
        #expect(closedUntil(.loginAtAddress, slow, at: 3700) == 3909.0)
        #expect(closedUntil(.login, (0..<29).map(Double.init), at: 29) == nil)
        #expect(closedUntil(.login, (0..<30).map(Double.init), at: 30) == 1829.0)
        #expect(closedUntil(.address, (0..<99).map(Double.init), at: 99) == nil)
        #expect(closedUntil(.address, (0..<100).map(Double.init), at: 100) == 999.0)
        #expect(closedUntil(.address, (0..<100).map(Double.init), failed: false, at: 100) == nil)
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
