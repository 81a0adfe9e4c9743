-- Opening cases. The case carries the state; each submission freezes a version with its digest, and only a frozen
-- version is decided on. Versions and events are never changed.

CREATE TABLE account_opening_cases (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE CHECK (number ~ '^AO[0-9A-Z]{6,30}$'),
    state text NOT NULL CHECK (
        state IN ('draft', 'submitted', 'returned', 'approved', 'rejected', 'withdrawn', 'expired')
    ),
    version integer NOT NULL DEFAULT 0 CHECK (version >= 0),  -- The newest frozen version, 0 before the first.
    account_manager_id bigint NOT NULL REFERENCES staff (id),
    city_code text NOT NULL REFERENCES cities (code),
    enterprise_id bigint UNIQUE REFERENCES enterprises (id),
    started_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT account_opening_cases_result CHECK ((state = 'approved') = (enterprise_id IS NOT NULL))
);

CREATE INDEX account_opening_cases_waiting ON account_opening_cases (id) WHERE state = 'submitted';
CREATE INDEX account_opening_cases_of_manager ON account_opening_cases (account_manager_id, id DESC);

CREATE TRIGGER account_opening_case_step BEFORE UPDATE OF state ON account_opening_cases
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('account_opening_case');

CREATE TABLE account_opening_versions (
    case_id bigint NOT NULL REFERENCES account_opening_cases (id),
    version integer NOT NULL CHECK (version > 0),
    enterprise_name text NOT NULL,
    credit_code text NOT NULL,
    legal_representative text NOT NULL,
    operator_name text NOT NULL,
    operator_mobile_sealed bytea NOT NULL,
    operator_mobile_masked text NOT NULL,
    city_code text NOT NULL REFERENCES cities (code),
    internet_banking_bank text NOT NULL REFERENCES banks (code),
    account_bank_code text NOT NULL REFERENCES banks (code),
    line_number text NOT NULL,
    account_number_sealed bytea NOT NULL,
    account_number_tail text NOT NULL,
    holder_name text NOT NULL,
    login_id text NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    submitted_by bigint NOT NULL REFERENCES staff (id),
    submitted_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);

CREATE TABLE account_opening_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id bigint NOT NULL REFERENCES account_opening_cases (id),
    event text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    version integer NOT NULL,
    staff_id bigint REFERENCES staff (id),  -- NULL: the machine.
    reason text,
    at timestamptz NOT NULL
);

CREATE INDEX account_opening_events_of_case ON account_opening_events (case_id, id);

INSERT INTO state_steps (subject, from_state, to_state) VALUES
    ('account_opening_case', 'draft', 'submitted'),
    ('account_opening_case', 'returned', 'submitted'),
    ('account_opening_case', 'returned', 'draft'),
    ('account_opening_case', 'submitted', 'withdrawn'),
    ('account_opening_case', 'submitted', 'returned'),
    ('account_opening_case', 'submitted', 'rejected'),
    ('account_opening_case', 'submitted', 'expired'),
    ('account_opening_case', 'submitted', 'approved');

GRANT SELECT, INSERT ON account_opening_cases, account_opening_versions, account_opening_events TO portal_app;
GRANT UPDATE (state, version, city_code, enterprise_id, changed_at) ON account_opening_cases TO portal_app;
