-- Orders: what all kinds have in common, the events that led them to their state, and the table of legal steps.
-- An order's state changes only through record_order_event, which refuses a step that the table does not have; the
-- application's role may not update the state by itself. Details of a kind are in the kind's own table.

-- The legal steps. '' as the state before: the order begins with the step. A test holds these rows equal to the tables
-- in the code.
CREATE TABLE order_transitions (
    kind text NOT NULL CHECK (kind IN ('topUp', 'billPayment', 'withdrawal')),
    from_state text NOT NULL,
    from_write_off text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL,
    to_write_off text NOT NULL,
    PRIMARY KEY (kind, from_state, from_write_off, event, to_state, to_write_off)
);

-- The states, and whether a further step of their own is expected.
CREATE TABLE order_states (
    kind text NOT NULL,
    state text NOT NULL,
    write_off text NOT NULL,
    is_final boolean NOT NULL,
    PRIMARY KEY (kind, state, write_off)
);

INSERT INTO order_states (kind, state, write_off, is_final) VALUES
    ('topUp', 'created', 'none', false),
    ('topUp', 'atBank', 'none', false),
    ('topUp', 'closing', 'none', false),
    ('topUp', 'closed', 'none', true),
    ('topUp', 'credited', 'none', true),
    ('topUp', 'lateDebited', 'none', false),
    ('topUp', 'refundedByBank', 'none', true),
    ('topUp', 'inReview', 'none', false),
    ('topUp', 'returned', 'none', true),
    ('topUp', 'reversalParked', 'none', false),
    ('topUp', 'reversed', 'none', true),
    ('billPayment', 'pendingReview', 'none', false),
    ('billPayment', 'ready', 'none', false),
    ('billPayment', 'sending', 'none', false),
    ('billPayment', 'unknown', 'none', false),
    ('billPayment', 'refused', 'none', true),
    ('billPayment', 'refused', 'disputed', false),
    ('billPayment', 'returnedToMaker', 'none', true),
    ('billPayment', 'withdrawn', 'none', true),
    ('billPayment', 'expired', 'none', true),
    ('billPayment', 'paid', 'pending', false),
    ('billPayment', 'paid', 'writtenOff', true),
    ('billPayment', 'paid', 'failed', true),
    ('billPayment', 'paid', 'disputed', false),
    ('billPayment', 'paid', 'reversed', true),
    ('withdrawal', 'pendingReview', 'none', false),
    ('withdrawal', 'accepted', 'none', false),
    ('withdrawal', 'sending', 'none', false),
    ('withdrawal', 'unknown', 'none', false),
    ('withdrawal', 'atBank', 'none', false),
    ('withdrawal', 'paid', 'none', true),
    ('withdrawal', 'refused', 'none', true),
    ('withdrawal', 'cancelled', 'none', true),
    ('withdrawal', 'returnedToMaker', 'none', true),
    ('withdrawal', 'expired', 'none', true),
    ('withdrawal', 'returned', 'none', true),
    ('withdrawal', 'paymentParked', 'none', false);

