import Foundation
import Postgres

/// How the rules find what they look for. Each is one statement over what has happened since the last time, and never over all
/// history: every table is read through an index, from a moment or for one company.
extension FollowUps {
    /// How long after one application of the rules the next one is due, in seconds.
    static let intervalSeconds = 60.0
    /// How far what was looked at before is looked at again, in seconds: an order bears the time at which its request began, and
    /// is seen only when that is committed. What was found before is not found again.
    static let overlapSeconds = 600.0
    /// How many cases a statement raises at most; the rest follows in the next one.
    private static let casesAtOnce = 20

    /// Plans the application of the rules, if it is not planned.
    func plan(at moment: Date) async throws {
        try await platform.database.execute(
            """
            INSERT INTO jobs (kind, subject_id, due_at) VALUES ('monitoring', 0, \(moment)) ON CONFLICT DO NOTHING
            """)
    }

    /// Applies all rules to what has happened since the last time, and plans the next.
    func apply(_ subject: Int64) async throws {
        let moment = platform.effects.now()
        try await platform.database.transaction { connection in
            let last: Date = try connection.query(
                "SELECT applied_until FROM follow_up_progress FOR NO KEY UPDATE"
            ).only()["applied_until"]
            // A clock that was set back does not leave a time out.
            let from = min(last, moment).addingTimeInterval(-Self.overlapSeconds)
            for rule in FollowUpRule.Kind.allCases {
                while try raise(rule, from: from, until: moment, on: connection) > 0 {}
            }
            try connection.execute("UPDATE follow_up_progress SET applied_until = \(moment)")
            try Jobs.again(
                .monitoring, subject, due: moment.addingTimeInterval(Self.intervalSeconds), on: connection)
        }
    }

    /// Applies the rules that keep withdrawals back to what one company has done since the last time, so that a withdrawal about
    /// to be sent does not slip through before the next application. What is about to be sent is no hit itself: a rule keeps
    /// back the next one.
    func applyHolding(
        to enterprise: Enterprise.ID, before order: Int64, at moment: Date, on connection: isolated Connection
    ) throws {
        let holding = try connection.query(
            """
            SELECT rule, (SELECT applied_until FROM follow_up_progress) AS last
            FROM (SELECT DISTINCT ON (rule) * FROM follow_up_rules ORDER BY rule, version DESC) newest
            WHERE is_on AND holds_withdrawals LIMIT 100
            """)
        for row in holding {
            let rule: FollowUpRule.Kind = try row["rule"]
            if rule.isAboutBillers { continue }
            let last: Date = try row["last"]
            let from = min(last, moment).addingTimeInterval(-Self.overlapSeconds)
            let only: SQL = "w.enterprise_id = \(enterprise) AND w.id <> \(order)"
            while try raise(rule, from: from, until: moment, only: only, on: connection) > 0 {}
        }
    }

    /// Raises the cases of a rule: of each company the first that is not raised yet, with what the rule has seen, its first
    /// event, and the hold where the rule has one. Returns how many.
    private func raise(
        _ rule: FollowUpRule.Kind, from: Date, until: Date, only: SQL = "true",
        on connection: isolated Connection
    ) throws -> Int {
        let numbers = (0..<Self.casesAtOnce).map { _ in
            Orders.newNumber(prefix: "RC", effects: platform.effects)
        }
        return try connection.query(
            Self.raising(rule, numbers: numbers, from: from, until: until, only: only)
        ).only()["made"]
    }

