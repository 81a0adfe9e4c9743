import Postgres

/// The invariants of the books against the bank's files and statements.
enum ReconciliationInvariants {
    /// Of I3: what each difference and each refund has posted by itself.
    static let positions: SQL = """
        SELECT 'difference ' || d.number FROM (
            SELECT d.id, x.account, x.sign * d.amount AS net FROM differences d
            -- A loss that the bank has made good by itself is done with as one that people have decided.
            CROSS JOIN LATERAL (
                SELECT d.state = 'resolved' OR (d.state = 'selfCleared' AND d.handling = 'madeGood') AS is_done
            ) s CROSS JOIN LATERAL (VALUES
                -- A line of the reserve account that is no net has never been in clearing.
                (CASE WHEN d.channel = 'reserve' AND d.class = 'bankOnly' THEN 'reserve' ELSE 'bankClearing' END, CASE
                    -- What has made up for a cost of ours has left clearing even with it.
                    WHEN d.parking = 'receipt' AND d.handling IS DISTINCT FROM 'takenBack'
                        AND NOT (d.state = 'resolved' AND d.handling = 'recovered') THEN 1
                    WHEN d.parking = 'loss' AND (NOT s.is_done OR d.handling IN ('charged', 'ownFunds')) THEN -1
                    ELSE 0 END),
                ('unidentifiedReceipts', CASE
                    WHEN d.parking = 'receipt' AND d.handling IS DISTINCT FROM 'takenBack'
                        AND (d.state <> 'resolved' OR d.handling = 'returned') THEN -1
                    ELSE 0 END),
                ('enterpriseAvailable', CASE
                    WHEN d.state <> 'resolved' THEN 0
                    WHEN d.parking = 'receipt' AND d.handling = 'credited' THEN -1
                    WHEN d.parking = 'loss' AND d.handling = 'charged' THEN 1
                    ELSE 0 END),
                ('differenceReceivable', CASE
                    WHEN d.parking = 'loss' AND NOT s.is_done THEN 1 ELSE 0 END),
                ('ownFunds', CASE
                    WHEN d.state <> 'resolved' OR d.handling <> 'ownFunds' THEN 0
                    WHEN d.parking = 'receipt' THEN -1 ELSE 1 END)
            ) AS x (account, sign)
        ) expected
        FULL JOIN (
            SELECT e.source_id AS id, CASE p.account
                    WHEN 'enterpriseReceivable' THEN 'enterpriseAvailable'
                    WHEN 'channelCost' THEN CASE
                        WHEN d.channel = 'reserve' AND d.class = 'bankOnly' THEN 'reserve' ELSE 'bankClearing' END
                    ELSE p.account END AS account,
                sum(p.amount) AS net
            FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            JOIN differences d ON d.id = e.source_id
            WHERE e.source_kind = 'difference' GROUP BY 1, 2
        ) posted USING (id, account)
        JOIN differences d USING (id)
        WHERE coalesce(expected.net, 0) <> coalesce(posted.net, 0)
        GROUP BY 1
        UNION ALL
        SELECT 'refund ' || r.number FROM (
            SELECT r.id, x.account, x.sign * r.amount AS net FROM refunds r
            -- What one has cost that was confirmed after its money had gone elsewhere is posted by its case.
            CROSS JOIN LATERAL (
                SELECT EXISTS (
                    SELECT FROM refund_events v WHERE v.refund_id = r.id AND v.event = 'confirmed'
                        AND v.to_state = 'disputed') AS was_disputed
            ) v CROSS JOIN LATERAL (VALUES
                ('unidentifiedReceipts', CASE
                    WHEN r.state IN ('refused', 'rejected', 'withdrawn') OR v.was_disputed THEN 0 ELSE 1 END),
                ('returnInTransit', CASE
                    WHEN r.state IN ('requested', 'approved', 'sending', 'unknown', 'accepted') THEN -1 ELSE 0 END),
                ('bankClearing', CASE
                    WHEN r.state IN ('completed', 'awaitingFunds', 'disputed') AND NOT v.was_disputed THEN -1 ELSE 0 END)
            ) AS x (account, sign)
        ) expected
        FULL JOIN (
            SELECT e.source_id AS id, p.account, sum(p.amount) AS net
            FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            WHERE e.source_kind = 'refund' GROUP BY 1, 2
        ) posted USING (id, account)
        JOIN refunds r USING (id)
        WHERE coalesce(expected.net, 0) <> coalesce(posted.net, 0)
        GROUP BY 1
        UNION ALL
        SELECT 'settlement ' || s.number FROM (
            SELECT s.id, x.account, x.net FROM biller_settlements s
            CROSS JOIN LATERAL (
                SELECT s.state NOT IN ('collecting', 'reconciling', 'pendingReview') AS is_approved
            ) a CROSS JOIN LATERAL (VALUES
                ('billerPayable', CASE WHEN a.is_approved THEN s.gross ELSE 0 END),
                ('billerReceivable', CASE WHEN a.is_approved THEN -s.netted ELSE 0 END),
                ('feeIncome', CASE WHEN a.is_approved THEN -s.fee ELSE 0 END),
                ('settlementInTransit', CASE
                    WHEN s.state IN ('payable', 'sending', 'unknown', 'atBank') THEN -s.net ELSE 0 END),
                ('bankClearing', CASE WHEN s.state = 'paid' THEN -s.net ELSE 0 END)
            ) AS x (account, net)
        ) expected
        FULL JOIN (
            -- What the bank has kept of a return is our cost.
            SELECT e.source_id AS id,
                CASE p.account WHEN 'channelCost' THEN 'bankClearing' ELSE p.account END AS account,
                sum(p.amount) AS net
            FROM journal_entries e JOIN postings p ON p.entry_id = e.id AND p.booked_at = e.booked_at
            WHERE e.source_kind = 'billerSettlement' GROUP BY 1, 2
        ) posted USING (id, account)
        JOIN biller_settlements s USING (id)
        WHERE coalesce(expected.net, 0) <> coalesce(posted.net, 0)
        GROUP BY 1
        """