INSERT INTO order_transitions (kind, from_state, from_write_off, event, to_state, to_write_off) VALUES
    ('topUp', '', 'none', 'ordered', 'created', 'none'),
    ('topUp', 'created', 'none', 'handedOff', 'atBank', 'none'),
    ('topUp', 'created', 'none', 'cancelled', 'closed', 'none'),
    ('topUp', 'created', 'none', 'deadlinePassed', 'closed', 'none'),
    ('topUp', 'atBank', 'none', 'paidConfirmed', 'credited', 'none'),
    ('topUp', 'atBank', 'none', 'answerUnclear', 'atBank', 'none'),
    ('topUp', 'atBank', 'none', 'declinedBeforeTimeout', 'atBank', 'none'),
    ('topUp', 'atBank', 'none', 'cancelRequested', 'closing', 'none'),
    ('topUp', 'atBank', 'none', 'deadlinePassed', 'closing', 'none'),
    ('topUp', 'closing', 'none', 'paidConfirmed', 'credited', 'none'),
    ('topUp', 'closing', 'none', 'notPaidConfirmed', 'closed', 'none'),
    ('topUp', 'closing', 'none', 'absentFromFiles', 'closed', 'none'),
    ('topUp', 'atBank', 'none', 'lateDebitReported', 'lateDebited', 'none'),
    ('topUp', 'closing', 'none', 'lateDebitReported', 'lateDebited', 'none'),
    ('topUp', 'closed', 'none', 'lateDebitReported', 'lateDebited', 'none'),
    ('topUp', 'closed', 'none', 'paidConfirmed', 'credited', 'none'),
    ('topUp', 'lateDebited', 'none', 'bankRefundConfirmed', 'refundedByBank', 'none'),
    ('topUp', 'lateDebited', 'none', 'paidConfirmed', 'inReview', 'none'),
    ('topUp', 'lateDebited', 'none', 'bankRefundOverdue', 'inReview', 'none'),
    ('topUp', 'refundedByBank', 'none', 'paidConfirmed', 'inReview', 'none'),
    ('topUp', 'atBank', 'none', 'receiptMismatched', 'inReview', 'none'),
    ('topUp', 'closing', 'none', 'receiptMismatched', 'inReview', 'none'),
    ('topUp', 'closed', 'none', 'receiptMismatched', 'inReview', 'none'),
    ('topUp', 'inReview', 'none', 'creditApproved', 'credited', 'none'),
    ('topUp', 'inReview', 'none', 'returnCompleted', 'returned', 'none'),
    ('topUp', 'inReview', 'none', 'bankRefundConfirmed', 'refundedByBank', 'none'),
    ('topUp', 'credited', 'none', 'paidAgain', 'credited', 'none'),
    ('topUp', 'credited', 'none', 'lateDebitReported', 'credited', 'none'),
    ('topUp', 'credited', 'none', 'reversedByBank', 'reversalParked', 'none'),
    ('topUp', 'credited', 'none', 'absentFromFiles', 'reversalParked', 'none'),
    ('topUp', 'returned', 'none', 'bankRefundConfirmed', 'returned', 'none'),
    ('topUp', 'reversalParked', 'none', 'charged', 'reversed', 'none'),
    ('topUp', 'reversalParked', 'none', 'madeGood', 'credited', 'none'),
    ('topUp', 'reversalParked', 'none', 'borne', 'credited', 'none'),
    ('billPayment', '', 'none', 'submitted', 'pendingReview', 'none'),
    ('billPayment', '', 'none', 'submitted', 'ready', 'none'),
    ('billPayment', 'pendingReview', 'none', 'approved', 'ready', 'none'),
    ('billPayment', 'pendingReview', 'none', 'returnedToMaker', 'returnedToMaker', 'none'),
    ('billPayment', 'pendingReview', 'none', 'withdrawn', 'withdrawn', 'none'),
    ('billPayment', 'pendingReview', 'none', 'reviewExpired', 'expired', 'none'),
    ('billPayment', 'ready', 'none', 'billChanged', 'returnedToMaker', 'none'),
    ('billPayment', 'ready', 'none', 'withdrawn', 'withdrawn', 'none'),
    ('billPayment', 'ready', 'none', 'stopped', 'withdrawn', 'none'),
    ('billPayment', 'ready', 'none', 'sendStarted', 'sending', 'none'),
    ('billPayment', 'sending', 'none', 'writtenOff', 'paid', 'writtenOff'),
    ('billPayment', 'unknown', 'none', 'writtenOff', 'paid', 'writtenOff'),
    ('billPayment', 'sending', 'none', 'writeOffUnknown', 'paid', 'pending'),
    ('billPayment', 'unknown', 'none', 'writeOffUnknown', 'paid', 'pending'),
    ('billPayment', 'sending', 'none', 'writeOffFailed', 'paid', 'failed'),
    ('billPayment', 'unknown', 'none', 'writeOffFailed', 'paid', 'failed'),
    ('billPayment', 'sending', 'none', 'refused', 'refused', 'none'),
    ('billPayment', 'unknown', 'none', 'refused', 'refused', 'none'),
    ('billPayment', 'sending', 'none', 'noAnswer', 'unknown', 'none'),
    ('billPayment', 'unknown', 'none', 'answerUnclear', 'unknown', 'none'),
    ('billPayment', 'unknown', 'none', 'notKnown', 'unknown', 'none'),
    ('billPayment', 'unknown', 'none', 'resent', 'sending', 'none'),
    ('billPayment', 'unknown', 'none', 'absentFromFiles', 'refused', 'none'),
    ('billPayment', 'paid', 'pending', 'writtenOff', 'paid', 'writtenOff'),
    ('billPayment', 'paid', 'pending', 'partlyWrittenOff', 'paid', 'writtenOff'),
    ('billPayment', 'paid', 'pending', 'writeOffFailed', 'paid', 'failed'),
    ('billPayment', 'paid', 'pending', 'absentFromFiles', 'paid', 'failed'),
    ('billPayment', 'paid', 'writtenOff', 'fullyRefunded', 'paid', 'reversed'),
    ('billPayment', 'paid', 'writtenOff', 'writeOffDenied', 'paid', 'disputed'),
    ('billPayment', 'paid', 'disputed', 'writtenOff', 'paid', 'writtenOff'),
    ('billPayment', 'paid', 'disputed', 'writeOffFailed', 'paid', 'failed'),
    ('billPayment', 'refused', 'none', 'writtenOffLate', 'refused', 'disputed'),
    ('billPayment', 'paid', 'failed', 'writtenOffLate', 'paid', 'disputed'),
    ('billPayment', 'refused', 'disputed', 'charged', 'paid', 'writtenOff'),
    ('billPayment', 'refused', 'disputed', 'billerReversed', 'refused', 'none'),
    ('billPayment', 'refused', 'disputed', 'borne', 'refused', 'none'),
    ('billPayment', 'paid', 'disputed', 'charged', 'paid', 'writtenOff'),
    ('billPayment', 'paid', 'disputed', 'billerReversed', 'paid', 'failed'),
    ('billPayment', 'paid', 'disputed', 'borne', 'paid', 'failed'),
    ('withdrawal', '', 'none', 'submitted', 'pendingReview', 'none'),
    ('withdrawal', '', 'none', 'submitted', 'accepted', 'none'),
    ('withdrawal', 'pendingReview', 'none', 'approved', 'accepted', 'none'),
    ('withdrawal', 'pendingReview', 'none', 'returnedToMaker', 'returnedToMaker', 'none'),
    ('withdrawal', 'pendingReview', 'none', 'reviewExpired', 'expired', 'none'),
    ('withdrawal', 'pendingReview', 'none', 'cancelled', 'cancelled', 'none'),
    ('withdrawal', 'accepted', 'none', 'cancelled', 'cancelled', 'none'),
    ('withdrawal', 'accepted', 'none', 'accountNoLongerValid', 'returnedToMaker', 'none'),
    ('withdrawal', 'accepted', 'none', 'sendStarted', 'sending', 'none'),
    ('withdrawal', 'sending', 'none', 'bankAccepted', 'atBank', 'none'),
    ('withdrawal', 'unknown', 'none', 'bankAccepted', 'atBank', 'none'),
    ('withdrawal', 'sending', 'none', 'bankRefused', 'refused', 'none'),
    ('withdrawal', 'unknown', 'none', 'bankRefused', 'refused', 'none'),
    ('withdrawal', 'sending', 'none', 'noAnswer', 'unknown', 'none'),
    ('withdrawal', 'sending', 'none', 'paidConfirmed', 'paid', 'none'),
    ('withdrawal', 'unknown', 'none', 'paidConfirmed', 'paid', 'none'),
    ('withdrawal', 'unknown', 'none', 'resent', 'sending', 'none'),
    ('withdrawal', 'unknown', 'none', 'absentFromFiles', 'refused', 'none'),
    ('withdrawal', 'atBank', 'none', 'paidConfirmed', 'paid', 'none'),
    ('withdrawal', 'atBank', 'none', 'bankRefused', 'refused', 'none'),
    ('withdrawal', 'atBank', 'none', 'answerUnclear', 'atBank', 'none'),
    ('withdrawal', 'unknown', 'none', 'answerUnclear', 'unknown', 'none'),
    ('withdrawal', 'atBank', 'none', 'promisePassed', 'atBank', 'none'),
    ('withdrawal', 'unknown', 'none', 'promisePassed', 'unknown', 'none'),
    ('withdrawal', 'atBank', 'none', 'notKnown', 'atBank', 'none'),
    ('withdrawal', 'atBank', 'none', 'payoutReturned', 'returned', 'none'),
    ('withdrawal', 'paid', 'none', 'payoutReturned', 'returned', 'none'),
    ('withdrawal', 'paid', 'none', 'absentFromFiles', 'paid', 'none'),
    ('withdrawal', 'returned', 'none', 'paidConfirmed', 'paymentParked', 'none'),
    ('withdrawal', 'refused', 'none', 'paidConfirmed', 'paymentParked', 'none'),
    ('withdrawal', 'paymentParked', 'none', 'charged', 'paid', 'none'),
    ('withdrawal', 'paymentParked', 'none', 'madeGood', 'returned', 'none'),
    ('withdrawal', 'paymentParked', 'none', 'madeGood', 'refused', 'none'),
    ('withdrawal', 'paymentParked', 'none', 'borne', 'returned', 'none'),
    ('withdrawal', 'paymentParked', 'none', 'borne', 'refused', 'none'),
    ('withdrawal', 'refused', 'none', 'payoutReturned', 'refused', 'none');

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    -- What customers see, and what banks and billers are told.
    number text NOT NULL UNIQUE CHECK (number ~ '^[A-Z]{2}[0-9A-Z]{6,30}$'),
    enterprise_id bigint NOT NULL REFERENCES enterprises,
    operator_id bigint NOT NULL REFERENCES operators,
    amount bigint NOT NULL CHECK (amount > 0),
    fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    -- The other side in words: the bank or the biller with the number that is paid for.
    counterparty text NOT NULL,
    state text NOT NULL,
    write_off text NOT NULL DEFAULT 'none',
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    -- Copied from order_states with each step, for the index of open orders.
    is_final boolean NOT NULL DEFAULT false,
    -- How many events the order has had; it begins with one.
    events integer NOT NULL DEFAULT 1,
    FOREIGN KEY (kind, state, write_off) REFERENCES order_states
);

