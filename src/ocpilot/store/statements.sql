-- name: rows
-- CDRs with parties that ended in a time, by direction, state and currency.
SELECT
    ours, state, currency, count(*) AS cdrs, sum(kwh) AS kwh, sum(total) AS total, sum(invoiced) AS invoiced
FROM (
    SELECT
        peer_id = 0 AS ours, state, currency, kwh, total,
        CASE
            WHEN EXISTS (
                SELECT FROM claimed_cdr
                WHERE key_cdr = cdr_clearing.key_id AND partner = any(:parties::text[])
            ) THEN total
            ELSE coalesce((
                SELECT sum(net) FROM bill_item JOIN invoice ON invoice.number = bill_item.invoice
                WHERE bill_item.party = cdr_clearing.party AND bill_item.key_id = cdr_clearing.key_id
                    AND bill_item.purpose IN ('roaming', 'purchase') AND credited_by IS NULL
            ), 0)
        END AS invoiced
    FROM cdr_clearing
    WHERE ended_at >= :since AND ended_at < :until
        AND ((peer_id = 0 AND audience = any(:parties)) OR (peer_id <> 0 AND party = any(:parties)))
) AS between_us
GROUP BY ours, state, currency ORDER BY ours DESC, currency, state;

-- name: documents
-- Documents with parties, issued on some days; above zero where they owe us.
SELECT
    invoice.number, said.issued_on AS day, false AS theirs, currency,
    CASE WHEN invoice.kind IN ('invoice', 'self_billed_credit') THEN 1 ELSE -1 END * (total + said.rounding) AS total,
    coalesce((
        SELECT sum(amount) FROM ledger_line
        WHERE ledger_line.invoice = invoice.number AND account IN ('receivable', 'payable')
    ), 0) AS open
FROM invoice
JOIN customer ON customer.id = customer_id
CROSS JOIN LATERAL json_to_record(invoice.body::json) AS said (issued_on date, rounding numeric)
WHERE customer.party = any(:parties::text[])
    AND issued_at >= :since::date - interval '36 hours' AND issued_at < :until::date + interval '36 hours'
    AND said.issued_on >= :since AND said.issued_on < :until
UNION ALL
SELECT
    customer.number || '/' || partner_invoice.number, day, true, currency,
    CASE customer.kind WHEN 'provider' THEN 1 ELSE -1 END * (net + tax),
    coalesce((
        SELECT sum(amount) FROM ledger_line
        WHERE ledger_line.invoice = customer.number || '/' || partner_invoice.number
            AND account IN ('receivable', 'payable')
    ), 0)
FROM partner_invoice JOIN customer ON customer.id = customer_id
WHERE customer.party = any(:parties) AND day >= :since AND day < :until
ORDER BY day, number;
