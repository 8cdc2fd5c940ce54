-- CDRs that may go onto a partner's invoice: nobody has billed them, and of Credit CDRs only those whose original was billed.
CREATE VIEW billable_cdr AS
SELECT * FROM unclaimed_cdr
WHERE NOT EXISTS (
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
);
