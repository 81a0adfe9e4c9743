-- Settlement to billers (收费单位结算): what companies have paid and a biller's own statement has goes to the biller's account on
-- the next working day, agreed on by two people (settleBiller), as a payout. Amounts are fen.

-- The accounts of billers at banks. A biller's newest one is in force; the ones before it stay as history.
CREATE TABLE biller_accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    biller_code text NOT NULL REFERENCES billers,
    bank_code text NOT NULL REFERENCES banks,
    line_number text NOT NULL CHECK (line_number ~ '^[0-9]{12}$'),
    account_number_sealed bytea NOT NULL,
    account_number_tail text NOT NULL CHECK (char_length(account_number_tail) = 4),
    account_number_digest bytea NOT NULL CHECK (octet_length(account_number_digest) = 32),
    holder_name text NOT NULL,
    -- The holder's unified social credit code, which the bank compares.
    licence_number text NOT NULL,
    registered_at timestamptz NOT NULL
);

CREATE INDEX biller_accounts_of_biller ON biller_accounts (biller_code, id DESC);

-- The legal steps; '' before it exists. A test holds them equal to the table in the code.
CREATE TABLE biller_settlement_steps (
    from_state text NOT NULL,
    event text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (from_state, event, to_state)
);

INSERT INTO biller_settlement_steps (from_state, event, to_state) VALUES
    ('', 'started', 'collecting'),
    ('collecting', 'collected', 'reconciling'),
    ('reconciling', 'differencesFound', 'reconciling'),
    ('reconciling', 'agreed', 'pendingReview'),
    ('reconciling', 'nothingToPay', 'carriedForward'),
    ('pendingReview', 'proposed', 'pendingReview'),
    ('pendingReview', 'returned', 'collecting'),
    ('pendingReview', 'approved', 'payable'),
    ('pendingReview', 'approved', 'carriedForward'),
    ('payable', 'sendStarted', 'sending'),
    ('payable', 'unsendable', 'payable'),
    ('sending', 'noAnswer', 'unknown'),
    ('unknown', 'resent', 'sending'),
    ('sending', 'bankAccepted', 'atBank'),
    ('unknown', 'bankAccepted', 'atBank'),
    ('sending', 'paidConfirmed', 'paid'),
    ('unknown', 'paidConfirmed', 'paid'),
    ('atBank', 'paidConfirmed', 'paid'),
    ('sending', 'bankRefused', 'payable'),
    ('unknown', 'bankRefused', 'payable'),
    ('atBank', 'bankRefused', 'payable'),
    ('unknown', 'absentFromFiles', 'payable'),
    ('payable', 'paidConfirmed', 'paid'),
    ('paid', 'payoutReturned', 'payable'),
    ('payable', 'proposed', 'payable'),
    ('payable', 'returned', 'payable'),
    ('payable', 'approved', 'payable');

CREATE TABLE biller_settlements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number ~ '^ST[0-9A-Z]{6,30}$'),
    biller_code text NOT NULL REFERENCES billers,
    -- The working day on which it was put together.
    settlement_day date NOT NULL,
    -- How many payments, and what they come to; what the biller owes us and is kept back of it; what the biller pays us for it;
    -- what it gets.
    payments integer NOT NULL DEFAULT 0 CHECK (payments >= 0),
    gross bigint NOT NULL DEFAULT 0 CHECK (gross >= 0),
    netted bigint NOT NULL DEFAULT 0 CHECK (netted >= 0),
    fee bigint NOT NULL DEFAULT 0 CHECK (fee >= 0),
    net bigint NOT NULL DEFAULT 0 CHECK (net >= 0),
    state text NOT NULL,
    -- How often two people have agreed that it is sent.
    attempt integer NOT NULL DEFAULT 0,
    -- Who has proposed to pay it, to which account; nobody while nothing is proposed.
    proposed_by bigint REFERENCES staff (id),
    account_id bigint REFERENCES biller_accounts,
    -- Rises with every step: two people agree about one version.
    version integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    CHECK (gross - netted - fee = net)
);

CREATE INDEX biller_settlements_of_biller ON biller_settlements (biller_code, id DESC);
-- What is still to be done: little, whatever the age of the platform.
CREATE INDEX biller_settlements_open ON biller_settlements (id) WHERE state NOT IN ('paid', 'carriedForward');

