-- What was odd about a transaction, when its messages arrived beside when they say they were, and what a person decided.
CREATE TABLE transaction_finding (
    transaction_id integer NOT NULL,
    kind text NOT NULL,
    found text NOT NULL,
    at timestamptz,
    more integer NOT NULL,
    PRIMARY KEY (transaction_id, kind)
);

ALTER TABLE station_transaction
    ADD COLUMN start_arrived timestamptz,
    ADD COLUMN stop_arrived timestamptz,
    ADD COLUMN freed_at timestamptz,
    ADD COLUMN released boolean NOT NULL DEFAULT false;
ALTER TABLE meter_sample ADD COLUMN arrived timestamptz;
