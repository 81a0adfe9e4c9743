import Foundation
import Postgres

/// A rule that the books and orders must always obey, with the query that finds what breaks it.
public struct Invariant: Sendable {
    /// The name in the list of invariants, such as `I2`.
    public let name: String
    /// What it says, in a sentence.
    public let sentence: String
    /// Selects one row for each violation, with a text column `subject` that names the row at fault.
    let violations: @Sendable (Date) -> SQL
}

/// What checking one invariant found.
public struct InvariantReport: Sendable {
    /// The invariant.
    public let invariant: Invariant
    /// How many rows break it.
    public let count: Int
    /// Some of them, named.
    public let subjects: [String]
}

/// Checks the invariants of the books over everything there is. It reads only.
public struct Monitoring: Sendable {
    let platform: Platform

    /// How many rows at fault a report names.
    static let namedSubjects: Int64 = 20

    /// How long a job may be overdue, in seconds, before it counts as forgotten.
    static let jobSlackSeconds = 600.0

    /// Checks every invariant in turn.
    public func check() async throws -> [InvariantReport] {
        var reports: [InvariantReport] = []
        let moment = platform.effects.now()
        for invariant in Self.invariants {
            let rows = try await platform.database.query(
                """
                SELECT count(*) OVER () AS total, subject FROM (\(fragment: invariant.violations(moment))) v
                ORDER BY subject LIMIT \(Self.namedSubjects)
                """)
            reports.append(
                InvariantReport(
                    invariant: invariant,
                    count: Int(try rows.first?.decode("total", as: Int64.self) ?? 0),
                    subjects: try rows.map { try $0.decode("subject", as: String.self) }))
        }
        return reports
    }

