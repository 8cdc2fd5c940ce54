-- name: lock
-- When an invoice was sent; nobody else begins to send it until the transaction ends.
SELECT sent_at FROM invoice WHERE number = :number FOR UPDATE;

-- name: begin
-- One attempt more, unless one goes on.
INSERT INTO invoice_sending (number, way, recipient, who, at)
SELECT :number, :way, :recipient, :who, :at
WHERE NOT EXISTS (SELECT FROM invoice_sending WHERE number = :number AND ended_at IS NULL AND at > :stale)
RETURNING *;

-- name: end
-- What came of an attempt.
WITH gone AS (
    UPDATE invoice SET sent_at = :at WHERE number = :number AND sent_at IS NULL AND :problem::text IS NULL
)
UPDATE invoice_sending SET ended_at = :at, problem = :problem WHERE id = :id;

-- name: of
-- Every attempt to send an invoice.
SELECT * FROM invoice_sending WHERE number = :number ORDER BY id;

-- name: problems
-- The last attempt of each.
SELECT DISTINCT ON (number) number, problem FROM invoice_sending WHERE number = any(:numbers) ORDER BY number, id DESC;

-- name: waiting
-- Invoices not sent, not tried for a pause that doubles with each attempt, up to a day, and not on their way; oldest first.
SELECT invoice.* FROM invoice
CROSS JOIN LATERAL (
    SELECT count(*) AS times, max(at) AS last, coalesce(bool_or(ended_at IS NULL AND at > :stale), false) AS goes_on
    FROM invoice_sending WHERE invoice_sending.number = invoice.number
) AS tried
WHERE sent_at IS NULL AND NOT goes_on
    AND (times = 0 OR last < :now::timestamptz - least(:pause::interval * 2 ^ least(times - 1, 20), interval '1 day'))
ORDER BY issued_at, number LIMIT :limit;

-- name: failing
-- Invoices of which a late attempt failed and that have not gone out since, with the newest one's reason.
SELECT * FROM (
    SELECT DISTINCT ON (number) tried.* FROM (SELECT * FROM invoice_sending ORDER BY id DESC LIMIT 1000) AS tried
    JOIN invoice USING (number)
    WHERE sent_at IS NULL AND ended_at IS NOT NULL ORDER BY number, tried.id DESC
) AS newest
ORDER BY id DESC LIMIT :limit;
