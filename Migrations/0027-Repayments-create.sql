-- Repayments: what a company owes us because it could not bear a charged loss at once (应收企业款) is paid out of its available
-- balance (P43) when two people say so; its outgoing payments go on when nothing is owed any more. A request of zero asks only
-- for that. Amounts are fen.
CREATE TABLE repayments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number ~ '^RP[0-9A-Z]{6,30}$'),
    enterprise_id bigint NOT NULL REFERENCES enterprises,
    amount bigint NOT NULL CHECK (amount >= 0),
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 400),
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'agreed', 'returned')),
    version integer NOT NULL DEFAULT 1,
    proposed_by bigint NOT NULL REFERENCES staff,
    proposed_at timestamptz NOT NULL,
    decided_by bigint REFERENCES staff,
    decided_at timestamptz,
    -- What the second person said; empty with an agreement.
    reply text NOT NULL DEFAULT '',
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (decided_by <> proposed_by)
);

-- One at a time waits for a decision.
CREATE UNIQUE INDEX repayments_open ON repayments (enterprise_id) WHERE state = 'proposed';
CREATE INDEX repayments_of_enterprise ON repayments (enterprise_id, id);
-- What a company owes.
CREATE INDEX postings_receivable ON postings (enterprise_id) WHERE account = 'enterpriseReceivable';

GRANT SELECT, INSERT ON repayments TO portal_app;
GRANT UPDATE (state, version, decided_by, decided_at, reply) ON repayments TO portal_app;
