-- Payments of bank files, kept for ever with what became of them, and reminders.

CREATE TABLE bank_file (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    format text NOT NULL,
    payments integer NOT NULL,
    who text NOT NULL,
    at timestamptz NOT NULL,
    finished boolean NOT NULL DEFAULT false
);

-- `body` is all that the bank says; `open` what of `amount` is on no invoice, and whose it is, where that is known.
CREATE TABLE bank_payment (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_id integer NOT NULL REFERENCES bank_file,
    account text COLLATE "C" NOT NULL,
    bank_id text COLLATE "C" NOT NULL,
    day date NOT NULL,
    amount numeric NOT NULL,
    currency text NOT NULL,
    body text NOT NULL,
    open numeric NOT NULL,
    customer_id integer REFERENCES customer,
    why text NOT NULL,
    at timestamptz NOT NULL,
    UNIQUE (account, bank_id, day, amount, currency)
);
CREATE INDEX bank_payment_open ON bank_payment (id) WHERE open <> 0;
CREATE INDEX bank_payment_customer ON bank_payment (customer_id, id) WHERE customer_id IS NOT NULL;

CREATE TABLE bank_payment_step (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id integer NOT NULL REFERENCES bank_payment,
    what text NOT NULL,
    invoice text COLLATE "C",
    amount numeric NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX bank_payment_step_of ON bank_payment_step (payment_id, id);
CREATE INDEX bank_payment_step_invoice ON bank_payment_step (invoice) WHERE invoice IS NOT NULL;

CREATE TRIGGER bank_payment_stays BEFORE DELETE ON bank_payment
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_payment_as_told BEFORE UPDATE ON bank_payment
FOR EACH ROW WHEN (
    (OLD.id, OLD.account, OLD.bank_id, OLD.day, OLD.amount, OLD.currency, OLD.body)
    IS DISTINCT FROM (NEW.id, NEW.account, NEW.bank_id, NEW.day, NEW.amount, NEW.currency, NEW.body)
) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER bank_payment_step_stays BEFORE UPDATE OR DELETE ON bank_payment_step
FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE reminder (
    invoice text COLLATE "C" NOT NULL REFERENCES invoice,
    level integer NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (invoice, level)
);
CREATE TRIGGER reminder_stays BEFORE UPDATE OR DELETE ON reminder
FOR EACH ROW EXECUTE FUNCTION refuse_change();
