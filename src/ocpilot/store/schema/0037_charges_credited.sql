-- Single charges of an invoice are taken back by a credit note: each by an item of its own, once.
ALTER TABLE bill_item ADD COLUMN takes_back bigint REFERENCES bill_item;
CREATE UNIQUE INDEX bill_item_takes_back ON bill_item (takes_back) WHERE takes_back IS NOT NULL;
DROP INDEX bill_item_once;
CREATE UNIQUE INDEX bill_item_once
ON bill_item (purpose, party, key_id, turn, (CASE purpose WHEN 'host' THEN customer_id ELSE 0 END))
WHERE takes_back IS NULL;