    /// The invariants that apply to what is built so far.
    public static let invariants: [Invariant] = [
        Invariant(name: "I1", sentence: "each entry sums to zero and cites one existing source and event") {
            _ in
            """
            SELECT 'entry ' || e.id AS subject
            FROM journal_entries e
            LEFT JOIN (
                SELECT entry_id, booked_at, sum(amount) AS total, count(*) AS lines,
                    min(enterprise_id) AS least_enterprise, max(enterprise_id) AS most_enterprise
                FROM postings GROUP BY 1, 2
            ) p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            WHERE p.total IS DISTINCT FROM 0 OR p.lines < 2
                -- Whose money it is: of the lines, of the entry and of the order alike.
                OR p.least_enterprise IS DISTINCT FROM e.enterprise_id
                OR p.most_enterprise IS DISTINCT FROM e.enterprise_id
                OR NOT CASE e.source_kind
                    WHEN 'difference' THEN EXISTS (
                        SELECT 1 FROM difference_events v WHERE v.difference_id = e.source_id AND v.event = e.event)
                    WHEN 'refund' THEN EXISTS (
                        SELECT 1 FROM refund_events v WHERE v.refund_id = e.source_id AND v.event = e.event)
                    WHEN 'billerSettlement' THEN EXISTS (
                        SELECT 1 FROM biller_settlement_events v
                        WHERE v.settlement_id = e.source_id AND v.event = e.event)
                    WHEN 'repayment' THEN EXISTS (
                        SELECT 1 FROM repayments r WHERE r.id = e.source_id AND r.state = e.event
                            AND r.enterprise_id = e.enterprise_id)
                    WHEN 'bankFile' THEN EXISTS (SELECT 1 FROM bank_files f WHERE f.id = e.source_id)
                    WHEN 'reserveStatement' THEN EXISTS (
                        SELECT 1 FROM reserve_statements r WHERE r.day - DATE '1970-01-01' = e.source_id)
                    ELSE EXISTS (
                        SELECT 1 FROM orders o JOIN order_events v ON v.order_id = o.id AND v.event = e.event
                        WHERE o.kind = e.source_kind AND o.id = e.source_id
                            AND o.enterprise_id = coalesce(e.enterprise_id, o.enterprise_id))
                    END
                OR NOT EXISTS (
                    SELECT 1 FROM journal_claims c WHERE c.source_kind = e.source_kind
                        AND c.source_id = e.source_id AND c.event = e.event AND c.occurrence = e.occurrence)
            """
        },
        Invariant(
            name: "I2",
            sentence:
                "each stored balance and checkpoint is the sum of its postings, and their chain has no gap"
        ) { _ in
            """
            SELECT 'account ' || a.account || ' of enterprise ' || a.enterprise_id AS subject
            FROM enterprise_accounts a
            LEFT JOIN (
                SELECT enterprise_id, account, sum(amount) AS total, count(*) AS lines,
                    bool_and(account_version = place AND balance_after = before - amount) AS is_chain
                FROM (
                    SELECT enterprise_id, account, amount, account_version, balance_after,
                        row_number() OVER chain AS place,
                        coalesce(lag(balance_after) OVER chain, 0) AS before
                    FROM postings WHERE account_version IS NOT NULL
                    WINDOW chain AS (PARTITION BY enterprise_id, account ORDER BY account_version)
                ) lines GROUP BY 1, 2
            ) p ON p.enterprise_id = a.enterprise_id AND p.account = a.account
            WHERE a.balance <> coalesce(-p.total, 0) OR a.version <> coalesce(p.lines, 0) OR NOT coalesce(p.is_chain, true)
            UNION ALL
            -- What the statement shows: change and balance of each entry.
            SELECT 'entry ' || id FROM (
                SELECT e.id, e.enterprise_change, e.enterprise_balance, p.change,
                    coalesce(lag(e.enterprise_balance) OVER (PARTITION BY e.enterprise_id ORDER BY e.id), 0) AS before
                FROM journal_entries e LEFT JOIN (
                    SELECT entry_id, booked_at, -sum(amount) AS change FROM postings
                    WHERE account_version IS NOT NULL GROUP BY 1, 2
                ) p ON p.entry_id = e.id AND p.booked_at = e.booked_at
                WHERE e.enterprise_id IS NOT NULL
            ) lines
            WHERE enterprise_change <> coalesce(change, 0) OR enterprise_balance <> before + enterprise_change
            UNION ALL
            -- What each checkpoint says of each platform account, against all postings through its entry.
            SELECT 'checkpoint ' || through_entry || ' of ' || account || ' ' || owner
            FROM (
                SELECT account, owner, through_entry, total
                FROM (
                    SELECT account, owner, through_entry,
                        sum(amount) OVER (PARTITION BY account, owner ORDER BY entry) AS total
                    FROM (
                        SELECT account, owner, entry_id AS entry, amount, NULL::bigint AS through_entry
                        FROM postings WHERE account_version IS NULL
                        UNION ALL
                        SELECT a.account, a.owner, c.through_entry, 0, c.through_entry
                        FROM (SELECT DISTINCT account, owner FROM postings WHERE account_version IS NULL) a
                        CROSS JOIN (SELECT DISTINCT through_entry FROM account_checkpoints) c
                    ) lines
                ) sums WHERE through_entry IS NOT NULL
            ) p FULL JOIN account_checkpoints c USING (account, owner, through_entry)
            WHERE coalesce(c.balance, 0) <> coalesce(p.total, 0)
            UNION
            -- What its totals are made of: the order in time and the income so far of each line.
            SELECT 'entry ' || id FROM (
                SELECT id, statement_at, statement_income, max(booked_at) OVER lines AS at,
                    sum(greatest(enterprise_change, 0)) OVER lines AS income
                FROM journal_entries WHERE enterprise_change <> 0
                WINDOW lines AS (PARTITION BY enterprise_id ORDER BY id)
            ) lines
            WHERE statement_at IS DISTINCT FROM at OR statement_income IS DISTINCT FROM income
            """
        },
        Invariant(
            name: "I3",
            sentence:
                "each order has posted exactly what its state says, to its own biller's and channel's accounts"
        ) { _ in
            let positions = OrderPositions.all
            return """
                WITH expected AS (
                    SELECT o.id AS order_id, o.kind, x.account, coalesce(x.owner, b.biller_code) AS owner,
                        x.amounts * coalesce(d.amount, o.amount) + x.fees * CASE
                            -- Our fee is not with us where it was given back, or never taken.
                            WHEN o.kind = 'withdrawal' AND o.state IN ('returned', 'paymentParked') AND (
                                w.gives_fee_back OR o.state = 'paymentParked' AND 'refused' = (
                                    SELECT from_state FROM order_events
                                    WHERE order_id = o.id AND to_state = 'paymentParked' ORDER BY sequence DESC LIMIT 1))
                                THEN 0
                            ELSE o.fee END AS net
                    FROM orders o JOIN unnest(
                        \(positions.map(\.kind)), \(positions.map(\.state)), \(positions.map(\.writeOff)),
                        \(positions.map(\.account)), \(positions.map(\.owner)), \(positions.map(\.amounts)),
                        \(positions.map(\.fees))
                    ) AS x (kind, state, write_off, account, owner, amounts, fees)
                        ON x.kind = o.kind AND x.state = o.state AND x.write_off = o.write_off
                    LEFT JOIN bill_payments b ON b.order_id = o.id
                    -- A top-up that two people have credited has what its case had parked.
                    LEFT JOIN top_ups t ON t.order_id = o.id LEFT JOIN differences d ON d.id = t.credited_through
                    LEFT JOIN withdrawals w ON w.order_id = o.id
                ), posted AS (
                    -- What a company owes counts as its balance, what the platform bears as the bank's.
                    SELECT coalesce(t.order_id, e.source_id) AS order_id,
                        CASE WHEN t.order_id IS NULL THEN e.source_kind ELSE 'topUp' END AS kind,
                        CASE
                            WHEN p.account = 'enterpriseReceivable' THEN 'enterpriseAvailable'
                            WHEN p.account = 'unidentifiedReceipts' AND e.source_kind = 'withdrawal'
                                THEN 'enterpriseAvailable'
                            -- What is parked with a biller, as the company's.
                            WHEN p.account = 'differenceReceivable' AND e.source_kind = 'billPayment'
                                THEN 'enterpriseAvailable'
                            WHEN p.account = 'channelCost' AND e.source_kind = 'billPayment' THEN 'billerPayable'
                            WHEN p.account = 'channelCost' THEN 'bankClearing'
                            ELSE p.account
                        END AS account,
                        CASE
                            WHEN p.account = 'unidentifiedReceipts' AND e.source_kind = 'withdrawal' THEN ''
                            WHEN p.account = 'differenceReceivable' AND e.source_kind = 'billPayment' THEN ''
                            WHEN p.account <> 'channelCost' THEN p.owner
                            WHEN e.source_kind = 'billPayment' THEN b.biller_code
                            WHEN e.source_kind = 'withdrawal' THEN 'unionpay-payout'
                            ELSE 'unionpay-b2b'
                        END AS owner,
                        sum(p.amount) AS net
                    FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
                    LEFT JOIN top_ups t ON e.source_kind = 'difference' AND t.credited_through = e.source_id
                    LEFT JOIN bill_payments b ON e.source_kind = 'billPayment' AND b.order_id = e.source_id
                    WHERE e.source_kind IN ('topUp', 'billPayment', 'withdrawal') OR t.order_id IS NOT NULL
                    GROUP BY 1, 2, 3, 4
                )
                SELECT DISTINCT 'order ' || coalesce(o.number, order_id::text) AS subject
                FROM expected FULL JOIN posted USING (order_id, kind, account, owner)
                LEFT JOIN orders o ON o.id = order_id
                WHERE coalesce(expected.net, 0) <> coalesce(posted.net, 0)
                UNION ALL
                \(fragment: ReconciliationInvariants.positions)
                """
        },
        Invariant(name: "I4", sentence: "what a company has frozen is what its open orders hold") { _ in
            let holding = OrderPositions.all.filter { $0.account == Account.enterpriseFrozen.rawValue }
            return """
                SELECT 'frozen of enterprise ' || a.enterprise_id AS subject
                FROM enterprise_accounts a
                LEFT JOIN (
                    SELECT o.enterprise_id, sum(o.amount + o.fee) AS held
                    FROM orders o JOIN unnest(
                        \(holding.map(\.kind)), \(holding.map(\.state)), \(holding.map(\.writeOff))
                    ) AS x (kind, state, write_off)
                        ON x.kind = o.kind AND x.state = o.state AND x.write_off = o.write_off
                    GROUP BY 1
                ) h ON h.enterprise_id = a.enterprise_id
                WHERE a.account = 'enterpriseFrozen' AND a.balance <> coalesce(h.held, 0)
                """
        },
        Invariant(
            name: "I5", sentence: "each in-transit account is what its open orders say, and none is negative"
        ) {
            _ in
            """
            SELECT coalesce(p.account, x.account) || ' item ' || coalesce(p.item, x.item) AS subject
            FROM (
                SELECT account, item, -sum(amount) AS net FROM postings
                WHERE account IN ('withdrawalInTransit', 'writeOffPending', 'settlementInTransit', 'returnInTransit')
                GROUP BY 1, 2 HAVING sum(amount) <> 0
            ) p
            FULL JOIN (
                SELECT 'withdrawalInTransit' AS account, number AS item, amount + fee AS net
                FROM orders WHERE kind = 'withdrawal' AND state = 'atBank'
                UNION ALL
                SELECT 'writeOffPending', number, amount
                FROM orders WHERE kind = 'billPayment' AND state = 'paid' AND write_off = 'pending'
                UNION ALL
                SELECT 'returnInTransit', number, amount FROM refunds
                WHERE state IN ('requested', 'approved', 'sending', 'unknown', 'accepted')
                UNION ALL
                SELECT 'settlementInTransit', number, net FROM biller_settlements
                WHERE state IN ('payable', 'sending', 'unknown', 'atBank')
            ) x ON x.account = p.account AND x.item = p.item
            WHERE coalesce(p.net, 0) <> coalesce(x.net, 0) OR p.net < 0
            """
        },
        BillerInvariants.payable, ReconciliationInvariants.clearing, ReconciliationInvariants.reserve,
        ReconciliationInvariants.cover, ReconciliationInvariants.serials, ReconciliationInvariants.lines,
        Invariant(
            name: "I14",
            sentence:
                "what has not ended has a job or waits for a person: orders, refunds, settlements, cases, the bank's days"
        ) { moment in
            """
            SELECT 'order ' || o.number AS subject
            FROM orders o JOIN order_states s ON s.kind = o.kind AND s.state = o.state AND s.write_off = o.write_off
            WHERE NOT s.is_final
                AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = o.kind AND j.subject_id = o.id)
                AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.order_id = o.id AND w.resolved_at IS NULL)
                -- Its money is on its way back to the payer.
                AND NOT EXISTS (
                    SELECT 1 FROM jobs j JOIN refunds r ON j.kind = 'refund' AND r.id = j.subject_id
                    JOIN differences d ON d.id = r.difference_id WHERE d.order_id = o.id)
                AND NOT EXISTS (
                    SELECT 1 FROM differences d WHERE d.order_id = o.id AND d.state IN ('open', 'proposed'))
            UNION ALL
            -- What two people have agreed on and is neither paid nor before them again.
            SELECT 'settlement ' || s.number FROM biller_settlements s
            JOIN biller_settlement_attempts t ON t.settlement_id = s.id AND t.attempt = s.attempt
            WHERE s.state IN ('payable', 'sending', 'unknown', 'atBank') AND t.outcome IS NULL
                AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'billerSettlement' AND j.subject_id = s.id)
            UNION ALL
            \(fragment: unended(moment))
            UNION ALL
            SELECT 'job ' || kind || ' ' || subject_id FROM jobs
            WHERE due_at < \(moment.addingTimeInterval(-jobSlackSeconds))
                AND (leased_until IS NULL OR leased_until < \(moment.addingTimeInterval(-jobSlackSeconds)))
                -- The first checkpoint is due from the beginning; that one is missing shows in no order.
                AND kind <> 'checkpoint'
            """
        },
        ReconciliationInvariants.stopped,
        Invariant(name: "I17", sentence: "no controlled act was decided by the person who asked for it") {
            _ in
            """
            SELECT 'approval ' || a.id AS subject FROM approvals a
            WHERE a.maker_person = a.checker_person OR EXISTS (
                SELECT 1 FROM approval_request_editors e
                WHERE e.request_id = a.request_id AND e.person = a.checker_person)
            """
        },
    ]
}

