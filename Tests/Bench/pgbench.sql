-- For a bench database only: what pgbench's scripts look up. pgbench has numbers as arguments and nothing else, so that
-- tokens and numbers of queries follow from the company's number here. No password and no cookie belongs to these sessions.
BEGIN;

INSERT INTO sessions (
    token_digest, kind, operator_id, credentials_version, csrf_secret, created_at, last_seen_at, ends_at, address)
SELECT sha256(convert_to('pgbench ' || e.id, 'UTF8')), 'clerk', o.id, o.credentials_version, repeat('x', 43), now(), now(),
    now() + interval '8 hours', '127.0.0.1'
FROM enterprises e JOIN operators o ON o.enterprise_id = e.id;

INSERT INTO bill_queries (
    number, enterprise_id, operator_id, biller_code, customer_number, asked_at, outcome, customer_name, bills)
SELECT 'BQPGBENCH' || e.id, e.id, o.id, 'CSPOWER', '4301001234', now(), 'answered', '长沙基准测试', '[]'
FROM enterprises e JOIN operators o ON o.enterprise_id = e.id;

COMMIT;
ANALYZE;
