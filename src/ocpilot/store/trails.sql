-- name: charges
-- CDRs that ended in a time, each with its Session, its bill items, its receipt and the partner's records that name it.
SELECT
    cleared.party, cleared.id, cleared.key_id, cleared.peer_id, cleared.audience, cleared.state, cleared.why,
    cleared.currency, cleared.total, cleared.kwh, cleared.ended_at, cleared.rated, cleared.credits,
    cleared.key_credits IS NOT NULL AND EXISTS (
        SELECT FROM bill_item WHERE bill_item.party = cleared.party AND bill_item.key_id = cleared.key_credits
    ) AS credits_billed,
    cdr_match.key_session AS session,
    (session.body::json ->> 'kwh')::numeric AS session_kwh,
    (
        SELECT count(*) FROM cdr_match AS other
        JOIN cdr_clearing AS standing ON standing.party = other.party AND standing.key_id = other.key_id
        WHERE other.party = cleared.party AND other.key_session = cdr_match.key_session AND NOT other.credit
            AND standing.state NOT IN ('credited', 'dropped')
    ) AS bills,
    receipt.number AS receipt,
    coalesce(
        (
            SELECT json_build_object(
                'about', id, 'due', coalesce(body::json ->> 'due', '0'), 'taken', body::json ->> 'captured',
                'given_back', body::json ->> 'refunded', 'why', needs,
                'settled', state IN ('paid', 'refunding', 'refunded', 'released'), 'late', needs <> '',
                'booked', EXISTS (SELECT FROM ledger_entry WHERE key = 'receipt/' || receipt.number)
            ) FROM card_payment WHERE card_payment.receipt = receipt.number
        ),
        (
            SELECT json_build_object(
                'about', reference, 'due', due::text, 'taken', coalesce(captured, 0)::text, 'given_back', '0',
                'why', why, 'settled', state = 'paid', 'late', state <> 'waiting' OR at < :unconfirmed_since,
                'booked', EXISTS (SELECT FROM ledger_entry WHERE key = 'receipt/' || receipt.number)
            ) FROM terminal_payment
            WHERE terminal_payment.party = cleared.party AND terminal_payment.key_id = cleared.key_id
        )
    ) AS card,
    (
        SELECT json_build_object(
            'receipt', receipt.number, 'due', coalesce(receipt.body::json -> 'total' ->> 'incl', receipt.body::json -> 'total' ->> 'excl'),
            'open', coalesce(sum(amount) FILTER (WHERE account = 'receivable'), 0)::text,
            'booked', count(*) > 0, 'fell', coalesce(
                sum(amount) FILTER (WHERE account IN ('revenue', 'vat_out', 'rounding')) = 0, false
            )
        ) FROM ledger_line WHERE ledger_line.invoice = receipt.number HAVING receipt.number IS NOT NULL
    ) AS owed,
    (
        SELECT count(DISTINCT key_invoice) FROM claimed_cdr
        WHERE key_cdr = cleared.key_id
            AND partner = CASE WHEN cleared.peer_id = 0 THEN cleared.audience ELSE cleared.party END
    ) AS named,
    coalesce((
        SELECT json_agg(json_build_object(
            'purpose', bill_item.purpose, 'net', bill_item.net::text, 'currency', bill_item.currency,
            'invoice', bill_item.invoice, 'credited_by', note.number, 'given', CASE WHEN NOT note.again THEN
                json_build_object('who', note.who, 'why', note.body::json -> 'terms' ->> 'why', 'day', note.body::json ->> 'issued_on')
            END
        ) ORDER BY bill_item.id)
        FROM bill_item LEFT JOIN invoice ON invoice.number = bill_item.invoice
        LEFT JOIN invoice AS note ON note.number = coalesce(
            (SELECT back.invoice FROM bill_item AS back WHERE back.takes_back = bill_item.id), invoice.credited_by
        )
        WHERE bill_item.party = cleared.party AND bill_item.key_id = cleared.key_id AND takes_back IS NULL
    ), '[]') AS items
FROM (
    SELECT * FROM cdr_clearing
    WHERE ended_at >= :since AND ended_at < :until
        AND (:parties::text[] IS NULL OR party = any(:parties) OR audience = any(:parties))
        AND (:after_at::timestamptz IS NULL OR ended_at >= :after_at)
        AND (:after_at::timestamptz IS NULL OR (ended_at, party, key_id) > (:after_at, :after_party, :after_key))
    ORDER BY ended_at, party, key_id LIMIT :limit
) AS cleared
LEFT JOIN cdr_match ON cdr_match.party = cleared.party AND cdr_match.key_id = cleared.key_id
LEFT JOIN session ON session.party = cleared.party AND session.key_id = cdr_match.key_session
LEFT JOIN receipt ON receipt.party = cleared.party AND receipt.key_id = cleared.key_id
ORDER BY cleared.ended_at, cleared.party, cleared.key_id;

