-- For a bench database only: so many funded companies in 长沙, each with one active operator, at once. People open companies
-- under dual control; doing that a thousand times would measure nothing. The money comes by the ledger's own functions, as
-- paid top-ups, so that the invariants hold: `portal check` says so after the bench.
--
-- Variables of psql: first, last (numbers of the companies), fen (what each gets).
-- The password is that of the member of staff BENCH, whom `portal staff add` made: at the cost the portal is set to.

BEGIN;

WITH made AS (
    INSERT INTO enterprises (
        merchant_number, name, credit_code, legal_representative, city_code, internet_banking_bank, state, opened_at)
    SELECT 'M99' || lpad(n::text, 12, '0'), '长沙基准测试第' || n || '有限公司', '91430100' || lpad(n::text, 10, '0'), '张三',
        '430100', 'CCB', 'active', now()
    FROM generate_series(:first, :last) AS n ORDER BY n
    RETURNING id, merchant_number
)
INSERT INTO operators (
    enterprise_id, login_id, name, mobile_sealed, mobile_masked, mobile_digest, state, login_password, payment_password,
    created_at)
SELECT made.id, 'bench' || right(made.merchant_number, 6), '李四', '\x00', '138****0000',
    sha256(convert_to(made.merchant_number, 'UTF8')), 'active', staff.password, staff.password, now()
FROM made CROSS JOIN staff WHERE staff.staff_number = 'BENCH' ORDER BY made.id;

SELECT open_enterprise_accounts(id) FROM enterprises
WHERE right(merchant_number, 12)::bigint BETWEEN :first AND :last ORDER BY id;

CREATE TEMPORARY TABLE bench_top_ups ON COMMIT DROP AS
SELECT e.id AS enterprise_id, e.merchant_number, create_order(
    'topUp', 'TP' || to_char(now(), 'YYYYMMDD') || 'F' || right(e.merchant_number, 11), e.id, o.id, :fen, 0,
    'CCB', 'ordered', 'created', now()) AS order_id
FROM enterprises e JOIN operators o ON o.enterprise_id = e.id
WHERE right(e.merchant_number, 12)::bigint BETWEEN :first AND :last ORDER BY e.id;

INSERT INTO top_ups (order_id, bank_code, transaction_time, pay_until, bank_serial, settlement_date)
SELECT order_id, 'CCB', to_char(now(), 'YYYYMMDDHH24MISS'), now() + interval '3 days', 'BENCH' || order_id, now()::date
FROM bench_top_ups;

INSERT INTO bank_serials (channel, serial, order_id, number, trade, amount, booked_at)
SELECT 'unionpay-b2b', 'BENCH' || o.id, o.id, o.number, 'payment', :fen, now()
FROM bench_top_ups b JOIN orders o ON o.id = b.order_id;

SELECT record_order_event(order_id, 'handedOff', 'atBank', 'none', now(), 'system', NULL, 'bench') FROM bench_top_ups;
SELECT record_order_event(order_id, 'paidConfirmed', 'credited', 'none', now(), 'bank', NULL, 'bench') FROM bench_top_ups;
SELECT post_entry(
    'P01', 'topUp', order_id, 'paidConfirmed', 1, now(), enterprise_id, ARRAY['bankClearing', 'enterpriseAvailable'],
    ARRAY['unionpay-b2b', ''], ARRAY[to_char(now(), 'YYYYMMDD'), ''], ARRAY[:fen, -:fen]::bigint[])
FROM bench_top_ups ORDER BY enterprise_id;

-- The biller that the bench pays: the sandbox's electricity, prepaid, so that one question for bills serves many payments.
INSERT INTO billers (
    code, name, city_code, bill_item, amount_rule, number_label, number_pattern, number_hint, least_amount, most_amount,
    address)
VALUES (
    'CSPOWER', '长沙星光供电（模拟）', '430100', 'electricity', 'prepayment', '户号', '[1-9][0-9]{9}', '10 位数字', 1,
    100000000, :'biller')
ON CONFLICT DO NOTHING;

COMMIT;
