-- Messages to people's phones. Written in the transaction that gives cause for them, delivered afterwards by a job of
-- kind "message". Number and text are sealed; the text is wiped once it is delivered, because it may carry a secret.

CREATE TABLE messages (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose text NOT NULL CHECK (purpose IN ('activation', 'passwordChanged', 'notice')),
    recipient_sealed bytea NOT NULL,
    recipient_masked text NOT NULL,
    body_sealed bytea,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'expired')),
    attempts integer NOT NULL DEFAULT 0,
    queued_at timestamptz NOT NULL,
    useful_until timestamptz,  -- After this moment it is not delivered any more.
    ended_at timestamptz,
    CONSTRAINT messages_body CHECK ((state = 'queued') = (body_sealed IS NOT NULL)),
    CONSTRAINT messages_end CHECK ((state = 'queued') = (ended_at IS NULL))
);

CREATE INDEX messages_queued ON messages (id) WHERE state = 'queued';

CREATE TRIGGER message_step BEFORE UPDATE OF state ON messages
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('message');

INSERT INTO state_steps (subject, from_state, to_state) VALUES
    ('message', 'queued', 'sent'),
    ('message', 'queued', 'expired');

GRANT SELECT, INSERT ON messages TO portal_app;
GRANT USAGE ON SEQUENCE messages_id_seq TO portal_app;
GRANT UPDATE (state, body_sealed, attempts, ended_at) ON messages TO portal_app;
