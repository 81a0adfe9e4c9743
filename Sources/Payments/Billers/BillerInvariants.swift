import Postgres

/// The invariants of the books against the billers' statements.
enum BillerInvariants {
    /// I6
    static let payable = Invariant(
        name: "I6",
        sentence:
            "what a biller is owed is, payment by payment, what it has written off and was neither given back nor settled"
    ) { _ in
        """
        SELECT 'billerPayable ' || coalesce(p.owner, x.owner) || ' item ' || coalesce(p.item, x.item) AS subject
        FROM (
            SELECT owner, item, -sum(amount) AS net FROM postings WHERE account = 'billerPayable'
            GROUP BY 1, 2 HAVING sum(amount) <> 0
        ) p
        FULL JOIN (
            SELECT b.biller_code AS owner, o.number AS item, o.amount AS net
            FROM orders o JOIN bill_payments b ON b.order_id = o.id
            WHERE o.kind = 'billPayment' AND NOT EXISTS (
                    SELECT FROM biller_settlement_lines l JOIN biller_settlements s ON s.id = l.settlement_id
                    WHERE l.order_id = o.id AND s.state NOT IN ('collecting', 'reconciling', 'pendingReview')
                ) AND (
                o.state = 'paid' AND o.write_off IN ('writtenOff', 'disputed')
                OR o.state = 'refused' AND o.write_off = 'disputed'
                -- What the platform has borne is owed to the biller all the same.
                OR o.is_final AND 'borne' = (
                    SELECT event FROM order_events v WHERE v.order_id = o.id ORDER BY sequence DESC LIMIT 1))
        ) x ON x.owner = p.owner AND x.item = p.item
        WHERE coalesce(p.net, 0) <> coalesce(x.net, 0) OR p.net < 0
        UNION ALL
        \(fragment: settled)
        """
    }

    /// Of I6: what is settled was written off, and the biller's statement has it.
    static let settled: SQL = """
        SELECT 'payment ' || o.number AS subject
        FROM biller_settlement_lines l JOIN biller_settlements s ON s.id = l.settlement_id
        JOIN orders o ON o.id = l.order_id JOIN bill_payments b ON b.order_id = l.order_id
        WHERE s.state NOT IN ('collecting', 'reconciling', 'pendingReview') AND (
            o.state <> 'paid' OR o.write_off <> 'writtenOff' OR b.agreed_on IS NULL OR l.amount <> o.amount
            OR b.biller_code <> s.biller_code)
        UNION ALL
        SELECT 'settlement ' || s.number FROM biller_settlements s LEFT JOIN (
            SELECT settlement_id, count(*) AS payments, sum(amount) AS gross FROM biller_settlement_lines GROUP BY 1
        ) l ON l.settlement_id = s.id
        WHERE s.payments <> coalesce(l.payments, 0) OR s.gross <> coalesce(l.gross, 0)
        UNION ALL
        SELECT 'payment ' || o.number FROM bill_payments b JOIN orders o ON o.id = b.order_id
        WHERE b.is_settled <> EXISTS (SELECT FROM biller_settlement_lines l WHERE l.order_id = b.order_id)
        """

    /// Of I12: the lines of billers' statements.
    static let lines: SQL = """
        SELECT 'line ' || l.line || ' of ' || s.biller_code || ' ' || s.day
        FROM biller_statement_lines l JOIN biller_statements s ON s.id = l.statement_id
        LEFT JOIN bill_payments p ON p.order_id = l.order_id
        WHERE CASE
                WHEN l.class = 'matched' THEN p.agreed_on IS NULL
                ELSE (l.class <> 'stateDiffers' OR p.agreed_on IS NULL) AND NOT EXISTS (
                    SELECT FROM differences d
                    WHERE d.channel = 'biller' AND d.serial = s.biller_code || '/' || l.payment_number)
            END
            AND NOT EXISTS (SELECT FROM jobs j WHERE j.kind = 'billerStatement' AND j.subject_id = s.id)
        UNION ALL
        SELECT 'statement of ' || s.biller_code || ' ' || s.day
        FROM biller_statements s LEFT JOIN biller_statement_lines l ON l.statement_id = s.id
        WHERE s.accepted_at IS NOT NULL
        GROUP BY s.id HAVING count(l.line) <> s.stated_count OR coalesce(sum(l.amount), 0) <> s.stated_sum
        """
}
