import Cryptography
import Foundation
import Postgres

/// Why somebody was not signed in. Deliberately poor: unknown login, wrong password, locked and disabled
/// account are one and the same to the outside, in words and in time.
public enum SignInError: Error, Hashable, Sendable {
    /// Login and password do not fit, or no try is taken at present.
    case refused
    /// Too many failures came from this address, whatever the login: no try is taken from it at present.
    case addressClosed
    /// Too many passwords are being checked already; try again shortly.
    case busy
}

/// Signing in and out.
///
/// A try is written down before its password is checked; success removes the failures of this login at this
/// address and is remembered itself. So many guesses sent at the same moment count like as many in a row, and a
/// restart forgets none. Whether a try is taken at all is asked before its password is hashed, and does not depend
/// on whether the login exists.
public struct Access: Sendable {
    let platform: Platform
    let settings: AccessSettings

    /// Signs a clerk in by login ID and login password.
    public func signInClerk(
        loginID: String, password: String, from origin: Origin, at moment: Date
    ) async throws -> NewSession {
        try await signIn(.clerk, login: LoginID.normalized(loginID), password, from: origin, at: moment)
    }

    /// Signs a member of staff in by staff number and password.
    public func signInStaff(
        number: String, password: String, from origin: Origin, at moment: Date
    ) async throws -> NewSession {
        let login = number.normalizedIdentifier.uppercased()
        return try await signIn(.staff, login: login, password, from: origin, at: moment)
    }

    private func signIn(
        _ kind: SessionKind, login: String, _ password: String, from origin: Origin, at moment: Date
    ) async throws -> NewSession {
        let password = PasswordRules.normalized(password)
        // What is too long to be a password is the same for every login, so answering it at once tells
        // nothing.
        guard PasswordRules.isHashable(password), (1...64).contains(login.utf8.count), !login.utf8.contains(0)
        else { throw SignInError.refused }
        let place = Place(kind, login: login, origin, keys: platform.keys)
        let attempt = try await begin(at: place, moment)
        do {
            let person = try await load(kind, login: login)
            let verdict = try await platform.passwords.verify(password, against: person?.password)
            guard let person, person.maySignIn, case .matches(let needsRehash) = verdict else {
                try await fail(attempt, of: person?.actor, kind, from: origin, at: moment)
                throw SignInError.refused
            }
            // Renewing can wait for a quieter time.
            let renewed = needsRehash ? try? await platform.passwords.hash(password) : nil
            return try await succeed(person, at: place, renewed: renewed, from: origin, at: moment)
        } catch PasswordHasherError.busy {
            try await forget(attempt)
            throw SignInError.busy
        }
    }

    /// Where tries are counted: one login, which need not exist, at one address.
    struct Place: Sendable {
        let kind: SessionKind
        let loginDigest: [UInt8]
        let address: String

        init(_ kind: SessionKind, login: String, _ origin: Origin, keys: Keys) {
            self.kind = kind
            loginDigest = keys.lookupDigest(login, purpose: "\(kind.rawValue) login")
            address = origin.network
        }

        /// The condition on `sign_in_tries` for all that is counted together.
        func condition(_ scope: SignInLimit.Scope) -> SQL {
            switch scope {
            case .loginAtAddress: "\(fragment: condition(.login)) AND \(fragment: condition(.address))"
            case .login: "kind = \(kind.rawValue) AND login_digest = \(loginDigest)"
            case .address: "address = \(address)"
            }
        }
    }

    /// A person as stored, with what decides on signing in.
    private struct Person: Sendable {
        let actor: Actor
        let password: String?
        let credentialsVersion: Int
        let maySignIn: Bool
        let previousAt: Date?
        let previousAddress: String?
    }

    /// Writes a try down and gives its key.
    ///
    /// - Throws: ``SignInError/refused`` or ``SignInError/addressClosed`` when none is taken at present.
    func begin(at place: Place, _ moment: Date) async throws -> Int64 {
        try await platform.database.transaction { connection in
            // Tries of one login are counted one after the other; the lock ends with the transaction.
            let key = place.loginDigest.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
            _ = try connection.query("SELECT pg_advisory_xact_lock(\(key))")
            for scope in SignInLimit.Scope.allCases {
                guard try closes(scope, place, at: moment, on: connection) else { continue }
                throw scope == .address ? SignInError.addressClosed : SignInError.refused
            }
            return try connection.query(
                """
                INSERT INTO sign_in_tries (kind, login_digest, address, at)
                VALUES (\(place.kind.rawValue), \(place.loginDigest), \(place.address), \(moment)) RETURNING id
                """
            ).only()["id"]
        }
    }

    /// Whether one of the limits of a scope takes no try at present.
    private func closes(
        _ scope: SignInLimit.Scope, _ place: Place, at moment: Date, on connection: isolated Connection
    ) throws -> Bool {
        let limits = settings.signInLimits.filter { $0.scope == scope }
        let earlier = try connection.query(
            """
            SELECT at, outcome = 'failed' AS has_failed FROM sign_in_tries
            WHERE \(fragment: place.condition(scope)) AND outcome <> 'succeeded'
                AND at > \(moment.addingTimeInterval(-settings.tryMemorySeconds))
            ORDER BY at DESC, id DESC LIMIT \(limits.map(\.tries).max() ?? 0)
            """
        ).map { SignInLimit.Try(at: try $0["at"], hasFailed: try $0["has_failed"]) }
        guard limits.contains(where: { $0.closedUntil(earlier, at: moment) != nil }) else { return false }
        return try scope != .login || !isKnown(place, at: moment, on: connection)
    }

