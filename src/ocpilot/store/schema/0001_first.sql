-- The first schema. OCPI objects lead with the owning party (five characters, `SELAD`); ids are compared in lower case
-- (`key_...` columns), the spelling they came in stands beside them. peer_id 0 and audience '' mean "ours" and "all".

CREATE TABLE tariff (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    key_sub text COLLATE "C" NOT NULL,
    id text NOT NULL,
    sub text NOT NULL,
    peer_id integer NOT NULL,
    version text NOT NULL,
    audience text COLLATE "C" NOT NULL,
    last_updated timestamptz NOT NULL,
    token_uid text COLLATE "C",
    body text NOT NULL,
    PRIMARY KEY (party, key_id, key_sub)
);

CREATE TABLE session (LIKE tariff INCLUDING ALL);
CREATE TABLE cdr (LIKE tariff INCLUDING ALL);
CREATE TABLE token (LIKE tariff INCLUDING ALL);
CREATE TABLE invoice_record (LIKE tariff INCLUDING ALL);
CREATE TABLE client_info (LIKE tariff INCLUDING ALL);
-- Two kinds in one table, told apart by key_sub: payment terminals and confirmations; BookingLocations and bookings.
CREATE TABLE payment (LIKE tariff INCLUDING ALL);
CREATE TABLE booking (
    LIKE tariff INCLUDING ALL,
    key_location text COLLATE "C" GENERATED ALWAYS AS (lower((body::jsonb ->> 'location_id') COLLATE "C")) STORED,
    live boolean GENERATED ALWAYS AS (
        key_sub = '' AND coalesce(body::jsonb ->> 'reservation_status' IN ('PENDING', 'RESERVED'), false)
    ) STORED,
    starts text COLLATE "C" GENERATED ALWAYS AS (body::jsonb -> 'period' ->> 'start_date_time') STORED
);

CREATE TABLE location (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    id text NOT NULL,
    peer_id integer NOT NULL,
    version text NOT NULL,
    audience text COLLATE "C" NOT NULL,
    last_updated timestamptz NOT NULL,
    latitude double precision,
    longitude double precision,
    publish boolean NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (party, key_id)
);

CREATE TABLE evse (
    party text COLLATE "C" NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    key_uid text COLLATE "C" NOT NULL,
    uid text NOT NULL,
    place integer NOT NULL,
    version text NOT NULL,
    status text NOT NULL,
    last_updated timestamptz NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (party, key_location, key_uid),
    FOREIGN KEY (party, key_location) REFERENCES location (party, key_id)
);

-- Pages: all rows of one owner, and the rows one audience sees, both in page order.
CREATE INDEX tariff_page ON tariff (peer_id, last_updated, party, key_id, key_sub);
CREATE INDEX session_page ON session (peer_id, last_updated, party, key_id, key_sub);
CREATE INDEX cdr_page ON cdr (peer_id, last_updated, party, key_id, key_sub);
CREATE INDEX token_page ON token (peer_id, last_updated, party, key_id, key_sub);
CREATE INDEX client_info_page ON client_info (peer_id, last_updated, party, key_id, key_sub);
CREATE INDEX invoice_record_page ON invoice_record (peer_id, last_updated, party, key_id, key_sub);
CREATE INDEX payment_page ON payment (peer_id, last_updated, party, key_id, key_sub);
CREATE INDEX booking_page ON booking (peer_id, last_updated, party, key_id, key_sub);
CREATE INDEX location_page ON location (peer_id, last_updated, party, key_id);
CREATE INDEX tariff_seen ON tariff (peer_id, audience, last_updated, party, key_id, key_sub);
CREATE INDEX session_seen ON session (peer_id, audience, last_updated, party, key_id, key_sub);
CREATE INDEX cdr_seen ON cdr (peer_id, audience, last_updated, party, key_id, key_sub);
CREATE INDEX token_seen ON token (peer_id, audience, last_updated, party, key_id, key_sub);
CREATE INDEX client_info_seen ON client_info (peer_id, audience, last_updated, party, key_id, key_sub);
CREATE INDEX invoice_record_seen ON invoice_record (peer_id, audience, last_updated, party, key_id, key_sub);
CREATE INDEX payment_seen ON payment (peer_id, audience, last_updated, party, key_id, key_sub);
CREATE INDEX booking_seen ON booking (peer_id, audience, last_updated, party, key_id, key_sub);
CREATE INDEX location_seen ON location (peer_id, audience, last_updated, party, key_id);

