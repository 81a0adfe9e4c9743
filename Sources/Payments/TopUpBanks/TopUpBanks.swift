import Cryptography
import Foundation
import Postgres

/// The banks from which companies top up. Operations propose how a bank is to be treated, another person decides; what is
/// granted holds from the same moment on.
public struct TopUpBanks: Sendable {
    let platform: Platform

    // MARK: Looking

    /// All banks that exist, in the order of the picker.
    public func list() async throws -> [TopUpBank] {
        try await platform.database.query(
            "SELECT \(fragment: Self.columns) FROM top_up_banks AS banks ORDER BY position"
        ).map(Self.bank)
    }

    /// The bank with this code.
    public func find(_ code: String) async throws -> TopUpBank? {
        try await platform.database.query(Self.finding(code)).first.map(Self.bank)
    }

    /// A bank with the versions of its settings, the newest first, at most fifty.
    public func history(_ code: String) async throws -> (TopUpBank, [TopUpBankVersion])? {
        try await platform.database.transaction { connection in
            guard let bank = try Self.find(code, on: connection) else { return nil }
            let rows = try connection.query(
                """
                SELECT \(fragment: Self.settingsColumns), banks.version, banks.reason, proposers.name AS proposed_by,
                    banks.proposed_by AS proposer_id, banks.proposed_at, approvals.decision, approvals.reason AS decision_reason, approvals.at AS decided_at,
                    checkers.name AS decided_by
                FROM top_up_bank_versions AS banks
                JOIN staff AS proposers ON proposers.id = banks.proposed_by
                LEFT JOIN approval_requests AS requests
                    ON requests.action = 'changeBank' AND requests.subject_id = banks.id
                LEFT JOIN approvals ON approvals.request_id = requests.id
                LEFT JOIN staff AS checkers ON checkers.id = approvals.checker_staff_id
                WHERE banks.bank_code = \(code) ORDER BY banks.version DESC LIMIT 50
                """)
            return (bank, try rows.map(Self.version))
        }
    }

    /// The changes that wait for a second person, the oldest first. There are at most as many as banks.
    public func waiting() async throws -> [WaitingBankChange] {
        try await platform.database.query(
            """
            SELECT banks.code, banks.name, versions.reason, staff.name AS proposed_by, versions.proposed_at
            FROM top_up_bank_versions AS versions
            JOIN banks ON banks.code = versions.bank_code
            JOIN staff ON staff.id = versions.proposed_by
            WHERE NOT EXISTS (
                SELECT 1 FROM approval_requests AS requests JOIN approvals ON approvals.request_id = requests.id
                WHERE requests.action = 'changeBank' AND requests.subject_id = versions.id
            )
            ORDER BY versions.id LIMIT 200
            """
        ).map { row in
            WaitingBankChange(
                code: try row["code"], name: try row["name"], reason: try row["reason"],
                proposedBy: try row["proposed_by"], proposedAt: try row["proposed_at"])
        }
    }

    /// What a company may choose from, in one round trip.
    public func choices(of enterprise: Enterprise.ID) async throws -> TopUpChoices {
        let rows = try await platform.database.query(
            """
            SELECT \(fragment: Self.columns), banks.code = last.bank_code AS is_last, today.used
            FROM top_up_banks AS banks
            LEFT JOIN (
                SELECT t.bank_code FROM orders o JOIN top_ups t ON t.order_id = o.id
                WHERE o.enterprise_id = \(enterprise) AND o.kind = 'topUp' ORDER BY o.id DESC LIMIT 1
            ) AS last ON true
            LEFT JOIN (
                SELECT t.bank_code, sum(o.amount) AS used
                \(fragment: Self.usage(of: enterprise, at: platform.effects.now())) GROUP BY t.bank_code
            ) AS today ON today.bank_code = banks.code
            ORDER BY banks.position
            """)
        var lastUsed: String?
        var usedToday: [String: Money] = [:]
        let banks = try rows.map { row in
            let bank = try Self.bank(row)
            if try row.decode("is_last", as: Bool?.self) == true { lastUsed = bank.code }
            usedToday[bank.code] = try row.decode("used", as: Money?.self)
            return bank
        }
        return TopUpChoices(banks: banks, lastUsed: lastUsed, usedToday: usedToday)
    }

    // MARK: Two people

