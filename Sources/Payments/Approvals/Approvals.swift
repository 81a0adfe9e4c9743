import Cryptography
import Foundation
import Postgres

/// What takes two people.
public enum ControlledAction: String, Sendable, CaseIterable {
    case openAccount, verifyRegisteredAccount, reissueActivation, changeEnterpriseState
    case replaceRegisteredAccount, changeLimits, resetCredentials, largePayment, withdrawal, handleDifference
    case changeBank, changeChannel, releaseWithdrawal, repayReceivable, settleBiller

    /// The roles of staff that decide; empty for what an enterprise decides among its own operators.
    var deciders: Set<StaffRole> {
        switch self {
        case .openAccount, .reissueActivation, .changeEnterpriseState, .replaceRegisteredAccount,
            .changeLimits, .resetCredentials:
            [.supervisor]
        case .verifyRegisteredAccount, .handleDifference, .changeBank, .changeChannel, .releaseWithdrawal,
            .repayReceivable, .settleBiller:
            [.operations, .supervisor]
        case .largePayment, .withdrawal: []
        }
    }

    /// Whether members of staff in this role decide it, within their region and unless they have a hand in it.
    public func isDecided(by role: StaffRole) -> Bool { deciders.contains(role) }
}

/// What is agreed on: one frozen version of something. An edit makes another version with another digest,
/// and the agreement to the first is void.
struct ControlledVersion: Sendable, Hashable {
    /// The row it is about.
    let subject: Int64
    /// Its version.
    let version: Int
    /// A digest over all that is agreed on.
    let digest: [UInt8]
}

/// Why a controlled action was not granted.
enum ApprovalError: Error, Hashable, Sendable {
    /// The decider submitted or edited the version, under this login or another one.
    case samePerson
    /// The role or region does not reach, or the person is not active any more.
    case notAllowed
    /// There is no open request for exactly this version: edited, or decided by somebody else.
    case stale
}

/// Dual control. **The one place that grants a controlled action**, for every action and every role.
///
/// Persons are read from the database by the id of the session and compared by the digest of their mobile
/// number, so that two logins of one person are one person. The database compares them again.
enum Approvals {
    /// What was decided.
    enum Decision: String, Sendable {
        case granted, returned, rejected
    }

    /// Puts a frozen version up for decision.
    ///
    /// - Parameters:
    ///   - editors: who had a hand in it before, besides the maker, or is concerned by it.
    ///   - subjects: such persons who are no operators yet, by the digest of their mobile number.
    static func request(
        _ action: ControlledAction, _ version: ControlledVersion, by maker: Actor, editors: [Actor] = [],
        subjects: [[UInt8]] = [], at moment: Date, on connection: isolated Connection
    ) throws {
        let person = try load(maker, on: connection).person
        let request: Int64 = try connection.query(
            """
            INSERT INTO approval_requests (
                action, subject_id, version, digest, maker_person, maker_staff_id, maker_operator_id, requested_at
            ) VALUES (
                \(action.rawValue), \(version.subject), \(version.version), \(version.digest), \(person),
                \(maker.staffID), \(maker.operatorID), \(moment)
            ) RETURNING id
            """
        ).only()["id"]
        for barred in [person] + (try editors.map { try load($0, on: connection).person }) + subjects {
            try connection.execute(
                """
                INSERT INTO approval_request_editors (request_id, person)
                VALUES (\(request), \(barred)) ON CONFLICT DO NOTHING
                """)
        }
    }

