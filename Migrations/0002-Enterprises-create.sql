-- Enterprises, their registered bank accounts and their operators.
--
-- States change only along the steps listed here; the code's transition tables are compared with these rows by a
-- test. Account and mobile numbers are sealed by the application (AES-256-GCM, row as associated data): in clear stand
-- only the tail or mask that people may see, and a keyed digest by which equal numbers are found.

CREATE TABLE state_steps (
    subject text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    PRIMARY KEY (subject, from_state, to_state)
);

CREATE FUNCTION refuse_unlisted_step() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM state_steps
        WHERE subject = TG_ARGV[0] AND from_state = OLD.state AND to_state = NEW.state
    ) THEN
        RAISE EXCEPTION '% % cannot go from % to %', TG_ARGV[0], OLD.id, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0] || '_step';
    END IF;
    RETURN NEW;
END;
$$;

-- Customer-visible numbers are counted apart from row ids: M, four digits of the city, nine of this serial, a check
-- digit.
CREATE SEQUENCE merchant_number_serials START 100001 MAXVALUE 999999999;

CREATE TABLE enterprises (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_number text NOT NULL UNIQUE CHECK (merchant_number ~ '^M[0-9]{14}$'),
    name text NOT NULL CHECK (char_length(name) BETWEEN 2 AND 100),
    credit_code text NOT NULL UNIQUE CHECK (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),  -- GB 32100-2015
    legal_representative text NOT NULL CHECK (char_length(legal_representative) BETWEEN 1 AND 60),
    city_code text NOT NULL REFERENCES cities (code),
    internet_banking_bank text NOT NULL REFERENCES banks (code),
    state text NOT NULL DEFAULT 'pendingActivation' CHECK (
        state IN ('pendingActivation', 'active', 'outgoingStopped', 'frozen', 'closing', 'closed')
    ),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    opened_at timestamptz NOT NULL
);

-- The staff's list: newest first within a region, one page by key.
CREATE INDEX enterprises_by_city ON enterprises (city_code, id DESC);
CREATE INDEX enterprises_by_name ON enterprises (name text_pattern_ops);

CREATE TRIGGER enterprise_step BEFORE UPDATE OF state ON enterprises
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('enterprise');

CREATE TABLE enterprise_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise_id bigint NOT NULL REFERENCES enterprises (id),
    event text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    reason text,
    at timestamptz NOT NULL
);

CREATE INDEX enterprise_events_of_enterprise ON enterprise_events (enterprise_id, id);

CREATE TABLE registered_accounts (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise_id bigint NOT NULL REFERENCES enterprises (id),
    bank_code text NOT NULL REFERENCES banks (code),
    line_number text NOT NULL CHECK (line_number ~ '^[0-9]{12}$'),
    account_number_sealed bytea NOT NULL,
    account_number_tail text NOT NULL CHECK (char_length(account_number_tail) = 4),
    account_number_digest bytea NOT NULL CHECK (octet_length(account_number_digest) = 32),
    holder_name text NOT NULL,
    state text NOT NULL DEFAULT 'unverified' CHECK (
        state IN (
            'unverified', 'depositSending', 'depositSent', 'verified', 'manualCheck', 'invalid', 'replaced'
        )
    ),
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    registered_at timestamptz NOT NULL
);

-- A company has one account to which withdrawals go; the ones before it stay as history.
CREATE UNIQUE INDEX registered_accounts_current ON registered_accounts (enterprise_id) WHERE state <> 'replaced';
CREATE INDEX registered_accounts_by_number ON registered_accounts (account_number_digest);

CREATE TRIGGER registered_account_step BEFORE UPDATE OF state ON registered_accounts
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('registered_account');

CREATE TABLE registered_account_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    registered_account_id bigint NOT NULL REFERENCES registered_accounts (id),
    event text NOT NULL,
    from_state text,
    to_state text NOT NULL,
    reason text,
    at timestamptz NOT NULL
);

CREATE INDEX registered_account_events_of_account ON registered_account_events (registered_account_id, id);

CREATE TABLE operators (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    enterprise_id bigint NOT NULL REFERENCES enterprises (id),
    login_id text NOT NULL UNIQUE CHECK (login_id ~ '^[a-z][a-z0-9._-]{3,31}$'),  -- Kept in lower case.
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    mobile_sealed bytea NOT NULL,
    mobile_masked text NOT NULL CHECK (mobile_masked ~ '^[0-9]{3}\*{4}[0-9]{4}$'),
    mobile_digest bytea NOT NULL CHECK (octet_length(mobile_digest) = 32),
    state text NOT NULL DEFAULT 'pendingActivation' CHECK (state IN ('pendingActivation', 'active', 'disabled')),
    login_password text,
    payment_password text,
    -- Raised with every change of a password, a right or the state: sessions of an older version end.
    credentials_version integer NOT NULL DEFAULT 1 CHECK (credentials_version > 0),
    last_signed_in_at timestamptz,
    last_signed_in_address text,
    created_at timestamptz NOT NULL,
    CONSTRAINT operators_active_has_passwords CHECK (
        state <> 'active' OR (login_password IS NOT NULL AND payment_password IS NOT NULL)
    )
);

CREATE INDEX operators_of_enterprise ON operators (enterprise_id, id);

CREATE TRIGGER operator_step BEFORE UPDATE OF state ON operators
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('operator');

INSERT INTO state_steps (subject, from_state, to_state) VALUES
    ('enterprise', 'pendingActivation', 'active'),
    ('enterprise', 'active', 'outgoingStopped'),
    ('enterprise', 'active', 'frozen'),
    ('enterprise', 'active', 'closing'),
    ('enterprise', 'outgoingStopped', 'active'),
    ('enterprise', 'outgoingStopped', 'frozen'),
    ('enterprise', 'frozen', 'active'),
    ('enterprise', 'frozen', 'outgoingStopped'),
    ('enterprise', 'closing', 'closed'),
    ('registered_account', 'unverified', 'depositSending'),
    ('registered_account', 'unverified', 'manualCheck'),
    ('registered_account', 'depositSending', 'depositSent'),
    ('registered_account', 'depositSending', 'invalid'),
    ('registered_account', 'depositSent', 'invalid'),
    ('registered_account', 'depositSent', 'verified'),
    ('registered_account', 'depositSent', 'manualCheck'),
    ('registered_account', 'manualCheck', 'verified'),
    ('registered_account', 'manualCheck', 'invalid'),
    ('registered_account', 'verified', 'manualCheck'),
    ('registered_account', 'verified', 'replaced'),
    ('registered_account', 'invalid', 'replaced'),
    ('operator', 'pendingActivation', 'active'),
    ('operator', 'active', 'disabled'),
    ('operator', 'disabled', 'active');

GRANT SELECT ON state_steps TO portal_app;
GRANT USAGE ON SEQUENCE merchant_number_serials TO portal_app;
-- The account's number is sealed with its row's id, so the id is drawn before the row is written.
GRANT USAGE ON SEQUENCE registered_accounts_id_seq, operators_id_seq TO portal_app;
GRANT SELECT, INSERT ON enterprises, registered_accounts, operators TO portal_app;
GRANT UPDATE (state, version) ON enterprises, registered_accounts TO portal_app;
GRANT UPDATE (
    state, login_password, payment_password, credentials_version, last_signed_in_at, last_signed_in_address
) ON operators TO portal_app;
GRANT SELECT, INSERT ON enterprise_events, registered_account_events TO portal_app;
