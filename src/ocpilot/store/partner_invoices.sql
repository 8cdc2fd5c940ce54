-- name: add
-- Keeps an invoice of a partner, if none of this number is there.
INSERT INTO partner_invoice (customer_id, number, key_number, currency, day, due, net, tax, ours, who, at)
VALUES (:customer_id, :number, :key_number, :currency, :day, :due, :net, :tax, :ours, :who, :at)
ON CONFLICT (customer_id, key_number) DO NOTHING
RETURNING id;

-- name: get
-- By number.
SELECT * FROM partner_invoice WHERE customer_id = :customer_id AND key_number = :key_number;

-- name: newest
-- The newest first.
SELECT * FROM partner_invoice ORDER BY day DESC, id DESC LIMIT :limit;