    /// The statement that raises the cases of a rule, as many as there are numbers for them. A case that another transaction
    /// raises at the same time is left to it.
    ///
    /// - Parameter only: which of the orders `w` are looked at.
    static func raising(
        _ rule: FollowUpRule.Kind, numbers: [String], from: Date, until: Date, only: SQL = "true"
    ) -> SQL {
        let (party, subject): (SQL, SQL) =
            rule.isAboutBillers ? ("biller_code", "attempt_id") : ("enterprise_id", "order_id")
        let seen: SQL =
            rule.isAboutBillers
            ? """
            (SELECT t.id, s.net AS amount FROM biller_settlement_attempts t JOIN biller_settlements s ON s.id = t.settlement_id)
            """ : "orders"
        return """
            WITH rule AS (
                SELECT * FROM (
                    SELECT * FROM follow_up_rules WHERE rule = \(rule) ORDER BY version DESC LIMIT 1
                ) newest WHERE is_on
            ), hits AS MATERIALIZED (
                SELECT *, row_number() OVER (ORDER BY happened_at, \(fragment: subject))::int AS place
                FROM (
                    SELECT DISTINCT ON (h.\(fragment: party)) r.version, r.holds_withdrawals, h.\(fragment: party),
                        h.\(fragment: subject), h.happened_at, h.facts, h.times, h.orders
                    FROM rule r CROSS JOIN LATERAL (\(fragment: hits(of: rule, from: from, until: until, only: only))) h
                    ORDER BY h.\(fragment: party), h.happened_at, h.\(fragment: subject)
                ) first
            ), made AS (
                INSERT INTO follow_up_cases (
                    number, rule, rule_version, \(fragment: party), \(fragment: subject), happened_at, raised_at)
                SELECT (\(numbers))[place], \(rule), version, \(fragment: party), \(fragment: subject), happened_at, \(until)
                FROM hits WHERE place <= \(Int32(numbers.count))
                ON CONFLICT DO NOTHING
                RETURNING id, \(fragment: party), \(fragment: subject)
            ), evidence AS (
                INSERT INTO follow_up_evidence (case_id, place, fact, at, \(fragment: subject), amount)
                SELECT m.id, seen.place, seen.fact, seen.at, seen.id, o.amount
                FROM made m JOIN hits USING (\(fragment: subject))
                CROSS JOIN LATERAL unnest(hits.facts, hits.times, hits.orders)
                    WITH ORDINALITY AS seen (fact, at, id, place)
                LEFT JOIN \(fragment: seen) o ON o.id = seen.id
            ), event AS (
                INSERT INTO follow_up_events (case_id, event, at)
                SELECT id, \(FollowUpState.Event.raised.rawValue), \(until) FROM made
            ), hold AS (
                INSERT INTO withdrawal_holds (case_id, \(fragment: party))
                SELECT m.id, m.\(fragment: party) FROM made m JOIN hits USING (\(fragment: subject))
                WHERE hits.holds_withdrawals
            )
            SELECT count(*) AS made FROM made
            """
    }

    /// Money that leaves for a company's bank account: what the rules about companies look at.
    private static let outflows: SQL = """
        (
            SELECT id, enterprise_id, amount, created_at FROM orders
            WHERE kind = 'withdrawal' AND state NOT IN ('cancelled', 'returnedToMaker', 'expired')
        )
        """

    /// What a rule `r` has not raised yet: rows of `enterprise_id`, `order_id`, `happened_at` and, for the evidence, arrays
    /// `facts`, `times` and `orders`. Of a rule about billers `biller_code` and `attempt_id`, and payouts in place of orders.
    private static func hits(of rule: FollowUpRule.Kind, from: Date, until: Date, only: SQL) -> SQL {
        let isNew: SQL = "w.created_at > \(from) AND w.created_at <= \(until) AND \(fragment: only)"
        switch rule {
        case .quickTurn: return quickTurn(isNew)
        case .manySmall: return manySmall(isNew)
        case .newAccountLarge: return newAccountLarge(isNew)
        case .dormantActive: return dormantActive(isNew)
        case .returnedTwice: return returnedTwice(from: from, until: until, only: only)
        case .billerAccountLarge: return billerAccountLarge(from: from, until: until)
        case .billerReturnedTwice: return billerReturnedTwice(from: from, until: until)
        }
    }

    /// Looks back from a withdrawal to the newest top-up, and adds up what was withdrawn since. A bill that was submitted before
    /// the withdrawal, and is paid by now or on its way, lies between. A top-up is in one case only.
    private static func quickTurn(_ isNew: SQL) -> SQL {
        """
        SELECT w.enterprise_id, w.id AS order_id, w.created_at AS happened_at, ARRAY['toppedUp'] || s.facts AS facts,
            t.at || s.times AS times, t.order_id || s.orders AS orders
        FROM \(fragment: outflows) w
        CROSS JOIN LATERAL (
            SELECT e.source_id AS order_id, e.booked_at AS at, e.enterprise_change AS amount, e.statement_at, e.id
            FROM journal_entries e
            WHERE e.enterprise_id = w.enterprise_id AND e.enterprise_change <> 0 AND e.enterprise_change > 0
                AND e.source_kind = 'topUp'
                -- A line's place in the statement is never before its booking.
                AND e.statement_at > w.created_at - make_interval(hours => r.hours)
                AND e.booked_at > w.created_at - make_interval(hours => r.hours) AND e.booked_at <= w.created_at
            ORDER BY e.statement_at DESC, e.id DESC LIMIT 1
        ) t
        CROSS JOIN LATERAL (
            SELECT sum(o.amount) AS amount, array_agg('withdrawn'::text) AS facts,
                array_agg(o.created_at ORDER BY o.created_at, o.id) AS times,
                array_agg(o.id ORDER BY o.created_at, o.id) AS orders
            FROM \(fragment: outflows) o
            WHERE o.enterprise_id = w.enterprise_id AND o.created_at >= t.at
                AND (o.created_at, o.id) <= (w.created_at, w.id)
        ) s
        WHERE \(fragment: isNew) AND s.amount >= r.least_amount AND s.amount * 100 >= t.amount * r.least_percent
            AND NOT EXISTS (
                SELECT FROM journal_entries e JOIN orders b ON b.id = e.source_id
                WHERE e.enterprise_id = w.enterprise_id AND e.enterprise_change <> 0 AND e.enterprise_change < 0
                    AND e.source_kind = 'billPayment' AND (e.statement_at, e.id) > (t.statement_at, t.id)
                    AND b.created_at <= w.created_at
                    AND b.state = 'paid' AND b.write_off NOT IN ('failed', 'reversed'))
            AND NOT EXISTS (
                SELECT FROM orders b
                WHERE b.enterprise_id = w.enterprise_id AND NOT b.is_final AND b.kind = 'billPayment'
                    AND b.created_at >= t.at AND b.created_at <= w.created_at)
            AND NOT EXISTS (
                SELECT FROM follow_up_evidence v JOIN follow_up_cases c ON c.id = v.case_id
                WHERE v.order_id = t.order_id AND c.rule = 'quickTurn')
            -- Nor is a withdrawal raised twice, when a top-up of the same moment is committed after it.
            AND NOT EXISTS (SELECT FROM follow_up_cases c WHERE c.rule = 'quickTurn' AND c.order_id = w.id)
        """
    }

