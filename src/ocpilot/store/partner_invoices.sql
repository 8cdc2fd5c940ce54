-- name: add
-- Keeps an invoice of a partner, if none of this number is there.
INSERT INTO partner_invoice (customer_id, number, key_number, currency, day, due, net, tax, ours, who, at)
VALUES (:customer_id, :number, :key_number, :currency, :day, :due, :net, :tax, :ours, :who, :at)
ON CONFLICT (customer_id, key_number) DO NOTHING
RETURNING id;

-- name: sums
-- What CDRs of a time that nobody has billed come to by currency; a Credit CDR counts when its original was billed.
SELECT currency, sum(total) AS total FROM billable_cdr
WHERE partner = any(:parties::text[]) AND (peer_id = 0) = :ours AND ended_at >= :since AND ended_at < :until
GROUP BY currency ORDER BY currency;

-- name: claim
-- Notes of the same CDRs in a currency that an invoice is for them.
INSERT INTO partner_invoice_cdr (invoice_id, partner, key_cdr)
SELECT :invoice_id, partner, key_id FROM billable_cdr
WHERE partner = any(:parties::text[]) AND (peer_id = 0) = :ours AND ended_at >= :since AND ended_at < :until
    AND currency = :currency
RETURNING key_cdr;

-- name: get
-- By number.
SELECT * FROM partner_invoice WHERE customer_id = :customer_id AND key_number = :key_number;

-- name: named
-- Those of this number, of every partner, as they stand in the ledger.
SELECT customer.number || '/' || partner_invoice.number AS reference
FROM partner_invoice JOIN customer ON customer.id = customer_id
WHERE key_number = :key_number ORDER BY customer_id LIMIT 2;

-- name: newest
-- The newest first.
SELECT * FROM partner_invoice ORDER BY day DESC, id DESC LIMIT :limit;
