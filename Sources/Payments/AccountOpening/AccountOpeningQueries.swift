import Foundation
import Postgres

/// Reading opening cases. A case outside of the reader's region does not exist for the reader.
extension AccountOpenings {
    /// A page of the cases that wait for a decision, oldest first. One query.
    public func waiting(
        for member: StaffMember, after key: Int64? = nil, limit: Int = 20
    ) async throws -> ListPage<AccountOpeningSummary, Int64> {
        try await list(
            where: "cases.state = 'submitted' AND cases.id > \(key ?? 0)", order: "ASC", for: member, limit)
    }

    /// A page of an account manager's own cases in some states, newest first. One query.
    public func own(
        of member: StaffMember, in states: [AccountOpeningState] = AccountOpeningState.allCases,
        after key: Int64? = nil, limit: Int = 20
    ) async throws -> ListPage<AccountOpeningSummary, Int64> {
        try await list(
            where: """
                cases.account_manager_id = \(member.id) AND cases.state = ANY(\(states.map(\.rawValue)))
                AND cases.id < \(key ?? .max)
                """, order: "DESC",
            for: member, limit)
    }

    private func list(
        where condition: SQL, order: SQL, for member: StaffMember, _ wanted: Int
    ) async throws -> ListPage<AccountOpeningSummary, Int64> {
        let limit = max(1, min(wanted, 100))
        let rows = try await platform.database.query(
            """
            SELECT cases.id, cases.number, cases.state, versions.enterprise_name, cities.name AS city_name,
                staff.name AS account_manager_name, versions.submitted_at,
                \(fragment: Self.isOwn(member)) AS is_own
            FROM account_opening_cases AS cases
            JOIN account_opening_versions AS versions
                ON versions.case_id = cases.id AND versions.version = cases.version
            JOIN cities ON cities.code = cases.city_code
            JOIN staff ON staff.id = cases.account_manager_id
            WHERE \(fragment: condition) AND \(fragment: member.region.condition)
            ORDER BY cases.id \(fragment: order) LIMIT \(limit + 1)
            """
        ).map { row in
            let state: AccountOpeningState = try row["state"]
            return AccountOpeningSummary(
                id: try row["id"], number: try row["number"], state: state,
                enterpriseName: try row["enterprise_name"], cityName: try row["city_name"],
                accountManagerName: try row["account_manager_name"], submittedAt: try row["submitted_at"],
                canDecide: try Self.canDecide(member, state, isOwn: row["is_own"]))
        }
        return ListPage(rows, limit: limit, key: \.id)
    }

