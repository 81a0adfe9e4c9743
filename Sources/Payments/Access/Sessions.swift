import Cryptography
import Foundation
import Postgres

/// The sessions in the database. A token is looked up by its SHA-256; whoever reads the table cannot sign
/// in with it.
public struct Sessions: Sendable {
    let platform: Platform
    let settings: AccessSettings

    /// The clerk's session of this token, if it is live: not idle, not over its life, its operator active and
    /// unchanged since sign-in, its enterprise not closed. One round trip.
    ///
    /// - Parameter countsAsActivity: false for polling, which must not keep a session alive.
    public func findClerk(
        token: String, at moment: Date, countsAsActivity: Bool = true
    ) async throws -> ClerkSession? {
        guard let digest = Self.digest(of: token) else { return nil }
        let rows = try await platform.database.query(
            """
            WITH found AS (
                SELECT sessions.token_digest, sessions.csrf_secret, sessions.ends_at, sessions.last_seen_at,
                    sessions.previous_sign_in_at, sessions.previous_sign_in_address, operators.id AS operator_id, operators.login_id, operators.name AS operator_name,
                    enterprises.id AS enterprise_id, enterprises.name AS enterprise_name,
                    enterprises.merchant_number, enterprises.state, enterprises.city_code, cities.name AS city_name
                FROM sessions
                JOIN operators ON operators.id = sessions.operator_id
                    AND operators.state = 'active'
                    AND operators.credentials_version = sessions.credentials_version
                JOIN enterprises ON enterprises.id = operators.enterprise_id AND enterprises.state <> 'closed'
                JOIN cities ON cities.code = enterprises.city_code
                WHERE sessions.token_digest = \(digest) AND sessions.kind = 'clerk'
                    AND sessions.ends_at > \(moment)
                    AND sessions.last_seen_at > \(moment.addingTimeInterval(-settings.clerkIdleSeconds))
            ), \(fragment: touched(at: moment, countsAsActivity))
            SELECT found.*, (
                SELECT count(*) FROM (
                    SELECT FROM inbox_messages
                    WHERE operator_id = found.operator_id AND read_at IS NULL LIMIT \(Int64(Inbox.countLimit))
                ) unread
            ) AS unread_messages
            FROM found
            """)
        return try rows.first.map { row in
            let previousAt: Date? = try row["previous_sign_in_at"]
            let previousAddress: String? = try row["previous_sign_in_address"]
            return ClerkSession(
                operatorID: try row["operator_id"], loginID: try row["login_id"],
                operatorName: try row["operator_name"], enterpriseID: try row["enterprise_id"],
                enterpriseName: try row["enterprise_name"], merchantNumber: try row["merchant_number"],
                enterpriseState: try row["state"], cityCode: try row["city_code"],
                cityName: try row["city_name"], csrf: try row["csrf_secret"], endsAt: try row["ends_at"],
                previousSignIn: previousAt.map { ($0, previousAddress ?? "") },
                unreadMessages: try row["unread_messages"])
        }
    }

    /// The staff session of this token, if it is live. One round trip.
    public func findStaff(
        token: String, at moment: Date, countsAsActivity: Bool = true
    ) async throws -> StaffSession? {
        guard let digest = Self.digest(of: token) else { return nil }
        let rows = try await platform.database.query(
            """
            WITH found AS (
                SELECT sessions.token_digest, sessions.csrf_secret, sessions.ends_at, sessions.last_seen_at,
                    staff.id, staff.staff_number, staff.name, staff.role,
                    staff.region_level, staff.region_city, staff.region_province, staff.must_change_password
                FROM sessions
                JOIN staff ON staff.id = sessions.staff_id AND staff.state = 'active'
                    AND staff.credentials_version = sessions.credentials_version
                WHERE sessions.token_digest = \(digest) AND sessions.kind = 'staff'
                    AND sessions.ends_at > \(moment)
                    AND sessions.last_seen_at > \(moment.addingTimeInterval(-settings.staffIdleSeconds))
            ), \(fragment: touched(at: moment, countsAsActivity))
            SELECT * FROM found
            """)
        return try rows.first.map { row in
            StaffSession(
                member: try StaffDirectory.member(row), mustChangePassword: try row["must_change_password"],
                csrf: try row["csrf_secret"], endsAt: try row["ends_at"])
        }
    }

    /// Ends the session of this token. Ending one that is not there is no error.
    public func end(token: String, from origin: Origin, at moment: Date) async throws {
        guard let digest = Self.digest(of: token) else { return }
        try await platform.database.transaction { connection in
            let ended = try connection.query(
                """
                DELETE FROM sessions WHERE token_digest = \(digest) RETURNING operator_id, staff_id
                """)
            guard let row = ended.first else { return }
            let actor: Actor? =
                if let id = try row["operator_id"] as Operator.ID? {
                    .operator(id)
                } else {
                    try (row["staff_id"] as StaffMember.ID?).map { .staff($0) }
                }
            try Audit.record(
                .signedOut, subject: "session", by: actor, from: origin, at: moment, on: connection)
        }
    }

    /// Removes what can have no effect any more: ended sessions and old tries. For a job that runs now and
    /// then.
    public func sweep(at moment: Date) async throws {
        try await platform.database.execute("DELETE FROM sessions WHERE ends_at <= \(moment)")
        try await platform.database.execute(
            """
            DELETE FROM sign_in_tries WHERE at < CASE outcome
                WHEN 'succeeded' THEN \(moment.addingTimeInterval(-settings.knownAddressSeconds))::timestamptz
                ELSE \(moment.addingTimeInterval(-settings.tryMemorySeconds))::timestamptz END
            """)
    }

    /// Notes the request as the session's last one, unless that was noted a moment ago.
    private func touched(at moment: Date, _ countsAsActivity: Bool) -> SQL {
        """
        touched AS (
            UPDATE sessions SET last_seen_at = \(moment)
            FROM found
            WHERE sessions.token_digest = found.token_digest AND \(countsAsActivity)
                AND found.last_seen_at <= \(moment.addingTimeInterval(-settings.activityGrainSeconds))
        )
        """
    }

    /// What a token is stored as; nil for what cannot be one.
    static func digest(of token: String) -> [UInt8]? {
        guard token.utf8.count == 43 else { return nil }
        return SHA256.digest(Array(token.utf8))
    }
}

extension Platform {
    /// The sessions in the database.
    public var sessions: Sessions { Sessions(platform: self, settings: settings.access) }
}
