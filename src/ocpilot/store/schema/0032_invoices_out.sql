-- Invoices on their way out: every attempt to send one, and runs that somebody asked for and that go on by themselves.

CREATE TABLE invoice_sending (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text COLLATE "C" NOT NULL REFERENCES invoice,
    way text NOT NULL,
    recipient text NOT NULL,
    who text NOT NULL,
    at timestamptz NOT NULL,
    ended_at timestamptz,
    problem text
);
CREATE INDEX invoice_sending_of ON invoice_sending (number, id);

-- `place` is the last group of items that is done; of all runs only one goes on at a time.
CREATE TABLE invoice_run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    who text NOT NULL,
    customer text,
    until timestamptz,
    asked_at timestamptz NOT NULL,
    place text COLLATE "C" NOT NULL DEFAULT '',
    rated integer NOT NULL DEFAULT 0,
    groups integer,
    done integer NOT NULL DEFAULT 0,
    written integer NOT NULL DEFAULT 0,
    failed integer NOT NULL DEFAULT 0,
    problem text,
    ended_at timestamptz
);
CREATE UNIQUE INDEX invoice_run_one ON invoice_run ((ended_at IS NULL)) WHERE ended_at IS NULL;

CREATE FUNCTION tell_hooks_of_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tell_hooks('invoice.issued', 'invoice', NEW.number, NEW.number, NULL);
    RETURN NULL;
END
$$;
CREATE TRIGGER invoice_issued AFTER INSERT ON invoice FOR EACH ROW EXECUTE FUNCTION tell_hooks_of_invoice();
