-- name: open_invoices
-- Invoices to be paid to us of which something is open and that were not taken back, with their reminders.
SELECT invoice.*, owed.amount AS open, sent.bodies
FROM (
    SELECT invoice AS number, sum(amount) AS amount FROM ledger_line
    WHERE account = 'receivable' AND invoice IS NOT NULL GROUP BY invoice HAVING sum(amount) > 0
) AS owed
JOIN invoice USING (number)
LEFT JOIN LATERAL (
    SELECT array_agg(reminder.body ORDER BY level) AS bodies FROM reminder WHERE reminder.invoice = number
) AS sent ON true
WHERE credited_by IS NULL
ORDER BY invoice.issued_at, number;

-- name: of
-- Reminders of an invoice.
SELECT body FROM reminder WHERE invoice = :number ORDER BY level;

-- name: lock
-- An invoice that nobody settles, credits or reminds of until the transaction ends.
SELECT * FROM invoice WHERE number = :number FOR UPDATE;

-- name: open_of
-- What is left to be paid of it.
SELECT coalesce(sum(amount), 0) AS amount FROM ledger_line WHERE account = 'receivable' AND invoice = :number;

-- name: add
-- One more, unless that level is there.
INSERT INTO reminder (invoice, level, body, at) VALUES (:number, :level, :body, clock_timestamp())
ON CONFLICT (invoice, level) DO NOTHING RETURNING level;
