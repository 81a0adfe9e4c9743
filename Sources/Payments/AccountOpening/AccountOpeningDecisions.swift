import Cryptography
import Foundation
import Postgres

/// Deciding on opening cases. Who decides comes from the session; whether that person may is the grant
/// function's to say.
extension AccountOpenings {
    /// Approves a version: in one transaction the grant, the enterprise with merchant number and accounts,
    /// the registered account, the operator, and the message with the activation link.
    ///
    /// - Parameter version: the version that the decider saw.
    /// - Throws: ``AccountOpeningError``, `CommandReused`.
    public func approve(
        _ number: String, version: Int, command: CommandID, by member: StaffMember, from origin: Origin,
        at moment: Date
    ) async throws -> AccountOpeningOutcome {
        do {
            return try await platform.database.transaction { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id), input: ["approve", number, String(version)],
                    result: number,
                    at: moment, on: connection)
                if case .done = claim { return try Self.outcome(of: number, on: connection) }
                let present = try lockForDecision(number, version: version, by: member, on: connection)
                let form = try grant(
                    .granted, present, by: member, reason: nil, at: moment, on: connection)
                let merchantNumber = try open(form, of: present, by: member, at: moment, on: connection)
                try Audit.record(
                    .openingApproved, subject: "opening \(number)", by: .staff(member.id),
                    detail: "enterprise \(merchantNumber)", from: origin, at: moment, on: connection)
                return .approved(merchantNumber: merchantNumber.text)
            }
        } catch let error as PostgresError {
            switch error.kind {
            case .uniqueViolation("enterprises_credit_code_key"):
                try await sendBackTaken(
                    .creditCodeTaken, number, version, by: member, from: origin, at: moment)
                return .returnedCreditCodeTaken
            case .uniqueViolation("operators_login_id_key"):
                try await sendBackTaken(.loginIDTaken, number, version, by: member, from: origin, at: moment)
                return .returnedLoginIDTaken
            default: throw error
            }
        } catch let error as ApprovalError {
            throw try await refused(error, number, by: member, from: origin, at: moment)
        }
    }

    /// Sends a version back to the account manager, with a reason.
    ///
    /// - Throws: ``AccountOpeningError``, `CommandReused`.
    public func sendBack(
        _ number: String, version: Int, reason: String, command: CommandID, by member: StaffMember,
        from origin: Origin, at moment: Date
    ) async throws {
        try await decide(
            .returned, .returned, .openingReturned, number, version: version, reason: reason,
            command: command, by: member, from: origin, at: moment)
    }

    /// Rejects a case for good, with a reason.
    ///
    /// - Throws: ``AccountOpeningError``, `CommandReused`.
    public func reject(
        _ number: String, version: Int, reason: String, command: CommandID, by member: StaffMember,
        from origin: Origin, at moment: Date
    ) async throws {
        try await decide(
            .rejected, .rejected, .openingRejected, number, version: version, reason: reason,
            command: command, by: member, from: origin, at: moment)
    }

    private func decide(
        _ decision: Approvals.Decision, _ event: AccountOpeningState.Event, _ action: AuditAction,
        _ number: String, version: Int, reason: String, command: CommandID, by member: StaffMember,
        from origin: Origin, at moment: Date
    ) async throws {
        let reason = reason.trimmed
        guard (1...500).contains(reason.count) else { throw AccountOpeningError.reasonMissing }
        do {
            try await platform.database.transaction { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: [decision.rawValue, number, String(version), reason], result: number, at: moment,
                    on: connection)
                if case .done = claim { return }
                let present = try lockForDecision(number, version: version, by: member, on: connection)
                _ = try grant(decision, present, by: member, reason: reason, at: moment, on: connection)
                _ = try CaseStep(id: present.id, at: moment, by: .staff(member.id)).take(
                    event, from: present.state, version: version, reason: reason, on: connection)
                try Audit.record(
                    action, subject: "opening \(number)", by: .staff(member.id), from: origin, at: moment,
                    on: connection)
            }
        } catch let error as ApprovalError {
            throw try await refused(error, number, by: member, from: origin, at: moment)
        }
    }

    /// Locks the case for a decision on a version. That the version has changed or was decided on is
    /// recorded by `decisionStale` outside of the transaction, since this one ends here.
    private func lockForDecision(
        _ number: String, version: Int, by member: StaffMember, on connection: isolated Connection
    ) throws -> Locked {
        let present = try Self.lock(number, within: member.region, on: connection)
        guard present.state == .submitted, present.version == version else { throw ApprovalError.stale }
        return present
    }

    /// Has the grant function decide on what is stored now, and gives it back.
    private func grant(
        _ decision: Approvals.Decision, _ present: Locked, by member: StaffMember, reason: String?,
        at moment: Date, on connection: isolated Connection
    ) throws -> AccountOpeningForm.Checked {
        let form = try Self.version(present.version, of: present.id, keys: platform.keys, on: connection)
        let digest = Self.digest(of: form, case: present.id, version: present.version, keys: platform.keys)
        try Approvals.decide(
            decision, .openAccount,
            ControlledVersion(subject: present.id, version: present.version, digest: digest),
            by: .staff(member.id), within: present.cityCode, reason: reason, at: moment, on: connection)
        return form
    }

    /// Everything that an approval creates.
    private func open(
        _ form: AccountOpeningForm.Checked, of present: Locked, by member: StaffMember, at moment: Date,
        on connection: isolated Connection
    ) throws -> MerchantNumber {
        let keys = platform.keys
        let (enterprise, merchantNumber) = try Enterprises.open(form, at: moment, on: connection)
        try RegisteredAccounts.register(
            form.accountNumber, at: form.accountBank, lineNumber: form.lineNumber.text,
            holderName: form.holderName, for: enterprise, keys: keys, at: moment, on: connection)
        let operatorID: Operator.ID = try connection.query("SELECT nextval('operators_id_seq') AS id")
            .only()["id"]
        try connection.execute(
            """
            INSERT INTO operators (
                id, enterprise_id, login_id, name, mobile_sealed, mobile_masked, mobile_digest, state, created_at
            ) OVERRIDING SYSTEM VALUE VALUES (
                \(operatorID), \(enterprise), \(form.loginID.text), \(form.operatorName),
                \(try keys.seal(form.operatorMobile.text, for: .operatorMobile(operatorID))),
                \(form.operatorMobile.masked), \(keys.digest(of: form.operatorMobile)),
                \(try OperatorState.after(.registered, from: nil)), \(moment)
            )
            """)
        _ = try connection.query("SELECT open_enterprise_accounts(\(enterprise))")
        _ = try CaseStep(id: present.id, at: moment, by: .staff(member.id)).take(
            .approved, from: present.state, version: present.version, enterprise: enterprise, on: connection)
        try platform.activations.issue(
            for: operatorID, to: form.operatorMobile, enterpriseName: form.enterpriseName,
            loginID: form.loginID.text, at: moment, on: connection)
        return merchantNumber
    }

    /// The machine sends a case back whose credit code or login ID somebody else has got in the meantime.
    private func sendBackTaken(
        _ event: AccountOpeningState.Event, _ number: String, _ version: Int, by member: StaffMember,
        from origin: Origin, at moment: Date
    ) async throws {
        try await platform.database.transaction { connection in
            let present = try Self.lock(number, within: member.region, on: connection)
            guard present.state == .submitted, present.version == version else {
                throw AccountOpeningError.stale
            }
            _ = try CaseStep(id: present.id, at: moment, by: .system).take(
                event, from: present.state, version: version, on: connection)
            try Audit.record(
                .openingReturned, subject: "opening \(number)", by: .system, detail: event.rawValue,
                from: origin, at: moment, on: connection)
        }
    }

    /// Puts a refused decision on record and gives the error to throw.
    private func refused(
        _ error: ApprovalError, _ number: String, by member: StaffMember, from origin: Origin, at moment: Date
    ) async throws -> AccountOpeningError {
        try await platform.database.transaction { connection in
            try Audit.record(
                .openingRefused, subject: "opening \(number)", by: .staff(member.id), isAllowed: false,
                detail: "\(error)", from: origin, at: moment, on: connection)
            guard error == .stale else { return }
            let present = try Self.lock(number, within: member.region, on: connection)
            guard present.state == .submitted else { return }
            try CaseStep(id: present.id, at: moment, by: .staff(member.id)).recordEvent(
                .decisionStale, from: present.state, to: present.state, version: present.version,
                on: connection)
        }
        return switch error {
        case .samePerson: .samePerson
        case .notAllowed: .notAllowed
        case .stale: .stale
        }
    }

    /// What the same command came to before.
    private static func outcome(
        of number: String, on connection: isolated Connection
    ) throws -> AccountOpeningOutcome {
        let rows = try connection.query(
            """
            SELECT enterprises.merchant_number FROM account_opening_cases AS cases
            JOIN enterprises ON enterprises.id = cases.enterprise_id WHERE cases.number = \(number)
            """)
        guard let row = rows.first else { throw AccountOpeningError.stale }
        return .approved(merchantNumber: try row["merchant_number"])
    }
}
