-- What an object of OCPI 2.1.1 does not say by itself, and the Tokens of a contract, which is all that its Sessions and
-- CDRs name.

ALTER TABLE tariff ADD COLUMN context text;
ALTER TABLE session ADD COLUMN context text;
ALTER TABLE cdr ADD COLUMN context text;
ALTER TABLE token ADD COLUMN context text;
ALTER TABLE invoice_record ADD COLUMN context text;
ALTER TABLE client_info ADD COLUMN context text;
ALTER TABLE payment ADD COLUMN context text;
ALTER TABLE booking ADD COLUMN context text;

ALTER TABLE token ADD COLUMN key_contract text COLLATE "C" GENERATED ALWAYS AS (
    lower(coalesce(body::jsonb ->> 'contract_id', body::jsonb ->> 'auth_id') COLLATE "C")
) STORED;
CREATE INDEX token_contract ON token (key_contract);