-- The payments that a settlement pays. A payment is settled once.
CREATE TABLE biller_settlement_lines (
    order_id bigint PRIMARY KEY REFERENCES orders,
    settlement_id bigint NOT NULL REFERENCES biller_settlements,
    amount bigint NOT NULL CHECK (amount > 0)
);

CREATE INDEX biller_settlement_lines_of_settlement ON biller_settlement_lines (settlement_id, order_id);
-- What may be settled: what is agreed and in no settlement, little whatever the age of the platform.
ALTER TABLE bill_payments ADD COLUMN is_settled boolean NOT NULL DEFAULT false;
CREATE INDEX bill_payments_to_settle ON bill_payments (biller_code, order_id) WHERE agreed_on IS NOT NULL AND NOT is_settled;

CREATE TABLE biller_settlement_events (
    settlement_id bigint NOT NULL REFERENCES biller_settlements,
    sequence integer NOT NULL CHECK (sequence > 0),
    event text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    happened_at timestamptz NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('staff', 'system', 'bank')),
    actor_id bigint,
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (settlement_id, sequence),
    CHECK ((actor_id IS NOT NULL) = (actor_kind = 'staff'))
);

-- The payouts by which a settlement was tried. To the bank each is an order of its own, under its own number.
CREATE TABLE biller_settlement_attempts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    settlement_id bigint NOT NULL REFERENCES biller_settlements,
    attempt integer NOT NULL CHECK (attempt > 0),
    number text NOT NULL UNIQUE CHECK (number ~ '^ST[0-9A-Z]{6,30}$'),
    account_id bigint NOT NULL REFERENCES biller_accounts,
    -- When two people agreed on it.
    begun_at timestamptz NOT NULL,
    -- The one time (Beijing) under which the bank knows it; set when it is first sent.
    transaction_time text CHECK (transaction_time ~ '^[0-9]{14}$'),
    -- Of the bank's word that it was paid.
    bank_serial text UNIQUE,
    settlement_date date,
    -- How it ended, where it was not paid or did not stay so; superseded: an earlier one was paid after all.
    outcome text CHECK (outcome IN ('refused', 'absent', 'returned', 'unsendable', 'superseded')),
    ended_at timestamptz,
    UNIQUE (settlement_id, attempt),
    CHECK ((outcome IS NULL) = (ended_at IS NULL))
);

CREATE INDEX biller_settlement_attempts_of_day ON biller_settlement_attempts (settlement_date)
    WHERE settlement_date IS NOT NULL;

