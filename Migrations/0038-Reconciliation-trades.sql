-- A line of the bank's file is matched when it names the trade that we have booked under its serial, and not only a serial and
-- an amount. Refunds claim their serials as all other trades do.

ALTER TABLE bank_serials
    ADD COLUMN refund_id bigint REFERENCES refunds,
    -- The number under which the bank knows the trade: of the order, the refund, or the attempt to pay a biller.
    ADD COLUMN number text,
    ADD COLUMN trade text CHECK (trade IN ('payment', 'payout', 'refund', 'reversal', 'payoutReturn'));

UPDATE bank_serials b SET number = o.number, trade = CASE
    WHEN o.kind = 'topUp' THEN 'payment'
    WHEN EXISTS (SELECT FROM withdrawals w WHERE w.order_id = o.id AND w.bank_serial = b.serial) THEN 'payout'
    ELSE 'payoutReturn' END
FROM orders o WHERE o.id = b.order_id;

UPDATE bank_serials b SET trade = 'payout', number = coalesce(
    (SELECT t.number FROM biller_settlement_attempts t
        WHERE t.settlement_id = b.settlement_id AND t.bank_serial = b.serial LIMIT 1),
    (SELECT s.number FROM biller_settlements s WHERE s.id = b.settlement_id))
WHERE b.settlement_id IS NOT NULL;

ALTER TABLE bank_serials DROP CONSTRAINT bank_serials_of_one;
ALTER TABLE bank_serials
    ADD CONSTRAINT bank_serials_of_one CHECK (num_nonnulls(order_id, settlement_id, refund_id) = 1);

INSERT INTO bank_serials (channel, serial, refund_id, number, trade, amount, booked_at)
SELECT 'unionpay-b2b', bank_serial, id, number, 'refund', amount, state_since FROM refunds
WHERE bank_serial IS NOT NULL
ON CONFLICT DO NOTHING;

ALTER TABLE bank_serials ALTER COLUMN number SET NOT NULL, ALTER COLUMN trade SET NOT NULL;
