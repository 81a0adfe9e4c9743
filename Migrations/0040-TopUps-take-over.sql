-- Top-ups that are left to the bank, which gives back what it took too late or brings in a file what it reports, are looked at
-- again when its working days are over. Those that are there already have no job yet.
INSERT INTO jobs (kind, subject_id, due_at)
SELECT 'topUp', id, state_since FROM orders WHERE kind = 'topUp' AND state IN ('lateDebited', 'inReview')
ON CONFLICT DO NOTHING;
