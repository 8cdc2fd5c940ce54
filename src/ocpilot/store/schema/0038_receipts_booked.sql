-- Receipts that neither a card nor a terminal pays were in no books: each is looked at once more, and booked.
UPDATE cdr_clearing SET receipt_due = true
FROM receipt
WHERE receipt.party = cdr_clearing.party AND receipt.key_id = cdr_clearing.key_id AND state = 'accepted'
    AND NOT EXISTS (SELECT FROM ledger_line WHERE invoice = receipt.number);

-- Who wrote a credit note, and whether what it takes back is billed again; null where nobody said, as before this.
ALTER TABLE invoice ADD COLUMN who text;
ALTER TABLE invoice ADD COLUMN again boolean;
