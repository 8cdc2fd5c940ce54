-- name: lock_customer
-- Nobody else writes an invoice of this customer until the transaction ends.
SELECT id FROM customer WHERE id = :customer_id FOR UPDATE;

-- name: lock_series
-- The last number of a series and its seal, new ones start at 0; nobody else may issue in it until the transaction ends.
INSERT INTO invoice_series AS kept (series, issued, seal) VALUES (:series, 0, ''::bytea)
ON CONFLICT (series) DO UPDATE SET issued = kept.issued
RETURNING issued, seal;

-- name: add
-- Keeps an invoice and counts it.
WITH counted AS (
    UPDATE invoice_series SET issued = :place, seal = :seal WHERE series = :series
)
INSERT INTO invoice (
    number, series, place, kind, customer_id, purpose, currency, total, payment_reference, issued_at, body, seal,
    who, again
) VALUES (
    :number, :series, :place, :kind, :customer_id, :purpose, :currency, :total, :payment_reference, :issued_at, :body,
    :seal, :who, :again
);

-- name: lock
-- An invoice, which nobody else changes until the transaction ends.
SELECT * FROM invoice WHERE number = :number FOR UPDATE;

-- name: credited
-- Notes which credit note took an invoice back.
UPDATE invoice SET credited_by = :credited_by WHERE number = :number;

-- name: get
-- By number.
SELECT * FROM invoice WHERE number = :number;

-- name: by_reference
-- By what the payer names.
SELECT * FROM invoice WHERE payment_reference = :reference ORDER BY issued_at LIMIT 2;

-- name: page
-- The newest first, after the last one of the page before.
SELECT * FROM invoice
WHERE (:customer_id::integer IS NULL OR customer_id = :customer_id)
    AND (:since::timestamptz IS NULL OR issued_at >= :since)
    AND (:after::text IS NULL OR (issued_at, number) < (
        SELECT issued_at, number FROM invoice AS seen WHERE seen.number = :after
    ))
ORDER BY issued_at DESC, number DESC LIMIT :limit;

-- name: listed
-- The newest first with what is open, after the last one of the page before.
SELECT invoice.*, coalesce(left_over.amount, 0) AS open FROM invoice
LEFT JOIN LATERAL (
    SELECT sum(amount) AS amount FROM ledger_line
    WHERE account IN ('receivable', 'payable') AND ledger_line.invoice = invoice.number
) AS left_over ON true
WHERE (:customer_ids::integer[] IS NULL OR customer_id = any(:customer_ids))
    AND (:since::timestamptz IS NULL OR issued_at >= :since)
    AND (:until::timestamptz IS NULL OR issued_at < :until)
    AND (NOT :only_open::boolean OR left_over.amount <> 0)
    AND (NOT :only_unsent::boolean OR sent_at IS NULL)
    AND (:after::text IS NULL OR (issued_at, number) < (
        SELECT issued_at, number FROM invoice AS seen WHERE seen.number = :after
    ))
ORDER BY issued_at DESC, number DESC LIMIT :limit;

-- name: sums
-- What all invoices of a query come to, by kind and currency.
SELECT kind, currency, count(*) AS count, sum(total) AS total, coalesce(sum(left_over.amount), 0) AS open FROM invoice
LEFT JOIN LATERAL (
    SELECT sum(amount) AS amount FROM ledger_line
    WHERE account IN ('receivable', 'payable') AND ledger_line.invoice = invoice.number
) AS left_over ON true
WHERE (:customer_ids::integer[] IS NULL OR customer_id = any(:customer_ids))
    AND (:since::timestamptz IS NULL OR issued_at >= :since)
    AND (:until::timestamptz IS NULL OR issued_at < :until)
    AND (NOT :only_open::boolean OR left_over.amount <> 0)
    AND (NOT :only_unsent::boolean OR sent_at IS NULL)
GROUP BY kind, currency ORDER BY currency, kind;

-- name: of_series
-- Invoices of a series in order, after a place.
SELECT number, place, body, seal FROM invoice
WHERE series = :series AND place > :after ORDER BY place LIMIT :limit;

-- name: series
-- Every series there ever was an invoice in.
SELECT series FROM invoice_series ORDER BY series;

-- name: counted_anew
-- Tells the planner how much there is by now: what it keeps from when these were empty reads them whole, again and again.
ANALYZE invoice, bill_item, ledger_entry, ledger_line;
