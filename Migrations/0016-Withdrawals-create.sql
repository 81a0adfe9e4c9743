-- Withdrawals: the registered account is copied into the order when it is submitted.
CREATE TABLE withdrawals (
    order_id bigint PRIMARY KEY REFERENCES orders,
    registered_account_id bigint NOT NULL REFERENCES registered_accounts,
    -- The promise shown before confirmation: the money arrives on a day from the first to the last.
    expected_from date NOT NULL,
    expected_until date NOT NULL,
    -- Whether the working-day calendar of the whole span was known when promised.
    is_calendar_known boolean NOT NULL,
    -- The one time (Beijing) under which the bank knows the order; set when it is first sent.
    transaction_time text CHECK (transaction_time ~ '^[0-9]{14}$'),
    bank_serial text,
    settlement_date date,
    reason text,
    CHECK (expected_until >= expected_from)
);

GRANT SELECT, INSERT ON withdrawals TO portal_app;
GRANT UPDATE (transaction_time, bank_serial, settlement_date, reason) ON withdrawals TO portal_app;
