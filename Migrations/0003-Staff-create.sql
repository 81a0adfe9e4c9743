-- People of China Mobile who work with the portal.
--
-- A member of staff acts inside a region: one city, one province or the whole country. Persons are told apart by the
-- digest of their mobile number, not by their login: two logins of one person are one person to dual control.

CREATE TABLE staff (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    staff_number text NOT NULL UNIQUE CHECK (staff_number ~ '^[A-Z][A-Z0-9]{3,15}$'),  -- Kept in capitals.
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    role text NOT NULL CHECK (role IN ('account_manager', 'supervisor', 'operations', 'auditor')),
    region_level text NOT NULL CHECK (region_level IN ('city', 'province', 'national')),
    region_city text REFERENCES cities (code),
    region_province text REFERENCES provinces (code),
    mobile_sealed bytea NOT NULL,
    mobile_masked text NOT NULL CHECK (mobile_masked ~ '^[0-9]{3}\*{4}[0-9]{4}$'),
    mobile_digest bytea NOT NULL CHECK (octet_length(mobile_digest) = 32),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    password text NOT NULL,
    credentials_version integer NOT NULL DEFAULT 1 CHECK (credentials_version > 0),
    last_signed_in_at timestamptz,
    last_signed_in_address text,
    created_at timestamptz NOT NULL,
    CONSTRAINT staff_region CHECK (
        (region_level = 'city') = (region_city IS NOT NULL)
        AND (region_level = 'province') = (region_province IS NOT NULL)
    )
);

CREATE TRIGGER staff_step BEFORE UPDATE OF state ON staff
FOR EACH ROW EXECUTE FUNCTION refuse_unlisted_step('staff');

INSERT INTO state_steps (subject, from_state, to_state) VALUES
    ('staff', 'active', 'disabled'),
    ('staff', 'disabled', 'active');

GRANT SELECT, INSERT ON staff TO portal_app;
GRANT USAGE ON SEQUENCE staff_id_seq TO portal_app;
GRANT UPDATE (state, password, credentials_version, last_signed_in_at, last_signed_in_address)
    ON staff TO portal_app;
