-- Jobs that are due at the same moment are taken in a fixed order, so that the same day makes the same run.
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (due_at, kind, subject_id);
