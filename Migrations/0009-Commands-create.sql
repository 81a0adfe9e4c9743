-- Commands: each form that moves money or changes master data carries an id made when the form was rendered.
-- The same id with the same input leads to the same result; with other input it is refused. The table is small and
-- unpartitioned, because a unique index holds only within a partition.
CREATE TABLE commands (
    id uuid PRIMARY KEY,
    actor text NOT NULL,
    input_digest bytea NOT NULL CHECK (octet_length(input_digest) = 32),
    result text NOT NULL,
    claimed_at timestamptz NOT NULL
);

GRANT SELECT, INSERT ON commands TO portal_app;
