-- Every message to the bank and from it is kept: the original sealed by the application (AES-256-GCM, under a key outside of
-- the database, whose name stands beside it), and what it says with account numbers, names, certificates and signatures shortened.
-- Rows are never changed, and go only when their retention is over.

ALTER TABLE bank_messages RENAME COLUMN received_at TO at;
ALTER TABLE bank_messages
    ADD COLUMN direction text NOT NULL DEFAULT 'received' CHECK (direction IN ('sent', 'received')),
    -- The bank's answer code; of a statement the HTTP status.
    ADD COLUMN code text,
    -- Null of messages that were kept before originals were.
    ADD COLUMN key_name text,
    ADD COLUMN sealed bytea,
    -- Where a message came from that nobody of ours has signed: by this strangers are limited.
    ADD COLUMN address text,
    ADD CHECK ((key_name IS NULL) = (sealed IS NULL));
ALTER TABLE bank_messages ALTER COLUMN direction DROP DEFAULT;
UPDATE bank_messages SET code = content ->> 'respCode';

CREATE INDEX bank_messages_of_strangers ON bank_messages (at) WHERE address IS NOT NULL;
CREATE INDEX bank_messages_at ON bank_messages USING brin (at);
-- By a biller's serial people look for a payment.
CREATE INDEX bill_payments_biller_serial ON bill_payments (biller_serial) WHERE biller_serial IS NOT NULL;

-- Removes at most so many messages that are older than so many years, and gives how many. Five years are the least that the
-- rules for payment records allow, and a moment that lies after the newest message does not make any of them older.
CREATE FUNCTION remove_expired_bank_messages(p_at timestamptz, p_years integer, p_limit integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_before timestamptz := least(p_at, (SELECT max(at) FROM bank_messages WHERE address IS NULL))
        - make_interval(years => greatest(p_years, 5));
    v_removed integer;
BEGIN
    DELETE FROM bank_messages WHERE id IN (SELECT id FROM bank_messages WHERE at < v_before LIMIT p_limit);
    GET DIAGNOSTICS v_removed = ROW_COUNT;
    RETURN v_removed;
END;
$$;

REVOKE EXECUTE ON FUNCTION remove_expired_bank_messages FROM PUBLIC;
GRANT EXECUTE ON FUNCTION remove_expired_bank_messages TO portal_app;

-- The net of a settlement day may arrive in parts.
DROP INDEX reserve_settlement;
CREATE INDEX reserve_settlement ON reserve_statement_lines (settlement_date) WHERE settlement_date IS NOT NULL;
