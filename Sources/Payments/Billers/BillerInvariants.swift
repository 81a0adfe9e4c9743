import Postgres

/// The invariants of the books against the billers' statements.
enum BillerInvariants {
    /// I6
    static let payable = Invariant(
        name: "I6",
        sentence:
            "what a biller is owed is, payment by payment, what it has written off and was not given back"
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
            WHERE o.kind = 'billPayment' AND (
                o.state = 'paid' AND o.write_off IN ('writtenOff', 'disputed')
                OR o.state = 'refused' AND o.write_off = 'disputed'
                -- What the platform has borne is owed to the biller all the same.
                OR o.is_final AND 'borne' = (
                    SELECT event FROM order_events v WHERE v.order_id = o.id ORDER BY sequence DESC LIMIT 1))
        ) x ON x.owner = p.owner AND x.item = p.item
        WHERE coalesce(p.net, 0) <> coalesce(x.net, 0) OR p.net < 0
        """
    }

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
