-- The ledger: journal entries with their postings, enterprise accounts with a stored balance, platform accounts summed
-- from postings over checkpoints. Only the functions below write here: the application's role can read and call them,
-- and has no right to insert, update or delete.
--
-- Amounts are fen. In postings debit is positive and credit negative; stored balances are on the credit side.

CREATE TABLE enterprise_accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise_id bigint NOT NULL REFERENCES enterprises,
    account text NOT NULL CHECK (account IN ('enterpriseAvailable', 'enterpriseFrozen')),
    balance bigint NOT NULL DEFAULT 0 CONSTRAINT enterprise_account_not_negative CHECK (balance >= 0),
    version bigint NOT NULL DEFAULT 0,
    UNIQUE (enterprise_id, account)
);

CREATE TABLE journal_entries (
    id bigint NOT NULL,
    booked_at timestamptz NOT NULL,
    code text NOT NULL CHECK (code ~ '^P[0-9]{2}$'),
    source_kind text NOT NULL,
    source_id bigint NOT NULL,
    event text NOT NULL,
    occurrence integer NOT NULL CHECK (occurrence > 0),
    enterprise_id bigint REFERENCES enterprises,
    -- What the enterprise gained (positive) or spent (negative) over its two accounts together, and what both held
    -- afterwards: a line of its statement when the change is not zero, a hold or release when it is.
    enterprise_change bigint,
    enterprise_balance bigint CHECK (enterprise_balance >= 0),
    PRIMARY KEY (id, booked_at),
    CHECK ((enterprise_id IS NULL) = (enterprise_change IS NULL)),
    CHECK ((enterprise_id IS NULL) = (enterprise_balance IS NULL))
) PARTITION BY RANGE (booked_at);

CREATE SEQUENCE journal_entry_id OWNED BY journal_entries.id;

-- One entry per source, event and occurrence. Apart from the entries, because those are partitioned.
CREATE TABLE journal_claims (
    source_kind text NOT NULL,
    source_id bigint NOT NULL,
    event text NOT NULL,
    occurrence integer NOT NULL,
    PRIMARY KEY (source_kind, source_id, event, occurrence)
);

CREATE TABLE postings (
    entry_id bigint NOT NULL,
    booked_at timestamptz NOT NULL,
    line smallint NOT NULL CHECK (line > 0),
    account text NOT NULL CHECK (account IN (
        'enterpriseAvailable', 'enterpriseFrozen', 'enterpriseReceivable', 'bankClearing', 'reserve',
        'writeOffPending', 'billerPayable', 'billerReceivable', 'withdrawalInTransit', 'settlementInTransit',
        'returnInTransit', 'unidentifiedReceipts', 'differenceReceivable', 'feeIncome', 'channelCost', 'ownFunds')),
    -- Whose account it is: the biller's code, the channel, the kind; empty for the enterprise's own.
    owner text NOT NULL DEFAULT '',
    -- The open item the line belongs to: an order's number or a settlement date.
    item text NOT NULL DEFAULT '',
    amount bigint NOT NULL CHECK (amount <> 0),
    enterprise_id bigint,
    account_version bigint CHECK (account_version > 0),
    balance_after bigint CHECK (balance_after >= 0),
    PRIMARY KEY (entry_id, line, booked_at),
    FOREIGN KEY (entry_id, booked_at) REFERENCES journal_entries (id, booked_at),
    CHECK (
        (account IN ('enterpriseAvailable', 'enterpriseFrozen')
            AND enterprise_id IS NOT NULL AND account_version IS NOT NULL AND balance_after IS NOT NULL)
        OR (account NOT IN ('enterpriseAvailable', 'enterpriseFrozen')
            AND account_version IS NULL AND balance_after IS NULL))
) PARTITION BY RANGE (booked_at);

-- A partition a year; what lies outside the years prepared here falls into the last one and is still found.
DO $$
BEGIN
    FOR year IN 2025..2035 LOOP
        EXECUTE format(
            'CREATE TABLE journal_entries_%1$s PARTITION OF journal_entries FOR VALUES FROM (%2$L) TO (%3$L)',
            year, year || '-01-01 00:00:00+08', (year + 1) || '-01-01 00:00:00+08');
        EXECUTE format(
            'CREATE TABLE postings_%1$s PARTITION OF postings FOR VALUES FROM (%2$L) TO (%3$L)',
            year, year || '-01-01 00:00:00+08', (year + 1) || '-01-01 00:00:00+08');
    END LOOP;
END;
$$;
CREATE TABLE journal_entries_other PARTITION OF journal_entries DEFAULT;
CREATE TABLE postings_other PARTITION OF postings DEFAULT;

