import Cryptography
import Foundation
import Postgres

/// How withdrawals are kept back, and let go or cancelled by two people.
extension FollowUps {
    /// How long after it was kept back a withdrawal is looked at again, in seconds: its account may have become invalid. Who
    /// releases it does not wait for that.
    static let holdSeconds = 3600.0
    /// The kind of the item by which a person is told.
    static let workItem = "withdrawal.held"

    /// Keeps a withdrawal that is about to be sent back, if a case of its company has a hold in force: it stays as it is, its
    /// promise too, and a person is told. The company learns that it is looked into, and not why. The caller has locked the
    /// enterprise's accounts, and so has whoever ends a hold or cancels the withdrawal: one of them is first.
    static func keepBack(
        _ withdrawal: Withdrawal, at moment: Date, on connection: isolated Connection
    ) throws -> Bool {
        let order = withdrawal.reference
        guard let hold = try openHold("h.enterprise_id = \(order.enterprise)", on: connection) else {
            return false
        }
        let isNew = try connection.execute(
            """
            INSERT INTO held_withdrawals (hold_id, order_id, held_at)
            VALUES (\(hold.id), \(order.id), \(moment)) ON CONFLICT DO NOTHING
            """)
        if isNew > 0 {
            try note(hold, hasKept: order.number, at: moment, on: connection)
            try WorkItems.raise(
                workItem, order: order.id, detail: "事后监控暂缓提交银行（案例 \(hold.caseNumber)），须由两人放行或撤销",
                at: moment, on: connection)
            try Inbox.tell(
                order.enterprise, .withdrawalInVerification, order: order.id, amount: withdrawal.amount,
                at: moment, on: connection)
        }
        try Jobs.again(
            .withdrawal, order.id, due: moment.addingTimeInterval(holdSeconds), on: connection)
        return true
    }

    /// Keeps a payout to a biller that is about to be sent back, if a case of the biller has a hold in force; it stays payable.
    /// The caller has locked the settlement.
    static func keepBack(
        _ settlement: BillerSettlement, _ attempt: BillerSettlement.Attempt, at moment: Date,
        on connection: isolated Connection
    ) throws -> Bool {
        guard let hold = try openHold("h.biller_code = \(settlement.billerCode)", on: connection) else {
            return false
        }
        let isNew = try connection.execute(
            """
            INSERT INTO held_settlements (hold_id, attempt_id, held_at)
            SELECT \(hold.id), id, \(moment) FROM biller_settlement_attempts WHERE number = \(attempt.number)
            ON CONFLICT DO NOTHING
            """)
        if isNew > 0 {
            try note(hold, hasKept: settlement.number, at: moment, on: connection)
            try WorkItems.raise(
                "billerSettlement.held", settlement: settlement.id,
                detail: "\(attempt.number)：事后监控暂缓提交银行（案例 \(hold.caseNumber)），须由两人放行",
                at: moment, on: connection)
        }
        try Jobs.again(
            .billerSettlement, settlement.id, due: moment.addingTimeInterval(holdSeconds), on: connection)
        return true
    }

    /// A hold in force.
    private struct OpenHold {
        let id: Int64
        let state: WithdrawalHold.State
        let caseID: Int64
        let caseNumber: String
    }

    /// The first hold in force of a company or biller, locked.
    private static func openHold(_ condition: SQL, on connection: isolated Connection) throws -> OpenHold? {
        try connection.query(
            """
            SELECT h.id, h.state, c.id AS case_id, c.number
            FROM withdrawal_holds h JOIN follow_up_cases c ON c.id = h.case_id
            WHERE \(fragment: condition) AND h.state IN ('active', 'proposed')
            ORDER BY h.id LIMIT 1 FOR NO KEY UPDATE OF h
            """
        ).first.map { row in
            OpenHold(
                id: try row["id"], state: try row["state"], caseID: try row["case_id"],
                caseNumber: try row["number"])
        }
    }

    /// A hold has kept one more back: what was proposed about it is void.
    private static func note(
        _ hold: OpenHold, hasKept number: String, at moment: Date, on connection: isolated Connection
    ) throws {
        try change(
            hold.id, to: WithdrawalHold.State.after(.withdrawalHeld, from: hold.state), on: connection)
        try record(
            WithdrawalHold.State.Event.withdrawalHeld.rawValue, of: hold.caseID, by: nil, note: number,
            at: moment, on: connection)
    }

