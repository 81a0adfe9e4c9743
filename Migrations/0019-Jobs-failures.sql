-- Jobs that fail: how often in a row, so that a person is told of one that no repetition has helped. A job of no order (a
-- message, a checkpoint) has its item opened once, too.
ALTER TABLE jobs ADD COLUMN failures integer NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX work_items_open_without_order ON work_items (kind, detail)
    WHERE resolved_at IS NULL AND order_id IS NULL;
