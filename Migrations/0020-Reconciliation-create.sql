-- Reconciliation: the bank's files of settlement days, its statements of the reserve account, and the differences between
-- them and our books. Amounts are fen. Files and statements are what the bank said: the application adds, never changes.

-- The bank's channels: what it takes for a trade, by agreement, and whether we send through it.
CREATE TABLE bank_channels (
    channel text PRIMARY KEY,
    name text NOT NULL,
    fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0)
);

INSERT INTO bank_channels (channel, name) VALUES
    ('unionpay-b2b', '银联企业网银支付'),
    ('unionpay-payout', '银联代付');

-- The accepted file of a settlement day. A day without trades has an empty one.
CREATE TABLE bank_files (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    settlement_date date NOT NULL UNIQUE,
    name text NOT NULL,
    -- SHA-256 of what the bank sent: the same file once more changes nothing.
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    accepted_at timestamptz NOT NULL
);

-- What the bank answered when a file was asked for: for the history of the day.
CREATE TABLE bank_file_tries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    settlement_date date NOT NULL,
    at timestamptz NOT NULL,
    -- 'accepted', 'absent' (98), 'unclear' (no answer to be believed), 'damaged' (a file that cannot be read), 'other' (a second
    -- file with other content)
    result text NOT NULL CHECK (result IN ('accepted', 'repeated', 'absent', 'unclear', 'damaged', 'other')),
    detail text NOT NULL DEFAULT ''
);

CREATE INDEX bank_file_tries_of_day ON bank_file_tries (settlement_date, id);

-- A line of a file, in exactly one class.
CREATE TABLE bank_file_lines (
    file_id bigint NOT NULL REFERENCES bank_files,
    line integer NOT NULL CHECK (line > 0),
    channel text NOT NULL,
    trade text NOT NULL CHECK (trade IN ('payment', 'payout', 'refund', 'reversal', 'payoutReturn')),
    serial text NOT NULL,
    original_serial text,
    order_number text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    fee bigint NOT NULL,
    class text NOT NULL CHECK (class IN (
        'matched', 'bankOnly', 'amountDiffers', 'stateDiffers', 'duplicate', 'feeDiffers')),
    order_id bigint REFERENCES orders,
    PRIMARY KEY (file_id, line)
);

CREATE INDEX bank_file_lines_serial ON bank_file_lines (channel, serial);
CREATE INDEX bank_file_lines_order ON bank_file_lines (order_number);
-- The few that a machine or a person has to look at.
CREATE INDEX bank_file_lines_unmatched ON bank_file_lines (file_id, line) WHERE class <> 'matched';

-- Where the lines of one file wait to be matched. What a crash leaves or loses here is staged again from the file, so that no
-- log is needed. Each loading has a number of its own: two that run at the same moment do not see each other's lines.
CREATE SEQUENCE bank_file_loading;
CREATE UNLOGGED TABLE bank_file_staging (
    loading bigint NOT NULL,
    settlement_date date NOT NULL,
    line integer NOT NULL,
    channel text NOT NULL,
    trade text NOT NULL,
    serial text NOT NULL,
    original_serial text,
    order_number text NOT NULL,
    amount bigint NOT NULL,
    fee bigint NOT NULL,
    PRIMARY KEY (loading, line)
);

CREATE INDEX top_ups_settlement ON top_ups (settlement_date) WHERE settlement_date IS NOT NULL;
CREATE INDEX withdrawals_settlement ON withdrawals (settlement_date) WHERE settlement_date IS NOT NULL;

-- Bank and books do not agree. The case is kept for ever; what it posts cites it as the source.
CREATE TABLE differences (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number ~ '^DF[0-9A-Z]{6,30}$'),
    channel text NOT NULL,
    class text NOT NULL CHECK (class IN (
        'bankOnly', 'oursOnly', 'amountDiffers', 'stateDiffers', 'duplicate', 'feeDiffers', 'cutOff')),
    settlement_date date NOT NULL,
    order_id bigint REFERENCES orders,
    -- The bank's serial, if the bank has one.
    serial text,
    bank_amount bigint CHECK (bank_amount > 0),
    our_amount bigint CHECK (our_amount > 0),
    detail text NOT NULL,
    -- What is parked until it is decided: money of somebody with us (receipt, P02), money that we miss, posted by the
    -- difference (loss, P40) or by the order's own step (order); nothing.
    parking text NOT NULL CHECK (parking IN ('none', 'receipt', 'loss', 'order')),
    amount bigint NOT NULL CHECK (amount >= 0),
    state text NOT NULL CHECK (state IN ('open', 'waitingCutOff', 'selfCleared', 'proposed', 'resolved')),
    -- How it is, or is to be, handled, and for which enterprise.
    handling text CHECK (handling IN (
        'credited', 'returned', 'takenBack', 'charged', 'madeGood', 'borne', 'absent', 'acknowledged')),
    enterprise_id bigint REFERENCES enterprises,
    reason text NOT NULL DEFAULT '',
    version integer NOT NULL DEFAULT 1,
    raised_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    events integer NOT NULL DEFAULT 1,
    CHECK ((parking = 'none') = (amount = 0)),
    CHECK (handling IS NOT NULL OR state NOT IN ('proposed', 'resolved'))
);