    /// Proposes what becomes of the withdrawals that a case keeps back.
    ///
    /// - Parameter version: of the hold that the person saw.
    /// - Throws: ``FollowUpError``, ``CommandReused``.
    public func propose(
        _ handling: WithdrawalHold.Handling, for number: String, version: Int, reason: String,
        command: CommandID, by member: StaffMember, from origin: Origin
    ) async throws {
        guard member.role == .operations else { throw FollowUpError.notAllowed }
        let reason = try Self.checked(reason)
        let moment = platform.effects.now()
        let event: WithdrawalHold.State.Event =
            handling == .release ? .releaseProposed : .cancellationProposed
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["proposeHold", number, handling.rawValue, String(version), reason],
                    result: number,
                    at: moment, on: connection)
                if case .done = claim { return }
                let (found, hold) = try Self.lockHold(number, version, within: member.region, on: connection)
                if handling == .cancel, try Self.waiting(hold.id, on: connection).isEmpty {
                    throw FollowUpError.nothingHeld
                }
                let state = try WithdrawalHold.State.after(event, from: hold.state)
                try Self.change(hold.id, to: state, handling, reason: reason, on: connection)
                let proposed = try Self.lockHold(
                    number, version + 1, within: member.region, on: connection)
                try Approvals.request(
                    .releaseWithdrawal, Self.version(of: proposed.hold, of: proposed.found, on: connection),
                    by: .staff(member.id), at: moment, on: connection)
                try Self.record(
                    event.rawValue, of: found.id, by: member.id, note: reason, at: moment, on: connection)
                try Audit.record(
                    .holdProposed, subject: "follow-up case \(number)", by: .staff(member.id),
                    detail: "\(handling.rawValue): \(reason)", from: origin, at: moment, on: connection)
            }
        }
    }

    /// Agrees to a proposal and carries it out, or gives it back with a reason.
    ///
    /// - Parameter version: of the hold that the person saw.
    /// - Throws: ``FollowUpError``, ``CommandReused``.
    public func decideProposal(
        for number: String, isGranted: Bool, version: Int, reason: String = "", command: CommandID,
        by member: StaffMember, from origin: Origin
    ) async throws {
        let reason = try isGranted ? "" : Self.checked(reason)
        let moment = platform.effects.now()
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["decideHold", number, "\(isGranted)", String(version), reason], result: number,
                    at: moment, on: connection)
                if case .done = claim { return }
                // Accounts before all else, as everybody does who brings a withdrawal further.
                let enterprises = try connection.query(
                    "SELECT enterprise_id FROM follow_up_cases WHERE number = \(number)")
                guard let row = enterprises.first else { throw FollowUpError.notFound }
                if let enterprise = try row.decode("enterprise_id", as: Enterprise.ID?.self) {
                    try connection.lockOrders(of: enterprise)
                }
                let (found, hold) = try Self.lockHold(number, version, within: member.region, on: connection)
                guard hold.state == .proposed, let handling = hold.handling else { throw FollowUpError.stale }
                try Approvals.decide(
                    isGranted ? .granted : .returned, .releaseWithdrawal,
                    Self.version(of: hold, of: found, on: connection), by: .staff(member.id),
                    within: found.cityCode, reason: isGranted ? nil : reason, at: moment, on: connection)
                let event: WithdrawalHold.State.Event =
                    isGranted
                    ? handling == .release ? .released : .withdrawalsCancelled : .proposalReturned
                let state = try WithdrawalHold.State.after(event, from: hold.state)
                if state == .released {
                    try Self.change(hold.id, to: state, handling, reason: hold.reason, on: connection)
                } else {
                    try Self.change(hold.id, to: state, on: connection)
                }
                if isGranted {
                    try Self.carryOut(handling, of: hold.id, by: member, at: moment, on: connection)
                }
                try Self.record(
                    event.rawValue, of: found.id, by: member.id, note: reason, at: moment, on: connection)
                try Audit.record(
                    isGranted ? .holdDecided : .holdReturned, subject: "follow-up case \(number)",
                    by: .staff(member.id), detail: "\(handling.rawValue) \(reason)", from: origin, at: moment,
                    on: connection)
            }
        }
    }

    /// What two people have agreed on, in their transaction. What its clerk has cancelled in the meantime has ended already.
    private static func carryOut(
        _ handling: WithdrawalHold.Handling, of hold: Int64, by member: StaffMember, at moment: Date,
        on connection: isolated Connection
    ) throws {
        if handling == .release { try releaseSettlements(of: hold, at: moment, on: connection) }
        for id in try waiting(hold, on: connection) {
            guard let withdrawal = try Withdrawals.current(id, on: connection) else { continue }
            let enterprise = withdrawal.reference.enterprise
            switch handling {
            case .release:
                try Jobs.hasten(.withdrawal, id, due: moment, on: connection)
                try WorkItems.close(
                    workItem, order: id, resolution: "两人复核后放行", at: moment, on: connection)
                // Another hold of the company keeps it back once more: nothing is over for it yet.
                if try openHold("h.enterprise_id = \(enterprise)", on: connection) == nil {
                    try Inbox.tell(
                        enterprise, .withdrawalReleased, order: id, amount: withdrawal.amount, at: moment,
                        on: connection)
                }
            case .cancel:
                try Withdrawals.finish(
                    withdrawal, .cancelled, postings: [.released], reason: "审核未通过，如有疑问请联系客户经理",
                    at: moment, by: .staff(member.id), on: connection)
                try Inbox.tell(
                    enterprise, .withdrawalNotReleased, order: id, amount: withdrawal.amount, at: moment,
                    on: connection)
            }
        }
    }

    /// Lets the payouts to a biller that a hold keeps back be sent.
    private static func releaseSettlements(
        of hold: Int64, at moment: Date, on connection: isolated Connection
    ) throws {
        let rows = try connection.query(
            """
            SELECT DISTINCT s.id FROM held_settlements k JOIN biller_settlement_attempts t ON t.id = k.attempt_id
            JOIN biller_settlements s ON s.id = t.settlement_id AND s.attempt = t.attempt
            WHERE k.hold_id = \(hold) AND s.state = 'payable' AND t.outcome IS NULL ORDER BY 1
            """)
        for row in rows {
            let id: Int64 = try row["id"]
            try Jobs.hasten(.billerSettlement, id, due: moment, on: connection)
            try WorkItems.close(settlement: id, at: moment, on: connection)
        }
    }

    /// The withdrawals that a hold keeps back and that are still to be sent.
    private static func waiting(_ hold: Int64, on connection: isolated Connection) throws -> [Int64] {
        try connection.query(
            """
            SELECT o.id FROM held_withdrawals k JOIN orders o ON o.id = k.order_id
            WHERE k.hold_id = \(hold) AND o.state = 'accepted' ORDER BY o.id
            """
        ).map { try $0["id"] }
    }

    /// The hold of a case in the version that was seen, with its case, both locked.
    private static func lockHold(
        _ number: String, _ version: Int, within region: Region, on connection: isolated Connection
    ) throws -> (found: FollowUpCase, hold: WithdrawalHold) {
        let found = try lock(number, within: region, on: connection)
        guard let id = found.hold?.id else { throw FollowUpError.stale }
        _ = try connection.query("SELECT id FROM withdrawal_holds WHERE id = \(id) FOR NO KEY UPDATE")
        // Once more: a withdrawal may have been kept back until the lock was given.
        guard let hold = try lock(number, within: region, on: connection).hold, hold.version == version else {
            throw FollowUpError.stale
        }
        return (found, hold)
    }

    private static func change(
        _ hold: Int64, to state: WithdrawalHold.State, _ handling: WithdrawalHold.Handling? = nil,
        reason: String? = nil, on connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            UPDATE withdrawal_holds SET state = \(state), handling = \(handling), reason = \(reason),
                version = version + 1
            WHERE id = \(hold)
            """)
    }

    /// What two people agree on: this handling of these withdrawals, or payouts to a biller.
    private static func version(
        of hold: WithdrawalHold, of found: FollowUpCase, on connection: isolated Connection
    ) throws -> ControlledVersion {
        let held = try connection.query(
            """
            SELECT order_id AS id FROM held_withdrawals WHERE hold_id = \(hold.id)
            UNION ALL SELECT attempt_id FROM held_settlements WHERE hold_id = \(hold.id) ORDER BY 1
            """
        ).map { try $0.decode("id", as: Int64.self) }
        return ControlledVersion(
            subject: hold.id, version: hold.version,
            digest: SHA256.digest(
                CanonicalText.bytes(
                    [found.number, hold.handling?.rawValue ?? "", hold.reason ?? ""] + held.map(String.init)))
        )
    }

    private func deciding(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as ApprovalError {
            switch error {
            case .samePerson: throw FollowUpError.samePerson
            case .notAllowed: throw FollowUpError.notAllowed
            case .stale: throw FollowUpError.stale
            }
        } catch is IllegalStep {
            throw FollowUpError.stale
        }
    }
}