extension Monitoring {
    /// How long what a biller's statement has may be in no settlement, in days: longer than any holiday.
    private static let uncollectedDays: Int32 = 14

    /// Of I14: what belongs to no order and is neither planned nor before people.
    private static func unended(_ moment: Date) -> SQL {
        let overdue = moment.addingTimeInterval(-jobSlackSeconds)
        return """
            SELECT 'refund ' || r.number FROM refunds r
            WHERE CASE r.state
                WHEN 'disputed' THEN NOT EXISTS (
                    SELECT FROM differences d WHERE d.channel = 'unionpay-b2b' AND d.serial IN (r.number, r.bank_serial)
                        AND d.state IN ('open', 'proposed'))
                ELSE r.state IN ('requested', 'approved', 'sending', 'unknown', 'accepted', 'awaitingFunds')
                    AND NOT EXISTS (SELECT FROM jobs j WHERE j.kind = 'refund' AND j.subject_id = r.id)
                END
            UNION ALL
            -- Only days after the newest file are planned by themselves. A file may come before that of the day before.
            SELECT 'bank file of ' || day::date FROM (
                SELECT min(settlement_date) AS first,
                    max(settlement_date) FILTER (WHERE accepted_at < \(moment.addingTimeInterval(-86_400))) AS last
                FROM bank_files
            ) known CROSS JOIN LATERAL generate_series(first, last, '1 day') AS day
            WHERE NOT EXISTS (SELECT FROM bank_files f WHERE f.settlement_date = day::date)
                AND NOT EXISTS (
                    SELECT FROM jobs j
                    WHERE j.kind = 'bankFile' AND j.subject_id = day::date - DATE '1970-01-01')
            UNION ALL
            -- A cut-off whose days have passed, each of them worked off.
            SELECT 'difference ' || d.number FROM differences d
            WHERE d.state = 'waitingCutOff' AND d.state_since < \(overdue) AND (
                    SELECT count(*) FROM bank_files f WHERE f.settlement_date
                        BETWEEN d.settlement_date AND d.settlement_date + \(Int32(BankFiles.graceDays))
                ) > \(Int64(BankFiles.graceDays))
                AND NOT EXISTS (
                    SELECT FROM jobs j WHERE j.kind = 'bankFile' AND j.subject_id - (d.settlement_date - DATE '1970-01-01')
                        BETWEEN 0 AND \(Int64(BankFiles.graceDays)))
            UNION ALL
            SELECT 'settlement ' || number FROM biller_settlements WHERE state IN ('collecting', 'reconciling')
            UNION ALL
            -- One that was paid and that nobody holds against the files.
            SELECT 'settlement ' || t.number FROM biller_settlement_attempts t
            JOIN biller_settlements s ON s.id = t.settlement_id
            WHERE t.settlement_date IS NOT NULL AND NOT t.is_compared AND t.outcome IS NULL
                AND s.state_since < \(moment.addingTimeInterval(-2 * 86_400)) AND (
                    SELECT count(*) FROM bank_files f WHERE f.settlement_date
                        BETWEEN t.settlement_date AND t.settlement_date + \(Int32(BankFiles.graceDays))
                ) > \(Int64(BankFiles.graceDays))
                AND NOT EXISTS (SELECT FROM jobs j WHERE j.kind = 'bankFile')
            UNION ALL
            SELECT 'payment ' || o.number FROM bill_payments b JOIN orders o ON o.id = b.order_id
            WHERE b.agreed_on < \(LocalDate(moment))::date - \(uncollectedDays) AND NOT b.is_settled
                AND o.state = 'paid' AND o.write_off = 'writtenOff'
            """
    }
}

