-- Card payments: each with every step it took. `body` is the record as JSON; what is asked for stands in columns.
CREATE TABLE card_payment (
    id text COLLATE "C" PRIMARY KEY,
    version integer NOT NULL,
    state text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    token_uid text COLLATE "C" NOT NULL UNIQUE,
    receipt text COLLATE "C" UNIQUE,
    needs text NOT NULL,
    next_at timestamptz,
    created_at timestamptz NOT NULL,
    body text NOT NULL
);
CREATE INDEX card_payment_due ON card_payment (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX card_payment_newest ON card_payment (created_at);
CREATE INDEX card_payment_needs ON card_payment (created_at) WHERE needs <> '';

CREATE TABLE card_payment_step (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id text COLLATE "C" NOT NULL REFERENCES card_payment,
    before text,
    after text NOT NULL,
    what text NOT NULL,
    who text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX card_payment_step_of ON card_payment_step (payment_id, number);
CREATE TRIGGER card_payment_step_stays BEFORE UPDATE OR DELETE ON card_payment_step
FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The provider that is built in, which moves no money.
CREATE TABLE played_payment (
    reference text COLLATE "C" PRIMARY KEY,
    key text COLLATE "C" NOT NULL UNIQUE,
    body text NOT NULL
);

-- Charges paid at terminals of a provider (PTP) whose receipts are ours, and what became of their captures.
CREATE TABLE terminal_payment (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    id text NOT NULL,
    peer_id integer NOT NULL,
    key_reference text COLLATE "C" NOT NULL,
    reference text NOT NULL,
    receipt text COLLATE "C" NOT NULL,
    currency text NOT NULL,
    due numeric NOT NULL,
    captured numeric,
    state text NOT NULL,
    advice text,
    advice_at timestamptz,
    why text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (party, key_id)
);
CREATE INDEX terminal_payment_reference ON terminal_payment (key_reference);
CREATE INDEX terminal_payment_newest ON terminal_payment (at);

CREATE INDEX payment_reference ON payment (lower((body::jsonb ->> 'authorization_reference') COLLATE "C"))
WHERE key_sub = 'financial-advice-confirmations';

CREATE INDEX command_of_token ON command (key_token, created_at) WHERE key_token IS NOT NULL;
