-- A hub passes on what its members tell and ask each other.

-- Orders between members (commands, charging profiles) that went through us: `response_url` is where the member that gave
-- one wants its result, `result` is that (2.3.0, JSON text) until `sent_at` and beyond.
CREATE TABLE hub_order (
    id text COLLATE "C" PRIMARY KEY,
    module text NOT NULL,
    word text NOT NULL,
    origin integer NOT NULL,
    executor integer NOT NULL,
    response_url text NOT NULL,
    version text NOT NULL,
    sender text COLLATE "C",
    receiver text COLLATE "C" NOT NULL,
    about text,
    key_about text COLLATE "C",
    correlation_id text,
    result text,
    result_at timestamptz,
    sent_at timestamptz,
    created_at timestamptz NOT NULL
);
CREATE INDEX hub_order_unsent ON hub_order (result_at) WHERE result IS NOT NULL AND sent_at IS NULL;
CREATE INDEX hub_order_about ON hub_order (key_about, receiver) WHERE about IS NOT NULL;
CREATE INDEX hub_order_age ON hub_order (created_at);

-- Whom a Session or CDR that was passed on, and is not kept, is for: its id and two parties, nothing of what it says.
CREATE TABLE hub_route (
    module text NOT NULL,
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    id text NOT NULL,
    audience text COLLATE "C" NOT NULL,
    noted_at timestamptz NOT NULL,
    PRIMARY KEY (module, key_id, party)
);
CREATE INDEX hub_route_age ON hub_route (noted_at);

-- Audiences of several parties that objects have, so that lists find them.
CREATE TABLE hub_audience (
    audience text COLLATE "C" PRIMARY KEY,
    parties text[] NOT NULL
);

-- Pages of what all members sent, as one audience sees them.
CREATE INDEX tariff_heard ON tariff (audience, last_updated, party, key_id, key_sub) WHERE peer_id <> 0;
CREATE INDEX session_heard ON session (audience, last_updated, party, key_id, key_sub) WHERE peer_id <> 0;
CREATE INDEX cdr_heard ON cdr (audience, last_updated, party, key_id, key_sub) WHERE peer_id <> 0;
CREATE INDEX token_heard ON token (audience, last_updated, party, key_id, key_sub) WHERE peer_id <> 0;
CREATE INDEX invoice_record_heard ON invoice_record (audience, last_updated, party, key_id, key_sub) WHERE peer_id <> 0;
CREATE INDEX payment_heard ON payment (audience, last_updated, party, key_id, key_sub) WHERE peer_id <> 0;
CREATE INDEX booking_heard ON booking (audience, last_updated, party, key_id, key_sub) WHERE peer_id <> 0;
CREATE INDEX location_heard ON location (audience, last_updated, party, key_id) WHERE peer_id <> 0;

-- The same as before with the column that all other objects have: a Location of 2.1.1 leaves nothing unsaid.
CREATE OR REPLACE VIEW whole_location AS
SELECT
    location.party,
    location.key_id,
    ''::text COLLATE "C" AS key_sub,
    location.id,
    ''::text AS sub,
    location.peer_id,
    location.version,
    location.audience,
    location.last_updated,
    NULL::text COLLATE "C" AS token_uid,
    location.latitude,
    location.longitude,
    location.publish,
    CASE
        WHEN kept.stamp IS NOT NULL THEN kept.body
        ELSE
            left(location.body, -1)
            || coalesce(
                (
                    SELECT ',"evses":[' || string_agg(evse.body, ',' ORDER BY evse.place, evse.key_uid) || ']'
                    FROM evse
                    WHERE evse.party = location.party AND evse.key_location = location.key_id
                ),
                ''
            )
            || ',"last_updated":"'
            || replace(to_char(location.last_updated AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '.000Z', 'Z')
            || '"}'
    END AS body,
    location.stamp,
    kept.stamp IS NOT NULL AS assembled,
    NULL::text AS context
FROM location
LEFT JOIN assembled_location AS kept
    ON kept.party = location.party AND kept.key_id = location.key_id AND kept.stamp = location.stamp;
