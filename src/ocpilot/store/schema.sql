-- name: recorded
-- Whether any schema file was ever applied.
SELECT to_regclass('schema_version') IS NOT NULL;

-- name: lock
-- One upgrade at a time, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('ocpilot schema', 0));

-- name: create_record
-- The table of what was applied.
CREATE TABLE IF NOT EXISTS schema_version (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: applied
-- What was applied, in order.
SELECT number, name, checksum, applied_at FROM schema_version ORDER BY number;

-- name: record
-- Notes one applied file.
INSERT INTO schema_version (number, name, checksum) VALUES (:number, :name, :checksum);

-- name: mend_cursors
-- After a restore into a younger cluster the kept transaction ids lie in the future: cursors go on by number alone.
UPDATE change_cursor
SET
    xid = '0',
    seq = coalesce(
        (SELECT min(change.seq) - 1 FROM change WHERE (change.xid, change.seq) > (change_cursor.xid, change_cursor.seq)),
        (SELECT max(change.seq) FROM change),
        0
    )
WHERE EXISTS (SELECT FROM change WHERE change.xid >= pg_snapshot_xmax(pg_current_snapshot()))
    OR change_cursor.xid >= pg_snapshot_xmax(pg_current_snapshot());

-- name: mend_changes
-- The other half of mend_cursors: the kept changes come before every new one.
UPDATE change SET xid = '0'
WHERE EXISTS (SELECT FROM change AS future WHERE future.xid >= pg_snapshot_xmax(pg_current_snapshot()));
