import Cryptography
import Foundation
import Postgres

/// Why a registered account was not changed.
public enum RegisteredAccountError: Error, Hashable, Sendable {
    /// There is no such account within the person's reach.
    case notFound
    /// The role does not do this.
    case notAllowed
    /// A reason has to be given.
    case reasonMissing
    /// Somebody else changed or decided it in between.
    case stale
    /// The decider asked for it, wrote the opening, or is an operator of the enterprise.
    case samePerson
}

/// The accounts at banks to which withdrawals go, and how far they have been checked.
public struct RegisteredAccounts: Sendable {
    let platform: Platform

    /// The enterprise's present account.
    public func current(of enterprise: Enterprise.ID) async throws -> RegisteredAccount? {
        try await platform.database.query(Self.query(where: "accounts.enterprise_id = \(enterprise)"))
            .first.map(Self.account)
    }

    /// The enterprise's present account, read inside a transaction.
    static func current(
        of enterprise: Enterprise.ID, on connection: isolated Connection
    ) throws -> RegisteredAccount? {
        try connection.query(query(where: "accounts.enterprise_id = \(enterprise)")).first.map(account)
    }

    /// Takes an account that cannot be checked by a deposit to manual checking, with what was found on
    /// paper as the reason. The person asks for the confirmation by that; another one gives it.
    public func requestManualCheck(
        of id: RegisteredAccount.ID, reason: String, by member: StaffMember, from origin: Origin,
        at moment: Date
    ) async throws {
        let reason = reason.trimmed
        guard !reason.isEmpty else { throw RegisteredAccountError.reasonMissing }
        try await recordingRefusal(of: id, by: member, from: origin, at: moment) {
            guard member.role == .operations else { throw RegisteredAccountError.notAllowed }
            try await platform.database.transaction { connection in
                let account = try Self.lock(id, on: connection)
                let changed = try Self.record(
                    .manualCheckRequested, of: account, reason: reason, at: moment, on: connection)
                try Approvals.request(
                    .verifyRegisteredAccount,
                    ControlledVersion(
                        subject: id.rawValue, version: changed.version, digest: Self.digest(of: changed)),
                    by: .staff(member.id), editors: try Self.concerned(by: account, on: connection),
                    at: moment, on: connection)
                try Audit.record(
                    .manualCheckRequested, subject: "registered account \(id)", by: .staff(member.id),
                    detail: reason, from: origin, at: moment, on: connection)
            }
        }
    }

    /// Who may not say that the account is right: whoever wrote the opening in which it was named, and the
    /// enterprise's operators.
    private static func concerned(
        by account: RegisteredAccount, on connection: isolated Connection
    ) throws -> [Actor] {
        let authors: [StaffMember.ID] = try connection.query(
            """
            SELECT DISTINCT versions.submitted_by FROM account_opening_cases AS cases
            JOIN account_opening_versions AS versions ON versions.case_id = cases.id
            WHERE cases.enterprise_id = \(account.enterpriseID)
            """
        ).map { try $0["submitted_by"] }
        let operators: [Operator.ID] = try connection.query(
            "SELECT id FROM operators WHERE enterprise_id = \(account.enterpriseID)"
        ).map { try $0["id"] }
        return authors.map { .staff($0) } + operators.map { .operator($0) }
    }

    /// Confirms the account that another person took to manual checking: withdrawals may go to it.
    public func confirm(
        _ id: RegisteredAccount.ID, by member: StaffMember, from origin: Origin, at moment: Date
    ) async throws {
        try await decide(.granted, .confirmed, of: id, reason: nil, by: member, from: origin, at: moment)
    }

    /// Refuses the account that another person took to manual checking.
    public func refuse(
        _ id: RegisteredAccount.ID, reason: String, by member: StaffMember, from origin: Origin,
        at moment: Date
    ) async throws {
        guard !reason.trimmed.isEmpty else { throw RegisteredAccountError.reasonMissing }
        try await decide(
            .rejected, .refused, of: id, reason: reason.trimmed, by: member, from: origin, at: moment)
    }

    private func decide(
        _ decision: Approvals.Decision, _ event: RegisteredAccountState.Event, of id: RegisteredAccount.ID,
        reason: String?, by member: StaffMember, from origin: Origin, at moment: Date
    ) async throws {
        try await recordingRefusal(of: id, by: member, from: origin, at: moment) {
            try await platform.database.transaction { connection in
                let account = try Self.lock(id, on: connection)
                try Approvals.decide(
                    decision, .verifyRegisteredAccount,
                    ControlledVersion(
                        subject: id.rawValue, version: account.version, digest: Self.digest(of: account)),
                    by: .staff(member.id), within: try Self.city(of: account, on: connection), reason: reason,
                    at: moment, on: connection)
                _ = try Self.record(event, of: account, reason: reason, at: moment, on: connection)
                try Audit.record(
                    decision == .granted ? .accountConfirmed : .accountRefused,
                    subject: "registered account \(id)", by: .staff(member.id), detail: reason ?? "",
                    from: origin, at: moment, on: connection)
            }
        }
    }

    /// Carries out an act on an account; a refusal goes into the audit trail.
    private func recordingRefusal(
        of id: RegisteredAccount.ID, by member: StaffMember, from origin: Origin, at moment: Date,
        _ act: () async throws -> Void
    ) async throws {
        do {
            return try await act()
        } catch {
            guard let refusal = RegisteredAccountError(error) else { throw error }
            try await platform.database.transaction { connection in
                try Audit.record(
                    .accountCheckRefused, subject: "registered account \(id)", by: .staff(member.id),
                    isAllowed: false, detail: "\(refusal)", from: origin, at: moment, on: connection)
            }
            throw refusal
        }
    }

