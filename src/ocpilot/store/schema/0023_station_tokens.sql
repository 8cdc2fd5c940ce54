-- What stations know of Tokens by themselves (their local list, their cache), and Tokens by the eMAID of their contract.

-- A list that some stations have. Stations with the same limits have the same one, so it is kept once.
CREATE TABLE local_list (
    digest text COLLATE "C" PRIMARY KEY,
    entries text NOT NULL
);

-- `list_stamp` and `cache_stamp`: which state of the Tokens the station was told of last.
CREATE TABLE station_tokens (
    station_id text PRIMARY KEY,
    list_version integer NOT NULL DEFAULT 0,
    list_digest text COLLATE "C" REFERENCES local_list,
    list_stamp text COLLATE "C",
    list_checked_at timestamptz,
    list_said text,
    cache_stamp text COLLATE "C"
);
CREATE INDEX station_tokens_list ON station_tokens (list_digest);

CREATE INDEX token_blocked ON token (last_updated) WHERE (body::jsonb ->> 'valid') = 'false';

-- Without separators and without the check digit, which is optional.
ALTER TABLE token ADD COLUMN key_emaid text COLLATE "C" GENERATED ALWAYS AS (
    left(
        translate(upper(coalesce(body::jsonb ->> 'contract_id', body::jsonb ->> 'auth_id') COLLATE "C"), '-* ', ''), 14
    )
) STORED;
CREATE INDEX token_emaid ON token (key_emaid);

CREATE INDEX station_transaction_of_token ON station_transaction (cdr_token) WHERE state = 'open' AND accepted;
