-- For a bench database only: the lines of the file as they will stand in bank_file_lines, and two tables to copy them into:
-- one without any keys, one with those that bank_file_lines has.
--
-- Variables of psql: lines (the CSV file: serial, order, fen).

INSERT INTO bank_files (settlement_date, name, digest, accepted_at)
VALUES ('2026-01-04', 'bench', sha256('bench'), now());

CREATE TEMPORARY TABLE bench_raw (serial text, order_number text, amount bigint);
\set copy '\\copy bench_raw FROM ''' :lines ''' WITH (FORMAT csv)'
:copy

CREATE UNLOGGED TABLE bench_lines AS
SELECT f.id AS file_id, row_number() OVER ()::integer AS line, 'unionpay-b2b' AS channel, 'payment' AS trade, r.serial,
    NULL::text AS original_serial, r.order_number, r.amount, 0::bigint AS fee, false AS is_duplicate
FROM bench_raw r CROSS JOIN bank_files f;

CREATE TABLE bench_plain (LIKE bench_lines);
CREATE TABLE bench_keyed (LIKE bank_file_lines INCLUDING ALL);
ALTER TABLE bench_keyed ADD FOREIGN KEY (file_id) REFERENCES bank_files;
