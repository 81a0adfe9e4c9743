-- Top-ups: what the bank is told, once and for life, and what it said.
CREATE TABLE top_ups (
    order_id bigint PRIMARY KEY REFERENCES orders,
    bank_code text NOT NULL REFERENCES banks,
    -- The one time (Beijing) under which the bank knows the order.
    transaction_time text NOT NULL CHECK (transaction_time ~ '^[0-9]{14}$'),
    pay_until timestamptz NOT NULL,
    -- Set when booked.
    bank_serial text,
    settlement_date date
);

-- Every message of the bank about an order, the refused ones included: those are for operations, and never booked.
CREATE TABLE bank_messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    -- 'notification', 'query', 'payout'.
    kind text NOT NULL,
    order_id bigint REFERENCES orders,
    -- Why the message was not believed; null for one that was.
    problem text,
    -- What the message says, without the signature and with account numbers masked.
    content jsonb NOT NULL
);

CREATE INDEX bank_messages_of_order ON bank_messages (order_id, id);
CREATE INDEX bank_messages_refused ON bank_messages (id DESC) WHERE problem IS NOT NULL;

GRANT SELECT, INSERT ON top_ups, bank_messages TO portal_app;
GRANT UPDATE (bank_serial, settlement_date) ON top_ups TO portal_app;