    /// Whether the login has signed in at this address lately.
    private func isKnown(
        _ place: Place, at moment: Date, on connection: isolated Connection
    ) throws -> Bool {
        try !connection.query(
            """
            SELECT 1 AS one FROM sign_in_tries
            WHERE \(fragment: place.condition(.loginAtAddress)) AND outcome = 'succeeded'
                AND at > \(moment.addingTimeInterval(-settings.knownAddressSeconds))
            LIMIT 1
            """
        ).isEmpty
    }

    /// Takes a try back: nothing was checked, and it must not count against whoever waits.
    func forget(_ attempt: Int64) async throws {
        try await platform.database.execute("DELETE FROM sign_in_tries WHERE id = \(attempt)")
    }

    /// Remembers that the login's owner was at this address, and forgets the failures there.
    static func recognize(
        _ place: Place, at moment: Date, on connection: isolated Connection
    ) throws {
        try connection.execute(
            "DELETE FROM sign_in_tries WHERE \(fragment: place.condition(.loginAtAddress))")
        try connection.execute(
            """
            INSERT INTO sign_in_tries (kind, login_digest, address, at, outcome)
            VALUES (
                \(place.kind.rawValue), \(place.loginDigest), \(place.address), \(moment), 'succeeded'
            )
            """)
    }

    private func load(_ kind: SessionKind, login: String) async throws -> Person? {
        switch kind {
        case .clerk:
            try await platform.database.query(
                """
                SELECT operators.id, operators.login_password, operators.credentials_version,
                    operators.last_signed_in_at, operators.last_signed_in_address,
                    operators.state = 'active' AND enterprises.state <> 'closed' AS may_sign_in
                FROM operators JOIN enterprises ON enterprises.id = operators.enterprise_id
                WHERE operators.login_id = \(login)
                """
            ).first.map { row in
                Person(
                    actor: .operator(try row["id"]), password: try row["login_password"],
                    credentialsVersion: try row["credentials_version"], maySignIn: try row["may_sign_in"],
                    previousAt: try row["last_signed_in_at"],
                    previousAddress: try row["last_signed_in_address"])
            }
        case .staff:
            try await platform.database.query(
                """
                SELECT id, password, credentials_version, last_signed_in_at, last_signed_in_address,
                    state = 'active' AS may_sign_in
                FROM staff WHERE staff_number = \(login)
                """
            ).first.map { row in
                Person(
                    actor: .staff(try row["id"]), password: try row["password"],
                    credentialsVersion: try row["credentials_version"], maySignIn: try row["may_sign_in"],
                    previousAt: try row["last_signed_in_at"],
                    previousAddress: try row["last_signed_in_address"])
            }
        }
    }

    /// Marks the try as failed. What was typed as login is not kept: people type passwords there by mistake.
    func fail(
        _ attempt: Int64, of person: Actor?, _ kind: SessionKind, as action: AuditAction = .signInRefused,
        from origin: Origin, at moment: Date
    ) async throws {
        try await platform.database.transaction { connection in
            try connection.execute("UPDATE sign_in_tries SET outcome = 'failed' WHERE id = \(attempt)")
            try Audit.record(
                action, subject: kind.rawValue, by: person, isAllowed: false, from: origin, at: moment,
                on: connection)
        }
    }

    /// Begins the session. The person is looked at once more: a disabling in between wins.
    private func succeed(
        _ person: Person, at place: Place, renewed: String?, from origin: Origin, at moment: Date
    ) async throws -> NewSession {
        let kind = place.kind
        let token = Base64URL.encode(platform.effects.randomBytes(32))
        let csrf = Base64URL.encode(platform.effects.randomBytes(32))
        let endsAt = moment.addingTimeInterval(settings.sessionLifeSeconds)
        let tokenDigest = SHA256.digest(Array(token.utf8))
        try await platform.database.transaction { connection in
            let people: SQL = kind == .clerk ? "operators" : "staff"
            let column: SQL = kind == .clerk ? "login_password" : "password"
            let updated = try connection.execute(
                """
                UPDATE \(fragment: people) SET last_signed_in_at = \(moment),
                    last_signed_in_address = \(origin.address),
                    \(fragment: column) = coalesce(\(renewed), \(fragment: column))
                WHERE id = \(person.actor.id) AND state = 'active'
                    AND credentials_version = \(person.credentialsVersion)
                """)
            guard updated == 1 else { throw SignInError.refused }
            try connection.execute(
                """
                INSERT INTO sessions (
                    token_digest, kind, operator_id, staff_id, credentials_version, csrf_secret, created_at,
                    last_seen_at, ends_at, address, previous_sign_in_at, previous_sign_in_address
                ) VALUES (
                    \(tokenDigest), \(kind.rawValue), \(person.actor.operatorID), \(person.actor.staffID),
                    \(person.credentialsVersion), \(csrf), \(moment), \(moment), \(endsAt), \(origin.address),
                    \(person.previousAt), \(person.previousAddress)
                )
                """)
            try Self.recognize(place, at: moment, on: connection)
            try Audit.record(
                .signedIn, subject: kind.rawValue, by: person.actor, from: origin, at: moment, on: connection)
        }
        return NewSession(token: Secret(token), endsAt: endsAt)
    }
}

extension Platform {
    /// Signing in and out.
    public var access: Access { Access(platform: self, settings: settings.access) }
}
