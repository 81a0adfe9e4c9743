-- Dual control. One request for each frozen version of something that two people must agree on, one decision for it.
--
-- Persons are told apart by the digest of their mobile number as stored with staff and operators, never by a name or
-- login from a request. The CHECK compares decider and submitter, the trigger compares the decider with everybody
-- who edited the version. There is no exemption for any role. Rows are never changed.

CREATE TABLE approval_requests (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    action text NOT NULL CHECK (action IN ('openAccount', 'verifyRegisteredAccount', 'reissueActivation',
        'changeEnterpriseState', 'replaceRegisteredAccount', 'changeLimits', 'resetCredentials', 'largePayment',
        'withdrawal', 'handleDifference')),
    subject_id bigint NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    maker_person bytea NOT NULL CHECK (octet_length(maker_person) = 32),
    maker_staff_id bigint REFERENCES staff (id),
    maker_operator_id bigint REFERENCES operators (id),
    requested_at timestamptz NOT NULL,
    UNIQUE (action, subject_id, version),
    UNIQUE (id, version, digest, maker_person),
    CHECK ((maker_staff_id IS NULL) <> (maker_operator_id IS NULL))
);

-- Everybody who had a hand in the version, the submitter included.
CREATE TABLE approval_request_editors (
    request_id bigint NOT NULL REFERENCES approval_requests (id),
    person bytea NOT NULL CHECK (octet_length(person) = 32),
    PRIMARY KEY (request_id, person)
);

CREATE TABLE approvals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id bigint NOT NULL UNIQUE,
    -- Copies of the request, bound to it by the foreign key: the decision is about this very version.
    version integer NOT NULL,
    digest bytea NOT NULL,
    maker_person bytea NOT NULL,
    checker_person bytea NOT NULL CHECK (octet_length(checker_person) = 32),
    checker_staff_id bigint REFERENCES staff (id),
    checker_operator_id bigint REFERENCES operators (id),
    decision text NOT NULL CHECK (decision IN ('granted', 'returned', 'rejected')),
    reason text,
    at timestamptz NOT NULL,
    FOREIGN KEY (request_id, version, digest, maker_person)
        REFERENCES approval_requests (id, version, digest, maker_person),
    CONSTRAINT approvals_two_persons CHECK (maker_person <> checker_person),
    CONSTRAINT approvals_reason CHECK (decision = 'granted' OR char_length(reason) > 0),
    CHECK ((checker_staff_id IS NULL) <> (checker_operator_id IS NULL))
);

CREATE FUNCTION refuse_approval_by_editor() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM approval_request_editors
        WHERE request_id = NEW.request_id AND person = NEW.checker_person
    ) THEN
        RAISE EXCEPTION 'request % may not be decided by one of its editors', NEW.request_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'approvals_two_persons';
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER approvals_not_by_editor BEFORE INSERT ON approvals
FOR EACH ROW EXECUTE FUNCTION refuse_approval_by_editor();

GRANT SELECT, INSERT ON approval_requests, approval_request_editors, approvals TO portal_app;
