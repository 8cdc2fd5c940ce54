-- What is on no invoice yet is worked out anew; each of several hosts of a site has his share; by which plan a charge was priced.

-- NULL: worked out before this was kept.
ALTER TABLE bill_item ADD COLUMN plan text;
ALTER TABLE bill_item DROP CONSTRAINT bill_item_purpose_party_key_id_turn_key;
CREATE UNIQUE INDEX bill_item_once
ON bill_item (purpose, party, key_id, turn, (CASE purpose WHEN 'host' THEN customer_id ELSE 0 END));
