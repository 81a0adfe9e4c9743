-- What billers state that they have written off, day by day, beside our payments. Amounts are fen. A statement is what a biller
-- said: once taken it is not changed.

-- A biller's statement of a day (Beijing). The row is there from the moment the statement is due; without accepted_at it has
-- not come, or none that can be believed.
CREATE TABLE biller_statements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    biller_code text NOT NULL REFERENCES billers,
    day date NOT NULL,
    -- How often it was asked for in vain, the last time, and what came of it then.
    tries integer NOT NULL DEFAULT 0,
    tried_at timestamptz,
    problem text NOT NULL DEFAULT '',
    -- SHA-256 of what the biller sent: the same once more changes nothing.
    digest bytea CHECK (octet_length(digest) = 32),
    accepted_at timestamptz,
    -- What it says of itself; equal to its lines, or it is not taken.
    stated_count bigint CHECK (stated_count >= 0),
    stated_sum bigint CHECK (stated_sum >= 0),
    UNIQUE (biller_code, day),
    CHECK (num_nonnulls(digest, accepted_at, stated_count, stated_sum) IN (0, 4))
);

CREATE INDEX biller_statements_of_day ON biller_statements (day, id);

-- A line, in exactly one class.
CREATE TABLE biller_statement_lines (
    statement_id bigint NOT NULL REFERENCES biller_statements,
    line integer NOT NULL CHECK (line > 0),
    payment_number text NOT NULL,
    serial text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0),
    customer_number text NOT NULL,
    written_off_at timestamptz NOT NULL,
    class text NOT NULL CHECK (class IN ('matched', 'billerOnly', 'amountDiffers', 'stateDiffers', 'duplicate')),
    order_id bigint REFERENCES orders,
    PRIMARY KEY (statement_id, line)
);

CREATE INDEX biller_statement_lines_payment ON biller_statement_lines (payment_number);
-- The few that a machine or a person has to look at.
CREATE INDEX biller_statement_lines_unmatched ON biller_statement_lines (statement_id, line) WHERE class <> 'matched';

-- What the lines of a statement come to, kept when they are matched.
CREATE TABLE biller_statement_sums (
    statement_id bigint NOT NULL REFERENCES biller_statements,
    class text NOT NULL,
    lines bigint NOT NULL CHECK (lines > 0),
    amount bigint NOT NULL CHECK (amount > 0),
    PRIMARY KEY (statement_id, class)
);

-- What no statement has had yet.
CREATE INDEX bill_payments_not_agreed ON bill_payments (biller_code, order_id) WHERE agreed_on IS NULL;

-- Two people decide about what a biller's statements deny: written off after all, or not, and then given back.
ALTER TABLE differences DROP CONSTRAINT differences_handling_check;
ALTER TABLE differences ADD CONSTRAINT differences_handling_check CHECK (handling IN (
    'credited', 'returned', 'takenBack', 'charged', 'madeGood', 'borne', 'absent', 'acknowledged', 'writtenOff',
    'writeOffFailed'));

GRANT SELECT, INSERT, UPDATE (tries, tried_at, problem, digest, accepted_at, stated_count, stated_sum) ON biller_statements
    TO portal_app;
GRANT SELECT, INSERT ON biller_statement_lines, biller_statement_sums TO portal_app;
