-- name: add_file
-- Notes a file, or finds the one with its bytes.
INSERT INTO bank_file AS kept (digest, name, format, payments, who, at)
VALUES (:digest, :name, :format, :payments, :who, :at)
ON CONFLICT (digest) DO UPDATE SET name = kept.name
RETURNING *;

-- name: finished
-- All payments of a file are in the books.
UPDATE bank_file SET finished = true WHERE id = :file_id;

-- name: files
-- The newest first.
SELECT * FROM bank_file ORDER BY id DESC LIMIT :limit;

-- name: lock_currency
-- Nobody else keeps a payment in a currency until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('ocpilot bank payment'), hashtext(:currency::text));

-- name: near
-- Other payments in a currency of about a day, with the format of the file each came in.
SELECT bank_payment.*, format FROM bank_payment JOIN bank_file ON bank_file.id = file_id
WHERE day >= :since AND day <= :until AND currency = :currency AND bank_payment.id <> :id
ORDER BY bank_payment.id;

-- name: doubled
-- Payments in the books of which a file of another kind told too: that amount, or a day's sum, on about the same day.
WITH told AS (
    SELECT
        bank_payment.id, day, bank_payment.currency, amount, format,
        sum(amount) OVER (PARTITION BY file_id, account, day, bank_payment.currency) AS together
    FROM bank_payment JOIN bank_file ON bank_file.id = file_id
    WHERE why NOT IN ('told_twice', 'dropped')
)
SELECT one.id, one.format, one.together, other.id AS other, other.format AS other_format, other.together AS other_together
FROM told AS one JOIN told AS other ON other.currency = one.currency AND other.format <> one.format AND other.id < one.id
    AND other.day BETWEEN one.day - 3 AND one.day + 3
    AND (other.amount = one.amount OR other.together = one.amount OR other.amount = one.together)
ORDER BY one.id DESC, other.id LIMIT :limit;

-- name: add
-- A payment, unless it is there; nothing is decided about it yet.
INSERT INTO bank_payment (file_id, account, bank_id, day, amount, currency, body, open, why, at)
VALUES (:file_id, :account, :bank_id, :day, :amount, :currency, :body, :amount, :why, :at)
ON CONFLICT (account, bank_id, day, amount, currency) DO NOTHING
RETURNING *;

-- name: lock_invoices
-- Nobody else settles or credits these invoices until the transaction ends.
SELECT number FROM invoice WHERE number = any(:numbers) ORDER BY number FOR UPDATE;

-- name: lock_receipts
-- The same of receipts.
SELECT number FROM receipt WHERE number = any(:numbers) ORDER BY number FOR UPDATE;

-- name: lock_partner_invoices
-- The same of those that partners wrote.
SELECT id FROM partner_invoice
WHERE (customer_id, key_number) IN (
    SELECT customer.id, lower(substr(named.number, length(customer.number) + 2))
    FROM unnest(:numbers::text[]) AS named (number)
    JOIN customer ON customer.number = split_part(named.number, '/', 1)
)
ORDER BY id FOR UPDATE;

-- name: open_of
-- What is left to be paid of these invoices.
SELECT invoice AS number, sum(amount) AS amount FROM ledger_line
WHERE account IN ('receivable', 'payable') AND invoice = any(:numbers) GROUP BY invoice;

-- name: lock
-- Payments that nobody else moves until the transaction ends.
SELECT * FROM bank_payment WHERE id = any(:ids) ORDER BY id FOR UPDATE;

-- name: move
-- What is left of a payment.
UPDATE bank_payment SET open = :open, customer_id = :customer_id, why = :why WHERE id = :id RETURNING *;

-- name: step
-- What happened to it.
INSERT INTO bank_payment_step (payment_id, what, invoice, amount, who, why, at)
VALUES (:payment_id, :what, :invoice, :amount, :who, :why, :at);

-- name: get
-- By number.
SELECT * FROM bank_payment WHERE id = :id;

-- name: steps
-- What became of one.
SELECT what, invoice, amount, who, why, at FROM bank_payment_step WHERE payment_id = :id ORDER BY id;

-- name: page
-- The newest first.
SELECT * FROM bank_payment WHERE NOT :unmatched OR open <> 0 ORDER BY id DESC LIMIT :limit;

-- name: of_invoice
-- What was paid of an invoice, by which payment.
SELECT payment_id, what, invoice, amount, who, why, at FROM bank_payment_step WHERE invoice = :number ORDER BY id;
