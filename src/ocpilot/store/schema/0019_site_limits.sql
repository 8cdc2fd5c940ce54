-- What a site of ours may draw, in parts if it has several fuses, and how that is shared among its charges now.
CREATE TABLE site_limit (
    party text COLLATE "C" NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    body text NOT NULL,
    -- What was found when it was shared last, as JSON.
    looked text,
    PRIMARY KEY (party, key_location)
);

CREATE TABLE site_share (
    transaction_id integer PRIMARY KEY,
    party text COLLATE "C" NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    body text NOT NULL
);
CREATE INDEX site_share_location ON site_share (party, key_location);

-- The charges that run at one Location.
CREATE INDEX station_transaction_running ON station_transaction (party, lower(location_id COLLATE "C"))
    WHERE state = 'open';
