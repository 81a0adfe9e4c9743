-- Jobs: what is still to be done outside, written in the transaction that made it necessary. At most one a subject and
-- kind; a worker takes it by a lease, so that the work of a killed worker is taken up by another.
CREATE TABLE jobs (
    kind text NOT NULL CHECK (kind IN ('topUp', 'billPayment', 'withdrawal', 'message', 'checkpoint')),
    subject_id bigint NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    PRIMARY KEY (kind, subject_id)
);

CREATE INDEX jobs_due ON jobs (due_at);

-- The first checkpoint is due at once; each plans the next.
INSERT INTO jobs (kind, subject_id, due_at) VALUES ('checkpoint', 0, '2025-01-01 00:00:00+08');

-- What a person has to look at. One open item a kind and order.
CREATE TABLE work_items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    order_id bigint REFERENCES orders,
    detail text NOT NULL,
    raised_at timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_by bigint REFERENCES staff,
    resolution text
);

CREATE UNIQUE INDEX work_items_open ON work_items (kind, order_id) WHERE resolved_at IS NULL;
CREATE INDEX work_items_queue ON work_items (id) WHERE resolved_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO portal_app;
GRANT SELECT, INSERT ON work_items TO portal_app;
GRANT UPDATE (resolved_at, resolved_by, resolution) ON work_items TO portal_app;
