-- Logs by days: what 0009 has for one table, for every log. Gaps are of one log.
ALTER TABLE message_gap ADD COLUMN log text NOT NULL DEFAULT 'message';
DROP FUNCTION message_day(date);
DROP FUNCTION message_drop_before(date);

-- Makes place for one day. The table is made beside and then attached: that stops neither readers nor writers.
CREATE FUNCTION log_day(log text, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := log || '_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ocpilot message days'));
    IF to_regclass(quote_ident(name)) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', name, log);
        EXECUTE format(
            'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', log, name,
            day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC'
        );
    END IF;
END
$$;

-- Drops the days before one and says how many. Who reads an old day is waited for two seconds, no longer: a drop that
-- waits holds up all others.
CREATE FUNCTION log_drop_before(dropped_log text, first_kept date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    old text;
    dropped integer := 0;
BEGIN
    PERFORM set_config('lock_timeout', '2s', true);
    PERFORM pg_advisory_xact_lock(hashtext('ocpilot message days'));
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = dropped_log::regclass
            AND c.relname < dropped_log || '_' || to_char(first_kept, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', old);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM message_gap WHERE log = dropped_log AND ended_at < first_kept::timestamp AT TIME ZONE 'UTC';
    RETURN dropped;
END
$$;

-- Every OCPP frame between stations and us, partitioned by the day (UTC). Two indexes only: thousands are written a
-- second, and people ask for one station, or for what failed anywhere.
CREATE SEQUENCE station_frame_id;
CREATE TABLE station_frame (
    id bigint NOT NULL DEFAULT nextval('station_frame_id'),
    at timestamptz NOT NULL,
    station_id text COLLATE "C" NOT NULL,
    direction text NOT NULL,
    action text,
    message_id text,
    text text NOT NULL,
    size integer NOT NULL,
    masked boolean NOT NULL,
    failed boolean NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX station_frame_station ON station_frame (station_id, at);
CREATE INDEX station_frame_failed ON station_frame (at) WHERE failed;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE station_frame ALTER COLUMN text SET COMPRESSION lz4;
    END IF;
END
$$;

-- Every change of status of EVSEs of ours. `id` is the order; not `shown` is what a station said under a planned status.
CREATE TABLE status_change (
    id bigint GENERATED ALWAYS AS IDENTITY,
    party text COLLATE "C" NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    key_evse text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    status text NOT NULL,
    reason text NOT NULL,
    code text,
    info text,
    said_at timestamptz,
    shown boolean NOT NULL,
    PRIMARY KEY (party, key_location, key_evse, id)
);
CREATE INDEX status_change_at ON status_change (party, key_location, key_evse, at) WHERE shown;

-- EVSEs that show a planned status now.
CREATE TABLE planned_status (
    party text COLLATE "C" NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    key_evse text COLLATE "C" NOT NULL,
    status text NOT NULL,
    PRIMARY KEY (party, key_location, key_evse)
);

-- Found without reading every EVSE. A column of its own: an index on the body would make each write of a status dearer.
ALTER TABLE evse ADD COLUMN scheduled boolean NOT NULL GENERATED ALWAYS AS (body LIKE '%"status_schedule"%') STORED;
CREATE INDEX evse_scheduled ON evse (party, key_location) WHERE scheduled;

-- What a station did lately, and what it earned.
CREATE INDEX station_transaction_station ON station_transaction (station_id, started_at);

-- What stations say about themselves: progress of firmware and logs, events.
CREATE TABLE station_notice (
    id bigint GENERATED ALWAYS AS IDENTITY,
    station_id text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    payload text NOT NULL,
    PRIMARY KEY (station_id, action, id)
);

-- Configuration keys (1.6, component '') and variables of the device model (2.x).
CREATE TABLE station_variable (
    station_id text COLLATE "C" NOT NULL,
    component text COLLATE "C" NOT NULL,
    variable text COLLATE "C" NOT NULL,
    attribute text COLLATE "C" NOT NULL,
    value text,
    writable boolean NOT NULL,
    unit text,
    named text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (station_id, component, variable, attribute)
);
