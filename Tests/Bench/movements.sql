-- For a bench database only, as the superuser: gives one company a long statement at once, by set-based inserts that leave
-- out triggers and foreign keys. What they would have checked, `portal check` checks after the bench.
--
-- Variables of psql: company (its number), count (of movements, each a paid top-up of 1.00 yuan within the last 29 days).

BEGIN;
SET LOCAL session_replication_role = replica;

SELECT e.id AS enterprise, o.id AS operator FROM enterprises e JOIN operators o ON o.enterprise_id = e.id
WHERE e.merchant_number = 'M99' || lpad(:'company', 12, '0') \gset
SELECT coalesce(max(id), 0) AS first FROM orders \gset
SELECT last_value AS entry FROM journal_entry_id \gset
SELECT balance, version FROM enterprise_accounts
WHERE enterprise_id = :enterprise AND account = 'enterpriseAvailable' \gset
SELECT max(statement_at) AS line_at, max(statement_income) AS line_income FROM journal_entries
WHERE enterprise_id = :enterprise AND enterprise_change <> 0 \gset

CREATE TEMPORARY TABLE bench_movements ON COMMIT DROP AS
SELECT n, :first + n AS order_id, :entry + n AS entry_id,
    'TP' || to_char(now(), 'YYYYMMDD') || 'L' || lpad((:first + n)::text, 11, '0') AS number,
    date_trunc('second', now() - interval '28 days' + interval '28 days' * n / :count) AS at
FROM generate_series(1, :count) AS n;

INSERT INTO orders (
    id, kind, number, enterprise_id, operator_id, amount, fee, counterparty, state, created_at, state_since, is_final, events)
OVERRIDING SYSTEM VALUE
SELECT order_id, 'topUp', number, :enterprise, :operator, 100, 0, 'CCB', 'credited', at, at, true, 3
FROM bench_movements;

INSERT INTO order_events (
    order_id, sequence, event, from_state, from_write_off, to_state, to_write_off, happened_at, actor_kind, actor_id, note)
SELECT order_id, sequence, event, from_state, 'none', to_state, 'none', at, actor_kind,
    CASE WHEN actor_kind = 'operator' THEN :operator END, 'bench'
FROM bench_movements CROSS JOIN (VALUES
    (1, 'ordered', '', 'created', 'operator'),
    (2, 'handedOff', 'created', 'atBank', 'system'),
    (3, 'paidConfirmed', 'atBank', 'credited', 'bank')
) AS step (sequence, event, from_state, to_state, actor_kind);

INSERT INTO top_ups (order_id, bank_code, transaction_time, pay_until, bank_serial, settlement_date)
SELECT order_id, 'CCB', to_char(at, 'YYYYMMDDHH24MISS'), at + interval '3 days', 'BENCH' || order_id, at::date
FROM bench_movements;

INSERT INTO bank_serials (channel, serial, order_id, number, trade, amount, booked_at)
SELECT 'unionpay-b2b', 'BENCH' || order_id, order_id, number, 'payment', 100, at FROM bench_movements;

INSERT INTO journal_claims (source_kind, source_id, event, occurrence)
SELECT 'topUp', order_id, 'paidConfirmed', 1 FROM bench_movements;

INSERT INTO journal_entries (
    id, booked_at, code, source_kind, source_id, event, occurrence, enterprise_id, enterprise_change, enterprise_balance,
    statement_at, statement_income)
SELECT entry_id, at, 'P01', 'topUp', order_id, 'paidConfirmed', 1, :enterprise, 100, :balance + 100 * n,
    greatest(at, :'line_at'::timestamptz), :line_income + 100 * n
FROM bench_movements ORDER BY n;

INSERT INTO postings (
    entry_id, booked_at, line, account, owner, item, amount, enterprise_id, account_version, balance_after)
SELECT entry_id, at, 1, 'bankClearing', 'unionpay-b2b', to_char(at, 'YYYYMMDD'), 100, :enterprise, NULL, NULL
FROM bench_movements
UNION ALL
SELECT entry_id, at, 2, 'enterpriseAvailable', '', '', -100, :enterprise, :version + n, :balance + 100 * n
FROM bench_movements;

UPDATE enterprise_accounts SET balance = :balance + 100 * :count, version = :version + :count
WHERE enterprise_id = :enterprise AND account = 'enterpriseAvailable';
SELECT setval('orders_id_seq', :first + :count), setval('journal_entry_id', :entry + :count);

COMMIT;
