-- Bill queries: what a biller said when a clerk asked, so that what is confirmed is what was shown.
CREATE TABLE bill_queries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE,
    enterprise_id bigint NOT NULL REFERENCES enterprises,
    operator_id bigint NOT NULL REFERENCES operators,
    biller_code text NOT NULL REFERENCES billers,
    customer_number text NOT NULL,
    asked_at timestamptz NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('answered', 'unknownCustomer', 'unavailable')),
    customer_name text NOT NULL DEFAULT '',
    -- The bills in the biller's order: [{billNumber, period, principal, lateFee, amount}], fen.
    bills jsonb NOT NULL DEFAULT '[]'
);

CREATE TABLE bill_payments (
    order_id bigint PRIMARY KEY REFERENCES orders,
    biller_code text NOT NULL REFERENCES billers,
    customer_number text NOT NULL,
    customer_name text NOT NULL,
    bill_query_id bigint NOT NULL REFERENCES bill_queries,
    -- The bills paid, as confirmed; empty for a prepayment.
    bills jsonb NOT NULL,
    -- The sum of the bills paid, and what goes beyond it and is kept by the biller for the customer; fen.
    arrears bigint NOT NULL CHECK (arrears >= 0),
    prepaid bigint NOT NULL CHECK (prepaid >= 0),
    biller_serial text,
    reason text
);

-- One open order per bill: two clerks cannot pay one bill twice. Rows leave when the order is final.
CREATE TABLE open_bills (
    biller_code text NOT NULL REFERENCES billers,
    customer_number text NOT NULL,
    bill_number text NOT NULL,
    order_id bigint NOT NULL REFERENCES orders,
    CONSTRAINT one_open_order_per_bill PRIMARY KEY (biller_code, customer_number, bill_number)
);

CREATE INDEX open_bills_of_order ON open_bills (order_id);

GRANT SELECT, INSERT ON bill_queries, bill_payments TO portal_app;
GRANT UPDATE (biller_serial, reason) ON bill_payments TO portal_app;
GRANT SELECT, INSERT, DELETE ON open_bills TO portal_app;
