import Cryptography
import Foundation
import Postgres

/// A request that a company repays what it owes us out of its balance, or, with an amount of zero, that its outgoing payments go
/// on because nothing is owed any more.
public struct Repayment: Sendable {
    /// Where a request stands.
    public enum State: String, Sendable, CaseIterable, PostgresCodable {
        case proposed, agreed, returned
    }

    /// Its number, `RP…`.
    public let number: String
    /// How much, in fen; zero to let payments go on only.
    public let amount: Money
    /// Why.
    public let reason: String
    /// Where it stands.
    public let state: State
    /// Rises with the decision; a decision is about one version.
    public let version: Int
    /// Who asked for it.
    public let proposedBy: String
    /// The same person's row.
    public let proposerID: StaffMember.ID
    /// When.
    public let proposedAt: Date
    /// What the second person said.
    public let reply: String
    let id: Int64
    let enterprise: Enterprise.ID
}

/// What a company owes, and its requests to repay it.
public struct Receivable: Sendable {
    /// What it owes.
    public let owed: Money
    /// What it has available.
    public let available: Money
    /// Whether a loss of its orders is parked and not decided.
    public let hasParkedLoss: Bool
    /// The request that waits for a decision.
    public let waiting: Repayment?
    /// Those that were decided, the newest first, at most twenty.
    public let decided: [Repayment]
}

/// A request that waits for a second person, as it stands in 待办.
public struct WaitingRepayment: Sendable {
    /// Its number.
    public let number: String
    /// How much, in fen.
    public let amount: Money
    /// Whose debt it is.
    public let enterpriseName: String
    /// The enterprise's merchant number.
    public let merchantNumber: String
    /// Who asked for it.
    public let proposedBy: String
    /// When.
    public let proposedAt: Date
}

/// Why a repayment was not proposed or decided.
public enum RepaymentError: Error, Hashable, Sendable {
    /// There is no such company or request within the person's reach.
    case notFound
    /// The role does not do this.
    case notAllowed
    /// A reason has to be given.
    case reasonMissing
    /// More than is owed.
    case moreThanOwed
    /// More than is available.
    case balanceShort
    /// Nothing is to be done: nothing is owed, and payments are not stopped, or a parked loss is not decided.
    case nothingToDo
    /// Somebody else proposed or decided in between.
    case stale
    /// The decider has a hand in the proposal.
    case samePerson
}

/// Repayments of what companies owe us (应收企业款), agreed on by two people (P43).
public struct Repayments: Sendable {
    let platform: Platform

    /// What an enterprise owes, in fen.
    static func owed(by enterprise: Enterprise.ID, on connection: isolated Connection) throws -> Money {
        try connection.query(
            """
            SELECT coalesce(sum(amount), 0)::bigint AS owed FROM postings
            WHERE account = 'enterpriseReceivable' AND enterprise_id = \(enterprise)
            """
        ).only()["owed"]
    }

    /// What a company owes; nil when there is no such company within the region.
    public func receivable(of merchantNumber: String, within region: Region) async throws -> Receivable? {
        try await platform.database.transaction { connection in
            guard let enterprise = try Self.enterprise(merchantNumber, within: region, on: connection) else {
                return nil
            }
            let all = try connection.query(
                """
                \(fragment: Self.selection) WHERE r.enterprise_id = \(enterprise.id) ORDER BY r.id DESC LIMIT 21
                """
            ).map(Self.repayment)
            return Receivable(
                owed: try Self.owed(by: enterprise.id, on: connection),
                available: try Ledger.available(of: enterprise.id, on: connection),
                hasParkedLoss: try Losses.hasParked(enterprise.id, on: connection),
                waiting: all.first { $0.state == .proposed },
                decided: Array(all.filter { $0.state != .proposed }.prefix(20)))
        }
    }

    /// The requests of a region that wait for a second person, the oldest first, at most a hundred.
    public func waiting(within region: Region) async throws -> [WaitingRepayment] {
        try await platform.database.query(
            """
            SELECT r.number, r.amount, r.proposed_at, e.name, e.merchant_number, s.name AS proposed_by
            FROM repayments r JOIN staff s ON s.id = r.proposed_by JOIN enterprises e ON e.id = r.enterprise_id
            JOIN cities ON cities.code = e.city_code
            WHERE r.state = 'proposed' AND \(fragment: region.condition) ORDER BY r.id LIMIT 100
            """
        ).map { row in
            WaitingRepayment(
                number: try row["number"], amount: try row["amount"], enterpriseName: try row["name"],
                merchantNumber: try row["merchant_number"], proposedBy: try row["proposed_by"],
                proposedAt: try row["proposed_at"])
        }
    }

