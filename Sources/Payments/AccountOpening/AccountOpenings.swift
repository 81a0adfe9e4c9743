import Cryptography
import Foundation
import Postgres

/// Opening cases: an account manager submits, another person decides.
public struct AccountOpenings: Sendable {
    let platform: Platform

    /// Submits a new case: the form is checked, frozen as version 1 and put up for decision.
    ///
    /// - Returns: the case's number; the same for the same command.
    /// - Throws: ``AccountOpeningFaults`` with every field's fault, ``AccountOpeningError``, `CommandReused`.
    public func submit(
        _ form: AccountOpeningForm, command: CommandID, by member: StaffMember, from origin: Origin,
        at moment: Date
    ) async throws -> String {
        guard member.role == .accountManager else { throw AccountOpeningError.notAllowed }
        let number = Orders.newNumber(prefix: "AO", effects: platform.effects)
        return try await platform.database.transaction { connection in
            let claim = try Commands.claim(
                command, by: .staff(member.id), input: ["open"] + form.fields, result: number, at: moment,
                on: connection)
            if case .done(let result) = claim { return result }
            let checked = try form.checked(within: member.region, keys: platform.keys, on: connection)
            let started = try AccountOpeningState.after(.started, from: nil)
            let id: Int64 = try connection.query(
                """
                INSERT INTO account_opening_cases (
                    number, state, account_manager_id, city_code, started_at, changed_at
                ) VALUES (
                    \(number), \(started), \(member.id), \(checked.cityCode), \(moment), \(moment)
                ) RETURNING id
                """
            ).only()["id"]
            let step = CaseStep(id: id, at: moment, by: .staff(member.id))
            try step.recordEvent(.started, from: nil, to: started, version: 0, on: connection)
            try freeze(checked, as: 1, of: step, from: started, on: connection)
            try Audit.record(
                .openingSubmitted, subject: "opening \(number)", by: .staff(member.id), from: origin,
                at: moment,
                on: connection)
            return number
        }
    }

    /// Submits a returned case again, edited: a new version with a new digest. The decision on the old one
    /// stays on record and counts for nothing.
    ///
    /// - Parameter version: the version that the form was filled from.
    /// - Throws: as ``submit(_:command:by:from:at:)``.
    public func resubmit(
        _ number: String, version: Int, _ form: AccountOpeningForm, command: CommandID,
        by member: StaffMember,
        from origin: Origin, at moment: Date
    ) async throws {
        try await platform.database.transaction { connection in
            let claim = try Commands.claim(
                command, by: .staff(member.id), input: ["resubmit", number, String(version)] + form.fields,
                result: number, at: moment, on: connection)
            if case .done = claim { return }
            let present = try Self.lock(number, within: member.region, on: connection)
            guard member.role == .accountManager, present.accountManager == member.id else {
                throw AccountOpeningError.notAllowed
            }
            guard present.version == version, present.state == .returned || present.state == .draft else {
                throw AccountOpeningError.stale
            }
            let checked = try form.checked(within: member.region, keys: platform.keys, on: connection)
            let step = CaseStep(id: present.id, at: moment, by: .staff(member.id))
            let draft = try step.take(.taskSaved, from: present.state, version: version, on: connection)
            try freeze(checked, as: version + 1, of: step, from: draft, on: connection)
            try Audit.record(
                .openingSubmitted, subject: "opening \(number)", by: .staff(member.id),
                detail: "version \(version + 1)", from: origin, at: moment, on: connection)
        }
    }

    /// The account manager takes an undecided case back.
    public func withdraw(
        _ number: String, version: Int, by member: StaffMember, from origin: Origin, at moment: Date
    ) async throws {
        try await platform.database.transaction { connection in
            let present = try Self.lock(number, within: member.region, on: connection)
            guard present.accountManager == member.id else { throw AccountOpeningError.notAllowed }
            guard present.version == version, present.state == .submitted else {
                throw AccountOpeningError.stale
            }
            let step = CaseStep(id: present.id, at: moment, by: .staff(member.id))
            _ = try step.take(.withdrawn, from: present.state, version: version, on: connection)
            try Audit.record(
                .openingWithdrawn, subject: "opening \(number)", by: .staff(member.id), from: origin,
                at: moment, on: connection)
        }
    }

