-- The ledger's posting function and nothing else, for pgbench: one entry that sets money aside.
\set company random(1, :companies)
\set fen random(1, 900)
\set source random(1, 9000000000000000)
SELECT post_entry('P10', 'billPayment', :source::bigint, 'submitted', 1::integer, now(), :company::bigint, ARRAY['enterpriseAvailable', 'enterpriseFrozen'], ARRAY['', ''], ARRAY['', ''], ARRAY[:fen::bigint, -(:fen::bigint)]);
