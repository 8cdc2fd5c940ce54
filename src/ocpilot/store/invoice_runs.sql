-- name: ask
-- A new run, unless one goes on.
INSERT INTO invoice_run (who, customer, until, asked_at) VALUES (:who, :customer, :until, :at)
ON CONFLICT ((ended_at IS NULL)) WHERE ended_at IS NULL DO NOTHING
RETURNING *;

-- name: running
-- The run that goes on.
SELECT * FROM invoice_run WHERE ended_at IS NULL;

-- name: last
-- The newest run.
SELECT * FROM invoice_run ORDER BY id DESC LIMIT 1;

-- name: get
-- By id.
SELECT * FROM invoice_run WHERE id = :id;

-- name: save
-- How far a run is.
UPDATE invoice_run SET
    place = :place,
    rated = :rated,
    groups = :groups,
    done = :done,
    written = :written,
    failed = :failed,
    problem = :problem,
    ended_at = :ended_at
WHERE id = :id;
