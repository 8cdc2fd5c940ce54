-- Reconciliation: which partners were told what an invoice is for, partners' records against our books, their invoices,
-- and months that are closed.

-- `told`: the partner has the InvoiceReconciliationRecords of it, or there is nothing to tell.
ALTER TABLE invoice ADD COLUMN told boolean NOT NULL DEFAULT false;
CREATE INDEX invoice_untold ON invoice (issued_at, number) WHERE NOT told AND purpose IN ('roaming', 'purchase');

CREATE INDEX bill_item_at ON bill_item (at, id);

-- A record of a partner is looked at when it comes, and again when it changes.
ALTER TABLE invoice_record ADD COLUMN reconciled boolean NOT NULL DEFAULT false;
CREATE INDEX invoice_record_unreconciled ON invoice_record (last_updated, party, key_id)
    WHERE peer_id <> 0 AND audience = '' AND NOT reconciled;

CREATE FUNCTION reconcile_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.reconciled := false;
    RETURN NEW;
END
$$;
CREATE TRIGGER invoice_record_changed BEFORE UPDATE ON invoice_record
FOR EACH ROW WHEN (OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION reconcile_again();

-- What came of it; `body` is the RecordCheck as JSON. Records of a partner that was deleted go with it.
CREATE TABLE record_check (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    key_sub text COLLATE "C" NOT NULL DEFAULT '',
    peer_id integer NOT NULL,
    key_invoice text COLLATE "C" NOT NULL,
    is_open boolean NOT NULL,
    at timestamptz NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (party, key_id),
    FOREIGN KEY (party, key_id, key_sub) REFERENCES invoice_record ON DELETE CASCADE
);
CREATE INDEX record_check_invoice ON record_check (party, key_invoice);
CREATE INDEX record_check_newest ON record_check (at);

CREATE TABLE record_cdr (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    key_sub text COLLATE "C" NOT NULL DEFAULT '',
    place integer NOT NULL,
    key_cdr text COLLATE "C" NOT NULL,
    PRIMARY KEY (party, key_id, place),
    FOREIGN KEY (party, key_id, key_sub) REFERENCES invoice_record ON DELETE CASCADE
);
CREATE INDEX record_cdr_named ON record_cdr (key_cdr, party);

-- Invoices that partners wrote, to us or in our name; each is in the ledger once.
CREATE TABLE partner_invoice (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customer,
    number text NOT NULL,
    key_number text COLLATE "C" NOT NULL,
    currency text NOT NULL,
    day date NOT NULL,
    due date,
    net numeric NOT NULL,
    tax numeric NOT NULL,
    ours numeric,
    who text NOT NULL,
    at timestamptz NOT NULL,
    UNIQUE (customer_id, key_number)
);
CREATE INDEX partner_invoice_day ON partner_invoice (day, id);
CREATE TRIGGER partner_invoice_stays BEFORE UPDATE OR DELETE ON partner_invoice
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What such an invoice is for, where no record of the partner says so but a person did.
CREATE TABLE partner_invoice_cdr (
    invoice_id bigint NOT NULL REFERENCES partner_invoice,
    partner text COLLATE "C" NOT NULL,
    key_cdr text COLLATE "C" NOT NULL,
    PRIMARY KEY (key_cdr, partner)
);

-- CDRs that a partner bills, by a record of his or because a person said so; `key_invoice` is his invoice.
CREATE VIEW claimed_cdr AS
SELECT record_cdr.party AS partner, key_cdr, key_invoice
FROM record_cdr
JOIN record_check ON record_check.party = record_cdr.party AND record_check.key_id = record_cdr.key_id
UNION ALL
SELECT partner, key_cdr, key_number
FROM partner_invoice_cdr JOIN partner_invoice ON partner_invoice.id = invoice_id;

-- CDRs between us and a partner that both sides owe for and nobody has billed.
CREATE VIEW unclaimed_cdr AS
SELECT
    party, key_id, id, peer_id, audience, state, why, currency, total, ended_at, credited_by,
    CASE WHEN peer_id = 0 THEN audience ELSE party END AS partner
FROM cdr_clearing
WHERE state IN ('issued', 'accepted')
    AND NOT EXISTS (
        SELECT FROM claimed_cdr
        WHERE key_cdr = key_id AND partner = CASE WHEN peer_id = 0 THEN audience ELSE party END
    )
    AND NOT EXISTS (
        SELECT FROM bill_item
        WHERE bill_item.party = cdr_clearing.party AND bill_item.key_id = cdr_clearing.key_id AND invoice IS NOT NULL
            AND purpose IN ('roaming', 'purchase')
    );

-- A closed month: `report` and `books` (what the export needs beside the ledger) as JSON, as they were when it was closed.
-- The report is made once nothing can be booked any more; it is empty until then.
CREATE TABLE closed_month (
    month date PRIMARY KEY CHECK (extract(day FROM month) = 1),
    at timestamptz NOT NULL,
    who text NOT NULL,
    report text NOT NULL,
    books text NOT NULL
);
CREATE TRIGGER closed_month_stays BEFORE DELETE ON closed_month
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER closed_month_reported BEFORE UPDATE ON closed_month
FOR EACH ROW WHEN (
    OLD.report <> '' OR (OLD.month, OLD.at, OLD.who, OLD.books) IS DISTINCT FROM (NEW.month, NEW.at, NEW.who, NEW.books)
) EXECUTE FUNCTION refuse_change();

-- Nothing is booked in a month that is closed, nor in one before it. After the row: an entry that is there already is no
-- new one.
CREATE FUNCTION refuse_closed_month() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first_open date;
BEGIN
    SELECT (max(month) + interval '1 month')::date INTO first_open FROM closed_month;
    IF NEW.day < first_open THEN
        RAISE EXCEPTION '%: the books are closed to the end of %; found the day %, expected one from % on',
            NEW.key, to_char(first_open - 1, 'YYYY-MM'), NEW.day, first_open
            USING ERRCODE = 'OC001';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_entry_in_open_month AFTER INSERT ON ledger_entry
FOR EACH ROW EXECUTE FUNCTION refuse_closed_month();
