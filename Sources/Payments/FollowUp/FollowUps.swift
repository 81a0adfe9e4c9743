import Foundation
import Postgres

/// The cases of follow-up monitoring (事后监控): raised by rules, worked on by one member of operations each.
public struct FollowUps: Sendable {
    let platform: Platform

    /// The most characters of a reason.
    static let longestReason = 500

    // MARK: Looking

    /// The rules as they are now.
    public func rules() async throws -> [FollowUpRule] {
        let rows = try await platform.database.query(
            """
            SELECT DISTINCT ON (r.rule) \(fragment: FollowUpRule.columns) FROM follow_up_rules r
            ORDER BY r.rule, r.version DESC
            """)
        let rules = try rows.map { try FollowUpRule($0) }
        return FollowUpRule.Kind.allCases.compactMap { kind in rules.first { $0.kind == kind } }
    }

    /// A page of the cases of a region, the newest first.
    ///
    /// - Parameters:
    ///   - key: the last row of the page before.
    ///   - limit: rows a page, at most 1000.
    public func list(
        _ filter: FollowUpFilter = FollowUpFilter(), within region: Region, before key: Int64? = nil,
        limit: Int = 20
    ) async throws -> ListPage<FollowUpCase, Int64> {
        let limit = max(1, min(limit, 1000))
        var conditions: [SQL] = [region.condition]
        if let key { conditions.append("c.id < \(key)") }
        if let rule = filter.rule { conditions.append("c.rule = \(rule)") }
        if let state = filter.state { conditions.append("c.state = \(state)") }
        let search = filter.search.trimmed
        if !search.isEmpty {
            let number = search.normalizedIdentifier.uppercased()
            conditions.append(
                """
                (position(\(search) IN coalesce(e.name, b.name)) > 0 OR e.merchant_number = \(number)
                    OR c.biller_code = \(number) OR c.number = \(number))
                """)
        }
        let rows = try await platform.database.query(
            """
            \(fragment: Self.selection) WHERE \(fragment: .joined(conditions, by: " AND "))
            ORDER BY c.id DESC LIMIT \(limit + 1)
            """
        ).map(Self.followUpCase)
        return ListPage(rows, limit: limit, key: \.id)
    }

    /// The cases that wait for this person, the oldest first, the first hundred: those that are not decided, and for a
    /// supervisor those only of which two people have to agree.
    public func waiting(for member: StaffMember) async throws -> [FollowUpCase] {
        let condition: SQL = member.role == .supervisor ? "h.state = 'proposed'" : "c.state <> 'decided'"
        return try await platform.database.query(
            """
            \(fragment: Self.selection) WHERE \(fragment: condition) AND \(fragment: member.region.condition)
            ORDER BY c.id LIMIT 100
            """
        ).map(Self.followUpCase)
    }