/// What orders must have posted, as rows: the positions of all kinds and states.
struct OrderPositions: Sendable {
    let kind: String
    let state: String
    let writeOff: String
    let account: String
    /// Whose the account is; nil for the order's biller.
    let owner: String?
    let amounts: Int64
    let fees: Int64

    static let all: [OrderPositions] =
        rows(TopUpStatus.self) + rows(BillPaymentStatus.self) + rows(WithdrawalStatus.self)

    private static func rows<Status: OrderStatus>(_ type: Status.Type) -> [OrderPositions] {
        Status.allCases.flatMap { status in
            status.position.sorted { $0.key.rawValue < $1.key.rawValue }.map { account, position in
                OrderPositions(
                    kind: Status.kind.rawValue, state: status.state, writeOff: status.writeOff,
                    account: account.rawValue, owner: owner(of: account, in: Status.kind),
                    amounts: Int64(position.amounts), fees: Int64(position.fees))
            }
        }
    }

    private static func owner(of account: Account, in kind: OrderKind) -> String? {
        switch (account, kind) {
        case (.enterpriseAvailable, _), (.enterpriseFrozen, _): ""
        case (.feeIncome, _): JournalEntry.withdrawalFees
        case (_, .topUp): Channel.gateway.rawValue
        case (_, .withdrawal): Channel.payout.rawValue
        case (_, .billPayment): nil
        }
    }
}

extension Platform {
    /// The checks over the books.
    public var monitoring: Monitoring { Monitoring(platform: self) }
}
