-- What people who look after reconciliation see and decide: sums of each file by class, what a file says after its lines, the
-- enterprise that a proposal names, and work items about a settlement day. Amounts are fen.

-- What the lines of a file come to, kept when they are matched: a page must not add up a million lines.
CREATE TABLE bank_file_sums (
    file_id bigint NOT NULL REFERENCES bank_files,
    channel text NOT NULL,
    trade text NOT NULL,
    class text NOT NULL,
    lines bigint NOT NULL CHECK (lines > 0),
    amount bigint NOT NULL CHECK (amount > 0),
    fees bigint NOT NULL,
    PRIMARY KEY (file_id, channel, trade, class)
);

INSERT INTO bank_file_sums (file_id, channel, trade, class, lines, amount, fees)
SELECT file_id, channel, trade, class, count(*), sum(amount), sum(fee) FROM bank_file_lines GROUP BY 1, 2, 3, 4;

-- The lines and the net (positive to us) that the file's own summary states; null where it has none. Its lines of errors and
-- adjustments (ZME) are only counted, because nobody publishes what they mean: a person has to look at them.
ALTER TABLE bank_files
    ADD COLUMN stated_lines bigint,
    ADD COLUMN stated_net bigint,
    ADD COLUMN adjustments bigint NOT NULL DEFAULT 0;

-- The settlement day that an item is about.
ALTER TABLE work_items ADD COLUMN settlement_date date;

-- As before, and a proposal may name the enterprise of money that no order tells the owner of. What is neither proposed nor
-- resolved belongs to the enterprise of its order, if it has one.
DROP FUNCTION record_difference_event;
CREATE FUNCTION record_difference_event(
    p_id bigint, p_event text, p_at timestamptz, p_actor_kind text, p_actor_id bigint, p_note text,
    p_handling text, p_parking text, p_amount bigint, p_enterprise_id bigint
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_case differences;
    v_state text;
BEGIN
    SELECT * INTO STRICT v_case FROM differences WHERE id = p_id FOR NO KEY UPDATE;
    SELECT to_state INTO v_state FROM difference_steps WHERE from_state = v_case.state AND event = p_event;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'difference % in % cannot take the step %', v_case.number, v_case.state, p_event
            USING ERRCODE = 'check_violation', CONSTRAINT = 'difference_step_is_legal', TABLE = 'differences';
    END IF;
    INSERT INTO difference_events (
        difference_id, sequence, event, from_state, to_state, happened_at, actor_kind, actor_id, note)
    VALUES (p_id, v_case.events + 1, p_event, v_case.state, v_state, p_at, p_actor_kind, p_actor_id, p_note);
    UPDATE differences SET
        state = v_state, state_since = p_at, events = events + 1, version = version + 1,
        handling = CASE WHEN v_state = 'open' THEN NULL ELSE coalesce(p_handling, handling) END,
        -- What was a cut-off for days is a loss when the days have passed.
        class = CASE WHEN p_event = 'daysPassed' THEN 'oursOnly' ELSE class END,
        parking = coalesce(p_parking, parking), amount = coalesce(p_amount, amount),
        enterprise_id = CASE
            WHEN v_state IN ('proposed', 'resolved') THEN coalesce(p_enterprise_id, enterprise_id)
            ELSE (SELECT enterprise_id FROM orders WHERE id = v_case.order_id) END,
        reason = CASE WHEN p_event = 'handlingProposed' THEN p_note ELSE reason END
    WHERE id = p_id;
    RETURN v_state;
END;
$$;

GRANT SELECT, INSERT ON bank_file_sums TO portal_app;
REVOKE EXECUTE ON FUNCTION record_difference_event FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_difference_event TO portal_app;