-- Ids looked up without their party.
CREATE INDEX tariff_id ON tariff (key_id);
CREATE INDEX session_id ON session (key_id);
CREATE INDEX cdr_id ON cdr (key_id);
CREATE INDEX token_id ON token (key_id);
CREATE INDEX invoice_record_id ON invoice_record (key_id);
CREATE INDEX payment_id ON payment (key_id);
CREATE INDEX booking_id ON booking (key_id);
CREATE INDEX location_id ON location (key_id);
CREATE INDEX evse_uid ON evse (key_uid);

-- What of ours decides about a time at a Location, and bookings that begin.
CREATE INDEX booking_place ON booking (party, key_location) WHERE peer_id = 0 AND (live OR key_sub <> '');
CREATE INDEX booking_starts ON booking (starts) WHERE peer_id = 0 AND live;

-- Newest objects, and those of a driver's tokens.
CREATE INDEX tariff_newest ON tariff (last_updated);
CREATE INDEX session_newest ON session (last_updated);
CREATE INDEX cdr_newest ON cdr (last_updated);
CREATE INDEX token_newest ON token (last_updated);
CREATE INDEX session_token ON session (token_uid, last_updated);
CREATE INDEX cdr_token ON cdr (token_uid, last_updated);

CREATE INDEX location_point ON location (latitude, longitude) WHERE publish;

