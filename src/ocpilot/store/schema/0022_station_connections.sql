-- Processes that hold connections of stations, calls that go from one to the other, and stations that want to join.
CREATE VIEW living_node AS
SELECT objid::bigint::integer AS node FROM pg_locks
WHERE locktype = 'advisory' AND classid = 6::oid AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database());

-- Nobody waits for a call after a crash.
CREATE UNLOGGED TABLE station_call (
    id text PRIMARY KEY,
    station_id text NOT NULL,
    node integer NOT NULL,
    asked_by integer NOT NULL,
    action text NOT NULL,
    payload text NOT NULL,
    expires_at timestamptz NOT NULL,
    taken boolean NOT NULL DEFAULT false,
    answer text
);
CREATE INDEX station_call_node ON station_call (node) WHERE NOT taken;

-- A station that nobody added: `decision` NULL waits, `refused` must stay away.
CREATE TABLE waiting_station (
    id text PRIMARY KEY COLLATE "C",
    password_hash text,
    security_profile integer NOT NULL,
    remote text NOT NULL,
    protocol text,
    node integer,
    vendor text,
    model text,
    serial text,
    firmware text,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    decision text
);

CREATE TABLE station_invitation (
    code_hash bytea PRIMARY KEY,
    party text NOT NULL,
    location_id text NOT NULL,
    connectors text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    station_id text
);

-- A password that was sent to a station, which may or may not have taken it; without `next_hash` one is still to be sent.
CREATE TABLE station_password (
    station_id text PRIMARY KEY COLLATE "C",
    next_hash text
);

-- Whoever held these connections had no number.
UPDATE station SET connected = false WHERE node IS NULL;
