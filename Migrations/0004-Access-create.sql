-- Sessions, failed tries and activation links.
--
-- Only digests of tokens are kept: who reads this database cannot sign in with what it holds. Failures are counted
-- here, so that neither a restart nor a second portal forgets them.

CREATE TABLE sessions (
    token_digest bytea PRIMARY KEY CHECK (octet_length(token_digest) = 32),
    kind text NOT NULL CHECK (kind IN ('clerk', 'staff')),
    operator_id bigint REFERENCES operators (id),
    staff_id bigint REFERENCES staff (id),
    -- The version of the person's credentials at sign-in: any change of them ends the session.
    credentials_version integer NOT NULL,
    csrf_secret text NOT NULL CHECK (char_length(csrf_secret) = 43),
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    address text NOT NULL,
    CONSTRAINT sessions_kind CHECK (
        (kind = 'clerk') = (operator_id IS NOT NULL) AND (kind = 'staff') = (staff_id IS NOT NULL)
    ),
    CONSTRAINT sessions_life CHECK (ends_at > created_at)
);

CREATE INDEX sessions_by_end ON sessions (ends_at);
CREATE INDEX sessions_of_operator ON sessions (operator_id) WHERE operator_id IS NOT NULL;
CREATE INDEX sessions_of_staff ON sessions (staff_id) WHERE staff_id IS NOT NULL;

-- One row per try that did not succeed (or has not yet): written before the password is checked, removed by success.
-- The login is kept as a keyed digest and need not exist, so that unknown logins are treated alike.
CREATE TABLE sign_in_tries (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('clerk', 'staff')),
    login_digest bytea NOT NULL CHECK (octet_length(login_digest) = 32),
    address text NOT NULL,
    has_failed boolean NOT NULL DEFAULT false,
    at timestamptz NOT NULL
);

CREATE INDEX sign_in_tries_of_login ON sign_in_tries (kind, login_digest, at);
CREATE INDEX sign_in_tries_of_address ON sign_in_tries (address, at) WHERE has_failed;
CREATE INDEX sign_in_tries_by_time ON sign_in_tries (at);

-- Wrong payment passwords (or another company's number with any password). Enough of them in a rolling day
-- lock paying; nothing removes them but age.
CREATE TABLE payment_password_failures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_id bigint NOT NULL REFERENCES operators (id),
    at timestamptz NOT NULL
);

CREATE INDEX payment_password_failures_of_operator ON payment_password_failures (operator_id, at DESC);

CREATE TABLE activation_links (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_id bigint NOT NULL REFERENCES operators (id),
    token_digest bytea NOT NULL UNIQUE CHECK (octet_length(token_digest) = 32),
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'replaced')),
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT activation_links_life CHECK (expires_at > issued_at),
    CONSTRAINT activation_links_use CHECK ((state = 'used') = (used_at IS NOT NULL))
);

CREATE UNIQUE INDEX activation_links_open ON activation_links (operator_id) WHERE state = 'open';

CREATE TRIGGER activation_link_step BEFORE UPDATE OF state ON activation_links
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('activation_link');

INSERT INTO state_steps (subject, from_state, to_state) VALUES
    ('activation_link', 'open', 'used'),
    ('activation_link', 'open', 'replaced');

GRANT SELECT, INSERT, DELETE ON sessions TO portal_app;
GRANT UPDATE (last_seen_at) ON sessions TO portal_app;
GRANT SELECT, INSERT, DELETE ON sign_in_tries TO portal_app;
GRANT UPDATE (has_failed) ON sign_in_tries TO portal_app;
GRANT SELECT, INSERT ON payment_password_failures TO portal_app;
GRANT SELECT, INSERT ON activation_links TO portal_app;
GRANT UPDATE (state, used_at) ON activation_links TO portal_app;