    /// Counts back from a small withdrawal over those that no case of the rule has counted.
    private static func manySmall(_ isNew: SQL) -> SQL {
        """
        SELECT w.enterprise_id, w.id AS order_id, w.created_at AS happened_at, s.facts, s.times, s.orders
        FROM \(fragment: outflows) w
        CROSS JOIN LATERAL (
            SELECT count(*) AS number, array_agg('withdrawn'::text) AS facts,
                array_agg(o.created_at ORDER BY o.created_at, o.id) AS times,
                array_agg(o.id ORDER BY o.created_at, o.id) AS orders
            FROM \(fragment: outflows) o
            WHERE o.enterprise_id = w.enterprise_id AND o.amount <= r.most_amount
                AND o.created_at > w.created_at - make_interval(hours => r.hours)
                AND (o.created_at, o.id) <= (w.created_at, w.id)
                AND NOT EXISTS (
                    SELECT FROM follow_up_evidence v JOIN follow_up_cases c ON c.id = v.case_id
                    WHERE v.order_id = o.id AND c.rule = 'manySmall')
        ) s
        WHERE \(fragment: isNew) AND s.number >= r.least_count AND w.id = ANY (s.orders)
        """
    }

    private static func newAccountLarge(_ isNew: SQL) -> SQL {
        """
        SELECT w.enterprise_id, w.id AS order_id, w.created_at AS happened_at,
            ARRAY['accountVerified', 'withdrawn'] AS facts, ARRAY[a.at, w.created_at] AS times,
            ARRAY[NULL, w.id] AS orders
        FROM \(fragment: outflows) w JOIN withdrawals d ON d.order_id = w.id
        CROSS JOIN LATERAL (
            SELECT max(v.at) AS at FROM registered_account_events v
            WHERE v.registered_account_id = d.registered_account_id AND v.to_state = 'verified' AND v.at <= w.created_at
        ) a
        WHERE \(fragment: isNew) AND w.amount >= r.least_amount
            AND w.created_at < a.at + make_interval(days => r.days)
            AND NOT EXISTS (SELECT FROM follow_up_cases c WHERE c.rule = 'newAccountLarge' AND c.order_id = w.id)
        """
    }

    /// The first movement of the last hours before a withdrawal, or the withdrawal itself, ends the quiet time that began with
    /// the movement before it, or with the opening.
    private static func dormantActive(_ isNew: SQL) -> SQL {
        let order: SQL =
            "CASE WHEN m.source_kind IN ('topUp', 'billPayment', 'withdrawal') THEN m.source_id END AS order_id"
        return """
            SELECT w.enterprise_id, w.id AS order_id, w.created_at AS happened_at,
                CASE WHEN a.at IS NULL THEN ARRAY[q.fact, 'withdrawn'] ELSE ARRAY[q.fact, 'activeAgain', 'withdrawn'] END
                    AS facts,
                CASE WHEN a.at IS NULL THEN ARRAY[q.at, w.created_at] ELSE ARRAY[q.at, a.at, w.created_at] END AS times,
                CASE WHEN a.at IS NULL THEN ARRAY[q.order_id, w.id] ELSE ARRAY[q.order_id, a.order_id, w.id] END AS orders
            FROM \(fragment: outflows) w JOIN enterprises e ON e.id = w.enterprise_id
            LEFT JOIN LATERAL (
                SELECT m.statement_at AS at, \(fragment: order) FROM journal_entries m
                WHERE m.enterprise_id = w.enterprise_id AND m.enterprise_change <> 0 AND m.statement_at <= w.created_at
                    AND m.statement_at > w.created_at - make_interval(hours => r.hours)
                ORDER BY m.statement_at, m.id LIMIT 1
            ) a ON true
            LEFT JOIN LATERAL (
                SELECT m.statement_at AS at, \(fragment: order) FROM journal_entries m
                WHERE m.enterprise_id = w.enterprise_id AND m.enterprise_change <> 0
                    AND m.statement_at < coalesce(a.at, w.created_at)
                ORDER BY m.statement_at DESC, m.id DESC LIMIT 1
            ) p ON true
            CROSS JOIN LATERAL (
                SELECT CASE WHEN p.at IS NULL THEN 'opened' ELSE 'lastActive' END AS fact,
                    coalesce(p.at, e.opened_at) AS at, p.order_id
            ) q
            WHERE \(fragment: isNew) AND w.amount >= r.least_amount
                AND coalesce(a.at, w.created_at) >= q.at + make_interval(days => r.days)
                AND NOT EXISTS (
                    SELECT FROM follow_up_cases c
                    WHERE c.rule = 'dormantActive' AND c.enterprise_id = w.enterprise_id AND c.happened_at > q.at)
            """
    }