    /// A case with all that its page shows, if the region reaches it.
    public func find(_ number: String, within region: Region) async throws -> FollowUpDetails? {
        try await platform.database.transaction { connection in
            let rows = try connection.query(
                "\(fragment: Self.selection) WHERE c.number = \(number) AND \(fragment: region.condition)")
            guard let found = try rows.first.map(Self.followUpCase) else { return nil }
            let evidence = try connection.query(
                """
                SELECT v.fact, v.at, v.amount, coalesce(o.number, s.number) AS number, s.id IS NOT NULL AS is_settlement
                FROM follow_up_evidence v LEFT JOIN orders o ON o.id = v.order_id
                LEFT JOIN biller_settlement_attempts t ON t.id = v.attempt_id
                LEFT JOIN biller_settlements s ON s.id = t.settlement_id
                WHERE v.case_id = \(found.id) ORDER BY v.place LIMIT 1000
                """
            ).map { row in
                let number: String? = try row["number"]
                return FollowUpEvidence(
                    fact: try row["fact"], at: try row["at"],
                    order: try number.map {
                        FollowUpEvidence.Order(
                            number: $0, amount: try row["amount"], isSettlement: try row["is_settlement"])
                    })
            }
            let held = try connection.query(
                """
                SELECT o.number, o.amount, o.state, o.write_off, k.held_at
                FROM withdrawal_holds h JOIN held_withdrawals k ON k.hold_id = h.id JOIN orders o ON o.id = k.order_id
                WHERE h.case_id = \(found.id) ORDER BY o.id LIMIT 1000
                """
            ).map { row in
                FollowUpDetails.HeldWithdrawal(
                    number: try row["number"], amount: try row["amount"], heldAt: try row["held_at"],
                    status: try Orders.status(WithdrawalStatus.self, from: row))
            }
            let heldSettlements = try connection.query(
                """
                SELECT s.number, s.net, s.state, k.held_at
                FROM withdrawal_holds h JOIN held_settlements k ON k.hold_id = h.id
                JOIN biller_settlement_attempts t ON t.id = k.attempt_id JOIN biller_settlements s ON s.id = t.settlement_id
                WHERE h.case_id = \(found.id) ORDER BY t.id LIMIT 1000
                """
            ).map { row in
                FollowUpDetails.HeldSettlement(
                    number: try row["number"], amount: try row["net"], heldAt: try row["held_at"],
                    status: try row["state"])
            }
            let events = try connection.query(
                """
                SELECT v.event, v.at, v.note, s.name FROM follow_up_events v LEFT JOIN staff s ON s.id = v.staff_id
                WHERE v.case_id = \(found.id) ORDER BY v.id LIMIT 1000
                """
            ).map { row in
                FollowUpDetails.Event(
                    event: try row["event"], at: try row["at"], staffName: try row["name"],
                    note: try row["note"])
            }
            return FollowUpDetails(
                found: found, evidence: evidence, held: held, heldSettlements: heldSettlements, events: events
            )
        }
    }

    // MARK: Working on a case

