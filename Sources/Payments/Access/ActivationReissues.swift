import Cryptography
import Foundation
import Postgres

/// The activation that an enterprise waits for: what the staff's page shows. Never the link.
public struct PendingActivation: Sendable {
    /// The operator's name.
    public let operatorName: String
    /// 登录ID.
    public let loginID: String
    /// `138****5678`: where links are sent.
    public let mobileMasked: String
    /// When the newest link ends, or has ended.
    public let linkExpiresAt: Date
    /// What waits for a second person, if somebody has asked for another link.
    public let reissue: ActivationReissue?
}

/// Another link that one person has asked for and nobody has decided on.
public struct ActivationReissue: Sendable {
    /// Its key; a decision names it.
    public let id: Int64
    /// Why, in the words of whoever asked.
    public let reason: String
    /// Who asked.
    public let requestedBy: String
    /// When.
    public let requestedAt: Date
}

/// One row of the list of reissues that wait for a second person.
public struct WaitingReissue: Sendable {
    /// 单位名称.
    public let enterpriseName: String
    /// 商户编号.
    public let merchantNumber: String
    /// Who asked.
    public let requestedBy: String
    /// When.
    public let requestedAt: Date
}

/// What happened to a request for another link, as the enterprise's history names it. That it was granted is the
/// enterprise's own event `activationExpired`: the old link is void and a new one on its way.
public enum ActivationReissueEvent: String, Sendable, CaseIterable {
    case requested = "reissueRequested"
    case returned = "reissueReturned"
}

/// Why no other link was asked for, or none was sent.
public enum ActivationReissueError: Error, Hashable, Sendable {
    /// There is no such enterprise within the person's region.
    case notFound
    /// The role or region does not reach.
    case notAllowed
    /// A reason has to be given, of at most 500 characters.
    case reasonMissing
    /// Somebody has asked already, and nobody has decided.
    case alreadyRequested
    /// The operator has activated, or the request was decided on by somebody else.
    case stale
    /// The decider asked for it, or is the operator.
    case samePerson
}

/// Another activation link for an operator who has not activated (重发激活链接): an account manager asks, another
/// person decides, the new link goes to the operator's phone and the old one is void (money.md 2.6).
extension Activations {
    /// The activation that an enterprise waits for; nil when it waits for none.
    public func pending(of enterprise: Enterprise.ID) async throws -> PendingActivation? {
        try await platform.database.query(
            """
            SELECT operators.name, operators.login_id, operators.mobile_masked, links.expires_at,
                reissues.id AS reissue_id, reissues.reason, staff.name AS requested_by, reissues.requested_at
            FROM operators
            JOIN enterprises ON enterprises.id = operators.enterprise_id
            CROSS JOIN LATERAL (
                SELECT expires_at FROM activation_links WHERE operator_id = operators.id ORDER BY id DESC LIMIT 1
            ) AS links
            LEFT JOIN activation_reissues AS reissues
                ON reissues.operator_id = operators.id AND \(fragment: Self.isUndecided)
            LEFT JOIN staff ON staff.id = reissues.requested_by
            WHERE operators.enterprise_id = \(enterprise) AND operators.state = 'pendingActivation'
                AND enterprises.state = 'pendingActivation'
            ORDER BY operators.id LIMIT 1
            """
        ).first.map { row in
            let id: Int64? = try row["reissue_id"]
            return PendingActivation(
                operatorName: try row["name"], loginID: try row["login_id"],
                mobileMasked: try row["mobile_masked"], linkExpiresAt: try row["expires_at"],
                reissue: try id.map { id in
                    ActivationReissue(
                        id: id, reason: try row["reason"], requestedBy: try row["requested_by"],
                        requestedAt: try row["requested_at"])
                })
        }
    }

    /// The reissues within a region that wait for a second person, oldest first, at most a hundred.
    public func waitingReissues(within region: Region) async throws -> [WaitingReissue] {
        try await platform.database.query(
            """
            SELECT enterprises.name, enterprises.merchant_number, staff.name AS requested_by,
                reissues.requested_at
            FROM activation_reissues AS reissues
            JOIN operators ON operators.id = reissues.operator_id AND operators.state = 'pendingActivation'
            JOIN enterprises ON enterprises.id = operators.enterprise_id
                AND enterprises.state = 'pendingActivation'
            JOIN cities ON cities.code = enterprises.city_code
            JOIN staff ON staff.id = reissues.requested_by
            WHERE \(fragment: Self.isUndecided) AND \(fragment: region.condition)
            ORDER BY reissues.id LIMIT 100
            """
        ).map { row in
            WaitingReissue(
                enterpriseName: try row["name"], merchantNumber: try row["merchant_number"],
                requestedBy: try row["requested_by"], requestedAt: try row["requested_at"])
        }
    }

