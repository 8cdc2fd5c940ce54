-- name: rated
-- Notes of CDRs that it was worked out what of them is billed.
UPDATE cdr_clearing SET rated = true, problem = NULL, problem_at = NULL
FROM unnest(:parties::text[], :keys::text[]) AS named (party, key_id)
WHERE cdr_clearing.party = named.party AND cdr_clearing.key_id = named.key_id;

-- name: gone
-- Takes away what is on no invoice yet and no longer billed of these CDRs, but what hosts and homes get: as it was then.
DELETE FROM bill_item USING unnest(:parties::text[], :keys::text[]) AS named (party, key_id)
WHERE bill_item.party = named.party AND bill_item.key_id = named.key_id AND invoice IS NULL
    AND purpose NOT IN ('host', 'home') AND NOT EXISTS (
        SELECT FROM unnest(:purposes::text[], :item_parties::text[], :item_keys::text[]) AS still (purpose, party, key_id)
        WHERE still.purpose = bill_item.purpose AND still.party = bill_item.party AND still.key_id = bill_item.key_id
    );

-- name: add
-- Items: new ones, and others instead of those that are on no invoice yet. What is on one stays.
INSERT INTO bill_item AS kept (
    purpose, module, party, key_id, cdr_id, turn, customer_id, currency, at, kwh, seconds, net, exact, lines, plan
)
SELECT
    purpose, module, party, key_id, cdr_id, coalesce((
        SELECT max(before.turn) FROM bill_item AS before
        WHERE before.party = given.party AND before.key_id = given.key_id AND before.purpose = given.purpose
            AND (given.purpose <> 'host' OR before.customer_id = given.customer_id)
    ), 1), customer_id, currency, at, kwh, seconds, net, exact, lines, plan
FROM unnest(
    :purposes::text[], :modules::text[], :item_parties::text[], :item_keys::text[], :ids::text[], :customers::integer[],
    :currencies::text[], :times::timestamptz[], :kwhs::numeric[], :seconds::bigint[], :nets::numeric[],
    :exacts::numeric[], :lines::text[], :plans::text[]
) AS given (purpose, module, party, key_id, cdr_id, customer_id, currency, at, kwh, seconds, net, exact, lines, plan)
ON CONFLICT (purpose, party, key_id, turn, (CASE purpose WHEN 'host' THEN customer_id ELSE 0 END))
WHERE takes_back IS NULL DO UPDATE SET
    customer_id = excluded.customer_id,
    currency = excluded.currency,
    at = excluded.at,
    kwh = excluded.kwh,
    seconds = excluded.seconds,
    net = excluded.net,
    exact = excluded.exact,
    lines = excluded.lines,
    plan = excluded.plan
WHERE kept.invoice IS NULL AND kept.purpose NOT IN ('host', 'home')
    AND (kept.customer_id, kept.currency, kept.lines, kept.plan)
        IS DISTINCT FROM (excluded.customer_id, excluded.currency, excluded.lines, excluded.plan)
RETURNING xmax = 0 AS new;

-- name: receipts_fall
-- Of CDRs that are sold by invoice now the receipts are looked at once more: these no longer count.
UPDATE cdr_clearing SET receipt_due = true
FROM unnest(:purposes::text[], :item_parties::text[], :item_keys::text[]) AS given (purpose, party, key_id)
WHERE cdr_clearing.party = given.party AND cdr_clearing.key_id = given.key_id AND given.purpose = 'sale'
    AND EXISTS (SELECT FROM receipt WHERE receipt.party = given.party AND receipt.key_id = given.key_id);

-- name: of
-- All items of a CDR, but those that only take one of them back.
SELECT
    bill_item.*,
    invoice.credited_by IS NOT NULL OR EXISTS (SELECT FROM bill_item AS back WHERE back.takes_back = bill_item.id)
        AS taken_back
FROM bill_item LEFT JOIN invoice ON invoice.number = bill_item.invoice
WHERE party = :party AND key_id = :key_id AND takes_back IS NULL ORDER BY bill_item.id;

-- name: open_groups
-- What can go onto one invoice: nothing of a CDR that a person holds back.
SELECT customer_id, purpose, currency, count(*) AS items, min(at) AS first, max(at) AS last FROM bill_item
WHERE invoice IS NULL AND at < :until AND (:customer_id::integer IS NULL OR customer_id = :customer_id)
    AND NOT EXISTS (
        SELECT FROM cdr_clearing AS stands
        WHERE stands.party = bill_item.party AND stands.key_id = bill_item.key_id
            AND stands.state IN ('held', 'disputed', 'dropped')
    )
GROUP BY customer_id, purpose, currency ORDER BY customer_id, purpose, currency;

