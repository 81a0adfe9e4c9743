import Cryptography
import Foundation
import Postgres

/// How two people agree that a biller is paid.
extension BillerSettlements {
    /// Proposes that a settlement is paid: what was put together, or once more what came to nothing at the bank, to the account
    /// that is in force now.
    ///
    /// - Parameter version: of the settlement that the person saw.
    /// - Throws: ``BillerSettlementError``, ``CommandReused``.
    public func propose(
        _ number: String, version: Int, command: CommandID, by member: StaffMember, from origin: Origin
    ) async throws {
        guard member.role == .operations else { throw BillerSettlementError.notAllowed }
        let moment = platform.effects.now()
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id), input: ["proposeSettlement", number, String(version)],
                    result: number, at: moment, on: connection)
                if case .done = claim { return }
                let found = try Self.lock(number, version, within: member.region, on: connection)
                guard found.awaitsProposal else { throw BillerSettlementError.stale }
                guard found.account != nil || !found.net.isPositive else {
                    throw BillerSettlementError.accountMissing
                }
                try Self.record(
                    .proposed, of: found, account: found.account?.id, at: moment, by: .staff(member.id),
                    on: connection)
                try Approvals.request(
                    .settleBiller, Self.version(of: Self.load(found.id, on: connection)),
                    by: .staff(member.id), at: moment, on: connection)
                try Audit.record(
                    .settlementProposed, subject: "biller settlement \(number)", by: .staff(member.id),
                    detail: "net \(found.net.fen) fen", from: origin, at: moment, on: connection)
            }
        }
    }

    /// Agrees to a proposal, books it (P60) and plans the payout; or gives it back with a reason: what was not agreed on yet
    /// is put together anew.
    ///
    /// - Parameter version: of the settlement that the person saw.
    /// - Throws: ``BillerSettlementError``, ``CommandReused``.
    public func decide(
        _ number: String, isGranted: Bool, reason: String = "", version: Int, command: CommandID,
        by member: StaffMember, from origin: Origin
    ) async throws {
        let reason = reason.trimmed
        guard isGranted || !reason.isEmpty, reason.count <= 500 else {
            throw BillerSettlementError.reasonMissing
        }
        let moment = platform.effects.now()
        try await deciding {
            try await platform.database.transactionOfCommand { connection in
                let claim = try Commands.claim(
                    command, by: .staff(member.id),
                    input: ["decideSettlement", number, "\(isGranted)", String(version), reason],
                    result: number, at: moment, on: connection)
                if case .done = claim { return }
                let found = try Self.lock(number, version, within: member.region, on: connection)
                guard found.proposal != nil else { throw BillerSettlementError.stale }
                try Approvals.decide(
                    isGranted ? .granted : .returned, .settleBiller, Self.version(of: found),
                    by: .staff(member.id), within: found.cityCode, reason: reason.isEmpty ? nil : reason,
                    at: moment, on: connection)
                try Self.record(
                    isGranted ? .approved : .returned, of: found,
                    choosing: isGranted ? (found.net.isPositive ? .payable : .carriedForward) : nil,
                    at: moment, by: .staff(member.id), note: reason, on: connection)
                if isGranted {
                    if found.status == .pendingReview {
                        try Self.post(found, at: moment, on: connection)
                    }
                    if found.net.isPositive { try begin(found, at: moment, on: connection) }
                } else if found.status == .pendingReview {
                    _ = try connection.query("SELECT fill_biller_settlement(\(found.id), \(moment))")
                }
                try Audit.record(
                    isGranted ? .settlementApproved : .settlementReturned,
                    subject: "biller settlement \(number)", by: .staff(member.id),
                    detail: isGranted ? "net \(found.net.fen) fen" : reason, from: origin, at: moment,
                    on: connection)
            }
        }
    }

    /// Begins the payout that two people have agreed on; the first one bears the settlement's own number.
    private func begin(
        _ settlement: BillerSettlement, at moment: Date, on connection: isolated Connection
    ) throws {
        try connection.execute(
            """
            INSERT INTO biller_settlement_attempts (settlement_id, attempt, number, account_id, begun_at)
            SELECT id, attempt, number || CASE WHEN attempt > 1 THEN 'A' || attempt ELSE '' END, account_id, \(moment)
            FROM biller_settlements WHERE id = \(settlement.id)
            """)
        try Jobs.schedule(.billerSettlement, settlement.id, due: moment, on: connection)
    }

    /// How many payments one entry has at most: the database adds each entry up once a line.
    private static let paymentsAnEntry = 200

    /// P60: the payments one by one, then what is kept back, the biller's oldest debt first.
    private static func post(
        _ settlement: BillerSettlement, at moment: Date, on connection: isolated Connection
    ) throws {
        func transit(_ amount: Int64) -> JournalEntry.Line {
            JournalEntry.Line(
                account: .settlementInTransit, owner: Channel.payout.rawValue, item: settlement.number,
                amount: amount)
        }
        let payments = try connection.query(
            """
            SELECT o.number, l.amount FROM biller_settlement_lines l JOIN orders o ON o.id = l.order_id
            WHERE l.settlement_id = \(settlement.id) ORDER BY l.order_id
            """
        ).map { row in
            JournalEntry.Line(
                account: .billerPayable, owner: settlement.billerCode, item: try row["number"],
                amount: try row["amount"])
        }
        var entries = stride(from: 0, to: payments.count, by: paymentsAnEntry).map { start in
            let part = Array(payments[start..<min(start + paymentsAnEntry, payments.count)])
            return part + [transit(-part.reduce(0) { $0 + $1.amount })]
        }
        let kept = try (settlement.netted + settlement.fee).fen
        if kept > 0 {
            let fee = JournalEntry.Line(
                account: .feeIncome, owner: "settlement", item: settlement.number,
                amount: -settlement.fee.fen)
            entries.append([transit(kept), fee] + (try debts(of: settlement, on: connection)))
        }
        for (place, lines) in entries.enumerated() {
            try Ledger.post(
                JournalEntry(
                    .settlementApproved, source: .billerSettlement(settlement.id), enterprise: nil,
                    event: BillerSettlementStatus.Event.approved.rawValue, occurrence: place + 1,
                    lines: lines),
                at: moment, on: connection)
        }
    }

    /// What the biller owes us and is kept back, item by item.
    private static func debts(
        of settlement: BillerSettlement, on connection: isolated Connection
    ) throws -> [JournalEntry.Line] {
        let items = try connection.query(
            """
            SELECT item, sum(amount)::bigint AS owed FROM postings
            WHERE account = 'billerReceivable' AND owner = \(settlement.billerCode)
            GROUP BY item HAVING sum(amount) > 0 ORDER BY min(entry_id)
            """)
        var rest = settlement.netted.fen
        var lines: [JournalEntry.Line] = []
        for row in items where rest > 0 {
            let part = min(rest, try row.decode("owed", as: Int64.self))
            lines.append(
                JournalEntry.Line(
                    account: .billerReceivable, owner: settlement.billerCode, item: try row["item"],
                    amount: -part))
            rest -= part
        }
        guard rest == 0 else { throw BillerSettlementError.paymentsChanged }
        return lines
    }

    /// The settlement, locked, in the version that was seen.
    private static func lock(
        _ number: String, _ version: Int, within region: Region, on connection: isolated Connection
    ) throws -> BillerSettlement {
        let rows = try connection.query(
            "\(fragment: selection) WHERE s.number = \(number) AND \(fragment: region.condition)")
        guard let seen = try rows.first.map(settlement) else { throw BillerSettlementError.notFound }
        let found = try lock(seen.id, on: connection)
        guard found.version == version else { throw BillerSettlementError.stale }
        return found
    }

    /// What two people agree on: so much of these payments to this account.
    private static func version(of found: BillerSettlement) -> ControlledVersion {
        ControlledVersion(
            subject: found.id, version: found.version,
            digest: SHA256.digest(
                CanonicalText.bytes(
                    [found.number, found.billerCode, String(found.payments)]
                        + [found.gross, found.netted, found.fee, found.net].map { String($0.fen) }
                        + [found.account.map { String($0.id) } ?? ""])))
    }

    private func deciding(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as ApprovalError {
            switch error {
            case .samePerson: throw BillerSettlementError.samePerson
            case .notAllowed: throw BillerSettlementError.notAllowed
            case .stale: throw BillerSettlementError.stale
            }
        } catch let error as PostgresError where error.constraint == "settled_payments_are_agreed" {
            throw BillerSettlementError.paymentsChanged
        }
    }
}
