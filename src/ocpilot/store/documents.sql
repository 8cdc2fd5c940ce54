-- name: save_check
-- Inserts or replaces what we found about a CDR, which is checked from now on.
WITH seen AS (
    UPDATE cdr SET checked = true WHERE party = :party AND key_id = :key_id AND NOT checked
)
INSERT INTO cdr_check (party, key_id, id, agrees, our_total, body, at, has_receipt)
VALUES (
    :party, :key_id, :id, :agrees, :our_total, :body, :at,
    EXISTS (SELECT FROM receipt WHERE party = :party AND key_id = :key_id)
)
ON CONFLICT (party, key_id) DO UPDATE SET
    id = excluded.id,
    agrees = excluded.agrees,
    our_total = excluded.our_total,
    body = excluded.body,
    at = excluded.at,
    has_receipt = excluded.has_receipt;

-- name: check
-- What we found about a CDR.
SELECT party, id, agrees, our_total, body, at FROM cdr_check WHERE party = :party AND key_id = :key_id;

-- name: lock_series
-- The last number of a series, new ones start at 0; nobody else may issue in it until the transaction ends.
INSERT INTO receipt_series AS kept (series, issued) VALUES (:series, 0)
ON CONFLICT (series) DO UPDATE SET issued = kept.issued
RETURNING issued;

-- name: issue
-- Keeps a receipt, counts it and notes it at the check of its CDR.
WITH counted AS (
    UPDATE receipt_series SET issued = issued + 1 WHERE series = :series
), noted AS (
    UPDATE cdr_check SET has_receipt = true WHERE party = :party AND key_id = :key_id
)
INSERT INTO receipt (number, party, key_id, id, account_id, issued_at, body, pdf)
VALUES (:number, :party, :key_id, :id, :account_id, :issued_at, :body, :pdf);

-- name: receipt
-- By number.
SELECT * FROM receipt WHERE number = :number;

-- name: receipts
-- By numbers, without the PDF, which nobody who asks for many wants.
SELECT number, party, key_id, id, account_id, issued_at, body, ''::bytea AS pdf
FROM receipt WHERE number = any(:numbers::text[]);

-- name: receipt_of
-- By CDR.
SELECT * FROM receipt WHERE party = :party AND key_id = :key_id;

-- name: cdrs_without_receipt
-- CDRs that were accepted and of which nobody looked yet whether they get a receipt, longest first.
SELECT party, id, '' AS sub FROM cdr_clearing WHERE receipt_due ORDER BY at, party, key_id LIMIT :limit;

-- name: receipt_settled
-- A CDR has its receipt, or gets none.
UPDATE cdr_clearing SET receipt_due = false WHERE party = :party AND key_id = :key_id;

-- name: unchecked_cdrs
-- CDRs of peers that nobody has priced again yet, oldest first.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM cdr
WHERE peer_id > 0 AND NOT checked
ORDER BY last_updated, party, key_id LIMIT :limit;