-- What has been said once is not a second case.
CREATE UNIQUE INDEX differences_of_serial ON differences (channel, serial, class) WHERE serial IS NOT NULL AND class <> 'cutOff';
CREATE INDEX differences_of_day ON differences (settlement_date, channel, id);
CREATE INDEX differences_of_order ON differences (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX differences_open ON differences (id) WHERE state IN ('open', 'waitingCutOff', 'proposed');

CREATE TABLE difference_events (
    difference_id bigint NOT NULL REFERENCES differences,
    sequence integer NOT NULL CHECK (sequence > 0),
    event text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    happened_at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('operator', 'staff', 'system', 'bank', 'biller')),
    actor_id bigint,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (difference_id, sequence),
    CHECK ((actor_id IS NOT NULL) = (actor_kind IN ('operator', 'staff')))
);

-- Legal steps of a difference; '' before it exists. A test holds them equal to the table in the code.
CREATE TABLE difference_steps (
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (from_state, event)
);

INSERT INTO difference_steps (from_state, event, to_state) VALUES
    ('', 'found', 'open'),
    ('', 'foundMissing', 'waitingCutOff'),
    ('', 'foundCleared', 'selfCleared'),
    ('open', 'laterFileMatched', 'selfCleared'),
    ('waitingCutOff', 'laterFileMatched', 'selfCleared'),
    ('proposed', 'laterFileMatched', 'selfCleared'),
    ('waitingCutOff', 'daysPassed', 'open'),
    ('open', 'handlingProposed', 'proposed'),
    ('proposed', 'approved', 'resolved'),
    ('proposed', 'returned', 'open'),
    ('selfCleared', 'contradicted', 'open'),
    ('resolved', 'contradicted', 'open');

-- Opens a case with its first event.
CREATE FUNCTION open_difference(
    p_number text, p_channel text, p_class text, p_settlement_date date, p_order_id bigint, p_serial text,
    p_bank_amount bigint, p_our_amount bigint, p_detail text, p_parking text, p_amount bigint, p_event text, p_at timestamptz
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id bigint;
    v_state text;
BEGIN
    SELECT to_state INTO STRICT v_state FROM difference_steps WHERE from_state = '' AND event = p_event;
    INSERT INTO differences (
        number, channel, class, settlement_date, order_id, serial, bank_amount, our_amount, detail, parking, amount, state,
        enterprise_id, raised_at, state_since)
    VALUES (
        p_number, p_channel, p_class, p_settlement_date, p_order_id, p_serial, p_bank_amount, p_our_amount, p_detail,
        p_parking, p_amount, v_state, (SELECT enterprise_id FROM orders WHERE id = p_order_id), p_at, p_at)
    RETURNING id INTO v_id;
    INSERT INTO difference_events (difference_id, sequence, event, from_state, to_state, happened_at, actor_kind, note)
    VALUES (v_id, 1, p_event, '', v_state, p_at, 'system', p_detail);
    RETURN v_id;
END;
$$;

-- Takes a step of a case. `p_handling`, `p_parking` and `p_amount` are null to leave them as they are. Fails
-- with constraint difference_step_is_legal.
CREATE FUNCTION record_difference_event(
    p_id bigint, p_event text, p_at timestamptz, p_actor_kind text, p_actor_id bigint, p_note text,
    p_handling text, p_parking text, p_amount bigint
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
        reason = CASE WHEN p_event = 'handlingProposed' THEN p_note ELSE reason END
    WHERE id = p_id;
    RETURN v_state;
END;
$$;

-- Locks a case for a decision about it.
CREATE FUNCTION lock_difference(p_number text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM differences WHERE number = p_number FOR NO KEY UPDATE;
$$;

-- The difference through which a top-up was credited by two people, when it was not by an entry of its own.
ALTER TABLE top_ups ADD COLUMN credited_through bigint REFERENCES differences;
GRANT UPDATE (credited_through) ON top_ups TO portal_app;

-- The bank's statement of the reserve account, a day each.
CREATE TABLE reserve_statements (
    day date PRIMARY KEY,
    account text NOT NULL,
    opening bigint NOT NULL,
    closing bigint NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    imported_at timestamptz NOT NULL
);

CREATE TABLE reserve_statement_lines (
    day date NOT NULL REFERENCES reserve_statements,
    line integer NOT NULL CHECK (line > 0),
    serial text NOT NULL UNIQUE,
    -- What came in (positive) or went out (negative).
    change bigint NOT NULL CHECK (change <> 0),
    counterparty text NOT NULL,
    purpose text NOT NULL,
    -- The settlement day whose net this is; null for anything else, which a person has to explain.
    settlement_date date,
    PRIMARY KEY (day, line)
);

CREATE UNIQUE INDEX reserve_settlement ON reserve_statement_lines (settlement_date) WHERE settlement_date IS NOT NULL;

-- Days are numbered from 1970-01-01 where a job is about one.
ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check CHECK (kind IN (
    'topUp', 'billPayment', 'withdrawal', 'message', 'checkpoint', 'bankFile', 'reserveStatement', 'refund'));

GRANT SELECT ON bank_channels TO portal_app;
GRANT SELECT, INSERT ON bank_files, bank_file_tries, bank_file_lines, reserve_statements, reserve_statement_lines TO portal_app;
GRANT SELECT, INSERT, DELETE ON bank_file_staging TO portal_app;
GRANT USAGE ON SEQUENCE bank_file_loading TO portal_app;
GRANT SELECT ON differences, difference_events, difference_steps TO portal_app;
REVOKE EXECUTE ON FUNCTION open_difference, record_difference_event, lock_difference FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_difference, record_difference_event, lock_difference TO portal_app;