    /// Registers the account of an enterprise just opened; its number is sealed for its row.
    static func register(
        _ number: BankAccountNumber, at bankCode: String, lineNumber: String, holderName: String,
        for enterprise: Enterprise.ID, keys: Keys, at moment: Date, on connection: isolated Connection
    ) throws {
        let state = try RegisteredAccountState.after(.registered, from: nil)
        let id: RegisteredAccount.ID = try connection.query(
            "SELECT nextval('registered_accounts_id_seq') AS id"
        ).only()["id"]
        try connection.execute(
            """
            INSERT INTO registered_accounts (
                id, enterprise_id, bank_code, line_number, account_number_sealed, account_number_tail,
                account_number_digest, holder_name, state, registered_at
            ) OVERRIDING SYSTEM VALUE VALUES (
                \(id), \(enterprise), \(bankCode), \(lineNumber),
                \(try keys.seal(number.text, for: .registeredAccountNumber(id))), \(number.tail),
                \(keys.digest(of: number)), \(holderName), \(state), \(moment)
            )
            """)
        try recordEvent(.registered, from: nil, to: state, of: id, reason: nil, at: moment, on: connection)
    }

    /// Takes a step of the account's table and records it. Returns the account as changed.
    static func record(
        _ event: RegisteredAccountState.Event, of account: RegisteredAccount, reason: String?,
        at moment: Date,
        on connection: isolated Connection
    ) throws -> RegisteredAccount {
        let state = try RegisteredAccountState.after(event, from: account.state)
        let changed = try connection.execute(
            """
            UPDATE registered_accounts SET state = \(state), version = version + 1
            WHERE id = \(account.id) AND version = \(account.version)
            """)
        guard changed == 1 else { throw RegisteredAccountError.stale }
        try recordEvent(
            event, from: account.state, to: state, of: account.id, reason: reason, at: moment, on: connection)
        if let topic = RegisteredAccountState.news(of: event, leadingTo: state) {
            try Inbox.tell(account.enterpriseID, topic, at: moment, on: connection)
        }
        return try lock(account.id, on: connection)
    }

    private static func recordEvent(
        _ event: RegisteredAccountState.Event, from: RegisteredAccountState?, to: RegisteredAccountState,
        of id: RegisteredAccount.ID, reason: String?, at moment: Date, on connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO registered_account_events (
                registered_account_id, event, from_state, to_state, reason, at
            ) VALUES (\(id), \(event.rawValue), \(from), \(to), \(reason), \(moment))
            """)
    }

    private static func lock(
        _ id: RegisteredAccount.ID, on connection: isolated Connection
    ) throws -> RegisteredAccount {
        let locked = try connection.query(
            "SELECT 1 AS found FROM registered_accounts WHERE id = \(id) FOR NO KEY UPDATE")
        guard !locked.isEmpty,
            let row = try connection.query(query(where: "accounts.id = \(id)")).first
        else { throw RegisteredAccountError.notFound }
        return try account(row)
    }

    private static func city(of account: RegisteredAccount, on connection: isolated Connection) throws
        -> String
    {
        try connection.query("SELECT city_code FROM enterprises WHERE id = \(account.enterpriseID)")
            .only()["city_code"]
    }

    /// What two people agree on: this number at this bank for this holder.
    private static func digest(of account: RegisteredAccount) -> [UInt8] {
        SHA256.digest(
            CanonicalText.bytes([
                account.id.description, account.bankCode, account.lineNumber, account.holderName,
                Hex.encode(account.accountNumberSealed),
            ]))
    }

    static func query(where condition: SQL) -> SQL {
        """
        SELECT accounts.id, accounts.enterprise_id, accounts.bank_code, banks.name AS bank_name,
            accounts.line_number, accounts.account_number_sealed, accounts.account_number_tail,
            accounts.holder_name, accounts.state, accounts.version
        FROM registered_accounts AS accounts JOIN banks ON banks.code = accounts.bank_code
        WHERE \(fragment: condition) AND accounts.state <> 'replaced'
        """
    }

    static func account(_ row: Row) throws -> RegisteredAccount {
        RegisteredAccount(
            id: try row["id"], enterpriseID: try row["enterprise_id"], bankCode: try row["bank_code"],
            bankName: try row["bank_name"], lineNumber: try row["line_number"],
            accountNumberTail: try row["account_number_tail"], holderName: try row["holder_name"],
            state: try row["state"], version: try row["version"],
            accountNumberSealed: try row["account_number_sealed"])
    }
}

extension RegisteredAccountError {
    /// What a refusal further in means here; nil for a fault of ours.
    fileprivate init?(_ error: any Error) {
        switch error {
        case let refusal as RegisteredAccountError: self = refusal
        case ApprovalError.samePerson: self = .samePerson
        case ApprovalError.notAllowed: self = .notAllowed
        case ApprovalError.stale, is IllegalStep: self = .stale
        default: return nil
        }
    }
}

extension Platform {
    /// The accounts at banks to which withdrawals go.
    public var registeredAccounts: RegisteredAccounts { RegisteredAccounts(platform: self) }
}
