-- name: book
-- Writes an entry with its lines, if none has its key.
WITH made AS (
    INSERT INTO ledger_entry (key, day, text) VALUES (:key, :day, :text)
    ON CONFLICT (key) DO NOTHING
    RETURNING number
)
INSERT INTO ledger_line (entry, place, account, amount, currency, customer_id, invoice)
SELECT made.number, line.place, line.account, line.amount, line.currency, line.customer_id, line.invoice
FROM made, unnest(
    :accounts::text[], :amounts::numeric[], :currencies::text[], :customers::integer[], :invoices::text[]
) WITH ORDINALITY AS line (account, amount, currency, customer_id, invoice, place)
RETURNING entry;

-- name: entry
-- The lines of an entry, by what it is of.
SELECT * FROM ledger_entry JOIN ledger_line ON entry = number WHERE key = :key ORDER BY place;

-- name: beside
-- What reminders and a write-off of an invoice did to the accounts.
SELECT account, sum(amount) AS amount, currency, customer_id, invoice FROM ledger_entry JOIN ledger_line ON entry = number
WHERE key = 'write-off/' || :number
    OR (key > 'write-off/' || :number || '/' AND key < 'write-off/' || :number || '0')
    OR (key > 'reminder/' || :number || '/' AND key < 'reminder/' || :number || '0')
GROUP BY account, currency, customer_id, invoice HAVING sum(amount) <> 0;

-- name: of_invoice
-- Lines of the entries that an invoice is in.
SELECT * FROM ledger_entry JOIN ledger_line ON entry = number
WHERE number IN (SELECT entry FROM ledger_line WHERE invoice = :invoice) ORDER BY number, place;

-- name: entries
-- Lines of entries by number.
SELECT * FROM ledger_entry JOIN ledger_line ON entry = number
WHERE number IN (
    SELECT number FROM ledger_entry
    WHERE number > :after
        AND (:since::date IS NULL OR day >= :since) AND (:until::date IS NULL OR day < :until)
        AND (:kinds::text[] IS NULL OR split_part(key, '/', 1) = any(:kinds))
        AND (:customer_id::integer IS NULL OR EXISTS (
            SELECT FROM ledger_line WHERE entry = number AND customer_id = :customer_id
        ))
    ORDER BY number LIMIT :limit
)
ORDER BY number, place;

-- name: balances
-- Every account with its debits and credits.
SELECT
    account,
    currency,
    coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS debit,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS credit
FROM ledger_line JOIN ledger_entry ON entry = number
WHERE (:since::date IS NULL OR day >= :since) AND (:until::date IS NULL OR day < :until)
GROUP BY account, currency ORDER BY account, currency;

-- name: open_invoices
-- What is left to be paid of every invoice that is not settled.
SELECT ledger_line.invoice AS number, ledger_line.customer_id, currency, sum(amount) AS amount FROM ledger_line
WHERE account IN ('receivable', 'payable') AND ledger_line.invoice IS NOT NULL AND ledger_line.customer_id IS NOT NULL
    AND (:customer_id::integer IS NULL OR ledger_line.customer_id = :customer_id)
GROUP BY ledger_line.invoice, ledger_line.customer_id, currency HAVING sum(amount) <> 0 ORDER BY ledger_line.invoice;

-- name: open_of
-- What is left to be paid of one invoice.
SELECT coalesce(sum(amount), 0) AS amount FROM ledger_line
WHERE account IN ('receivable', 'payable') AND invoice = :number;

-- name: open_from
-- The day after the newest closed month.
SELECT (max(month) + interval '1 month')::date AS day FROM closed_month;

-- name: customer_balances
-- What stands on each account in a customer's name.
SELECT
    account,
    currency,
    coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS debit,
    coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS credit
FROM ledger_line WHERE customer_id = :customer_id
GROUP BY account, currency ORDER BY account, currency;

-- name: faults
-- Whatever in the books contradicts itself, or an invoice, or a payment.
SELECT 'entry' AS what, key AS about, sum(amount) AS found, 0 AS expected, currency
FROM ledger_entry JOIN ledger_line ON entry = number GROUP BY key, currency HAVING sum(amount) <> 0
UNION ALL
SELECT 'empty', key, 0, 0, '' FROM ledger_entry
WHERE NOT EXISTS (SELECT FROM ledger_line WHERE entry = ledger_entry.number)
UNION ALL
SELECT 'invoice', told.number, coalesce(booked.amount, 0), told.amount, told.currency
FROM (
    SELECT number, currency, (body::json->>'total')::numeric + (body::json->>'rounding')::numeric AS amount
    FROM invoice
) AS told
LEFT JOIN (
    SELECT key, sum(abs(amount)) AS amount FROM ledger_entry JOIN ledger_line ON entry = number
    WHERE key LIKE 'invoice/%' AND account IN ('receivable', 'payable') GROUP BY key
) AS booked ON booked.key = 'invoice/' || told.number
WHERE coalesce(booked.amount, 0) <> abs(told.amount)
UNION ALL
SELECT 'unmatched', 'payments', coalesce(booked.amount, 0), coalesce(told.amount, 0),
    coalesce(booked.currency, told.currency)
FROM (
    SELECT currency, sum(amount) AS amount FROM ledger_entry JOIN ledger_line ON entry = number
    WHERE key LIKE 'payment/%' AND account = 'unmatched' GROUP BY currency
) AS booked
FULL JOIN (SELECT currency, -sum(open) AS amount FROM bank_payment WHERE why <> 'told_twice' GROUP BY currency) AS told USING (currency)
WHERE coalesce(booked.amount, 0) <> coalesce(told.amount, 0);