    /// Asks for another link for the operator whom the enterprise waits for.
    ///
    /// - Throws: ``ActivationReissueError``, `CommandReused`.
    public func requestReissue(
        for merchantNumber: String, reason: String, command: CommandID, by member: StaffMember,
        from origin: Origin, at moment: Date
    ) async throws {
        let reason = reason.trimmed
        guard (1...500).contains(reason.count) else { throw ActivationReissueError.reasonMissing }
        try await recordingRefusal(for: merchantNumber, by: member, from: origin, at: moment) {
            guard member.role == .accountManager else { throw ActivationReissueError.notAllowed }
            try await platform.database.transaction { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id), input: ["reissue", merchantNumber, reason],
                    result: merchantNumber, at: moment, on: connection)
                if case .done = claim { return }
                let waiting = try Self.lock(merchantNumber, within: member.region, on: connection)
                guard waiting.reissue == nil else { throw ActivationReissueError.alreadyRequested }
                let id: Int64 = try connection.query(
                    """
                    INSERT INTO activation_reissues (operator_id, reason, requested_by, requested_at)
                    VALUES (\(waiting.operatorID), \(reason), \(member.id), \(moment)) RETURNING id
                    """
                ).only()["id"]
                try Approvals.request(
                    .reissueActivation, waiting.version(of: id, reason: reason), by: .staff(member.id),
                    editors: [.operator(waiting.operatorID)], at: moment, on: connection)
                try Audit.record(
                    .activationReissueRequested, subject: "operator \(waiting.operatorID)",
                    by: .staff(member.id), detail: reason, from: origin, at: moment, on: connection)
            }
        }
    }

    /// Grants another link: it is on its way to the operator's phone, and the one before is void.
    ///
    /// - Parameter id: of the request that the decider saw.
    /// - Throws: ``ActivationReissueError``, `CommandReused`.
    public func grantReissue(
        _ id: Int64, for merchantNumber: String, command: CommandID, by member: StaffMember,
        from origin: Origin, at moment: Date
    ) async throws {
        try await decide(
            .granted, id, for: merchantNumber, reason: nil, command: command, by: member, from: origin,
            at: moment
        ) { waiting, connection in
            let mobile = try platform.keys.open(waiting.mobileSealed, of: .operatorMobile(waiting.operatorID))
            try Enterprises.record(.activationExpired, of: waiting.enterpriseID, at: moment, on: connection)
            try issue(
                for: waiting.operatorID, to: try MobileNumber(entered: mobile),
                enterpriseName: waiting.enterpriseName, loginID: waiting.loginID, at: moment, on: connection)
            try Audit.record(
                .activationIssued, subject: "operator \(waiting.operatorID)", by: .staff(member.id),
                from: origin, at: moment, on: connection)
        }
    }

    /// Sends a request back: no link is sent, and the one before stays as it is.
    ///
    /// - Throws: ``ActivationReissueError``, `CommandReused`.
    public func returnReissue(
        _ id: Int64, for merchantNumber: String, reason: String, command: CommandID, by member: StaffMember,
        from origin: Origin, at moment: Date
    ) async throws {
        let reason = reason.trimmed
        guard (1...500).contains(reason.count) else { throw ActivationReissueError.reasonMissing }
        try await decide(
            .returned, id, for: merchantNumber, reason: reason, command: command, by: member, from: origin,
            at: moment
        ) { waiting, connection in
            try Audit.record(
                .activationReissueReturned, subject: "operator \(waiting.operatorID)", by: .staff(member.id),
                detail: reason, from: origin, at: moment, on: connection)
        }
    }

    private func decide(
        _ decision: Approvals.Decision, _ id: Int64, for merchantNumber: String, reason: String?,
        command: CommandID, by member: StaffMember, from origin: Origin, at moment: Date,
        _ act: @Sendable (Waiting, isolated Connection) throws -> Void
    ) async throws {
        try await recordingRefusal(for: merchantNumber, by: member, from: origin, at: moment) {
            try await platform.database.transaction { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["reissue", decision.rawValue, String(id), reason ?? ""], result: merchantNumber,
                    at: moment, on: connection)
                if case .done = claim { return }
                let waiting = try Self.lock(merchantNumber, within: member.region, on: connection)
                guard let reissue = waiting.reissue, reissue.id == id else {
                    throw ActivationReissueError.stale
                }
                try Approvals.decide(
                    decision, .reissueActivation, waiting.version(of: id, reason: reissue.reason),
                    by: .staff(member.id), within: waiting.cityCode, reason: reason, at: moment,
                    on: connection)
                try act(waiting, connection)
            }
        }
    }

    /// The operator whom an enterprise waits for, as locked.
    private struct Waiting: Sendable {
        let operatorID: Operator.ID
        let enterpriseID: Enterprise.ID
        let enterpriseName: String
        let cityCode: String
        let loginID: String
        let mobileSealed: [UInt8]
        let mobileDigest: [UInt8]
        let reissue: (id: Int64, reason: String)?

        /// What two people agree on: another link for this operator, to this number.
        func version(of id: Int64, reason: String) -> ControlledVersion {
            ControlledVersion(
                subject: id, version: 1,
                digest: SHA256.digest(
                    CanonicalText.bytes([
                        String(id), operatorID.description, Hex.encode(mobileDigest), reason,
                    ])))
        }
    }

    /// Locks the operator whom an enterprise within a region waits for, the open link first, as an activation does.
    private static func lock(
        _ merchantNumber: String, within region: Region, on connection: isolated Connection
    ) throws -> Waiting {
        let found = try connection.query(
            """
            SELECT enterprises.id FROM enterprises JOIN cities ON cities.code = enterprises.city_code
            WHERE enterprises.merchant_number = \(merchantNumber) AND \(fragment: region.condition)
            """)
        guard let row = found.first else { throw ActivationReissueError.notFound }
        let enterprise: Enterprise.ID = try row["id"]
        _ = try connection.query(
            """
            SELECT 1 AS locked FROM activation_links WHERE state = 'open' AND operator_id IN (
                SELECT id FROM operators WHERE enterprise_id = \(enterprise)) ORDER BY id FOR NO KEY UPDATE
            """)
        let rows = try connection.query(
            """
            SELECT operators.id, operators.login_id, operators.mobile_sealed, operators.mobile_digest,
                enterprises.name, enterprises.city_code
            FROM operators JOIN enterprises ON enterprises.id = operators.enterprise_id
            WHERE operators.enterprise_id = \(enterprise) AND operators.state = 'pendingActivation'
                AND enterprises.state = 'pendingActivation'
            ORDER BY operators.id LIMIT 1 FOR NO KEY UPDATE OF operators
            """)
        guard let row = rows.first else { throw ActivationReissueError.stale }
        let operatorID: Operator.ID = try row["id"]
        let undecided = try connection.query(
            """
            SELECT id, reason FROM activation_reissues AS reissues
            WHERE operator_id = \(operatorID) AND \(fragment: Self.isUndecided)
            """)
        return Waiting(
            operatorID: operatorID, enterpriseID: enterprise, enterpriseName: try row["name"],
            cityCode: try row["city_code"], loginID: try row["login_id"],
            mobileSealed: try row["mobile_sealed"], mobileDigest: try row["mobile_digest"],
            reissue: try undecided.first.map { (id: try $0["id"], reason: try $0["reason"]) })
    }

    /// The condition on a query's table `reissues` for what nobody has decided on.
    private static let isUndecided: SQL =
        """
        NOT EXISTS (
            SELECT 1 FROM approval_requests AS requests JOIN approvals ON approvals.request_id = requests.id
            WHERE requests.action = 'reissueActivation' AND requests.subject_id = reissues.id
        )
        """

    /// Carries out an act; a refusal goes into the audit trail.
    private func recordingRefusal(
        for merchantNumber: String, by member: StaffMember, from origin: Origin, at moment: Date,
        _ act: () async throws -> Void
    ) async throws {
        do {
            return try await act()
        } catch {
            guard let refusal = ActivationReissueError(error) else { throw error }
            try await platform.database.transaction { connection in
                try Audit.record(
                    .activationReissueRefused, subject: "enterprise \(merchantNumber)", by: .staff(member.id),
                    isAllowed: false, detail: "\(refusal)", from: origin, at: moment, on: connection)
            }
            throw refusal
        }
    }
}

extension ActivationReissueError {
    /// What a refusal further in means here; nil for a fault of ours.
    fileprivate init?(_ error: any Error) {
        switch error {
        case let refusal as ActivationReissueError: self = refusal
        case ApprovalError.samePerson: self = .samePerson
        case ApprovalError.notAllowed: self = .notAllowed
        case ApprovalError.stale, is IllegalStep: self = .stale
        default: return nil
        }
    }
}
