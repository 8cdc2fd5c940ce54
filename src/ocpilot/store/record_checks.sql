-- name: unreconciled
-- Records of partners that came or changed, oldest first.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM invoice_record
WHERE peer_id <> 0 AND audience = '' AND NOT reconciled
ORDER BY last_updated, party, key_id LIMIT :limit;

-- name: open_again
-- Records of the last 60 days with CDRs we do not agree with, looked at before a moment.
SELECT
    record.party, record.id, record.sub, record.peer_id, version, audience, last_updated, context, record.body
FROM record_check
JOIN invoice_record AS record ON record.party = record_check.party AND record.key_id = record_check.key_id
WHERE is_open AND record_check.at < :again_before AND last_updated > :again_before::timestamptz - interval '60 days'
ORDER BY record_check.at LIMIT :limit;

-- name: named
-- CDRs as a record names them, each as we have it, and on which other invoice it is.
SELECT
    named.id,
    held.party IS NOT NULL AS known,
    coalesce(held.peer_id = 0, false) AS ours,
    cleared.state,
    coalesce(cleared.why, '') AS why,
    coalesce(cleared.currency, '') AS currency,
    coalesce(cleared.total, 0) AS total,
    cleared.ended_at,
    cleared.credited_by,
    coalesce(
        (
            SELECT other.body::json ->> 'invoice_id' FROM record_cdr
            JOIN invoice_record AS other ON other.party = record_cdr.party AND other.key_id = record_cdr.key_id
            WHERE record_cdr.key_cdr = named.key_id AND record_cdr.party = :party AND record_cdr.key_id <> :key_id
                AND (other.last_updated, other.key_id) < (:last_updated, :key_id)
            LIMIT 1
        ),
        (
            SELECT bill_item.invoice FROM bill_item JOIN invoice ON invoice.number = bill_item.invoice
            WHERE bill_item.party = held.party AND bill_item.key_id = held.key_id AND credited_by IS NULL
                AND bill_item.purpose IN ('roaming', 'purchase')
            LIMIT 1
        )
    ) AS other_invoice
FROM unnest(:ids::text[], :keys::text[]) WITH ORDINALITY AS named (id, key_id, place)
LEFT JOIN LATERAL (
    SELECT party, key_id, peer_id FROM cdr
    WHERE cdr.key_id = named.key_id
        AND ((party = :party AND peer_id = :peer_id) OR (audience = :party AND peer_id = 0))
    LIMIT 1
) AS held ON true
LEFT JOIN cdr_clearing AS cleared ON cleared.party = held.party AND cleared.key_id = held.key_id
ORDER BY named.place;

-- name: unnamed
-- CDRs with a partner that we agree with and that are on no invoice between us, though they may be.
SELECT
    id, true AS known, peer_id = 0 AS ours, state, why, currency, total, ended_at, credited_by, NULL AS other_invoice
FROM billable_cdr
WHERE ended_at >= :since AND ended_at < :until AND partner = :party
    AND peer_id = CASE WHEN :ours THEN 0 ELSE :peer_id END
ORDER BY ended_at, party, key_id LIMIT :limit;

-- name: reconciled
-- Notes that a record was looked at, if it is still the one that was.
UPDATE invoice_record SET reconciled = true
WHERE party = :party AND key_id = :key_id AND peer_id = :peer_id AND body = :record
RETURNING key_id;

-- name: save
-- Keeps what came of a record.
INSERT INTO record_check (party, key_id, peer_id, key_invoice, is_open, at, body)
VALUES (:party, :key_id, :peer_id, :key_invoice, :is_open, :at, :body)
ON CONFLICT (party, key_id) DO UPDATE SET
    key_invoice = excluded.key_invoice, is_open = excluded.is_open, at = excluded.at, body = excluded.body;

-- name: forget_cdrs
-- Forgets which CDRs a record named before.
DELETE FROM record_cdr WHERE party = :party AND key_id = :key_id;

-- name: add_cdrs
-- Keeps which CDRs a record names.
INSERT INTO record_cdr (party, key_id, place, key_cdr)
SELECT :party, :key_id, place, key_cdr FROM unnest(:keys::text[]) WITH ORDINALITY AS named (key_cdr, place);

-- name: get
-- What came of a record.
SELECT body FROM record_check WHERE party = :party AND key_id = :key_id;

-- name: of_invoice
-- What came of the records of an invoice.
SELECT body FROM record_check WHERE party = :party AND key_invoice = :key_invoice ORDER BY key_id;

-- name: newest
-- The newest first.
SELECT body FROM record_check ORDER BY at DESC, party, key_id LIMIT :limit;

-- name: untold
-- Invoices to and from partners of which no record went out yet, oldest first.
SELECT number FROM invoice WHERE NOT told AND purpose IN ('roaming', 'purchase') ORDER BY issued_at, number LIMIT :limit;

-- name: invoiced
-- The CDRs that an invoice is for, in its order.
SELECT
    bill_item.party, bill_item.cdr_id AS id, cdr_clearing.peer_id, cdr_clearing.audience
FROM bill_item
JOIN cdr_clearing ON cdr_clearing.party = bill_item.party AND cdr_clearing.key_id = bill_item.key_id
WHERE invoice = :number AND cdr_clearing.audience <> '' ORDER BY bill_item.at, bill_item.id;

-- name: told
-- The records of an invoice went out.
UPDATE invoice SET told = true WHERE number = :number;
