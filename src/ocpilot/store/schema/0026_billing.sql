-- Money: where each CDR stands, customers, what is billed, invoices numbered without gaps, and the ledger.

-- A CDR is to be cleared until it is `cleared`.
ALTER TABLE cdr ADD COLUMN cleared boolean NOT NULL DEFAULT false;
CREATE INDEX cdr_uncleared ON cdr (last_updated, party, key_id) WHERE NOT cleared;

CREATE TABLE cdr_clearing (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    id text NOT NULL,
    peer_id integer NOT NULL,
    audience text COLLATE "C" NOT NULL,
    token_uid text COLLATE "C" NOT NULL,
    state text NOT NULL,
    why text NOT NULL,
    findings text NOT NULL,
    credits text,
    key_credits text COLLATE "C",
    credited_by text,
    currency text NOT NULL,
    total numeric NOT NULL,
    kwh numeric NOT NULL,
    ended_at timestamptz NOT NULL,
    rated boolean NOT NULL,
    problem text,
    problem_at timestamptz,
    at timestamptz NOT NULL,
    PRIMARY KEY (party, key_id)
);
CREATE INDEX cdr_clearing_waits ON cdr_clearing (state, at) WHERE state IN ('new', 'held', 'disputed');
CREATE INDEX cdr_clearing_unrated ON cdr_clearing (at, party, key_id)
    WHERE NOT rated AND state IN ('issued', 'accepted');
CREATE INDEX cdr_clearing_credits ON cdr_clearing (party, key_credits) WHERE key_credits IS NOT NULL;
CREATE INDEX cdr_clearing_token ON cdr_clearing (token_uid, ended_at);
CREATE INDEX cdr_clearing_ended ON cdr_clearing (ended_at);

CREATE TABLE cdr_clearing_step (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    cdr_id text NOT NULL,
    before text,
    after text NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX cdr_clearing_step_of ON cdr_clearing_step (party, key_id, id);

-- `body` is the record as JSON; what is asked for stands in columns. Numbers on invoices begin at 10001.
CREATE TABLE customer (
    id integer GENERATED ALWAYS AS IDENTITY (START WITH 10001) PRIMARY KEY,
    number text COLLATE "C" GENERATED ALWAYS AS (id::text) STORED UNIQUE,
    kind text NOT NULL,
    party text COLLATE "C",
    body text NOT NULL
);
CREATE UNIQUE INDEX customer_party ON customer (party, kind) WHERE party IS NOT NULL;
CREATE INDEX customer_kind ON customer (kind, id);

CREATE TABLE customer_token (
    key_uid text COLLATE "C" NOT NULL,
    uid text NOT NULL,
    customer_id integer NOT NULL REFERENCES customer,
    driver text NOT NULL,
    cost_centre text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    PRIMARY KEY (key_uid, since)
);
CREATE INDEX customer_token_of ON customer_token (customer_id);

-- Numbers are counted in the transaction that writes the invoice; `seal` is that of the last one.
CREATE TABLE invoice_series (
    series text COLLATE "C" PRIMARY KEY,
    issued bigint NOT NULL,
    seal bytea NOT NULL
);

CREATE TABLE invoice (
    number text COLLATE "C" PRIMARY KEY,
    series text COLLATE "C" NOT NULL,
    place bigint NOT NULL,
    kind text NOT NULL,
    customer_id integer NOT NULL REFERENCES customer,
    purpose text NOT NULL,
    currency text NOT NULL,
    total numeric NOT NULL,
    payment_reference text COLLATE "C" NOT NULL,
    issued_at timestamptz NOT NULL,
    body text NOT NULL,
    seal bytea NOT NULL,
    sent_at timestamptz,
    credited_by text,
    UNIQUE (series, place)
);
CREATE INDEX invoice_newest ON invoice (issued_at, number);
CREATE INDEX invoice_customer ON invoice (customer_id, issued_at, number);
CREATE INDEX invoice_reference ON invoice (payment_reference);
CREATE INDEX invoice_unsent ON invoice (issued_at, number) WHERE sent_at IS NULL;

-- `turn` counts how often the same was billed: again only when the invoice before was taken back.
CREATE TABLE bill_item (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose text NOT NULL,
    module text NOT NULL,
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    cdr_id text NOT NULL,
    turn integer NOT NULL DEFAULT 1,
    customer_id integer NOT NULL REFERENCES customer,
    currency text NOT NULL,
    at timestamptz NOT NULL,
    kwh numeric NOT NULL,
    seconds bigint NOT NULL,
    net numeric NOT NULL,
    exact numeric,
    lines text NOT NULL,
    invoice text COLLATE "C" REFERENCES invoice,
    UNIQUE (purpose, party, key_id, turn)
);
CREATE INDEX bill_item_open ON bill_item (customer_id, purpose, currency, at, id) WHERE invoice IS NULL;
CREATE INDEX bill_item_customer ON bill_item (customer_id, at);
CREATE INDEX bill_item_invoice ON bill_item (invoice) WHERE invoice IS NOT NULL;
CREATE INDEX bill_item_cdr ON bill_item (party, key_id);

CREATE TABLE ledger_entry (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text COLLATE "C" NOT NULL UNIQUE,
    day date NOT NULL,
    text text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ledger_entry_day ON ledger_entry (day, number);

-- A debit is above zero, a credit below.
CREATE TABLE ledger_line (
    entry bigint NOT NULL REFERENCES ledger_entry,
    place integer NOT NULL,
    account text NOT NULL,
    amount numeric NOT NULL CHECK (amount <> 0),
    currency text NOT NULL,
    customer_id integer REFERENCES customer,
    invoice text COLLATE "C",
    PRIMARY KEY (entry, place)
);
CREATE INDEX ledger_line_invoice ON ledger_line (invoice, account) WHERE invoice IS NOT NULL;
CREATE INDEX ledger_line_customer ON ledger_line (customer_id, entry) WHERE customer_id IS NOT NULL;
CREATE INDEX ledger_line_account ON ledger_line (account, currency);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append only: put it right with another row', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER ledger_entry_stays BEFORE UPDATE OR DELETE ON ledger_entry
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_line_stays BEFORE UPDATE OR DELETE ON ledger_line
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cdr_clearing_step_stays BEFORE UPDATE OR DELETE ON cdr_clearing_step
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER invoice_stays BEFORE DELETE ON invoice
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER invoice_sealed BEFORE UPDATE ON invoice
FOR EACH ROW WHEN (
    (OLD.number, OLD.series, OLD.place, OLD.kind, OLD.customer_id, OLD.purpose, OLD.currency, OLD.total, OLD.body, OLD.seal)
    IS DISTINCT FROM
    (NEW.number, NEW.series, NEW.place, NEW.kind, NEW.customer_id, NEW.purpose, NEW.currency, NEW.total, NEW.body, NEW.seal)
) EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_unbalanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
BEGIN
    SELECT entry INTO wrong FROM written GROUP BY entry, currency HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'ledger entry % does not balance', wrong;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER ledger_line_balances AFTER INSERT ON ledger_line
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_unbalanced();
