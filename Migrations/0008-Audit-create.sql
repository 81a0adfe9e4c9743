-- The audit trail: who did what to what, when, from where, and whether it was allowed. Written in the transaction
-- of the act. The application's role can add and read, and do nothing else.

CREATE TABLE audit_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor_kind text NOT NULL,  -- operator, staff, system, bank, biller, or stranger: nobody who is known.
    actor_id bigint,
    action text NOT NULL,
    subject text NOT NULL DEFAULT '',  -- Such as "enterprise M43010000100001"; never a secret or a full number.
    is_allowed boolean NOT NULL,
    detail text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT ''
);

CREATE INDEX audit_events_by_time ON audit_events (at, id);
CREATE INDEX audit_events_of_actor ON audit_events (actor_kind, actor_id, id);

GRANT SELECT, INSERT ON audit_events TO portal_app;