    /// A case with its newest version and its events, or nil.
    public func find(_ number: String, for member: StaffMember) async throws -> AccountOpeningCase? {
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                """
                SELECT cases.id, cases.number, cases.state, cases.version, cases.account_manager_id,
                    staff.name AS account_manager_name, versions.submitted_at, versions.enterprise_name,
                    versions.credit_code, versions.legal_representative, versions.operator_name,
                    versions.operator_mobile_masked, cities.name AS city_name,
                    internet_banking.name AS internet_banking_bank_name,
                    account_bank.name AS account_bank_name, versions.line_number,
                    versions.account_number_tail, versions.holder_name, versions.login_id,
                    enterprises.merchant_number, \(fragment: Self.isOwn(member)) AS is_own
                FROM account_opening_cases AS cases
                JOIN account_opening_versions AS versions
                    ON versions.case_id = cases.id AND versions.version = cases.version
                JOIN cities ON cities.code = cases.city_code
                JOIN staff ON staff.id = cases.account_manager_id
                JOIN banks AS internet_banking ON internet_banking.code = versions.internet_banking_bank
                JOIN banks AS account_bank ON account_bank.code = versions.account_bank_code
                LEFT JOIN enterprises ON enterprises.id = cases.enterprise_id
                WHERE cases.number = \(number) AND \(fragment: member.region.condition)
                """)
            guard let row = rows.first else { return nil }
            return try Self.present(
                row, for: member, events: Self.events(of: try row["id"], on: connection))
        }
    }

    /// The form of a returned case, to be edited by the account manager who submitted it; with the version
    /// it is of. The numbers are those the same person typed before.
    public func draft(
        _ number: String, for member: StaffMember
    ) async throws -> (form: AccountOpeningForm, version: Int) {
        try await platform.database.transaction { connection in
            let present = try Self.lock(number, within: member.region, on: connection)
            guard member.role == .accountManager, present.accountManager == member.id else {
                throw AccountOpeningError.notAllowed
            }
            guard present.state == .returned || present.state == .draft else {
                throw AccountOpeningError.stale
            }
            let stored = try Self.version(
                present.version, of: present.id, keys: platform.keys, on: connection)
            return (AccountOpeningForm(stored), present.version)
        }
    }

    /// A frozen version, with its seals opened.
    static func version(
        _ version: Int, of id: Int64, keys: Keys, on connection: isolated Connection
    ) throws -> AccountOpeningForm.Checked {
        let row = try connection.query(
            """
            SELECT enterprise_name, credit_code, legal_representative, operator_name, operator_mobile_sealed,
                city_code, internet_banking_bank, account_bank_code, line_number, account_number_sealed,
                holder_name, login_id
            FROM account_opening_versions WHERE case_id = \(id) AND version = \(version)
            """
        ).only()
        let mobile = try keys.open(row["operator_mobile_sealed"], of: mobileField(id, version))
        let account = try keys.open(row["account_number_sealed"], of: accountField(id, version))
        return AccountOpeningForm.Checked(
            enterpriseName: try row["enterprise_name"],
            creditCode: try CreditCode(entered: row["credit_code"]),
            legalRepresentative: try row["legal_representative"], operatorName: try row["operator_name"],
            operatorMobile: try MobileNumber(entered: mobile), cityCode: try row["city_code"],
            internetBankingBank: try row["internet_banking_bank"], accountBank: try row["account_bank_code"],
            lineNumber: try BankLineNumber(entered: row["line_number"]),
            accountNumber: try BankAccountNumber(entered: account), holderName: try row["holder_name"],
            loginID: try LoginID(entered: row["login_id"]))
    }

    private static func events(
        of id: Int64, on connection: isolated Connection
    ) throws -> [AccountOpeningEvent] {
        try connection.query(
            """
            SELECT events.event, events.to_state, staff.name AS staff_name, events.reason, events.at
            FROM account_opening_events AS events LEFT JOIN staff ON staff.id = events.staff_id
            WHERE events.case_id = \(id) ORDER BY events.id LIMIT 200
            """
        ).map { row in
            AccountOpeningEvent(
                event: try row["event"], state: try row["to_state"], staffName: try row["staff_name"],
                reason: try row["reason"], at: try row["at"])
        }
    }

    private static func present(
        _ row: Row, for member: StaffMember, events: [AccountOpeningEvent]
    ) throws -> AccountOpeningCase {
        let state: AccountOpeningState = try row["state"]
        let isOwn: Bool = try row["is_own"]
        let manager: StaffMember.ID = try row["account_manager_id"]
        var warnings: [AccountOpeningWarning] = []
        if try !BankLineNumber(entered: row["line_number"]).hasExpectedCheckDigit {
            warnings.append(.lineNumberCheckDigit)
        }
        if try !CreditCode(entered: row["credit_code"]).hasConsistentOrganizationCode {
            warnings.append(.organizationCode)
        }
        return AccountOpeningCase(
            number: try row["number"], state: state, version: try row["version"],
            accountManagerName: try row["account_manager_name"], submittedAt: try row["submitted_at"],
            enterpriseName: try row["enterprise_name"], creditCode: try row["credit_code"],
            legalRepresentative: try row["legal_representative"], operatorName: try row["operator_name"],
            operatorMobileMasked: try row["operator_mobile_masked"], cityName: try row["city_name"],
            internetBankingBankName: try row["internet_banking_bank_name"],
            accountBankName: try row["account_bank_name"], lineNumber: try row["line_number"],
            accountNumberTail: try row["account_number_tail"], holderName: try row["holder_name"],
            loginID: try row["login_id"], warnings: warnings, merchantNumber: try row["merchant_number"],
            canDecide: canDecide(member, state, isOwn: isOwn), isOwn: isOwn,
            canEdit: member.role == .accountManager && manager == member.id
                && (state == .returned || state == .draft),
            events: events)
    }

    /// For showing buttons only; the grant function decides.
    private static func canDecide(_ member: StaffMember, _ state: AccountOpeningState, isOwn: Bool) -> Bool {
        state == .submitted && !isOwn && ControlledAction.openAccount.isDecided(by: member.role)
    }

    /// Whether the reader, as a person, had a hand in the case.
    private static func isOwn(_ member: StaffMember) -> SQL {
        """
        EXISTS (
            SELECT 1 FROM approval_requests AS requests
            JOIN approval_request_editors AS editors ON editors.request_id = requests.id
            JOIN staff AS reader ON reader.mobile_digest = editors.person
            WHERE requests.action = 'openAccount' AND requests.subject_id = cases.id AND reader.id = \(member.id)
        )
        """
    }
}

extension AccountOpeningForm {
    /// The form as typed, of a stored version.
    init(_ stored: Checked) {
        self.init()
        enterpriseName = stored.enterpriseName
        creditCode = stored.creditCode.text
        legalRepresentative = stored.legalRepresentative
        operatorName = stored.operatorName
        operatorMobile = stored.operatorMobile.text
        cityCode = stored.cityCode
        internetBankingBank = stored.internetBankingBank
        accountBank = stored.accountBank
        lineNumber = stored.lineNumber.text
        accountNumber = stored.accountNumber.text
        holderName = stored.holderName
        loginID = stored.loginID.text
    }
}
