-- What can be set on a channel of the bank, and who has set it: paused or not, with the words that companies read; until when of
-- a working day a payout counts from that day. Two people change it (changeChannel); only apply_channel_change writes it, and
-- only where their agreement is stored.

ALTER TABLE bank_channels
    ADD COLUMN is_paused boolean NOT NULL DEFAULT false,
    ADD COLUMN notice text NOT NULL DEFAULT '' CHECK (char_length(notice) <= 100),
    -- Minutes after midnight in Beijing; null for a channel whose trades need no working day.
    ADD COLUMN cut_off_minutes integer CHECK (cut_off_minutes BETWEEN 0 AND 1439),
    -- Whether our fee goes back to the company with a payout that comes back (P34).
    ADD COLUMN gives_fee_back boolean NOT NULL DEFAULT false,
    -- Rises with every change.
    ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    ADD CONSTRAINT bank_channels_pause_is_explained CHECK (NOT is_paused OR notice <> '');

UPDATE bank_channels SET cut_off_minutes = 960 WHERE channel = 'unionpay-payout';

-- A proposed version of a channel: the subject of an approval. Never changed.
CREATE TABLE channel_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    channel text NOT NULL REFERENCES bank_channels,
    -- The version that it replaces.
    version integer NOT NULL CHECK (version > 0),
    is_paused boolean NOT NULL,
    notice text NOT NULL CHECK (char_length(notice) <= 100),
    cut_off_minutes integer CHECK (cut_off_minutes BETWEEN 0 AND 1439),
    -- Why, for the person who decides.
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    proposed_by bigint NOT NULL REFERENCES staff (id),
    proposed_at timestamptz NOT NULL,
    CHECK (NOT is_paused OR notice <> '')
);

CREATE INDEX channel_changes_of_channel ON channel_changes (channel, id DESC);

-- Locks a channel for a proposal or a decision: whoever is about to send through it waits.
CREATE FUNCTION lock_channel(p_channel text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT channel FROM bank_channels WHERE channel = p_channel FOR NO KEY UPDATE;
$$;

-- Whether a channel is paused. The answer holds until the end of the transaction: a change that is being agreed on is waited
-- for, and one that comes later waits. Many may ask at the same time.
CREATE FUNCTION channel_is_paused(p_channel text) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT is_paused FROM bank_channels WHERE channel = p_channel FOR SHARE;
$$;

-- Makes a change that two people have agreed on the channel's next version. Fails with constraint channel_change_is_granted.
CREATE FUNCTION apply_channel_change(p_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE bank_channels c SET
        is_paused = h.is_paused, notice = h.notice, cut_off_minutes = h.cut_off_minutes, version = c.version + 1
    FROM channel_changes h
    WHERE h.id = p_id AND c.channel = h.channel AND c.version = h.version AND EXISTS (
        SELECT 1 FROM approval_requests r JOIN approvals a ON a.request_id = r.id
        WHERE r.action = 'changeChannel' AND r.subject_id = h.id AND a.decision = 'granted');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'change % of a channel is not granted, or of an older version', p_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'channel_change_is_granted', TABLE = 'bank_channels';
    END IF;
END;
$$;

-- What a withdrawal was promised, kept as it was shown.
ALTER TABLE withdrawals
    ADD COLUMN channel text NOT NULL DEFAULT 'unionpay-payout' REFERENCES bank_channels,
    -- The working day from which the promise counts, and why that is not the day of submission: too late on it, or no working
    -- day. Null for withdrawals older than the cut-off.
    ADD COLUMN counted_from date,
    ADD COLUMN cut_off_minutes integer CHECK (cut_off_minutes BETWEEN 0 AND 1439),
    ADD COLUMN postponed_by text CHECK (postponed_by IN ('cutOff', 'restDay')),
    -- The channel's rule at that time.
    ADD COLUMN gives_fee_back boolean NOT NULL DEFAULT false;

-- The queue of withdrawals that are not final: few, whatever the age of the platform.
CREATE INDEX orders_open_withdrawals ON orders (id) WHERE kind = 'withdrawal' AND NOT is_final;

GRANT SELECT, INSERT ON channel_changes TO portal_app;
REVOKE EXECUTE ON FUNCTION lock_channel, channel_is_paused, apply_channel_change FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lock_channel, channel_is_paused, apply_channel_change TO portal_app;