    /// Proposes other settings.
    ///
    /// - Parameter version: the newest version that the person saw; 0 where there was none.
    /// - Throws: ``TopUpBankError``, `CommandReused`.
    public func propose(
        _ settings: TopUpBankSettings, for code: String, after version: Int, reason: String,
        command: CommandID, by member: StaffMember, from origin: Origin
    ) async throws {
        guard member.role == .operations, member.region == .national else { throw TopUpBankError.notAllowed }
        let reason = reason.trimmed
        guard (1...200).contains(reason.count) else { throw TopUpBankError.reasonMissing }
        guard settings.hasPossibleLimits, settings.maintenance.count <= TopUpBankSettings.mostWindows,
            settings.notice.count <= TopUpBankSettings.longestNotice
        else { throw TopUpBankError.impossible }
        let moment = platform.effects.now()
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["changeBank", code, "\(version)", reason]
                        + Self.texts(of: settings), result: code, at: moment, on: connection)
                if case .done = claim { return }
                guard let bank = try Self.find(code, on: connection) else { throw TopUpBankError.notFound }
                let newest = try Self.newest(of: code, on: connection)
                guard newest?.isWaiting != true else { throw TopUpBankError.alreadyProposed }
                guard newest?.number ?? 0 == version else { throw TopUpBankError.stale }
                guard bank.settings != settings else { throw TopUpBankError.unchanged }
                let id: Int64 = try connection.query(
                    """
                    INSERT INTO top_up_bank_versions (
                        bank_code, version, is_on, notice, maintenance, least, most, most_per_day, is_direct,
                        is_suggested, reason, proposed_by, proposed_at
                    ) VALUES (
                        \(code), \(version + 1), \(settings.isOn), \(settings.notice), \(settings.maintenance),
                        \(settings.least), \(settings.most), \(settings.mostPerDay), \(settings.isDirect),
                        \(settings.isSuggested), \(reason), \(member.id), \(moment)
                    ) RETURNING id
                    """
                ).only()["id"]
                try Approvals.request(
                    .changeBank, Self.controlled(id, version + 1, code, settings, reason: reason),
                    by: .staff(member.id), at: moment, on: connection)
                try Audit.record(
                    .bankChangeProposed, subject: "bank \(code)", by: .staff(member.id),
                    detail: "version \(version + 1): \(reason)", from: origin, at: moment, on: connection)
            }
        }
    }

    /// Puts a proposal in force, or sends it back with a reason.
    ///
    /// - Parameter version: what the person saw.
    /// - Throws: ``TopUpBankError``, `CommandReused`.
    public func decide(
        _ code: String, version: Int, isGranted: Bool, reason: String = "", command: CommandID,
        by member: StaffMember, from origin: Origin
    ) async throws {
        let reason = reason.trimmed
        guard isGranted || (1...200).contains(reason.count) else { throw TopUpBankError.reasonMissing }
        let moment = platform.effects.now()
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["decideBank", code, "\(version)", "\(isGranted)", reason], result: code,
                    at: moment,
                    on: connection)
                if case .done = claim { return }
                guard let newest = try Self.newest(of: code, on: connection) else {
                    throw TopUpBankError.notFound
                }
                guard newest.number == version else { throw TopUpBankError.stale }
                try Approvals.decide(
                    isGranted ? .granted : .returned, .changeBank,
                    Self.controlled(newest.id, version, code, newest.settings, reason: newest.reason),
                    by: .staff(member.id), within: nil, reason: isGranted ? nil : reason, at: moment,
                    on: connection)
                try Audit.record(
                    isGranted ? .bankChanged : .bankChangeReturned, subject: "bank \(code)",
                    by: .staff(member.id), detail: "version \(version) \(reason)", from: origin, at: moment,
                    on: connection)
            }
        }
    }

    /// The newest version of a bank's settings.
    private struct Newest {
        let id: Int64
        let number: Int
        let settings: TopUpBankSettings
        let reason: String
        let isWaiting: Bool
    }

    private static func newest(of code: String, on connection: isolated Connection) throws -> Newest? {
        try connection.query(
            """
            SELECT \(fragment: settingsColumns), banks.id, banks.version, banks.reason, NOT EXISTS (
                    SELECT 1 FROM approval_requests AS requests JOIN approvals ON approvals.request_id = requests.id
                    WHERE requests.action = 'changeBank' AND requests.subject_id = banks.id
                ) AS is_waiting
            FROM top_up_bank_versions AS banks WHERE banks.bank_code = \(code) ORDER BY banks.version DESC LIMIT 1
            """
        ).first.map { row in
            Newest(
                id: try row["id"], number: try row["version"], settings: try settings(row),
                reason: try row["reason"], isWaiting: try row["is_waiting"])
        }
    }

    /// Of two who act at once on one version, a unique key lets one through.
    private func deciding(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as ApprovalError {
            switch error {
            case .samePerson: throw TopUpBankError.samePerson
            case .notAllowed: throw TopUpBankError.notAllowed
            case .stale: throw TopUpBankError.stale
            }
        } catch let error as PostgresError
            where ["top_up_bank_versions_in_order", "approvals_request_id_key"].contains(error.constraint)
        {
            throw TopUpBankError.stale
        }
    }

    /// What two people agree on: all settings of one version of one bank.
    private static func controlled(
        _ id: Int64, _ version: Int, _ code: String, _ settings: TopUpBankSettings, reason: String
    ) -> ControlledVersion {
        ControlledVersion(
            subject: id, version: version,
            digest: SHA256.digest(CanonicalText.bytes([code, "\(version)", reason] + texts(of: settings))))
    }

    private static func texts(of settings: TopUpBankSettings) -> [String] {
        [
            "\(settings.isOn)", settings.notice, settings.maintenance.map(\.text).joined(separator: "\n"),
            "\(settings.isDirect)", "\(settings.isSuggested)",
        ] + [settings.least, settings.most, settings.mostPerDay].map { $0.map { "\($0.fen)" } ?? "" }
    }

    // MARK: Rows

    /// The bank with this code, within a transaction.
    static func find(_ code: String, on connection: isolated Connection) throws -> TopUpBank? {
        try connection.query(finding(code)).first.map(bank)
    }

    private static func finding(_ code: String) -> SQL {
        "SELECT \(fragment: columns) FROM top_up_banks AS banks WHERE code = \(code)"
    }

    /// What a company has ordered today (Beijing) and not lost: tables and condition, over orders `o` and top-ups `t`.
    static func usage(of enterprise: Enterprise.ID, at moment: Date) -> SQL {
        """
        FROM orders o JOIN top_ups t ON t.order_id = o.id
        WHERE o.enterprise_id = \(enterprise) AND o.kind = 'topUp' AND o.created_at >= \(LocalDate(moment).start)
            AND o.state NOT IN ('closed', 'lateDebited', 'refundedByBank', 'returned', 'reversed')
        """
    }

    private static let settingsColumns: SQL = """
        banks.is_on, banks.notice, banks.maintenance, banks.least, banks.most, banks.most_per_day, banks.is_direct,
        banks.is_suggested
        """
    private static let columns: SQL =
        "banks.code, banks.name, banks.initials, banks.version, \(fragment: settingsColumns)"

    private static func settings(_ row: Row) throws -> TopUpBankSettings {
        TopUpBankSettings(
            isOn: try row["is_on"], notice: try row["notice"], maintenance: try row["maintenance"],
            least: try row["least"], most: try row["most"], mostPerDay: try row["most_per_day"],
            isDirect: try row["is_direct"], isSuggested: try row["is_suggested"])
    }

    private static func bank(_ row: Row) throws -> TopUpBank {
        TopUpBank(
            code: try row["code"], name: try row["name"], initials: try row["initials"],
            version: try row["version"], settings: try settings(row))
    }

    private static func version(_ row: Row) throws -> TopUpBankVersion {
        let decision: String? = try row["decision"]
        return TopUpBankVersion(
            version: try row["version"], settings: try settings(row), reason: try row["reason"],
            proposedBy: try row["proposed_by"], proposerID: try row["proposer_id"],
            proposedAt: try row["proposed_at"],
            decision: try decision.map { decision in
                TopUpBankVersion.Decision(
                    isGranted: decision == Approvals.Decision.granted.rawValue, by: try row["decided_by"],
                    reason: try row["decision_reason"], at: try row["decided_at"])
            })
    }
}

extension Platform {
    /// The banks from which companies top up.
    public var topUpBanks: TopUpBanks { TopUpBanks(platform: self) }
}