    /// Proposes that a company repays so much.
    ///
    /// - Throws: ``RepaymentError``, ``CommandReused``.
    public func propose(
        of merchantNumber: String, _ amount: Money, reason: String, command: CommandID,
        by member: StaffMember, from origin: Origin
    ) async throws {
        guard member.role == .operations else { throw RepaymentError.notAllowed }
        let reason = String(reason.trimmed.prefix(400))
        guard !reason.isEmpty else { throw RepaymentError.reasonMissing }
        let moment = platform.effects.now()
        let number = Orders.newNumber(prefix: "RP", effects: platform.effects)
        try await refusing(merchantNumber, member, origin, at: moment) {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["proposeRepayment", merchantNumber, "\(amount.fen)", reason],
                    result: merchantNumber,
                    at: moment, on: connection)
                if case .done = claim { return }
                guard
                    let enterprise = try Self.enterprise(
                        merchantNumber, within: member.region, on: connection)
                else { throw RepaymentError.notFound }
                try connection.lockOrders(of: enterprise.id)
                try Self.check(amount, of: enterprise.id, on: connection)
                let id: Int64 = try connection.query(
                    """
                    INSERT INTO repayments (number, enterprise_id, amount, reason, proposed_by, proposed_at)
                    VALUES (\(number), \(enterprise.id), \(amount), \(reason), \(member.id), \(moment)) RETURNING id
                    """
                ).only()["id"]
                let made = try Self.repayment(
                    connection.query("\(fragment: Self.selection) WHERE r.id = \(id)").only())
                try Approvals.request(
                    .repayReceivable, Self.version(of: made), by: .staff(member.id), at: moment,
                    on: connection)
                try Audit.record(
                    .repaymentProposed, subject: "enterprise \(merchantNumber)", by: .staff(member.id),
                    detail: "\(number): \(reason)", from: origin, at: moment, on: connection)
            }
        }
    }

    /// Agrees to a request and posts it, or gives it back with a reason.
    ///
    /// - Throws: ``RepaymentError``, ``CommandReused``.
    public func decide(
        _ number: String, of merchantNumber: String, isAgreed: Bool, reason: String = "", version: Int,
        command: CommandID, by member: StaffMember, from origin: Origin
    ) async throws {
        let reason = String(reason.trimmed.prefix(400))
        guard isAgreed || !reason.isEmpty else { throw RepaymentError.reasonMissing }
        let moment = platform.effects.now()
        try await refusing(merchantNumber, member, origin, at: moment) {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["decideRepayment", number, "\(isAgreed)", String(version), reason],
                    result: merchantNumber, at: moment, on: connection)
                if case .done = claim { return }
                guard
                    let enterprise = try Self.enterprise(
                        merchantNumber, within: member.region, on: connection)
                else { throw RepaymentError.notFound }
                try connection.lockOrders(of: enterprise.id)
                let rows = try connection.query(
                    """
                    \(fragment: Self.selection)
                    WHERE r.number = \(number) AND r.enterprise_id = \(enterprise.id) FOR NO KEY UPDATE OF r
                    """)
                guard let found = try rows.first.map(Self.repayment) else { throw RepaymentError.notFound }
                guard found.state == .proposed, found.version == version else { throw RepaymentError.stale }
                try Approvals.decide(
                    isAgreed ? .granted : .returned, .repayReceivable, Self.version(of: found),
                    by: .staff(member.id), within: enterprise.city, reason: reason.isEmpty ? nil : reason,
                    at: moment, on: connection)
                let state = isAgreed ? Repayment.State.agreed : .returned
                try connection.execute(
                    """
                    UPDATE repayments SET state = \(state), version = version + 1, decided_by = \(member.id),
                        decided_at = \(moment), reply = \(reason)
                    WHERE id = \(found.id)
                    """)
                if isAgreed {
                    try Self.check(found.amount, of: enterprise.id, on: connection)
                    try Self.post(found, at: moment, on: connection)
                    if found.amount.isPositive {
                        try Inbox.tell(
                            enterprise.id, .receivableRepaid, amount: found.amount, at: moment, on: connection
                        )
                    }
                    try Enterprises.resumeOutgoing(
                        enterprise.id, reason: "欠款已还清（\(number)）", at: moment, on: connection)
                }
                try Audit.record(
                    isAgreed ? .repaymentAgreed : .repaymentReturned, subject: "enterprise \(merchantNumber)",
                    by: .staff(member.id), detail: "\(number) \(reason)", from: origin, at: moment,
                    on: connection)
            }
        }
    }

    /// Whether so much can be repaid now. The caller has locked the enterprise.
    private static func check(
        _ amount: Money, of enterprise: Enterprise.ID, on connection: isolated Connection
    ) throws {
        let owed = try owed(by: enterprise, on: connection)
        guard amount <= owed else { throw RepaymentError.moreThanOwed }
        guard try amount <= Ledger.available(of: enterprise, on: connection) else {
            throw RepaymentError.balanceShort
        }
        guard amount == .zero else { return }
        let isStopped = try connection.state(of: enterprise) == .outgoingStopped
        guard isStopped, owed == .zero, try !Losses.hasParked(enterprise, on: connection) else {
            throw RepaymentError.nothingToDo
        }
    }

    /// P43, the oldest debt first.
    private static func post(
        _ repayment: Repayment, at moment: Date, on connection: isolated Connection
    ) throws {
        guard repayment.amount.isPositive else { return }
        let items = try connection.query(
            """
            SELECT item, sum(amount)::bigint AS owed FROM postings
            WHERE account = 'enterpriseReceivable' AND enterprise_id = \(repayment.enterprise)
            GROUP BY item HAVING sum(amount) > 0 ORDER BY min(entry_id)
            """)
        var lines = [
            JournalEntry.Line(
                account: .enterpriseAvailable, owner: "", item: "", amount: repayment.amount.fen)
        ]
        var rest = repayment.amount.fen
        for row in items where rest > 0 {
            let part = min(rest, try row.decode("owed", as: Int64.self))
            lines.append(
                JournalEntry.Line(
                    account: .enterpriseReceivable, owner: "", item: try row["item"], amount: -part))
            rest -= part
        }
        try Ledger.post(
            JournalEntry(
                .repaid, source: EntrySource(kind: "repayment", id: repayment.id),
                enterprise: repayment.enterprise, event: Repayment.State.agreed.rawValue, lines: lines),
            at: moment, on: connection)
    }

    /// Gives the errors of dual control their meaning here; a refusal goes into the audit trail.
    private func refusing(
        _ merchantNumber: String, _ member: StaffMember, _ origin: Origin, at moment: Date,
        _ work: () async throws -> Void
    ) async throws {
        let refusal: RepaymentError
        do {
            return try await work()
        } catch let error as RepaymentError {
            refusal = error
        } catch let error as ApprovalError {
            refusal =
                switch error {
                case .samePerson: .samePerson
                case .notAllowed: .notAllowed
                case .stale: .stale
                }
        } catch let error as PostgresError where error.constraint == "repayments_open" {
            refusal = .stale
        }
        try await platform.database.transaction { connection in
            try Audit.record(
                .repaymentRefused, subject: "enterprise \(merchantNumber)", by: .staff(member.id),
                isAllowed: false, detail: "\(refusal)", from: origin, at: moment, on: connection)
        }
        throw refusal
    }

    private static func version(of repayment: Repayment) -> ControlledVersion {
        ControlledVersion(
            subject: repayment.id, version: repayment.version,
            digest: SHA256.digest(
                CanonicalText.bytes([
                    repayment.number, repayment.enterprise.description, "\(repayment.amount.fen)",
                    repayment.reason,
                ])))
    }

    private static func enterprise(
        _ merchantNumber: String, within region: Region, on connection: isolated Connection
    ) throws -> (id: Enterprise.ID, city: String)? {
        try connection.query(
            """
            SELECT e.id, e.city_code FROM enterprises e JOIN cities ON cities.code = e.city_code
            WHERE e.merchant_number = \(merchantNumber) AND \(fragment: region.condition)
            """
        ).first.map { (try $0["id"], try $0["city_code"]) }
    }

    private static let selection: SQL = """
        SELECT r.id, r.number, r.enterprise_id, r.amount, r.reason, r.state, r.version, r.proposed_at, r.reply,
            s.name AS proposed_by, r.proposed_by AS proposer_id
        FROM repayments r JOIN staff s ON s.id = r.proposed_by
        """

    private static func repayment(_ row: Row) throws -> Repayment {
        Repayment(
            number: try row["number"], amount: try row["amount"], reason: try row["reason"],
            state: try row["state"], version: try row["version"], proposedBy: try row["proposed_by"],
            proposerID: try row["proposer_id"], proposedAt: try row["proposed_at"], reply: try row["reply"],
            id: try row["id"],
            enterprise: try row["enterprise_id"])
    }
}

extension Platform {
    /// Repayments of what companies owe us.
    public var repayments: Repayments { Repayments(platform: self) }
}
