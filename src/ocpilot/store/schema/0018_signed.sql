-- The public key by which the meter of an EVSE is known, ours or a peer's: the first one seen, or what a person set.
CREATE TABLE meter_key (
    party text COLLATE "C" NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    key_evse text COLLATE "C" NOT NULL,
    location_id text NOT NULL,
    evse_uid text NOT NULL,
    key text NOT NULL,
    source text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (party, key_location, key_evse)
);

-- What was found of the signed meter values of a CDR, ours or a peer's.
CREATE TABLE cdr_signed (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    verdict text NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (party, key_id)
);
