-- The message log: every OCPI exchange, partitioned by the day (UTC) on which it began. There is no default partition:
-- the writer makes the days it needs, and without one PostgreSQL reads day after day, newest first, until it has enough.
CREATE SEQUENCE message_id;
CREATE TABLE message (
    id bigint NOT NULL DEFAULT nextval('message_id'),
    at timestamptz NOT NULL,
    direction text NOT NULL,
    peer_id integer,
    method text NOT NULL,
    url text NOT NULL,
    query text NOT NULL,
    version text,
    interface text,
    module text,
    party text,
    object_id text COLLATE "C",
    object_sub text,
    request_id text COLLATE "C" NOT NULL,
    correlation_id text COLLATE "C" NOT NULL,
    sender text,
    receiver text,
    seconds real NOT NULL,
    http_status integer,
    ocpi_status integer,
    said text,
    error text,
    replay_of bigint,
    request_headers text NOT NULL,
    request_body bytea NOT NULL,
    request_size bigint NOT NULL,
    request_cut text,
    response_headers text NOT NULL,
    response_body bytea NOT NULL,
    response_size bigint NOT NULL,
    response_cut text,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);

CREATE INDEX message_at ON message (at);
CREATE INDEX message_peer ON message (peer_id, at);
CREATE INDEX message_module ON message (module, at);
CREATE INDEX message_object ON message (lower(object_id), at) WHERE object_id IS NOT NULL;
CREATE INDEX message_request ON message (request_id, at);
CREATE INDEX message_correlation ON message (correlation_id, at);
CREATE INDEX message_failed ON message (at)
WHERE http_status IS NULL OR http_status >= 300 OR ocpi_status >= 2000 OR error IS NOT NULL;
CREATE INDEX message_replay ON message (replay_of) WHERE replay_of IS NOT NULL;

-- Messages that were not kept because the database was away for too long.
CREATE TABLE message_gap (
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    count bigint NOT NULL
);
CREATE INDEX message_gap_ended ON message_gap (ended_at);

DO $$
DECLARE
    kept text;
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        FOREACH kept IN ARRAY ARRAY['request_body', 'response_body', 'request_headers', 'response_headers'] LOOP
            EXECUTE format('ALTER TABLE message ALTER COLUMN %I SET COMPRESSION lz4', kept);
        END LOOP;
    END IF;
END
$$;

-- Makes place for one day. The table is made beside and then attached: that stops neither readers nor writers.
CREATE FUNCTION message_day(day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := 'message_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass(quote_ident(name)) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ocpilot message days'));
    IF to_regclass(quote_ident(name)) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE message INCLUDING ALL)', name);
        EXECUTE format(
            'ALTER TABLE message ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
            day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC'
        );
    END IF;
END
$$;

-- Drops the days before one and says how many. Who reads an old day is waited for two seconds, no longer: a drop that
-- waits holds up all others.
CREATE FUNCTION message_drop_before(first_kept date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    old text;
    dropped integer := 0;
BEGIN
    PERFORM set_config('lock_timeout', '2s', true);
    PERFORM pg_advisory_xact_lock(hashtext('ocpilot message days'));
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'message'::regclass AND c.relname < 'message_' || to_char(first_kept, 'YYYYMMDD')
    LOOP
        EXECUTE format('DROP TABLE %I', old);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM message_gap WHERE ended_at < first_kept::timestamp AT TIME ZONE 'UTC';
    RETURN dropped;
END
$$;
