-- What clerks see that was not kept until now: totals of a statement over any span of days without reading what lies in
-- between, the sign-in before a session's own, and the bills as they are when they are no longer what was confirmed.

-- Each line of a statement (an entry whose enterprise_change is not zero) says what the enterprise had gained in all
-- through it, as enterprise_balance says what it held. The sums of a span are then differences of its two ends.
--
-- statement_at is when the line was booked, and never before the one booked before it: two bookings of one enterprise wait for
-- each other, and the one that waited may have looked at the clock first. So lines in the order of time are in the order
-- of their balances.
ALTER TABLE journal_entries
    ADD COLUMN statement_at timestamptz,
    ADD COLUMN statement_income bigint;

UPDATE journal_entries e SET statement_at = s.at, statement_income = s.income
FROM (
    SELECT id, booked_at, max(booked_at) OVER lines AS at,
        (sum(greatest(enterprise_change, 0)) OVER lines)::bigint AS income
    FROM journal_entries WHERE enterprise_change <> 0
    WINDOW lines AS (PARTITION BY enterprise_id ORDER BY id)
) s
WHERE e.id = s.id AND e.booked_at = s.booked_at;

-- The statement of an enterprise, newest first, from any day on; it takes the place of the index that began at the end.
CREATE INDEX journal_entries_statement_at ON journal_entries (enterprise_id, statement_at DESC, id DESC)
    WHERE enterprise_change <> 0;
DROP INDEX journal_entries_statement;

-- Continues the statement. post_entry has locked the enterprise's accounts, so the line before is the last one.
CREATE FUNCTION continue_statement() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_at timestamptz;
    v_income bigint;
BEGIN
    SELECT statement_at, statement_income INTO v_at, v_income FROM journal_entries
    WHERE enterprise_id = NEW.enterprise_id AND enterprise_change <> 0
    ORDER BY statement_at DESC, id DESC LIMIT 1;
    NEW.statement_at := greatest(NEW.booked_at, v_at);
    NEW.statement_income := coalesce(v_income, 0) + greatest(NEW.enterprise_change, 0);
    RETURN NEW;
END;
$$;

CREATE TRIGGER continue_statement BEFORE INSERT ON journal_entries
    FOR EACH ROW WHEN (NEW.enterprise_change <> 0) EXECUTE FUNCTION continue_statement();

-- When and from where the person signed in before this session; null for the first time. Written with the session.
ALTER TABLE sessions
    ADD COLUMN previous_sign_in_at timestamptz,
    ADD COLUMN previous_sign_in_address text;

-- What the biller said instead, when the bills had changed between confirmation and sending: to be confirmed anew.
ALTER TABLE bill_payments ADD COLUMN changed_query_id bigint REFERENCES bill_queries;

GRANT UPDATE (changed_query_id) ON bill_payments TO portal_app;