CREATE INDEX orders_of_enterprise ON orders (enterprise_id, kind, id DESC);
-- Orders that are not final: few, whatever the age of the platform.
CREATE INDEX orders_open ON orders (enterprise_id, id DESC) WHERE NOT is_final;

CREATE TABLE order_events (
    order_id bigint NOT NULL REFERENCES orders,
    sequence integer NOT NULL CHECK (sequence > 0),
    event text NOT NULL,
    from_state text NOT NULL,
    from_write_off text NOT NULL,
    to_state text NOT NULL,
    to_write_off text NOT NULL,
    happened_at timestamptz NOT NULL,
    -- Who: an operator's or staff member's id, or nobody for system, bank and biller.
    actor_kind text NOT NULL CHECK (actor_kind IN ('operator', 'staff', 'system', 'bank', 'biller')),
    actor_id bigint,
    -- Evidence in words: an answer code, a serial. Never secrets.
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (order_id, sequence),
    CHECK ((actor_id IS NOT NULL) = (actor_kind IN ('operator', 'staff')))
);

-- Records one step of an order, which must be in the table, and brings the order to its new state. The caller has locked
-- the enterprise's accounts before, if the step posts. Fails with constraint order_step_is_legal.
CREATE FUNCTION record_order_event(
    p_order_id bigint, p_event text, p_to_state text, p_to_write_off text, p_at timestamptz,
    p_actor_kind text, p_actor_id bigint, p_note text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_order orders;
BEGIN
    SELECT * INTO STRICT v_order FROM orders WHERE id = p_order_id FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM order_transitions
        WHERE kind = v_order.kind AND from_state = v_order.state AND from_write_off = v_order.write_off
            AND event = p_event AND to_state = p_to_state AND to_write_off = p_to_write_off
    ) THEN
        RAISE EXCEPTION '% % in % cannot take the step % to %',
            v_order.kind, v_order.number, v_order.state, p_event, p_to_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_step_is_legal', TABLE = 'orders';
    END IF;
    INSERT INTO order_events (
        order_id, sequence, event, from_state, from_write_off, to_state, to_write_off,
        happened_at, actor_kind, actor_id, note)
    VALUES (
        p_order_id, v_order.events + 1, p_event, v_order.state, v_order.write_off, p_to_state, p_to_write_off,
        p_at, p_actor_kind, p_actor_id, p_note);
    UPDATE orders SET
        state = p_to_state, write_off = p_to_write_off, events = events + 1,
        is_final = (SELECT s.is_final FROM order_states s
            WHERE s.kind = v_order.kind AND s.state = p_to_state AND s.write_off = p_to_write_off),
        state_since = CASE
            WHEN state = p_to_state AND write_off = p_to_write_off THEN state_since ELSE p_at END
    WHERE id = p_order_id;
