-- Lines of the bank's files are kept as the bank sent them, and what is worth saying about a line stands apart: of a million
-- lines all but a few are simply matched, and a pass over them has to write only the few. Amounts are fen.

-- What was booked under a serial: a line with the same serial and the same amount is matched.
ALTER TABLE bank_serials ADD COLUMN amount bigint CHECK (amount > 0);
UPDATE bank_serials b SET amount = coalesce(
    (SELECT l.amount FROM bank_file_lines l
        WHERE l.channel = b.channel AND l.serial = b.serial AND l.trade = 'payoutReturn' ORDER BY l.file_id, l.line LIMIT 1),
    (SELECT o.amount FROM orders o WHERE o.id = b.order_id));
ALTER TABLE bank_serials ALTER COLUMN amount SET NOT NULL;

-- The lines that are not matched: in which other class each is, and the order that was found for it.
CREATE TABLE bank_file_exceptions (
    file_id bigint NOT NULL,
    line integer NOT NULL,
    class text NOT NULL CHECK (class IN ('bankOnly', 'amountDiffers', 'stateDiffers', 'duplicate', 'feeDiffers')),
    order_id bigint REFERENCES orders,
    PRIMARY KEY (file_id, line),
    FOREIGN KEY (file_id, line) REFERENCES bank_file_lines
);

INSERT INTO bank_file_exceptions (file_id, line, class, order_id)
SELECT file_id, line, class, order_id FROM bank_file_lines WHERE class <> 'matched';

-- A serial is in one line that counts. The index says so, and finds the duplicates while the lines are written.
ALTER TABLE bank_file_lines ADD COLUMN is_duplicate boolean NOT NULL DEFAULT false;
UPDATE bank_file_lines SET is_duplicate = true WHERE class = 'duplicate';
ALTER TABLE bank_file_lines DROP COLUMN class, DROP COLUMN order_id;
DROP INDEX bank_file_lines_serial;
CREATE UNIQUE INDEX bank_file_lines_serial ON bank_file_lines (channel, serial) WHERE NOT is_duplicate;
CREATE INDEX bank_file_lines_duplicates ON bank_file_lines (channel, serial) WHERE is_duplicate;

-- Each line in its one class, with its order.
CREATE VIEW bank_file_classes AS
SELECT l.*, coalesce(x.class, 'matched') AS class, CASE WHEN x.line IS NULL THEN b.order_id ELSE x.order_id END AS order_id
FROM bank_file_lines l
LEFT JOIN bank_file_exceptions x ON x.file_id = l.file_id AND x.line = l.line
LEFT JOIN bank_serials b ON b.channel = l.channel AND b.serial = l.serial;

-- Tells the planner what has just come in: it would otherwise think of a file as long as the day before's.
CREATE FUNCTION analyze_bank_file_lines() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    ANALYZE bank_file_lines;
END;
$$;

GRANT SELECT, INSERT ON bank_file_exceptions TO portal_app;
GRANT SELECT ON bank_file_classes TO portal_app;
REVOKE EXECUTE ON FUNCTION analyze_bank_file_lines FROM PUBLIC;
GRANT EXECUTE ON FUNCTION analyze_bank_file_lines TO portal_app;
