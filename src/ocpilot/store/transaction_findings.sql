-- name: put
-- Findings of a transaction, one of each kind, and those that are gone.
WITH forgotten AS (
    DELETE FROM transaction_finding WHERE transaction_id = :id AND kind = ANY(:gone::text[])
)

INSERT INTO transaction_finding AS kept (transaction_id, kind, found, at, more)
SELECT :id, * FROM unnest(:kinds::text[], :founds::text[], :times::timestamptz[], :mores::integer[])
ON CONFLICT (transaction_id, kind) DO UPDATE SET found = excluded.found, at = excluded.at, more = excluded.more
WHERE (kept.found, kept.at, kept.more) IS DISTINCT FROM (excluded.found, excluded.at, excluded.more);

-- name: of
-- All findings of a transaction.
SELECT kind, found, at, more FROM transaction_finding WHERE transaction_id = :id ORDER BY kind;