    /// I7: nothing stays in clearing without a reason that has an age. What the lines of a file will settle waits for the net
    /// of its day, which is late some days after it should be there. All else under a day has a case of that day, or is of
    /// a refund or a payout to a biller that no file has yet.
    static let clearing = Invariant(
        name: "I7", sentence: "what is left in bank clearing waits for its file or its net, or has a case"
    ) { _ in
        """
        WITH newest AS (
            SELECT max(day) AS day FROM reserve_statements
        ), late AS (
            -- Settlement days whose net should be there, and whatever else waited for their files, with a working day to look.
            SELECT f.settlement_date AS day FROM bank_files f, newest
            WHERE (
                SELECT count(*) FROM generate_series(f.settlement_date + 1, newest.day, '1 day') d
                LEFT JOIN working_day_exceptions x ON x.day = d::date
                WHERE coalesce(x.kind = 'makeup_workday', extract(isodow FROM d) < 6)
            ) > \(ReserveStatements.waitingDays)
        ), settled AS (
            SELECT settlement_date AS day FROM reserve_statement_lines WHERE settlement_date IS NOT NULL
            UNION
            \(fragment: ReserveStatements.settledAtZero)
        ), cases AS (
            SELECT settlement_date::text AS item FROM differences
            WHERE state <> 'selfCleared'
                AND (channel = 'reserve' AND class <> 'bankOnly' OR channel IN ('unionpay-b2b', 'unionpay-payout'))
        )
        SELECT 'clearing ' || owner || ' item ' || item AS subject
        FROM (
            SELECT owner, item FROM (
                SELECT owner, item, amount FROM postings WHERE account = 'bankClearing'
                UNION ALL
                SELECT channel, item::text, -amount FROM (\(fragment: ReserveStatements.pending)) p
            ) parts
            GROUP BY 1, 2 HAVING sum(amount) <> 0
        ) open
        WHERE item IN (SELECT day::text FROM settled UNION SELECT day::text FROM late)
            AND item NOT IN (SELECT item FROM cases)
            AND NOT EXISTS (
                SELECT FROM biller_settlement_attempts t
                WHERE t.settlement_date::text = item AND NOT EXISTS (
                    SELECT FROM bank_file_lines l WHERE l.channel = 'unionpay-payout' AND l.serial = t.bank_serial))
        UNION ALL
        SELECT 'net of ' || f.settlement_date FROM bank_files f
        WHERE f.settlement_date IN (SELECT day FROM late)
            AND f.settlement_date IN (\(fragment: ReserveStatements.awaited))
            AND (\(fragment: ReserveStatements.net)) <> 0
            AND f.settlement_date::text NOT IN (SELECT item FROM cases)
        """
    }

    /// I8
    static let reserve = Invariant(
        name: "I8", sentence: "the reserve is what the bank's newest statement closes with"
    ) { _ in
        """
        SELECT 'reserve ' || s.account AS subject
        FROM (SELECT account, closing FROM reserve_statements ORDER BY day DESC LIMIT 1) s
        WHERE s.closing <> (SELECT coalesce(sum(amount), 0) FROM postings WHERE account = 'reserve')
        """
    }

    /// I9: what companies, payers and billers may claim lies in the reserve or with the bank on its way there. What the
    /// platform has borne, or waits for, is covered by own money within a working day.
    static let cover = Invariant(
        name: "I9",
        sentence:
            "reserve and clearing cover what customers and billers may claim, a gap is filled within a working day"
    ) { moment in
        let accounts: [Account] = [
            .enterpriseAvailable, .enterpriseFrozen, .writeOffPending, .billerPayable, .withdrawalInTransit,
            .settlementInTransit, .returnInTransit, .unidentifiedReceipts, .reserve, .bankClearing,
        ]
        let today = LocalDate(moment)
        return """
            SELECT 'cover is short by ' || least(now, before) || ' fen' AS subject FROM (
                SELECT coalesce(-sum(amount), 0) AS now,
                    coalesce(-sum(amount) FILTER (
                        WHERE booked_at <= \(moment)::timestamptz - make_interval(days => \(today)::date - w.day)), 0) AS before
                FROM postings, (
                    -- The working day before today.
                    SELECT max(d::date) AS day FROM generate_series(
                        \(today)::date - 14, \(today)::date - 1, '1 day') d
                    LEFT JOIN working_day_exceptions x ON x.day = d::date
                    WHERE coalesce(x.kind = 'makeup_workday', extract(isodow FROM d) < 6)
                ) w
                WHERE account = ANY(\(accounts.map(\.rawValue)))
            ) gap WHERE now > 0 AND before > 0
            """
    }