-- Takes a step of a settlement. Fails with constraint biller_settlement_step_is_legal; an agreement to pay fails with
-- settlement_is_granted where no two people have agreed on this version, and with settled_payments_are_agreed where the biller
-- does not have one of the payments any more, which waits for whoever changes one at this moment.
CREATE FUNCTION record_biller_settlement_event(
    p_id bigint, p_event text, p_to_state text, p_at timestamptz, p_actor_kind text, p_actor_id bigint, p_note text,
    p_account_id bigint
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_settlement biller_settlements;
    v_from text;
BEGIN
    SELECT * INTO STRICT v_settlement FROM biller_settlements WHERE id = p_id FOR NO KEY UPDATE;
    v_from := CASE WHEN v_settlement.version = 0 THEN '' ELSE v_settlement.state END;
    IF NOT EXISTS (
        SELECT 1 FROM biller_settlement_steps WHERE from_state = v_from AND event = p_event AND to_state = p_to_state
    ) THEN
        RAISE EXCEPTION 'settlement % in % cannot take the step %', v_settlement.number, v_settlement.state, p_event
            USING ERRCODE = 'check_violation', CONSTRAINT = 'biller_settlement_step_is_legal',
                TABLE = 'biller_settlements';
    END IF;
    IF p_event = 'approved' THEN
        IF NOT EXISTS (
            SELECT 1 FROM approval_requests r JOIN approvals a ON a.request_id = r.id
            WHERE r.action = 'settleBiller' AND r.subject_id = p_id AND r.version = v_settlement.version
                AND a.decision = 'granted'
        ) THEN
            RAISE EXCEPTION 'version % of settlement % is not granted', v_settlement.version, v_settlement.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_is_granted', TABLE = 'biller_settlements';
        END IF;
        IF v_from = 'pendingReview' THEN
            PERFORM o.id FROM biller_settlement_lines l JOIN orders o ON o.id = l.order_id
            WHERE l.settlement_id = p_id ORDER BY o.id FOR SHARE OF o;
            IF EXISTS (
                SELECT 1 FROM biller_settlement_lines l JOIN orders o ON o.id = l.order_id
                JOIN bill_payments b ON b.order_id = l.order_id
                WHERE l.settlement_id = p_id
                    AND (o.state <> 'paid' OR o.write_off <> 'writtenOff' OR b.agreed_on IS NULL)
            ) THEN
                RAISE EXCEPTION 'a payment of settlement % is not agreed any more', v_settlement.number
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'settled_payments_are_agreed',
                        TABLE = 'biller_settlements';
            END IF;
        END IF;
    END IF;
    INSERT INTO biller_settlement_events (
        settlement_id, sequence, event, from_state, to_state, happened_at, actor_kind, actor_id, note)
    VALUES (p_id, v_settlement.version + 1, p_event, v_from, p_to_state, p_at, p_actor_kind, p_actor_id, p_note);
    UPDATE biller_settlements SET
        state = p_to_state, version = version + 1,
        state_since = CASE WHEN state = p_to_state THEN state_since ELSE p_at END,
        attempt = attempt + CASE WHEN p_event = 'approved' AND p_to_state = 'payable' THEN 1 ELSE 0 END,
        proposed_by = CASE WHEN p_event = 'proposed' THEN p_actor_id END,
        account_id = CASE WHEN p_event = 'proposed' THEN p_account_id ELSE account_id END
    WHERE id = p_id;
END;
$$;

-- Puts the payments of a settlement together, anew where it was given back: those of its biller that are written off, that the
-- biller's statement has, and that no settlement has. What the biller owes us is kept back as far as it reaches; the rest is
-- carried on. At most a thousand payments: what is left belongs to the next one.
CREATE FUNCTION fill_biller_settlement(p_id bigint, p_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_settlement biller_settlements;
    v_payments integer;
    v_gross bigint;
    v_netted bigint;
    v_disputed bigint;
BEGIN
    SELECT * INTO STRICT v_settlement FROM biller_settlements WHERE id = p_id FOR NO KEY UPDATE;
    -- Two settlements of one biller follow each other: neither takes the other's payments, or keeps the same debt back.
    PERFORM code FROM billers WHERE code = v_settlement.biller_code FOR NO KEY UPDATE;
    IF v_settlement.state <> 'collecting' THEN
        RAISE EXCEPTION 'settlement % is not being put together', v_settlement.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'biller_settlement_step_is_legal',
                TABLE = 'biller_settlements';
    END IF;
    UPDATE bill_payments SET is_settled = false
    WHERE order_id IN (SELECT order_id FROM biller_settlement_lines WHERE settlement_id = p_id);
    DELETE FROM biller_settlement_lines WHERE settlement_id = p_id;
    INSERT INTO biller_settlement_lines (order_id, settlement_id, amount)
    SELECT o.id, p_id, o.amount FROM bill_payments b JOIN orders o ON o.id = b.order_id
    WHERE b.biller_code = v_settlement.biller_code AND b.agreed_on IS NOT NULL AND NOT b.is_settled
        AND o.state = 'paid' AND o.write_off = 'writtenOff'
    ORDER BY b.order_id LIMIT 1000;
    UPDATE bill_payments SET is_settled = true
    WHERE order_id IN (SELECT order_id FROM biller_settlement_lines WHERE settlement_id = p_id);
    SELECT count(*), coalesce(sum(amount), 0) INTO v_payments, v_gross
    FROM biller_settlement_lines WHERE settlement_id = p_id;
    SELECT greatest(0, least(v_gross - v_settlement.fee, coalesce((
            SELECT balance FROM platform_balances
            WHERE account = 'billerReceivable' AND owner = v_settlement.biller_code), 0) - coalesce((
            SELECT sum(netted) FROM biller_settlements
            WHERE biller_code = v_settlement.biller_code AND state = 'pendingReview'), 0)))
    INTO v_netted;
    UPDATE biller_settlements SET
        payments = v_payments, gross = v_gross, netted = v_netted, net = v_gross - v_netted - fee
    WHERE id = p_id;
    PERFORM record_biller_settlement_event(p_id, 'collected', 'reconciling', p_at, 'system', NULL, '', NULL);
    SELECT count(*) INTO v_disputed FROM orders o JOIN bill_payments b ON b.order_id = o.id
    WHERE NOT o.is_final AND o.kind = 'billPayment' AND o.write_off = 'disputed'
        AND b.biller_code = v_settlement.biller_code;
    IF v_disputed > 0 THEN
        PERFORM record_biller_settlement_event(
            p_id, 'differencesFound', 'reconciling', p_at, 'system', NULL, v_disputed || ' 笔销账核对中，未计入', NULL);
    END IF;
    IF v_gross > 0 THEN
        PERFORM record_biller_settlement_event(p_id, 'agreed', 'pendingReview', p_at, 'system', NULL, '', NULL);
    ELSE
        PERFORM record_biller_settlement_event(p_id, 'nothingToPay', 'carriedForward', p_at, 'system', NULL, '', NULL);
    END IF;
END;
$$;

-- Makes a settlement of what a biller is to get; null where there is nothing. Done again, it finds nothing more.
CREATE FUNCTION collect_biller_settlement(p_number text, p_biller text, p_day date, p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_id bigint;
BEGIN
    PERFORM code FROM billers WHERE code = p_biller FOR NO KEY UPDATE;
    IF NOT EXISTS (
        SELECT 1 FROM bill_payments b JOIN orders o ON o.id = b.order_id
        WHERE b.biller_code = p_biller AND b.agreed_on IS NOT NULL AND NOT b.is_settled
            AND o.state = 'paid' AND o.write_off = 'writtenOff'
    ) THEN
        RETURN NULL;
    END IF;
    INSERT INTO biller_settlements (number, biller_code, settlement_day, state, created_at, state_since)
    VALUES (p_number, p_biller, p_day, 'collecting', p_at, p_at) RETURNING id INTO v_id;
    PERFORM record_biller_settlement_event(v_id, 'started', 'collecting', p_at, 'system', NULL, '', NULL);
    PERFORM fill_biller_settlement(v_id, p_at);
    RETURN v_id;
END;
$$;

-- Locks a settlement: first of all locks of whoever brings it further or decides about it.
CREATE FUNCTION lock_biller_settlement(p_id bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM biller_settlements WHERE id = p_id FOR NO KEY UPDATE;
$$;

-- What was booked under a serial is an order's, or a settlement's.
ALTER TABLE bank_serials
    ALTER COLUMN order_id DROP NOT NULL,
    ADD COLUMN settlement_id bigint REFERENCES biller_settlements,
    ADD CONSTRAINT bank_serials_of_one CHECK (num_nonnulls(order_id, settlement_id) = 1);

-- The settlement that a message of the bank is about.
ALTER TABLE bank_messages ADD COLUMN settlement_id bigint REFERENCES biller_settlements;
CREATE INDEX bank_messages_of_settlement ON bank_messages (settlement_id, id) WHERE settlement_id IS NOT NULL;

-- The settlement that a person has to look at.
ALTER TABLE work_items ADD COLUMN settlement_id bigint REFERENCES biller_settlements;
CREATE INDEX work_items_of_settlement ON work_items (settlement_id) WHERE resolved_at IS NULL AND settlement_id IS NOT NULL;

GRANT USAGE ON SEQUENCE biller_accounts_id_seq TO portal_app;
GRANT SELECT, INSERT ON biller_accounts TO portal_app;
GRANT SELECT ON biller_settlement_steps, biller_settlements, biller_settlement_lines, biller_settlement_events TO portal_app;
GRANT SELECT, INSERT, UPDATE (transaction_time, bank_serial, settlement_date, outcome, ended_at) ON biller_settlement_attempts
    TO portal_app;
REVOKE EXECUTE ON FUNCTION record_biller_settlement_event, fill_biller_settlement, collect_biller_settlement,
    lock_biller_settlement FROM PUBLIC;
GRANT EXECUTE ON FUNCTION record_biller_settlement_event, fill_biller_settlement, collect_biller_settlement,
    lock_biller_settlement TO portal_app;

-- Follow-up monitoring looks at payments to billers too: a case, and what it keeps back, is about a company or about a biller. What
-- a rule has seen of a biller is a payout of a settlement.

ALTER TABLE follow_up_rules
    DROP CONSTRAINT follow_up_rules_rule_check,
    DROP CONSTRAINT follow_up_rules_check1,
    DROP CONSTRAINT follow_up_rules_check2,
    DROP CONSTRAINT follow_up_rules_check3,
    ADD CONSTRAINT follow_up_rules_rule_check CHECK (rule IN (
        'quickTurn', 'manySmall', 'newAccountLarge', 'dormantActive', 'returnedTwice', 'billerAccountLarge',
        'billerReturnedTwice')),
    ADD CONSTRAINT follow_up_rules_check1 CHECK ((days IS NOT NULL) = (rule IN (
        'newAccountLarge', 'dormantActive', 'returnedTwice', 'billerAccountLarge', 'billerReturnedTwice'))),
    ADD CONSTRAINT follow_up_rules_check2 CHECK (
        (least_count IS NOT NULL) = (rule IN ('manySmall', 'returnedTwice', 'billerReturnedTwice'))),
    ADD CONSTRAINT follow_up_rules_check3 CHECK ((least_amount IS NOT NULL) = (rule IN (
        'quickTurn', 'newAccountLarge', 'dormantActive', 'billerAccountLarge')));

INSERT INTO follow_up_rules (rule, version, name, sentence, days, least_count, least_amount, holds_withdrawals) VALUES
    ('billerAccountLarge', 1, '收费单位新账户大额结算', '收费单位收款账户登记后 {days} 天内，单笔结算 {least} 元以上',
        7, NULL, 5000000, false),
    ('billerReturnedTwice', 1, '收费单位多次退汇', '{days} 天内有 {count} 笔以上付给收费单位的款项被银行退汇',
        30, 2, NULL, true);

ALTER TABLE follow_up_cases
    ALTER COLUMN enterprise_id DROP NOT NULL,
    ALTER COLUMN order_id DROP NOT NULL,
    ADD COLUMN biller_code text REFERENCES billers,
    ADD COLUMN attempt_id bigint REFERENCES biller_settlement_attempts,
    ADD CONSTRAINT follow_up_cases_of_one CHECK (num_nonnulls(enterprise_id, biller_code) = 1),
    ADD CONSTRAINT follow_up_cases_by_one CHECK (
        (order_id IS NULL) = (enterprise_id IS NULL) AND (attempt_id IS NULL) = (biller_code IS NULL)),
    ADD CONSTRAINT follow_up_cases_once_an_attempt UNIQUE (rule, attempt_id);

ALTER TABLE follow_up_evidence
    DROP CONSTRAINT follow_up_evidence_fact_check,
    DROP CONSTRAINT follow_up_evidence_check,
    ADD COLUMN attempt_id bigint REFERENCES biller_settlement_attempts,
    ADD CONSTRAINT follow_up_evidence_fact_check CHECK (fact IN (
        'toppedUp', 'withdrawn', 'returned', 'accountVerified', 'opened', 'lastActive', 'activeAgain', 'billerAccount',
        'billerPaid', 'billerReturned')),
    ADD CONSTRAINT follow_up_evidence_check CHECK (
        num_nonnulls(order_id, attempt_id) = CASE WHEN amount IS NULL THEN 0 ELSE 1 END);

CREATE INDEX follow_up_evidence_of_attempt ON follow_up_evidence (attempt_id) WHERE attempt_id IS NOT NULL;

ALTER TABLE withdrawal_holds
    ALTER COLUMN enterprise_id DROP NOT NULL,
    ADD COLUMN biller_code text REFERENCES billers,
    ADD CONSTRAINT withdrawal_holds_of_one CHECK (num_nonnulls(enterprise_id, biller_code) = 1);

-- Asked for before each payout to a biller is sent.
CREATE INDEX withdrawal_holds_of_biller ON withdrawal_holds (biller_code, id) WHERE state IN ('active', 'proposed');

-- The payouts to a biller that a hold has kept back.
CREATE TABLE held_settlements (
    hold_id bigint NOT NULL REFERENCES withdrawal_holds,
    attempt_id bigint NOT NULL REFERENCES biller_settlement_attempts,
    held_at timestamptz NOT NULL,
    PRIMARY KEY (hold_id, attempt_id)
);

CREATE INDEX held_settlements_of_attempt ON held_settlements (attempt_id);

-- What the rules read: the payouts since they were last applied, and those that came back.
CREATE INDEX biller_settlement_attempts_by_time ON biller_settlement_attempts (begun_at);
CREATE INDEX biller_settlement_attempts_returned ON biller_settlement_attempts (ended_at) WHERE outcome = 'returned';

GRANT SELECT, INSERT ON held_settlements TO portal_app;