-- A whole Location in the columns of the other objects: EVSEs and the newest last_updated are put into the text.
CREATE VIEW whole_location AS
SELECT
    party,
    key_id,
    ''::text COLLATE "C" AS key_sub,
    id,
    ''::text AS sub,
    peer_id,
    version,
    audience,
    last_updated,
    NULL::text COLLATE "C" AS token_uid,
    latitude,
    longitude,
    publish,
    left(body, -1)
    || coalesce(
        (
            SELECT ',"evses":[' || string_agg(evse.body, ',' ORDER BY evse.place, evse.key_uid) || ']'
            FROM evse
            WHERE evse.party = location.party AND evse.key_location = location.key_id
        ),
        ''
    )
    || ',"last_updated":"'
    || replace(to_char(last_updated AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '.000Z', 'Z')
    || '"}' AS body
FROM location;

-- One row per write of an object of ours. Read in the order (xid, seq) below the oldest open transaction.
CREATE TABLE change (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    module text NOT NULL,
    party text NOT NULL,
    id text NOT NULL,
    sub text NOT NULL,
    audience text NOT NULL,
    deleted boolean NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX change_order ON change (xid, seq);

CREATE TABLE change_cursor (
    peer_id integer PRIMARY KEY,
    xid xid8 NOT NULL,
    seq bigint NOT NULL
);

CREATE TABLE peer (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_name text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    state text NOT NULL,
    version text,
    versions_url text,
    endpoints text NOT NULL,
    roles text NOT NULL,
    hub_party text,
    parties text[] NOT NULL,
    token_hash bytea UNIQUE,
    token_sealed bytea,
    invitation_hash bytea UNIQUE,
    profile text NOT NULL,
    pulled_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE delivery (
    peer_id integer NOT NULL,
    module text NOT NULL,
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    key_sub text COLLATE "C" NOT NULL,
    id text NOT NULL,
    sub text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    next_at timestamptz,
    last_error text,
    remote_url text,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (peer_id, module, party, key_id, key_sub)
);
CREATE INDEX delivery_due ON delivery (peer_id, next_at) WHERE state = 'waiting';
CREATE INDEX delivery_unfinished ON delivery (updated_at) WHERE state <> 'acknowledged';

CREATE TABLE station (
    id text COLLATE "C" PRIMARY KEY,
    party text COLLATE "C" NOT NULL,
    location_id text NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    key_evses text[] NOT NULL,
    connectors text NOT NULL,
    password_hash text,
    protocol text,
    connected boolean NOT NULL,
    vendor text,
    model text,
    serial text,
    firmware text,
    last_seen timestamptz
);
CREATE INDEX station_location ON station (key_location);

CREATE TABLE station_transaction (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station_id text COLLATE "C" NOT NULL,
    connector_id integer NOT NULL,
    party text COLLATE "C" NOT NULL,
    location_id text NOT NULL,
    evse_uid text NOT NULL,
    ocpi_connector_id text NOT NULL,
    session_id text NOT NULL,
    key_session text COLLATE "C" NOT NULL,
    id_tag text NOT NULL,
    cdr_token text,
    auth_method text NOT NULL,
    authorization_reference text,
    accepted boolean NOT NULL,
    meter_start_wh numeric NOT NULL,
    started_at timestamptz NOT NULL,
    stopped_at timestamptz,
    meter_stop_wh numeric,
    stop_reason text,
    held_because text,
    terms text,
    preferences text,
    state text NOT NULL,
    dedupe text COLLATE "C" NOT NULL UNIQUE
);
CREATE INDEX station_transaction_session ON station_transaction (key_session);
CREATE INDEX station_transaction_unfinished ON station_transaction (state, started_at) WHERE state <> 'billed';
CREATE INDEX station_transaction_open ON station_transaction (station_id, connector_id) WHERE state = 'open';

CREATE TABLE meter_sample (
    transaction_id integer NOT NULL,
    at timestamptz NOT NULL,
    digest bytea NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (transaction_id, at, digest)
);

CREATE TABLE token_authorization (
    id text COLLATE "C" PRIMARY KEY,
    peer_id integer,
    token_party text NOT NULL,
    token_uid text NOT NULL,
    key_token text COLLATE "C" NOT NULL,
    location_id text,
    allowed text NOT NULL,
    authorization_reference text,
    info text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX token_authorization_latest ON token_authorization (key_token, at);

CREATE TABLE command (
    id text COLLATE "C" PRIMARY KEY,
    direction text NOT NULL,
    peer_id integer NOT NULL,
    command text NOT NULL,
    request text NOT NULL,
    account_id integer,
    response_url text,
    token_uid text,
    key_token text COLLATE "C",
    location_id text,
    key_location text COLLATE "C",
    evse_uid text,
    connector_id text,
    authorization_reference text,
    response text,
    response_at timestamptz,
    result text,
    result_at timestamptz,
    result_sent_at timestamptz,
    message text,
    answer text,
    session_id text,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX command_unsent ON command (created_at) WHERE result IS NOT NULL AND result_sent_at IS NULL;
CREATE INDEX command_pending ON command (expires_at) WHERE result IS NULL;
CREATE INDEX command_token ON command (key_token, created_at) WHERE session_id IS NULL;
CREATE INDEX command_recent ON command (created_at);
CREATE INDEX command_account ON command (account_id, created_at) WHERE account_id IS NOT NULL;

CREATE INDEX command_session ON command (lower(session_id), created_at) WHERE session_id IS NOT NULL;

-- The number a station knows a reservation by: providers choose their own ids, and may choose the same.
CREATE TABLE reservation (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    peer_id integer NOT NULL,
    owner text COLLATE "C" NOT NULL,
    reservation_id text NOT NULL,
    key_reservation text COLLATE "C" NOT NULL,
    command_id text NOT NULL,
    station_id text COLLATE "C" NOT NULL,
    connector_id integer NOT NULL,
    party text COLLATE "C" NOT NULL,
    location_id text NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    evse_uid text NOT NULL,
    ocpi_connector_id text NOT NULL,
    token text NOT NULL,
    token_uid text COLLATE "C" NOT NULL,
    id_tag text NOT NULL,
    authorization_reference text,
    session_id text NOT NULL,
    key_session text COLLATE "C" NOT NULL,
    terms text,
    state text NOT NULL,
    began_at timestamptz NOT NULL,
    until timestamptz NOT NULL
);
CREATE UNIQUE INDEX reservation_live ON reservation (peer_id, owner, key_location, key_reservation)
    WHERE state IN ('asked', 'active');
CREATE INDEX reservation_named ON reservation (peer_id, key_reservation) WHERE state IN ('asked', 'active');
CREATE INDEX reservation_place ON reservation (station_id, connector_id) WHERE state IN ('asked', 'active');
CREATE INDEX reservation_token ON reservation (key_location, token_uid) WHERE state = 'active';
CREATE INDEX reservation_due ON reservation (until) WHERE state IN ('asked', 'active');
CREATE INDEX reservation_session ON reservation (key_session);

-- What operators said last of the limits of a Session.
CREATE TABLE active_profile (
    peer_id integer NOT NULL,
    key_session text COLLATE "C" NOT NULL,
    profile text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (peer_id, key_session)
);

CREATE TABLE account (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_email text COLLATE "C" NOT NULL UNIQUE,
    email text NOT NULL,
    name text NOT NULL,
    role text NOT NULL,
    password_hash text NOT NULL,
    language text NOT NULL,
    token_uids text[] NOT NULL,
    key_tokens text[] NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX account_token ON account USING gin (key_tokens);

-- A CDR of a peer is to be priced again until it is `checked`; another body makes it unchecked.
ALTER TABLE cdr ADD COLUMN checked boolean NOT NULL DEFAULT false;
CREATE INDEX cdr_unchecked ON cdr (last_updated) WHERE peer_id > 0 AND NOT checked;

CREATE FUNCTION uncheck_cdr() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.checked := false;
    RETURN NEW;
END
$$;
CREATE TRIGGER cdr_replaced BEFORE UPDATE OF body ON cdr
FOR EACH ROW WHEN (OLD.body IS DISTINCT FROM NEW.body) EXECUTE FUNCTION uncheck_cdr();

CREATE TABLE cdr_check (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    id text NOT NULL,
    agrees boolean NOT NULL,
    our_total text NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL,
    has_receipt boolean NOT NULL DEFAULT false,
    PRIMARY KEY (party, key_id)
);
CREATE INDEX cdr_check_receipt_due ON cdr_check (at) WHERE agrees AND NOT has_receipt;

CREATE TABLE receipt_series (
    series text COLLATE "C" PRIMARY KEY,
    issued bigint NOT NULL
);

CREATE TABLE receipt (
    number text COLLATE "C" PRIMARY KEY,
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    id text NOT NULL,
    account_id integer,
    issued_at timestamptz NOT NULL,
    body text NOT NULL,
    pdf bytea NOT NULL,
    UNIQUE (party, key_id)
);

CREATE FUNCTION refuse_receipt_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'receipt %: an issued receipt is never changed or removed', OLD.number;
END
$$;
CREATE TRIGGER receipt_sealed BEFORE UPDATE OR DELETE ON receipt
FOR EACH ROW EXECUTE FUNCTION refuse_receipt_change();

-- lz4 is several times faster to read than PostgreSQL's own compression; a server built without it keeps that one.
DO $$
DECLARE
    kept text;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)
    ) THEN
        RETURN;
    END IF;
    FOREACH kept IN ARRAY ARRAY['tariff', 'session', 'cdr', 'token', 'location', 'evse', 'meter_sample', 'cdr_check']
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN body SET COMPRESSION lz4', kept);
    END LOOP;
END
$$;
