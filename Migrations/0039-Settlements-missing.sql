-- Payouts that we hold for paid and that no file has: two people may decide that the bank never paid. Amounts are fen.

INSERT INTO order_transitions (kind, from_state, from_write_off, event, to_state, to_write_off) VALUES
    ('withdrawal', 'paid', 'none', 'neverPaid', 'refused', 'none');

INSERT INTO biller_settlement_steps (from_state, event, to_state) VALUES
    ('paid', 'absentFromFiles', 'payable');

-- Whether a payout that was paid has been held against the bank's files: a file has it, or two people were asked.
ALTER TABLE biller_settlement_attempts ADD COLUMN is_compared boolean NOT NULL DEFAULT false;
CREATE INDEX biller_settlement_attempts_to_compare ON biller_settlement_attempts (settlement_date)
    WHERE settlement_date IS NOT NULL AND NOT is_compared;
GRANT UPDATE (is_compared) ON biller_settlement_attempts TO portal_app;

-- What the bank never paid is not booked under its serial any more: should a file bring the serial after all, its line is
-- worked off like any other that our books do not have. A file that is being taken is waited for, and the next one waits until
-- the transaction ends: whoever looks at the files after this call sees all there are. Fails with constraint
-- serial_was_never_paid where two people have not said so.
CREATE FUNCTION release_bank_serial(p_difference_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    LOCK TABLE bank_files IN SHARE MODE;
    DELETE FROM bank_serials b
    USING differences d LEFT JOIN withdrawals w ON w.order_id = d.order_id
    LEFT JOIN biller_settlement_attempts t ON t.number = d.serial
    WHERE d.id = p_difference_id AND d.class = 'oursOnly' AND d.state = 'resolved' AND d.handling = 'absent'
        AND b.channel = d.channel AND b.serial = coalesce(w.bank_serial, t.bank_serial);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'difference % is not about a payout that was never paid', p_difference_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'serial_was_never_paid', TABLE = 'bank_serials';
    END IF;
END;
$$;

REVOKE EXECUTE ON FUNCTION release_bank_serial FROM PUBLIC;
GRANT EXECUTE ON FUNCTION release_bank_serial TO portal_app;
