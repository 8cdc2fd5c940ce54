-- name: note
-- One failure more.
INSERT INTO job_trouble (step, about, error, failures, since, last_at)
VALUES (:step, :about, :error, :failures, :at, :at)
ON CONFLICT (step, about) DO UPDATE SET
    error = excluded.error, failures = excluded.failures, last_at = excluded.last_at;

-- name: over
-- It is done.
DELETE FROM job_trouble WHERE step = :step AND about = :about;

-- name: lately
-- What fails still.
SELECT step, about, error, failures, since, last_at FROM job_trouble
WHERE last_at >= :since ORDER BY since, step, about LIMIT :limit;

-- name: forget
-- What fails no longer.
DELETE FROM job_trouble WHERE last_at < :before;
