-- name: add
-- Keeps an invoice of a partner, if none of this number is there.
INSERT INTO partner_invoice (customer_id, number, key_number, currency, day, due, net, tax, ours, who, at)
VALUES (:customer_id, :number, :key_number, :currency, :day, :due, :net, :tax, :ours, :who, :at)
ON CONFLICT (customer_id, key_number) DO NOTHING
RETURNING id;

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
