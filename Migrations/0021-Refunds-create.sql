-- Refunds: money that goes back the way it came. A refund of a receipt (receiptReturn) gives unidentified money back to the
-- payer; refunds of bill payments come with their own issue and use the same table of states.
CREATE TABLE refund_steps (
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (from_state, event, to_state)
);

INSERT INTO refund_steps (from_state, event, to_state) VALUES
    ('', 'requested', 'requested'),
    ('requested', 'approved', 'approved'),
    ('requested', 'rejected', 'rejected'),
    ('requested', 'withdrawn', 'withdrawn'),
    ('approved', 'completedInternally', 'completed'),
    ('approved', 'sendStarted', 'sending'),
    ('sending', 'noAnswer', 'unknown'),
    ('unknown', 'answerUnclear', 'unknown'),
    ('unknown', 'resent', 'sending'),
    ('sending', 'accepted', 'accepted'),
    ('unknown', 'accepted', 'accepted'),
    ('sending', 'confirmed', 'completed'),
    ('unknown', 'confirmed', 'completed'),
    ('accepted', 'confirmed', 'completed'),
    ('sending', 'confirmed', 'awaitingFunds'),
    ('unknown', 'confirmed', 'awaitingFunds'),
    ('accepted', 'confirmed', 'awaitingFunds'),
    ('awaitingFunds', 'fundsReturned', 'completed'),
    ('sending', 'refused', 'refused'),
    ('unknown', 'refused', 'refused'),
    ('accepted', 'refused', 'refused'),
    ('sending', 'absentFromFiles', 'refused'),
    ('unknown', 'absentFromFiles', 'refused'),
    ('accepted', 'absentFromFiles', 'refused'),
    ('refused', 'confirmed', 'completed'),
    ('refused', 'confirmed', 'disputed'),
    ('completed', 'denied', 'disputed'),
    ('disputed', 'acknowledged', 'completed'),
    ('disputed', 'charged', 'refused'),
    ('disputed', 'borne', 'completed');

CREATE TABLE refunds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number ~ '^RF[0-9A-Z]{6,30}$'),
    kind text NOT NULL CHECK (kind IN ('writeOffFailed', 'billRefund', 'receiptReturn')),
    -- The case whose money goes back.
    difference_id bigint NOT NULL REFERENCES differences,
    original_serial text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    state text NOT NULL,
    -- The one time (Beijing) under which the bank knows it; set when it is first sent.
    transaction_time text CHECK (transaction_time ~ '^[0-9]{14}$'),
    bank_serial text,
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    events integer NOT NULL DEFAULT 0
);

-- One refund of a case is under way or done; after a refused one a person may try again.
CREATE UNIQUE INDEX refunds_of_difference ON refunds (difference_id) WHERE state <> 'refused';

CREATE TABLE refund_events (
    refund_id bigint NOT NULL REFERENCES refunds,
    sequence integer NOT NULL CHECK (sequence > 0),
    event text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    happened_at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('staff', 'system', 'bank', 'biller')),
    actor_id bigint,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (refund_id, sequence)
);

-- Takes a step of a refund. Fails with constraint refund_step_is_legal.
CREATE FUNCTION record_refund_event(
    p_id bigint, p_event text, p_to_state text, p_at timestamptz, p_actor_kind text, p_actor_id bigint, p_note text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_refund refunds;
    v_from text;
BEGIN
    SELECT * INTO STRICT v_refund FROM refunds WHERE id = p_id FOR NO KEY UPDATE;
    v_from := CASE WHEN v_refund.events = 0 THEN '' ELSE v_refund.state END;
    IF NOT EXISTS (
        SELECT 1 FROM refund_steps WHERE from_state = v_from AND event = p_event AND to_state = p_to_state
    ) THEN
        RAISE EXCEPTION 'refund % in % cannot take the step %', v_refund.number, v_refund.state, p_event
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_step_is_legal', TABLE = 'refunds';
    END IF;
    INSERT INTO refund_events (refund_id, sequence, event, from_state, to_state, happened_at, actor_kind, actor_id, note)
    VALUES (p_id, v_refund.events + 1, p_event, v_from, p_to_state, p_at, p_actor_kind, p_actor_id, p_note);
    UPDATE refunds SET state = p_to_state, state_since = p_at, events = events + 1 WHERE id = p_id;
END;
$$;

-- Makes a refund with its first event.
CREATE FUNCTION create_refund(
    p_number text, p_kind text, p_difference_id bigint, p_original_serial text, p_amount bigint, p_at timestamptz,
    p_actor_kind text, p_actor_id bigint
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id bigint;
BEGIN
    INSERT INTO refunds (number, kind, difference_id, original_serial, amount, state, created_at, state_since)
    VALUES (p_number, p_kind, p_difference_id, p_original_serial, p_amount, 'requested', p_at, p_at)
    RETURNING id INTO v_id;
    PERFORM record_refund_event(v_id, 'requested', 'requested', p_at, p_actor_kind, p_actor_id, '');
    RETURN v_id;
END;
$$;

GRANT SELECT ON refunds, refund_events, refund_steps TO portal_app;
GRANT UPDATE (transaction_time, bank_serial) ON refunds TO portal_app;
REVOKE EXECUTE ON FUNCTION record_refund_event, create_refund FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_refund_event, create_refund TO portal_app;
