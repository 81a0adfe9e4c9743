import Foundation
import Postgres

/// What the staff's list of enterprises is narrowed to.
public struct EnterpriseFilter: Sendable, Hashable {
    /// Part of a name, or a whole credit code, merchant number or login ID. Empty: no narrowing.
    public var search: String
    /// One state only.
    public var state: EnterpriseState?

    /// A filter; by default everything.
    public init(search: String = "", state: EnterpriseState? = nil) {
        self.search = search
        self.state = state
    }
}

/// A page of a list read by key: rows, and the key after which the next page starts.
public struct ListPage<Element: Sendable, Key: Sendable>: Sendable {
    /// The rows of this page.
    public let rows: [Element]
    /// Pass it as `after` to get the next page; nil on the last one.
    public let next: Key?

    /// Cuts a page of `limit` from rows read with a limit one higher.
    init(_ rows: [Element], limit: Int, key: (Element) -> Key) {
        self.rows = Array(rows.prefix(limit))
        next = rows.count > limit ? self.rows.last.map(key) : nil
    }
}

/// The enterprises, as staff see them.
public struct Enterprises: Sendable {
    let platform: Platform

    /// A page of the enterprises within a region, newest first. One query.
    ///
    /// - Parameters:
    ///   - after: the last key of the page before.
    ///   - limit: rows a page, at most 100.
    public func list(
        _ filter: EnterpriseFilter = EnterpriseFilter(), within region: Region,
        after key: Enterprise.ID? = nil, limit: Int = 20
    ) async throws -> ListPage<EnterpriseSummary, Enterprise.ID> {
        let limit = max(1, min(limit, 100))
        var conditions: [SQL] = [region.condition]
        if let key { conditions.append("enterprises.id < \(key)") }
        if let state = filter.state { conditions.append("enterprises.state = \(state)") }
        let search = filter.search.trimmed
        if !search.isEmpty {
            let number = search.normalizedIdentifier.uppercased()
            conditions.append(
                """
                (position(\(search) IN enterprises.name) > 0 OR enterprises.credit_code = \(number)
                    OR enterprises.merchant_number = \(number)
                    OR enterprises.id IN (
                        SELECT enterprise_id FROM operators WHERE login_id = \(LoginID.normalized(search))))
                """)
        }
        let rows = try await platform.database.query(
            """
            SELECT enterprises.id, enterprises.merchant_number, enterprises.name, enterprises.credit_code,
                cities.name AS city_name, enterprises.state, enterprises.opened_at
            FROM enterprises JOIN cities ON cities.code = enterprises.city_code
            WHERE \(fragment: .joined(conditions, by: " AND "))
            ORDER BY enterprises.id DESC LIMIT \(limit + 1)
            """
        ).map { row in
            EnterpriseSummary(
                id: try row["id"], merchantNumber: try row["merchant_number"], name: try row["name"],
                creditCode: try row["credit_code"], cityName: try row["city_name"], state: try row["state"],
                openedAt: try row["opened_at"])
        }
        return ListPage(rows, limit: limit, key: \.id)
    }

    /// One enterprise within a region by its merchant number, with all that its page shows. Nil for an
    /// enterprise elsewhere as for one that does not exist.
    public func details(merchantNumber: String, within region: Region) async throws -> EnterpriseDetails? {
        try await platform.database.transaction { connection in
            let found = try connection.query(
                """
                SELECT enterprises.id, enterprises.merchant_number, enterprises.name, enterprises.credit_code,
                    enterprises.legal_representative, enterprises.city_code, cities.name AS city_name,
                    banks.name AS internet_banking_bank_name, enterprises.state, enterprises.opened_at
                FROM enterprises JOIN cities ON cities.code = enterprises.city_code
                JOIN banks ON banks.code = enterprises.internet_banking_bank
                WHERE enterprises.merchant_number = \(merchantNumber) AND \(fragment: region.condition)
                """)
            guard let row = found.first else { return nil }
            let enterprise = try Self.enterprise(row)
            return EnterpriseDetails(
                enterprise: enterprise,
                registeredAccount: try RegisteredAccounts.current(of: enterprise.id, on: connection),
                operators: try Self.operators(of: enterprise.id, on: connection),
                events: try Self.events(of: enterprise.id, on: connection))
        }
    }

    /// Opens an enterprise: its row, its first event. Its merchant number is drawn here.
    static func open(
        _ form: AccountOpeningForm.Checked, at moment: Date, on connection: isolated Connection
    ) throws -> (id: Enterprise.ID, merchantNumber: MerchantNumber) {
        let serial: Int64 = try connection.query("SELECT nextval('merchant_number_serials') AS serial")
            .only()["serial"]
        let number = MerchantNumber(cityCode: form.cityCode, serial: serial)
        let state = try EnterpriseState.after(.opened, from: nil)
        let id: Enterprise.ID = try connection.query(
            """
            INSERT INTO enterprises (
                merchant_number, name, credit_code, legal_representative, city_code, internet_banking_bank,
                state, opened_at
            ) VALUES (
                \(number.text), \(form.enterpriseName), \(form.creditCode.text), \(form.legalRepresentative),
                \(form.cityCode), \(form.internetBankingBank), \(state), \(moment)
            ) RETURNING id
            """
        ).only()["id"]
        try recordEvent(.opened, from: nil, to: state, of: id, at: moment, on: connection)
        return (id, number)
    }

