-- Limits of signing in, links issued again, and first passwords of staff.

-- A try is open while its password is checked. The last success of a login at an address is kept: there the login is known,
-- and is not shut out by what strangers do elsewhere.
ALTER TABLE sign_in_tries ADD COLUMN outcome text NOT NULL DEFAULT 'open'
    CHECK (outcome IN ('open', 'failed', 'succeeded'));
UPDATE sign_in_tries SET outcome = 'failed' WHERE has_failed;
ALTER TABLE sign_in_tries DROP COLUMN has_failed;

CREATE INDEX sign_in_tries_of_address ON sign_in_tries (address, at) WHERE outcome <> 'succeeded';

GRANT UPDATE (outcome) ON sign_in_tries TO portal_app;

-- An account manager asks for another activation link of an operator who has not activated; another person decides on it as
-- approval of action reissueActivation, whose subject is the request. Never changed.
CREATE TABLE activation_reissues (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operator_id bigint NOT NULL REFERENCES operators (id),
    reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
    requested_by bigint NOT NULL REFERENCES staff (id),
    requested_at timestamptz NOT NULL
);

CREATE INDEX activation_reissues_of_operator ON activation_reissues (operator_id, id DESC);

GRANT SELECT, INSERT ON activation_reissues TO portal_app;

-- Whether the password was made by the system and has to be replaced before anything else.
ALTER TABLE staff ADD COLUMN must_change_password boolean NOT NULL DEFAULT false;

GRANT UPDATE (must_change_password) ON staff TO portal_app;