    /// Makes a case one's own, also one that somebody else works on. What is one's own already stays so.
    ///
    /// - Throws: ``FollowUpError``.
    public func takeOver(_ number: String, by member: StaffMember, from origin: Origin) async throws {
        guard member.role == .operations else { throw FollowUpError.notAllowed }
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let found = try Self.lock(number, within: member.region, on: connection)
            if found.owner == member.id, found.state == .taken { return }
            guard let state = try? FollowUpState.after(.takenOver, from: found.state) else {
                throw FollowUpError.stale
            }
            try connection.execute(
                "UPDATE follow_up_cases SET state = \(state), owner_id = \(member.id) WHERE id = \(found.id)")
            try Self.record(
                FollowUpState.Event.takenOver.rawValue, of: found.id, by: member.id, at: moment,
                on: connection)
            try Audit.record(
                .followUpTaken, subject: "follow-up case \(number)", by: .staff(member.id), from: origin,
                at: moment, on: connection)
        }
    }

    /// Says what a case was. Only its owner does, and only once no hold of the case is in force: what two people have to end,
    /// one does not end by a decision.
    ///
    /// - Throws: ``FollowUpError``, ``CommandReused``.
    public func decide(
        _ number: String, _ decision: FollowUpCase.Decision, reason: String, command: CommandID,
        by member: StaffMember, from origin: Origin
    ) async throws {
        guard member.role == .operations else { throw FollowUpError.notAllowed }
        let reason = try Self.checked(reason)
        let moment = platform.effects.now()
        try await platform.database.transactionOfCommand { connection in
            let claim = try Commands.claim(
                command, by: .staff(member.id),
                input: ["decideFollowUp", number, decision.rawValue, reason], result: number, at: moment,
                on: connection)
            if case .done = claim { return }
            let found = try Self.lock(number, within: member.region, on: connection)
            guard let state = try? FollowUpState.after(.decided, from: found.state) else {
                throw FollowUpError.stale
            }
            guard found.owner == member.id else { throw FollowUpError.notOwner }
            guard found.hold?.isInForce != true else { throw FollowUpError.holdInForce }
            try connection.execute(
                """
                UPDATE follow_up_cases SET state = \(state), decision = \(decision), reason = \(reason)
                WHERE id = \(found.id)
                """)
            try Self.record(
                FollowUpState.Event.decided.rawValue, of: found.id, by: member.id, note: reason, at: moment,
                on: connection)
            try Audit.record(
                .followUpDecided, subject: "follow-up case \(number)", by: .staff(member.id),
                detail: "\(decision.rawValue): \(reason)", from: origin, at: moment, on: connection)
        }
    }

    // MARK: Parts

    /// A reason as it is kept.
    static func checked(_ reason: String) throws(FollowUpError) -> String {
        let reason = reason.trimmed
        guard !reason.isEmpty, reason.count <= longestReason else { throw .reasonMissing }
        return reason
    }

    /// A case, locked, if the region reaches it.
    static func lock(_ number: String, within region: Region, on connection: isolated Connection) throws
        -> FollowUpCase
    {
        _ = try connection.query("SELECT id FROM follow_up_cases WHERE number = \(number) FOR NO KEY UPDATE")
        let rows = try connection.query(
            "\(fragment: selection) WHERE c.number = \(number) AND \(fragment: region.condition)")
        guard let row = rows.first else { throw FollowUpError.notFound }
        return try followUpCase(row)
    }

    /// Writes into the history of a case.
    static func record(
        _ event: String, of id: Int64, by member: StaffMember.ID?, note: String = "", at moment: Date,
        on connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO follow_up_events (case_id, event, at, staff_id, note)
            VALUES (\(id), \(event), \(moment), \(member), \(note))
            """)
    }

    private static let selection: SQL = """
        SELECT c.id, c.number, c.enterprise_id, coalesce(e.name, b.name) AS enterprise_name,
            coalesce(e.merchant_number, b.code) AS merchant_number, cities.code AS city_code, c.happened_at,
            c.raised_at, c.state, c.owner_id, s.name AS owner_name, c.decision, c.reason, h.id AS hold_id,
            h.state AS hold_state, h.handling, h.reason AS hold_reason, h.version AS hold_version,
            (
                SELECT q.maker_staff_id FROM approval_requests q
                WHERE q.action = 'releaseWithdrawal' AND q.subject_id = h.id AND q.version = h.version
                    AND h.state = 'proposed'
            ) AS hold_proposer,
            \(fragment: FollowUpRule.columns)
        FROM follow_up_cases c JOIN follow_up_rules r ON r.rule = c.rule AND r.version = c.rule_version
        LEFT JOIN enterprises e ON e.id = c.enterprise_id LEFT JOIN billers b ON b.code = c.biller_code
        JOIN cities ON cities.code = coalesce(e.city_code, b.city_code)
        LEFT JOIN staff s ON s.id = c.owner_id LEFT JOIN withdrawal_holds h ON h.case_id = c.id
        """

    private static func followUpCase(_ row: Row) throws -> FollowUpCase {
        let hold: Int64? = try row["hold_id"]
        return FollowUpCase(
            id: try row["id"], number: try row["number"], rule: try FollowUpRule(row),
            enterprise: try row["enterprise_id"], enterpriseName: try row["enterprise_name"],
            merchantNumber: try row["merchant_number"], cityCode: try row["city_code"],
            happenedAt: try row["happened_at"], raisedAt: try row["raised_at"], state: try row["state"],
            owner: try row["owner_id"], ownerName: try row["owner_name"], decision: try row["decision"],
            reason: try row["reason"],
            hold: try hold.map {
                WithdrawalHold(
                    id: $0, state: try row["hold_state"], handling: try row["handling"],
                    reason: try row["hold_reason"], version: try row["hold_version"],
                    proposer: try row["hold_proposer"])
            })
    }
}

extension Platform {
    /// The cases of follow-up monitoring.
    public var followUps: FollowUps { FollowUps(platform: self) }
}