END;
$$;

-- Makes an order together with its first event, by an operator.
CREATE FUNCTION create_order(
    p_kind text, p_number text, p_enterprise_id bigint, p_operator_id bigint, p_amount bigint, p_fee bigint,
    p_counterparty text, p_event text, p_state text, p_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id bigint;
    v_is_final boolean;
BEGIN
    SELECT s.is_final INTO v_is_final
    FROM order_transitions t
    JOIN order_states s ON s.kind = t.kind AND s.state = t.to_state AND s.write_off = t.to_write_off
    WHERE t.kind = p_kind AND t.from_state = '' AND t.from_write_off = 'none' AND t.event = p_event
        AND t.to_state = p_state AND t.to_write_off = 'none';
    IF NOT FOUND THEN
        RAISE EXCEPTION '% % cannot begin with the step % to %', p_kind, p_number, p_event, p_state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'order_step_is_legal', TABLE = 'orders';
    END IF;
    INSERT INTO orders (
        kind, number, enterprise_id, operator_id, amount, fee, counterparty, state, created_at, state_since, is_final, events)
    VALUES (
        p_kind, p_number, p_enterprise_id, p_operator_id, p_amount, p_fee, p_counterparty, p_state, p_at, p_at, v_is_final, 1)
    RETURNING id INTO v_id;
    INSERT INTO order_events (
        order_id, sequence, event, from_state, from_write_off, to_state, to_write_off,
        happened_at, actor_kind, actor_id, note)
    VALUES (v_id, 1, p_event, '', 'none', p_state, 'none', p_at, 'operator', p_operator_id, '');
    RETURN v_id;
END;
$$;

-- One booking per serial of the bank, over all time and all orders.
CREATE TABLE bank_serials (
    channel text NOT NULL,
    serial text NOT NULL,
    order_id bigint NOT NULL REFERENCES orders,
    booked_at timestamptz NOT NULL,
    PRIMARY KEY (channel, serial)
);

GRANT SELECT ON order_transitions, order_states, orders, order_events TO portal_app;
GRANT SELECT, INSERT ON bank_serials TO portal_app;
REVOKE EXECUTE ON FUNCTION record_order_event, create_order FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_order_event, create_order TO portal_app;