-- name: sessions_without_cdr
-- Sessions without a CDR, last changed in a time.
SELECT party, id, key_id, last_updated AS at, audience AS partner, body::json ->> 'status' AS status FROM session
WHERE last_updated >= :since AND last_updated < :until
    AND (:parties::text[] IS NULL OR party = any(:parties) OR audience = any(:parties))
    AND (:after_at::timestamptz IS NULL OR (last_updated, party, key_id) > (:after_at, :after_party, :after_key))
    AND NOT EXISTS (
        SELECT FROM cdr_match WHERE cdr_match.party = session.party AND cdr_match.key_session = session.key_id
    )
    AND body::json ->> 'status' IN ('ACTIVE', 'COMPLETED')
ORDER BY last_updated, party, key_id LIMIT :limit;

-- name: uncleared
-- CDRs nobody has looked at, last changed in a time.
SELECT party, id, key_id, last_updated AS at, audience AS partner, 'new' AS status FROM cdr
WHERE NOT cleared AND last_updated >= :since AND last_updated < :until
    AND (:parties::text[] IS NULL OR party = any(:parties) OR audience = any(:parties))
ORDER BY last_updated, party, key_id LIMIT :limit;

-- name: cards_without_receipt
-- Card payments of a time that do not go on by themselves, and are for no receipt.
SELECT
    body::json ->> 'party' AS party, id, id AS key_id, created_at AS at, '' AS partner, needs AS status
FROM card_payment
WHERE needs <> '' AND receipt IS NULL AND created_at >= :since AND created_at < :until AND :parties::text[] IS NULL
ORDER BY created_at, id LIMIT :limit;

-- name: items_without_cdr
-- What is billed for CDRs that were never cleared.
SELECT party, cdr_id AS id, key_id, at, party AS partner, coalesce(invoice, '') AS status FROM bill_item
WHERE at >= :since AND at < :until AND module = 'cdrs'
    AND (:parties::text[] IS NULL OR party = any(:parties))
    AND NOT EXISTS (
        SELECT FROM cdr_clearing WHERE cdr_clearing.party = bill_item.party AND cdr_clearing.key_id = bill_item.key_id
    )
ORDER BY at, id LIMIT :limit;

-- name: changed_invoices
-- Invoices that partners wrote on days of a time whose records come to something else than when they were registered.
SELECT
    customer.party, customer.number || '/' || partner_invoice.number AS number, partner_invoice.currency,
    ours AS before, said.agreed + claimed.total AS now
FROM partner_invoice
JOIN customer ON customer.id = customer_id
CROSS JOIN LATERAL (
    SELECT sum((one ->> 'agreed')::numeric) FILTER (WHERE one ->> 'currency' = partner_invoice.currency) AS agreed
    FROM record_check CROSS JOIN LATERAL json_array_elements(body::json -> 'sums') AS one
    WHERE record_check.party = customer.party AND key_invoice = key_number
) AS said
CROSS JOIN LATERAL (
    SELECT coalesce(sum(total), 0) AS total FROM partner_invoice_cdr
    JOIN cdr_clearing ON key_id = key_cdr AND partner = CASE WHEN peer_id = 0 THEN audience ELSE cdr_clearing.party END
    WHERE invoice_id = partner_invoice.id
) AS claimed
WHERE day + interval '12 hours' >= :since::timestamptz AND day + interval '12 hours' < :until::timestamptz
    AND (:parties::text[] IS NULL OR customer.party = any(:parties))
    AND said.agreed + claimed.total <> ours
ORDER BY day, number LIMIT :limit;

-- name: invoices
-- Documents with what the ledger says of each.
SELECT
    invoice.number, invoice.kind, currency, coalesce(customer.party, '') AS partner, said.net,
    total + said.rounding AS to_pay,
    said.due_on,
    CASE WHEN purpose NOT IN ('sale', 'fee') THEN (
        SELECT sum(coalesce(exact, net)) FROM bill_item WHERE bill_item.invoice = invoice.number
    ) END AS items,
    json_array_length(said.lines) AS lines,
    (
        SELECT sum(amount) FROM ledger_entry JOIN ledger_line ON entry = ledger_entry.number
        WHERE key = 'invoice/' || invoice.number AND account IN ('receivable', 'payable')
    ) AS booked,
    coalesce((
        SELECT sum(amount) FROM ledger_line
        WHERE ledger_line.invoice = invoice.number AND account IN ('receivable', 'payable')
    ), 0) AS open
FROM invoice
JOIN customer ON customer.id = customer_id
CROSS JOIN LATERAL json_to_record(invoice.body::json)
    AS said (net numeric, rounding numeric, due_on date, lines json)
WHERE invoice.number = any(:numbers::text[]) ORDER BY invoice.number;