    /// I10
    static let serials = Invariant(
        name: "I10", sentence: "a bank serial is booked once, and a top-up is credited with one serial"
    ) { _ in
        """
        SELECT 'order ' || o.number AS subject FROM orders o JOIN bank_serials b ON b.order_id = o.id
        WHERE o.kind = 'topUp' GROUP BY o.number HAVING count(*) > 1
        UNION ALL
        SELECT 'order ' || o.number FROM orders o JOIN top_ups t ON t.order_id = o.id
        WHERE t.bank_serial IS NOT NULL AND NOT EXISTS (
            SELECT FROM bank_serials b
            WHERE b.channel = 'unionpay-b2b' AND b.serial = t.bank_serial AND b.order_id = o.id)
        UNION ALL
        SELECT 'settlement ' || t.number FROM biller_settlement_attempts t
        WHERE t.bank_serial IS NOT NULL AND NOT EXISTS (
            SELECT FROM bank_serials b
            WHERE b.channel = 'unionpay-payout' AND b.serial = t.bank_serial AND b.settlement_id = t.settlement_id)
        """
    }

    /// I12
    static let lines = Invariant(
        name: "I12",
        sentence:
            "each line of a file is in one class: matched as it is booked, or another that is booked or has a case"
    ) { _ in
        """
        SELECT 'line ' || l.line || ' of ' || f.settlement_date AS subject
        FROM bank_files f JOIN bank_file_lines l ON l.file_id = f.id
        LEFT JOIN bank_serials b ON b.channel = l.channel AND b.serial = l.serial
        WHERE (l.is_duplicate OR b.amount IS DISTINCT FROM l.amount OR \(fragment: BankFiles.isOther))
            AND NOT EXISTS (SELECT FROM bank_file_exceptions x WHERE x.file_id = l.file_id AND x.line = l.line)
        UNION ALL
        SELECT 'file of ' || f.settlement_date FROM bank_files f
        WHERE (SELECT coalesce(sum(s.lines), 0) FROM bank_file_sums s WHERE s.file_id = f.id)
            <> (SELECT count(*) FROM bank_file_lines l WHERE l.file_id = f.id)
        UNION ALL
        SELECT 'summary of ' || f.settlement_date FROM bank_files f
        WHERE f.stated_lines IS NOT NULL AND (f.stated_lines, f.stated_net) <> (
            SELECT coalesce(sum(l.lines), 0), coalesce(sum(\(fragment: BankLine.signedAmount) - l.fees), 0)
            FROM bank_file_sums l WHERE l.file_id = f.id)
        UNION ALL
        SELECT 'line ' || l.line || ' of ' || f.settlement_date AS subject
        FROM bank_file_exceptions x JOIN bank_file_lines l ON l.file_id = x.file_id AND l.line = x.line
        JOIN bank_files f ON f.id = l.file_id
        WHERE NOT EXISTS (SELECT FROM differences d WHERE d.channel = l.channel AND d.serial = l.serial)
            AND NOT EXISTS (SELECT FROM bank_serials b WHERE b.channel = l.channel AND b.serial = l.serial)
            AND NOT EXISTS (
                SELECT FROM refunds r WHERE r.number = l.order_number AND r.state IN ('completed', 'disputed'))
            AND NOT EXISTS (
                SELECT FROM differences d WHERE d.channel = l.channel AND d.serial = l.original_serial
                    AND d.handling = 'takenBack')
            AND NOT EXISTS (
                SELECT FROM jobs j
                WHERE j.kind = 'bankFile' AND j.subject_id = f.settlement_date - DATE '1970-01-01')
        UNION ALL
        \(fragment: BillerInvariants.lines)
        """
    }

    /// I15
    static let stopped = Invariant(
        name: "I15", sentence: "a company that owes, or whose loss is parked, pays nothing out"
    ) { _ in
        """
        SELECT 'enterprise ' || e.merchant_number AS subject FROM enterprises e
        WHERE e.state = 'active' AND (
            EXISTS (
                SELECT FROM differences d JOIN orders o ON o.id = d.order_id
                WHERE o.enterprise_id = e.id AND d.parking IN ('loss', 'order') AND d.state IN ('open', 'proposed'))
            OR (
                SELECT sum(amount) > 0 FROM postings
                WHERE account = 'enterpriseReceivable' AND enterprise_id = e.id))
        """
    }
}