-- The statement of an enterprise, newest first.
CREATE INDEX journal_entries_statement ON journal_entries (enterprise_id, id DESC) WHERE enterprise_change <> 0;
-- The entries of one order.
CREATE INDEX journal_entries_source ON journal_entries (source_kind, source_id);
-- The chain of an enterprise's account.
CREATE INDEX postings_enterprise ON postings (enterprise_id, account, account_version)
    WHERE account_version IS NOT NULL;
-- The balance of a platform account since its checkpoint.
CREATE INDEX postings_platform ON postings (account, owner, entry_id) INCLUDE (amount)
    WHERE account_version IS NULL;

-- Every entry has at least two lines and sums to zero when its transaction commits.
CREATE FUNCTION require_balanced_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    v_entry bigint;
    v_sum numeric;
    v_lines integer;
BEGIN
    IF TG_ARGV[0] = 'entry' THEN
        v_entry := NEW.id;
    ELSE
        v_entry := NEW.entry_id;
    END IF;
    SELECT coalesce(sum(amount), 0), count(*) INTO v_sum, v_lines
    FROM postings WHERE entry_id = v_entry AND booked_at = NEW.booked_at;
    IF v_sum <> 0 OR v_lines < 2 THEN
        RAISE EXCEPTION 'entry % has % lines that sum to %', v_entry, v_lines, v_sum
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_sums_to_zero', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END;
$$;

CREATE CONSTRAINT TRIGGER entry_sums_to_zero AFTER INSERT ON journal_entries
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_balanced_entry('entry');
CREATE CONSTRAINT TRIGGER entry_sums_to_zero AFTER INSERT ON postings
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_balanced_entry('posting');