    /// Takes a step of the enterprise's table and records it. Locks the enterprise's row.
    static func record(
        _ event: EnterpriseState.Event, of id: Enterprise.ID, reason: String? = nil, at moment: Date,
        on connection: isolated Connection
    ) throws {
        let present: EnterpriseState = try connection.query(
            "SELECT state FROM enterprises WHERE id = \(id) FOR NO KEY UPDATE"
        ).only()["state"]
        let state = try EnterpriseState.after(event, from: present)
        try connection.execute(
            "UPDATE enterprises SET state = \(state), version = version + 1 WHERE id = \(id)")
        try recordEvent(event, from: present, to: state, of: id, reason: reason, at: moment, on: connection)
    }

    /// Stops an enterprise's outgoing money, the one step that the machine may take by itself. One that is stopped already
    /// stays as it is.
    static func stopOutgoing(
        _ id: Enterprise.ID, reason: String, at moment: Date, on connection: isolated Connection
    ) throws {
        guard try connection.state(of: id) == .active else { return }
        try record(.outgoingStopped, of: id, reason: reason, at: moment, on: connection)
    }

    /// Lets an enterprise's outgoing money go on, within what two people have decided: only where nothing that it owes and no
    /// parked loss is left.
    static func resumeOutgoing(
        _ id: Enterprise.ID, reason: String, at moment: Date, on connection: isolated Connection
    ) throws {
        guard try connection.state(of: id) == .outgoingStopped,
            try Repayments.owed(by: id, on: connection) == .zero, try !Losses.hasParked(id, on: connection)
        else { return }
        try record(.reactivated, of: id, reason: reason, at: moment, on: connection)
    }

    private static func recordEvent(
        _ event: EnterpriseState.Event, from: EnterpriseState?, to: EnterpriseState, of id: Enterprise.ID,
        reason: String? = nil, at moment: Date, on connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO enterprise_events (enterprise_id, event, from_state, to_state, reason, at)
            VALUES (\(id), \(event.rawValue), \(from), \(to), \(reason), \(moment))
            """)
        if let topic = EnterpriseState.news(of: event) {
            try Inbox.tell(id, topic, at: moment, on: connection)
        }
    }

    private static func enterprise(_ row: Row) throws -> Enterprise {
        Enterprise(
            id: try row["id"], merchantNumber: try row["merchant_number"], name: try row["name"],
            creditCode: try row["credit_code"], legalRepresentative: try row["legal_representative"],
            cityCode: try row["city_code"], cityName: try row["city_name"],
            internetBankingBankName: try row["internet_banking_bank_name"], state: try row["state"],
            openedAt: try row["opened_at"])
    }

    private static func operators(
        of enterprise: Enterprise.ID, on connection: isolated Connection
    ) throws -> [Operator] {
        try connection.query(
            """
            SELECT id, login_id, name, mobile_masked, state, last_signed_in_at
            FROM operators WHERE enterprise_id = \(enterprise) ORDER BY id LIMIT 100
            """
        ).map { row in
            Operator(
                id: try row["id"], loginID: try row["login_id"], name: try row["name"],
                mobileMasked: try row["mobile_masked"], state: try row["state"],
                lastSignedInAt: try row["last_signed_in_at"])
        }
    }

    private static func events(
        of enterprise: Enterprise.ID, on connection: isolated Connection
    ) throws -> [LifecycleEvent] {
        try connection.query(
            """
            SELECT event, to_state, reason, at FROM enterprise_events WHERE enterprise_id = \(enterprise)
            UNION ALL
            SELECT events.event, events.to_state, events.reason, events.at
            FROM registered_account_events AS events
            JOIN registered_accounts ON registered_accounts.id = events.registered_account_id
            WHERE registered_accounts.enterprise_id = \(enterprise)
            UNION ALL
            SELECT \(ActivationReissueEvent.requested.rawValue), '', reissues.reason, reissues.requested_at
            FROM activation_reissues AS reissues JOIN operators ON operators.id = reissues.operator_id
            WHERE operators.enterprise_id = \(enterprise)
            UNION ALL
            SELECT \(ActivationReissueEvent.returned.rawValue), '', approvals.reason, approvals.at
            FROM activation_reissues AS reissues JOIN operators ON operators.id = reissues.operator_id
            JOIN approval_requests AS requests
                ON requests.action = 'reissueActivation' AND requests.subject_id = reissues.id
            JOIN approvals ON approvals.request_id = requests.id AND approvals.decision = 'returned'
            WHERE operators.enterprise_id = \(enterprise)
            ORDER BY at LIMIT 200
            """
        ).map { row in
            LifecycleEvent(
                event: try row["event"], state: try row["to_state"], reason: try row["reason"],
                at: try row["at"])
        }
    }
}

extension Platform {
    /// The enterprises, as staff see them.
    public var enterprises: Enterprises { Enterprises(platform: self) }
}
