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
-- Invoices not sent, not tried lately and not on their way, oldest first.
SELECT * FROM invoice
WHERE sent_at IS NULL
    AND NOT EXISTS (
        SELECT FROM invoice_sending AS tried WHERE tried.number = invoice.number
            AND (tried.at >= :untried_since OR (tried.ended_at IS NULL AND tried.at > :stale))
    )
ORDER BY issued_at, number LIMIT :limit;
