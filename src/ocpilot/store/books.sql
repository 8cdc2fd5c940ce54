-- name: lock_books
-- Nothing is booked until the transaction ends; whoever has booked is waited for.
LOCK TABLE ledger_entry IN SHARE ROW EXCLUSIVE MODE;

-- name: open_before
-- The oldest entry before a month that is in no closed one.
SELECT min(day) AS day FROM ledger_entry
WHERE day < :month AND day >= coalesce(
    (SELECT (max(month) + interval '1 month')::date FROM closed_month), '-infinity'::date
);

-- name: close
-- Keeps a closed month.
INSERT INTO closed_month (month, at, who, report, books) VALUES (:month, :at, :who, '', :books)
ON CONFLICT (month) DO NOTHING
RETURNING month;

-- name: keep_report
-- Keeps the report of a closed month, the first one that is made.
UPDATE closed_month SET report = :report WHERE month = :month AND report = '';

-- name: newest_closed
-- The newest closed month.
SELECT max(month) AS month FROM closed_month;

-- name: closed
-- Every closed month, the newest first.
SELECT * FROM closed_month ORDER BY month DESC;

-- name: closed_month
-- One closed month.
SELECT * FROM closed_month WHERE month = :month;

-- name: revenue
-- What invoices issued on some days come to, by purpose and tax; a day is within a day and a half of its moment.
SELECT
    purpose,
    kind IN ('self_billed', 'self_billed_credit', 'credit_advice') AS ours_to_pay,
    currency,
    row -> 'tax' ->> 'category' AS category,
    (row -> 'tax' ->> 'rate')::numeric AS rate,
    row -> 'tax' ->> 'name' AS name,
    row -> 'tax' ->> 'country' AS country,
    sum(CASE WHEN kind IN ('credit_note', 'self_billed_credit') THEN -1 ELSE 1 END * (row ->> 'base')::numeric) AS base,
    sum(CASE WHEN kind IN ('credit_note', 'self_billed_credit') THEN -1 ELSE 1 END * (row ->> 'amount')::numeric)
        AS amount,
    count(*) AS invoices
FROM invoice
CROSS JOIN LATERAL json_to_record(body::json) AS said (issued_on date, taxes json)
CROSS JOIN LATERAL json_array_elements(said.taxes) AS row
WHERE issued_at >= :since::date - interval '36 hours' AND issued_at < :until::date + interval '36 hours'
    AND said.issued_on >= :since AND said.issued_on < :until
GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 7, 4, 5, 6;

-- name: waiting
-- Charges that are on no invoice, by why.
SELECT
    CASE state WHEN 'disputed' THEN 'disputed' ELSE 'held' END AS why, currency, count(*) AS cdrs, sum(total) AS total
FROM cdr_clearing WHERE state IN ('new', 'held', 'disputed') AND ended_at < :until
GROUP BY 1, 2
UNION ALL
SELECT 'unbilled', currency, count(*), sum(total)
FROM cdr_clearing
WHERE state IN ('issued', 'accepted') AND ended_at < :until
    AND NOT EXISTS (
        SELECT FROM bill_item WHERE bill_item.party = cdr_clearing.party AND bill_item.key_id = cdr_clearing.key_id
    )
    AND NOT EXISTS (
        SELECT FROM receipt WHERE receipt.party = cdr_clearing.party AND receipt.key_id = cdr_clearing.key_id
    )
    AND (key_credits IS NULL OR EXISTS (
        SELECT FROM bill_item WHERE bill_item.party = cdr_clearing.party AND bill_item.key_id = key_credits
    ))
GROUP BY currency
UNION ALL
SELECT 'uninvoiced', bill_item.currency, count(*), sum(net)
FROM bill_item
LEFT JOIN cdr_clearing ON cdr_clearing.party = bill_item.party AND cdr_clearing.key_id = bill_item.key_id
WHERE invoice IS NULL AND bill_item.at < :until
    AND coalesce(state, '') NOT IN ('held', 'disputed', 'dropped')
    AND NOT (purpose IN ('roaming', 'purchase') AND EXISTS (
        SELECT FROM claimed_cdr
        WHERE key_cdr = bill_item.key_id AND partner = CASE purpose
            WHEN 'purchase' THEN bill_item.party ELSE cdr_clearing.audience
        END
    ))
GROUP BY bill_item.currency
ORDER BY 1, 2;

-- name: debts
-- What was open of every invoice and receipt on a day, the oldest first.
SELECT
    ledger_line.invoice AS number,
    ledger_line.customer_id,
    coalesce(max(customer.body::json -> 'party_facts' ->> 'name'), max(receipt.body::json ->> 'driver'), '') AS customer,
    currency,
    sum(amount) AS amount,
    min(day) AS since
FROM ledger_line
JOIN ledger_entry ON entry = ledger_entry.number
LEFT JOIN customer ON customer.id = ledger_line.customer_id
LEFT JOIN receipt ON receipt.number = ledger_line.invoice AND ledger_line.customer_id IS NULL
WHERE account IN ('receivable', 'payable') AND ledger_line.invoice IS NOT NULL
    AND day < :until
GROUP BY ledger_line.invoice, ledger_line.customer_id, currency HAVING sum(amount) <> 0
ORDER BY since, ledger_line.invoice;

-- name: taxes
-- The rows of taxes of invoices.
SELECT number, body::json ->> 'taxes' AS taxes FROM invoice WHERE number = any(:numbers::text[]);

-- name: entries_before
-- How many entries in a currency there are on some days.
SELECT count(*) AS found FROM ledger_entry
WHERE day >= :since AND day < :until
    AND EXISTS (SELECT FROM ledger_line WHERE entry = number AND currency = :currency);

-- name: currencies
-- In which currencies something was booked on some days.
SELECT DISTINCT currency FROM ledger_line JOIN ledger_entry ON entry = number
WHERE day >= :since AND day < :until ORDER BY currency;