-- name: open
-- Items of a group that are on no invoice, those that take a charge back with the invoice it was on; locked.
SELECT bill_item.*, corrected.number AS corrects, corrected.issued_on AS corrects_issued_on FROM bill_item
LEFT JOIN LATERAL (
    SELECT invoice.number, (invoice.body::json ->> 'issued_on')::date AS issued_on FROM cdr_clearing AS credit
    JOIN bill_item AS billed ON billed.party = credit.party AND billed.key_id = credit.key_credits
        AND billed.purpose = bill_item.purpose AND billed.customer_id = bill_item.customer_id
        AND billed.takes_back IS NULL
    JOIN invoice ON invoice.number = billed.invoice
    WHERE bill_item.net < 0 AND credit.party = bill_item.party AND credit.key_id = bill_item.key_id
    ORDER BY billed.turn DESC LIMIT 1
) AS corrected ON true
WHERE invoice IS NULL AND customer_id = :customer_id AND purpose = any(:purposes) AND currency = :currency
    AND at < :until
    AND NOT EXISTS (
        SELECT FROM cdr_clearing AS stands
        WHERE stands.party = bill_item.party AND stands.key_id = bill_item.key_id
            AND stands.state IN ('held', 'disputed', 'dropped')
    )
ORDER BY at, id LIMIT :limit::bigint FOR UPDATE OF bill_item;

-- name: used
-- What charges on invoices used of what plans include, by month of the books' calendar and plan.
SELECT
    date_trunc('month', at AT TIME ZONE :zone)::date AS month,
    plan,
    sum(kwh) AS kwh,
    sum(seconds)::bigint AS seconds
FROM bill_item JOIN invoice ON invoice.number = bill_item.invoice AND invoice.credited_by IS NULL
WHERE bill_item.customer_id = :customer_id AND bill_item.purpose = 'sale'
    AND NOT EXISTS (
        SELECT FROM bill_item AS first JOIN invoice AS of_first ON of_first.number = first.invoice
        WHERE first.id = bill_item.takes_back AND of_first.credited_by IS NOT NULL
    )
    AND at >= :since::date::timestamp AT TIME ZONE :zone
    AND at < (:until::date + interval '1 month') AT TIME ZONE :zone
GROUP BY month, plan;

-- name: on
-- Items of an invoice, in its order.
SELECT bill_item.*, EXISTS (SELECT FROM bill_item AS back WHERE back.takes_back = bill_item.id) AS taken_back
FROM bill_item WHERE invoice = :number ORDER BY at, id;

-- name: put_on
-- Puts items onto an invoice.
UPDATE bill_item SET invoice = :number WHERE id = any(:ids) AND invoice IS NULL RETURNING id;

-- name: credited_apart
-- The notes that took back single charges of an invoice already.
SELECT DISTINCT taken.invoice AS number FROM bill_item AS billed
JOIN cdr_clearing AS credit ON credit.party = billed.party AND credit.key_credits = billed.key_id
JOIN bill_item AS taken ON taken.party = credit.party AND taken.key_id = credit.key_id
    AND taken.purpose = billed.purpose AND taken.customer_id = billed.customer_id
WHERE billed.invoice = :number AND taken.invoice <> billed.invoice AND billed.takes_back IS NULL
ORDER BY number;

-- name: being_credited
-- Which of some items a Credit CDR takes back, already or with the next invoice.
SELECT billed.cdr_id AS id FROM bill_item AS billed
JOIN cdr_clearing AS credit ON credit.party = billed.party AND credit.key_credits = billed.key_id
JOIN bill_item AS taken ON taken.party = credit.party AND taken.key_id = credit.key_id
    AND taken.purpose = billed.purpose AND taken.customer_id = billed.customer_id
WHERE billed.id = any(:ids);

-- name: notes
-- The credit notes that took back single charges of an invoice, the oldest first.
SELECT * FROM invoice WHERE number IN (
    SELECT back.invoice FROM bill_item AS first JOIN bill_item AS back ON back.takes_back = first.id
    WHERE first.invoice = :number
)
ORDER BY issued_at, number;

-- name: take_back
-- Takes items back on a credit note.
INSERT INTO bill_item (
    purpose, module, party, key_id, cdr_id, turn, customer_id, currency, at, kwh, seconds, net, exact, lines, plan,
    invoice, takes_back
)
SELECT
    first.purpose, first.module, first.party, first.key_id, first.cdr_id, first.turn, first.customer_id, first.currency,
    first.at, -first.kwh, -first.seconds, given.net, NULL, given.lines, first.plan, :number, first.id
FROM unnest(:ids::bigint[], :nets::numeric[], :lines::text[]) AS given (id, net, lines)
JOIN bill_item AS first ON first.id = given.id
RETURNING id;

-- name: again
-- Opens what was on an invoice, or some of it, for another one.
INSERT INTO bill_item (
    purpose, module, party, key_id, cdr_id, turn, customer_id, currency, at, kwh, seconds, net, exact, lines, plan
)
SELECT
    purpose, module, party, key_id, cdr_id, turn + 1, customer_id, currency, at, kwh, seconds, net, exact, lines, plan
FROM bill_item WHERE id = any(:ids) ORDER BY at, id
RETURNING id;