    /// Freezes a checked form as a version and puts it up for decision.
    private func freeze(
        _ form: AccountOpeningForm.Checked, as version: Int, of step: CaseStep,
        from state: AccountOpeningState,
        on connection: isolated Connection
    ) throws {
        guard let author = step.actor.staffID else { throw AccountOpeningError.notAllowed }
        let keys = platform.keys
        let digest = Self.digest(of: form, case: step.id, version: version, keys: keys)
        try connection.execute(
            """
            INSERT INTO account_opening_versions (
                case_id, version, enterprise_name, credit_code, legal_representative, operator_name,
                operator_mobile_sealed, operator_mobile_masked, city_code, internet_banking_bank,
                account_bank_code, line_number, account_number_sealed, account_number_tail, holder_name,
                login_id, digest, submitted_by, submitted_at
            ) VALUES (
                \(step.id), \(version), \(form.enterpriseName), \(form.creditCode.text),
                \(form.legalRepresentative), \(form.operatorName),
                \(try keys.seal(form.operatorMobile.text, for: Self.mobileField(step.id, version))),
                \(form.operatorMobile.masked), \(form.cityCode), \(form.internetBankingBank),
                \(form.accountBank), \(form.lineNumber.text),
                \(try keys.seal(form.accountNumber.text, for: Self.accountField(step.id, version))),
                \(form.accountNumber.tail), \(form.holderName), \(form.loginID.text), \(digest),
                \(author), \(step.at)
            )
            """)
        try connection.execute(
            """
            UPDATE account_opening_cases SET version = \(version), city_code = \(form.cityCode)
            WHERE id = \(step.id)
            """)
        _ = try step.take(.submitted, from: state, version: version, on: connection)
        let editors: [StaffMember.ID] = try connection.query(
            "SELECT DISTINCT submitted_by FROM account_opening_versions WHERE case_id = \(step.id)"
        ).map { try $0["submitted_by"] }
        try Approvals.request(
            .openAccount, ControlledVersion(subject: step.id, version: version, digest: digest),
            by: step.actor, editors: editors.map { .staff($0) },
            subjects: [keys.digest(of: form.operatorMobile)],
            at: step.at, on: connection)
    }

    /// A digest of all that is agreed on. Keyed, because names and numbers alone could be guessed.
    static func digest(
        of form: AccountOpeningForm.Checked, case id: Int64, version: Int, keys: Keys
    ) -> [UInt8] {
        let text = String(
            decoding: CanonicalText.bytes([String(id), String(version)] + form.canonical), as: UTF8.self)
        return keys.lookupDigest(text, purpose: "account opening version")
    }

    static func mobileField(_ id: Int64, _ version: Int) -> SealedField {
        SealedField(
            table: "account_opening_versions", column: "operator_mobile_sealed", row: "\(id)/\(version)")
    }

    static func accountField(_ id: Int64, _ version: Int) -> SealedField {
        SealedField(
            table: "account_opening_versions", column: "account_number_sealed", row: "\(id)/\(version)")
    }

    /// A case as locked: who decides or edits holds it until the transaction ends.
    struct Locked {
        let id: Int64
        let state: AccountOpeningState
        let version: Int
        let accountManager: StaffMember.ID
        let cityCode: String
    }

    /// Locks a case within a region. Throws `notFound` for a case elsewhere as for one that does not exist.
    static func lock(
        _ number: String, within region: Region, on connection: isolated Connection
    ) throws -> Locked {
        let rows = try connection.query(
            """
            SELECT cases.id, cases.state, cases.version, cases.account_manager_id, cases.city_code
            FROM account_opening_cases AS cases JOIN cities ON cities.code = cases.city_code
            WHERE cases.number = \(number) AND \(fragment: region.condition)
            FOR NO KEY UPDATE OF cases
            """)
        guard let row = rows.first else { throw AccountOpeningError.notFound }
        return Locked(
            id: try row["id"], state: try row["state"], version: try row["version"],
            accountManager: try row["account_manager_id"], cityCode: try row["city_code"])
    }
}

/// Steps of one case by one person at one moment.
struct CaseStep: Sendable {
    let id: Int64
    let at: Date
    let actor: Actor

    init(id: Int64, at moment: Date, by actor: Actor) {
        self.id = id
        at = moment
        self.actor = actor
    }

    /// Takes a step of the case's table and records it. Returns the new state.
    func take(
        _ event: AccountOpeningState.Event, from state: AccountOpeningState, version: Int,
        enterprise: Enterprise.ID? = nil, reason: String? = nil, on connection: isolated Connection
    ) throws -> AccountOpeningState {
        let next = try AccountOpeningState.after(event, from: state)
        try connection.execute(
            """
            UPDATE account_opening_cases
            SET state = \(next), enterprise_id = \(enterprise), changed_at = \(at) WHERE id = \(id)
            """)
        try recordEvent(event, from: state, to: next, version: version, reason: reason, on: connection)
        return next
    }

    /// Records an event without a change of state, or the first one.
    func recordEvent(
        _ event: AccountOpeningState.Event, from: AccountOpeningState?, to: AccountOpeningState, version: Int,
        reason: String? = nil, on connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO account_opening_events (
                case_id, event, from_state, to_state, version, staff_id, reason, at
            ) VALUES (
                \(id), \(event.rawValue), \(from), \(to), \(version), \(actor.staffID), \(reason), \(at)
            )
            """)
    }
}

extension Platform {
    /// Opening cases.
    public var accountOpenings: AccountOpenings { AccountOpenings(platform: self) }
}
