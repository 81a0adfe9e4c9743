import Cryptography
import Foundation
import Postgres

/// Why the password of a member of staff was not changed.
public enum PasswordChangeError: Error, Hashable, Sendable {
    /// The present password is wrong, or no try is taken at present.
    case refused
    /// The new password was not taken.
    case fault(PasswordFault)
    /// Too many passwords are being hashed already; try again shortly.
    case busy
}

extension Access {
    /// Replaces the password of a signed-in member of staff. All sessions of the person end, this one too, and the
    /// person's phone is told. Wrong present passwords count with the failures of signing in: a session left open is
    /// no place to guess from.
    ///
    /// - Throws: ``PasswordChangeError``.
    public func changePassword(
        of member: StaffMember, from present: String, to new: String, from origin: Origin, at moment: Date
    ) async throws {
        let present = PasswordRules.normalized(present)
        let new = PasswordRules.normalized(new)
        let stored = try await load(member)
        let rules = PasswordRules(ownData: [member.name, member.number, stored.mobile.text])
        if let fault = rules.fault(of: new) ?? (new == present ? .sameAsBefore : nil) {
            throw PasswordChangeError.fault(fault)
        }
        guard PasswordRules.isHashable(present) else { throw PasswordChangeError.refused }
        let place = Place(.staff, login: member.number, origin, keys: platform.keys)
        let attempt: Int64
        do {
            attempt = try await begin(at: place, moment)
        } catch is SignInError {
            throw PasswordChangeError.refused
        }
        do {
            guard case .matches = try await platform.passwords.verify(present, against: stored.password)
            else {
                try await fail(
                    attempt, of: .staff(member.id), .staff, as: .passwordChangeRefused, from: origin,
                    at: moment)
                throw PasswordChangeError.refused
            }
            let hash = try await platform.passwords.hash(new)
            try await store(hash, for: member, stored, at: place, from: origin, at: moment)
        } catch PasswordHasherError.busy {
            try await forget(attempt)
            throw PasswordChangeError.busy
        }
    }

    private struct StoredPassword: Sendable {
        let password: String
        let credentialsVersion: Int
        let mobile: MobileNumber
    }

    private func load(_ member: StaffMember) async throws -> StoredPassword {
        let rows = try await platform.database.query(
            """
            SELECT password, credentials_version, mobile_sealed FROM staff
            WHERE id = \(member.id) AND state = 'active'
            """)
        guard let row = rows.first else { throw PasswordChangeError.refused }
        let mobile = try platform.keys.open(row["mobile_sealed"], of: .staffMobile(member.id))
        return StoredPassword(
            password: try row["password"], credentialsVersion: try row["credentials_version"],
            mobile: try MobileNumber(entered: mobile))
    }

    private func store(
        _ hash: String, for member: StaffMember, _ stored: StoredPassword, at place: Place,
        from origin: Origin,
        at moment: Date
    ) async throws {
        try await platform.database.transaction { connection in
            let changed = try connection.execute(
                """
                UPDATE staff SET password = \(hash), must_change_password = FALSE,
                    credentials_version = credentials_version + 1
                WHERE id = \(member.id) AND state = 'active'
                    AND credentials_version = \(stored.credentialsVersion)
                """)
            guard changed == 1 else { throw PasswordChangeError.refused }
            try connection.execute("DELETE FROM sessions WHERE staff_id = \(member.id)")
            try Self.recognize(place, at: moment, on: connection)
            try Audit.record(
                .passwordChanged, subject: "staff \(member.number)", by: .staff(member.id), from: origin,
                at: moment, on: connection)
            try Messages.queue(
                "【企业缴费门户】工号 \(member.number) 的登录密码已修改。如非本人操作，请立即联系系统管理员停用该工号。",
                .passwordChanged, to: stored.mobile, usefulUntil: nil, keys: platform.keys, at: moment,
                on: connection)
        }
    }
}