-- Opens the two accounts of an enterprise. The lower id is the available one: locks are taken by id.
CREATE FUNCTION open_enterprise_accounts(p_enterprise_id bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO enterprise_accounts (enterprise_id, account) VALUES (p_enterprise_id, 'enterpriseAvailable');
    INSERT INTO enterprise_accounts (enterprise_id, account) VALUES (p_enterprise_id, 'enterpriseFrozen');
$$;

-- Locks the accounts of an enterprise, first of all locks of a transaction. Not FOR UPDATE: rows whose foreign key
-- points at the account need not wait.
CREATE FUNCTION lock_enterprise_accounts(p_enterprise_id bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM enterprise_accounts WHERE enterprise_id = p_enterprise_id ORDER BY id FOR NO KEY UPDATE;
$$;

-- Posts one entry: claims (source, event, occurrence), moves the enterprise's balances, writes the lines.
-- Fails on enterprise_account_not_negative when money is short, on journal_claims_pkey when the event was posted before,
-- on entry_sums_to_zero at commit.
CREATE FUNCTION post_entry(
    p_code text, p_source_kind text, p_source_id bigint, p_event text, p_occurrence integer,
    p_booked_at timestamptz, p_enterprise_id bigint,
    p_accounts text[], p_owners text[], p_items text[], p_amounts bigint[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_entry bigint;
    v_change bigint := 0;
    v_balance bigint;
    v_versions bigint[];
    v_balances bigint[];
    v_version bigint;
    v_balance_after bigint;
BEGIN
    IF p_enterprise_id IS NOT NULL THEN
        PERFORM id FROM enterprise_accounts WHERE enterprise_id = p_enterprise_id ORDER BY id FOR NO KEY UPDATE;
    END IF;
    INSERT INTO journal_claims (source_kind, source_id, event, occurrence)
    VALUES (p_source_kind, p_source_id, p_event, p_occurrence);

    FOR i IN 1..cardinality(p_accounts) LOOP
        v_version := NULL;
        v_balance_after := NULL;
        IF p_accounts[i] IN ('enterpriseAvailable', 'enterpriseFrozen') THEN
            UPDATE enterprise_accounts SET balance = balance - p_amounts[i], version = version + 1
            WHERE enterprise_id = p_enterprise_id AND account = p_accounts[i]
            RETURNING version, balance INTO v_version, v_balance_after;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'enterprise % has no account %', p_enterprise_id, p_accounts[i];
            END IF;
            v_change := v_change - p_amounts[i];
        END IF;
        v_versions[i] := v_version;
        v_balances[i] := v_balance_after;
    END LOOP;

    IF p_enterprise_id IS NOT NULL THEN
        SELECT sum(balance) INTO v_balance FROM enterprise_accounts WHERE enterprise_id = p_enterprise_id;
    END IF;
    -- Drawn after the first write, so that whoever has drawn a number is seen as running by a checkpoint.
    v_entry := nextval('journal_entry_id');
    INSERT INTO journal_entries (
        id, booked_at, code, source_kind, source_id, event, occurrence,
        enterprise_id, enterprise_change, enterprise_balance)
    VALUES (
        v_entry, p_booked_at, p_code, p_source_kind, p_source_id, p_event, p_occurrence,
        p_enterprise_id, CASE WHEN p_enterprise_id IS NULL THEN NULL ELSE v_change END, v_balance);
    INSERT INTO postings (
        entry_id, booked_at, line, account, owner, item, amount, enterprise_id, account_version, balance_after)
    SELECT v_entry, p_booked_at, line, account, owner, item, amount, p_enterprise_id, account_version, balance_after
    FROM unnest(p_accounts, p_owners, p_items, p_amounts, v_versions, v_balances)
        WITH ORDINALITY AS l (account, owner, item, amount, account_version, balance_after, line);
    RETURN v_entry;
END;
$$;

-- Checkpoints: what a platform account held through an entry, so that its balance need not be summed from the beginning.
CREATE TABLE account_checkpoints (
    account text NOT NULL,
    owner text NOT NULL,
    through_entry bigint NOT NULL,
    balance bigint NOT NULL,
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (through_entry, account, owner)
);

-- A candidate for the next checkpoint. It may be closed once every transaction that ran when it was marked has ended:
-- until then an entry below it may still appear.
CREATE TABLE checkpoint_marks (
    through_entry bigint PRIMARY KEY,
    running_below xid8 NOT NULL,
    marked_at timestamptz NOT NULL
);

-- Closes the last mark if nothing below it can still appear, and marks the present as the next candidate.
-- Returns the entry through which accounts were closed, or null.
CREATE FUNCTION close_checkpoint(p_at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_mark checkpoint_marks;
    v_closed bigint;
    v_last bigint;
    v_previous bigint;
BEGIN
    LOCK TABLE checkpoint_marks IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO v_mark FROM checkpoint_marks ORDER BY through_entry DESC LIMIT 1;
    IF FOUND AND pg_snapshot_xmin(pg_current_snapshot()) >= v_mark.running_below THEN
        -- Every checkpoint covers all accounts, so that only what came since the last one is read.
        SELECT coalesce(max(through_entry), 0) INTO v_previous FROM account_checkpoints;
        INSERT INTO account_checkpoints (account, owner, through_entry, balance, closed_at)
        SELECT account, owner, v_mark.through_entry, sum(amount), p_at
        FROM (
            SELECT account, owner, balance AS amount FROM account_checkpoints WHERE through_entry = v_previous
            UNION ALL
            SELECT account, owner, amount FROM postings
            WHERE account_version IS NULL AND entry_id > v_previous AND entry_id <= v_mark.through_entry
        ) p
        WHERE v_mark.through_entry > v_previous
        GROUP BY account, owner;
        v_closed := v_mark.through_entry;
    ELSIF FOUND AND v_mark.running_below <= pg_snapshot_xmax(pg_current_snapshot()) THEN
        RETURN NULL;
    END IF;
    -- Read in this order: whoever drew a number up to here had begun before the snapshot was taken.
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO v_last FROM journal_entry_id;
    DELETE FROM checkpoint_marks;
    INSERT INTO checkpoint_marks (through_entry, running_below, marked_at)
    VALUES (v_last, pg_snapshot_xmax(pg_current_snapshot()), p_at);
    RETURN v_closed;
END;
$$;

-- What each platform account holds now; debit positive.
CREATE VIEW platform_balances AS
WITH closed AS (SELECT coalesce(max(through_entry), 0) AS through_entry FROM account_checkpoints)
SELECT account, owner, sum(amount)::bigint AS balance
FROM (
    SELECT c.account, c.owner, c.balance AS amount
    FROM account_checkpoints c JOIN closed ON c.through_entry = closed.through_entry
    UNION ALL
    SELECT p.account, p.owner, p.amount
    FROM postings p JOIN closed ON p.entry_id > closed.through_entry
    WHERE p.account_version IS NULL
) lines
GROUP BY account, owner;

GRANT SELECT ON enterprise_accounts, journal_entries, journal_claims, postings, account_checkpoints, platform_balances TO portal_app;
REVOKE EXECUTE ON FUNCTION open_enterprise_accounts, lock_enterprise_accounts, post_entry, close_checkpoint FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_enterprise_accounts, lock_enterprise_accounts, post_entry, close_checkpoint TO portal_app;