    /// Decides on a frozen version. The caller has locked the row it is about.
    ///
    /// - Parameters:
    ///   - checker: who decides, from the session.
    ///   - city: where the subject belongs; a member of staff must reach it. Nil for what belongs to the whole country.
    ///   - reason: required unless granted.
    /// - Throws: ``ApprovalError``.
    static func decide(
        _ decision: Decision, _ action: ControlledAction, _ version: ControlledVersion, by checker: Actor,
        within city: String?, reason: String?, at moment: Date, on connection: isolated Connection
    ) throws {
        let decider = try load(checker, on: connection)
        try authorize(decider, to: action, within: city, on: connection)
        let requests = try connection.query(
            """
            SELECT requests.id, requests.version, requests.digest, requests.maker_person,
                EXISTS (SELECT 1 FROM approvals WHERE approvals.request_id = requests.id) AS is_decided,
                EXISTS (
                    SELECT 1 FROM approval_request_editors AS editors
                    WHERE editors.request_id = requests.id AND editors.person = \(decider.person)
                ) AS is_editor
            FROM approval_requests AS requests
            WHERE requests.action = \(action.rawValue) AND requests.subject_id = \(version.subject)
            ORDER BY requests.version DESC LIMIT 1
            """)
        guard let row = requests.first, try row["version"] as Int == version.version,
            constantTimeEquals(try row["digest"], version.digest),
            try !row.decode("is_decided", as: Bool.self)
        else { throw ApprovalError.stale }
        let maker: [UInt8] = try row["maker_person"]
        guard maker != decider.person, try !row.decode("is_editor", as: Bool.self) else {
            throw ApprovalError.samePerson
        }
        try connection.execute(
            """
            INSERT INTO approvals (
                request_id, version, digest, maker_person, checker_person, checker_staff_id,
                checker_operator_id, decision, reason, at
            ) VALUES (
                \(try row["id"] as Int64), \(version.version), \(version.digest), \(maker), \(decider.person),
                \(checker.staffID), \(checker.operatorID), \(decision.rawValue), \(reason), \(moment)
            )
            """)
    }

    /// A person as stored.
    private struct Party {
        let person: [UInt8]
        let isActive: Bool
        let staff: StaffMember?
        let enterprise: Enterprise.ID?
    }

    private static func authorize(
        _ decider: Party, to action: ControlledAction, within city: String?,
        on connection: isolated Connection
    ) throws {
        guard decider.isActive else { throw ApprovalError.notAllowed }
        // Deciders inside an enterprise come with its own review settings; until then only staff decide.
        guard let member = decider.staff, action.deciders.contains(member.role) else {
            throw ApprovalError.notAllowed
        }
        guard let city else {
            guard member.region == .national else { throw ApprovalError.notAllowed }
            return
        }
        let rows = try connection.query("SELECT province_code FROM cities WHERE code = \(city)")
        guard let row = rows.first, member.region.covers(city: city, of: try row["province_code"]) else {
            throw ApprovalError.notAllowed
        }
    }

    private static func load(_ actor: Actor, on connection: isolated Connection) throws -> Party {
        switch actor {
        case .staff(let id):
            let rows = try connection.query(
                """
                SELECT id, staff_number, name, role, region_level, region_city, region_province, mobile_digest,
                    state = 'active' AS is_active
                FROM staff WHERE id = \(id)
                """)
            guard let row = rows.first else { throw ApprovalError.notAllowed }
            return Party(
                person: try row["mobile_digest"], isActive: try row["is_active"],
                staff: try StaffDirectory.member(row), enterprise: nil)
        case .operator(let id):
            let rows = try connection.query(
                """
                SELECT mobile_digest, enterprise_id, state = 'active' AS is_active
                FROM operators WHERE id = \(id)
                """)
            guard let row = rows.first else { throw ApprovalError.notAllowed }
            return Party(
                person: try row["mobile_digest"], isActive: try row["is_active"], staff: nil,
                enterprise: try row["enterprise_id"])
        case .system, .bank, .biller:
            // A machine is nobody's second pair of eyes.
            throw ApprovalError.notAllowed
        }
    }
}

extension Actor {
    var staffID: StaffMember.ID? { if case .staff(let id) = self { id } else { nil } }
    var operatorID: Operator.ID? { if case .operator(let id) = self { id } else { nil } }
}