    /// Counts back from a return over those that no case of the rule has counted.
    private static func returnedTwice(from: Date, until: Date, only: SQL) -> SQL {
        """
        SELECT w.enterprise_id, w.id AS order_id, w.state_since AS happened_at, s.facts, s.times, s.orders
        FROM orders w
        CROSS JOIN LATERAL (
            SELECT count(*) AS number, array_agg('returned'::text) AS facts,
                array_agg(o.state_since ORDER BY o.state_since, o.id) AS times,
                array_agg(o.id ORDER BY o.state_since, o.id) AS orders
            FROM orders o
            WHERE o.kind = 'withdrawal' AND o.state = 'returned' AND o.enterprise_id = w.enterprise_id
                AND o.state_since > w.state_since - make_interval(days => r.days)
                AND (o.state_since, o.id) <= (w.state_since, w.id)
                AND NOT EXISTS (
                    SELECT FROM follow_up_evidence v JOIN follow_up_cases c ON c.id = v.case_id
                    WHERE v.order_id = o.id AND c.rule = 'returnedTwice')
        ) s
        WHERE w.kind = 'withdrawal' AND w.state = 'returned' AND w.state_since > \(from) AND w.state_since <= \(until)
            AND \(fragment: only) AND s.number >= r.least_count AND w.id = ANY (s.orders)
        """
    }

    /// From the agreement of two people on a payout, whatever becomes of it.
    private static func billerAccountLarge(from: Date, until: Date) -> SQL {
        """
        SELECT s.biller_code, t.id AS attempt_id, t.begun_at AS happened_at, ARRAY['billerAccount', 'billerPaid'] AS facts,
            ARRAY[a.registered_at, t.begun_at] AS times, ARRAY[NULL, t.id] AS orders
        FROM biller_settlement_attempts t JOIN biller_settlements s ON s.id = t.settlement_id
        JOIN biller_accounts a ON a.id = t.account_id
        WHERE t.begun_at > \(from) AND t.begun_at <= \(until) AND s.net >= r.least_amount
            AND t.begun_at < a.registered_at + make_interval(days => r.days)
            AND NOT EXISTS (
                SELECT FROM follow_up_cases c WHERE c.rule = 'billerAccountLarge' AND c.attempt_id = t.id)
        """
    }

    /// Counts back from a return over those of the biller that no case of the rule has counted.
    private static func billerReturnedTwice(from: Date, until: Date) -> SQL {
        """
        SELECT w.biller_code, t.id AS attempt_id, t.ended_at AS happened_at, s.facts, s.times, s.orders
        FROM biller_settlement_attempts t JOIN biller_settlements w ON w.id = t.settlement_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS number, array_agg('billerReturned'::text) AS facts,
                array_agg(o.ended_at ORDER BY o.ended_at, o.id) AS times,
                array_agg(o.id ORDER BY o.ended_at, o.id) AS orders
            FROM biller_settlement_attempts o JOIN biller_settlements b ON b.id = o.settlement_id
            WHERE o.outcome = 'returned' AND b.biller_code = w.biller_code
                AND o.ended_at > t.ended_at - make_interval(days => r.days) AND o.ended_at <= t.ended_at
                AND (o.ended_at, o.id) <= (t.ended_at, t.id)
                AND NOT EXISTS (
                    SELECT FROM follow_up_evidence v JOIN follow_up_cases c ON c.id = v.case_id
                    WHERE v.attempt_id = o.id AND c.rule = 'billerReturnedTwice')
        ) s
        WHERE t.outcome = 'returned' AND t.ended_at > \(from) AND t.ended_at <= \(until)
            AND s.number >= r.least_count AND t.id = ANY (s.orders)
        """
    }
}
