-- name: add
-- Keeps an invoice of a partner, if none of this number is there.
INSERT INTO partner_invoice (customer_id, number, key_number, currency, day, due, net, tax, ours, who, at)
VALUES (:customer_id, :number, :key_number, :currency, :day, :due, :net, :tax, :ours, :who, :at)
ON CONFLICT (customer_id, key_number) DO NOTHING
RETURNING id;

-- name: sums
-- What CDRs of a time that nobody has billed come to by currency; a Credit CDR counts when its original was billed.
SELECT currency, sum(total) AS total FROM unclaimed_cdr
WHERE partner = any(:parties::text[]) AND (peer_id = 0) = :ours AND ended_at >= :since AND ended_at < :until
    AND NOT EXISTS (
        SELECT FROM cdr_clearing AS credit
        WHERE credit.party = unclaimed_cdr.party AND credit.key_id = unclaimed_cdr.key_id
            AND credit.key_credits IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM claimed_cdr
                WHERE key_cdr = credit.key_credits AND claimed_cdr.partner = unclaimed_cdr.partner
            )
            AND NOT EXISTS (
                SELECT FROM bill_item
                WHERE bill_item.party = credit.party AND bill_item.key_id = credit.key_credits
                    AND invoice IS NOT NULL AND purpose IN ('roaming', 'purchase')
            )
    )
GROUP BY currency ORDER BY currency;

-- name: claim
-- Notes of the same CDRs in a currency that an invoice is for them.
INSERT INTO partner_invoice_cdr (invoice_id, partner, key_cdr)
SELECT :invoice_id, partner, key_id FROM unclaimed_cdr
WHERE partner = any(:parties::text[]) AND (peer_id = 0) = :ours AND ended_at >= :since AND ended_at < :until
    AND currency = :currency
    AND NOT EXISTS (
        SELECT FROM cdr_clearing AS credit
        WHERE credit.party = unclaimed_cdr.party AND credit.key_id = unclaimed_cdr.key_id
            AND credit.key_credits IS NOT NULL
            AND NOT EXISTS (
                SELECT FROM claimed_cdr
                WHERE key_cdr = credit.key_credits AND claimed_cdr.partner = unclaimed_cdr.partner
            )
            AND NOT EXISTS (
                SELECT FROM bill_item
                WHERE bill_item.party = credit.party AND bill_item.key_id = credit.key_credits
                    AND invoice IS NOT NULL AND purpose IN ('roaming', 'purchase')
            )
    )
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
