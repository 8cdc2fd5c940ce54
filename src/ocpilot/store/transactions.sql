-- name: start
-- A new transaction with the next id; no row when this start was seen before.
INSERT INTO station_transaction (
    station_id, station_key, evse_id, party, location_id, evse_uid, ocpi_connector_id, session_id, key_session, id_tag,
    cdr_token, auth_method, authorization_reference, accepted, meter_start_wh, started_at, stopped_at, meter_stop_wh,
    stop_reason, held_because, terms, state, start_arrived, dedupe
)
VALUES (
    :station_id, :station_key, :evse_id, :party, :location_id, :evse_uid, :ocpi_connector_id, :session_id, :key_session, :id_tag,
    :cdr_token, :auth_method, :authorization_reference, :accepted, :meter_start_wh, :started_at, :stopped_at,
    :meter_stop_wh, :stop_reason, :held_because, :terms, :state, :start_arrived, :dedupe
)
ON CONFLICT (dedupe) DO NOTHING
RETURNING id;

-- name: by_dedupe
-- The transaction an earlier, equal start made.
SELECT * FROM station_transaction WHERE dedupe = :dedupe;

-- name: get
-- By OCPP transaction id.
SELECT * FROM station_transaction WHERE id = :id;

-- name: keyed
-- The newest that a station named so, at an EVSE where one is given.
SELECT * FROM station_transaction
WHERE station_id = :station_id AND station_key = :station_key AND (:evse_id = 0 OR evse_id IN (0, :evse_id))
ORDER BY id DESC LIMIT 1;

-- name: get_locked
-- By number; nobody else may change it until the transaction ends.
SELECT * FROM station_transaction WHERE id = :id FOR NO KEY UPDATE;

-- name: save
-- All fields of a stored one that may change while it runs.
UPDATE station_transaction
SET
    evse_id = :evse_id,
    evse_uid = :evse_uid,
    ocpi_connector_id = :ocpi_connector_id,
    session_id = :session_id,
    key_session = :key_session,
    id_tag = :id_tag,
    cdr_token = :cdr_token,
    auth_method = :auth_method,
    authorization_reference = :authorization_reference,
    accepted = :accepted,
    meter_start_wh = :meter_start_wh,
    started_at = :started_at,
    start_arrived = :start_arrived,
    terms = :terms,
    released = :released
WHERE id = :id;

-- name: by_session
-- By the id of its Session.
SELECT * FROM station_transaction WHERE key_session = :key_session ORDER BY id DESC LIMIT 1;

-- name: open_on
-- The newest open one on a connector.
SELECT * FROM station_transaction
WHERE station_id = :station_id AND evse_id = :evse_id AND state = 'open'
ORDER BY started_at DESC, id DESC LIMIT 1;

-- name: open_of
-- All open ones of a station.
SELECT * FROM station_transaction WHERE station_id = :station_id AND state = 'open' ORDER BY started_at, id;

-- name: of_station
-- Those of a station that began within a time, newest first.
SELECT * FROM station_transaction
WHERE station_id = :station_id AND started_at >= :since AND started_at < :until
ORDER BY started_at DESC, id DESC LIMIT :limit;

-- name: running
-- The open ones of one Token that may go on.
SELECT * FROM station_transaction WHERE state = 'open' AND accepted AND cdr_token = :cdr_token ORDER BY id;

-- name: in_state
-- All in one state, oldest first.
SELECT * FROM station_transaction WHERE state = :state ORDER BY started_at, id;

-- name: add_samples
-- Appends samples, each once.
INSERT INTO meter_sample (transaction_id, at, digest, body, arrived)
SELECT *
FROM unnest(:ids::integer[], :times::timestamptz[], :digests::bytea[], :bodies::text[], :arrivals::timestamptz[])
ON CONFLICT DO NOTHING;

-- name: samples
-- All samples of a transaction in order of time.
SELECT transaction_id, at, body, arrived FROM meter_sample WHERE transaction_id = :id ORDER BY at, arrived, digest;

-- name: stop
-- From open to stopped; also what we ended ourselves for want of a stop, when the stop comes before the bill.
UPDATE station_transaction
SET
    state = 'stopped',
    stopped_at = :at,
    stop_arrived = :arrived,
    meter_stop_wh = :meter_stop_wh,
    stop_reason = :reason,
    held_because = NULL,
    waits_until = NULL
WHERE
    id = :id
    AND (
        state = 'open'
        OR (state IN ('stopped', 'held') AND stop_arrived IS NULL AND :arrived::timestamptz IS NOT NULL)
    );

-- name: to_bill
-- Stopped ones that wait for no meter value any more.
SELECT * FROM station_transaction
WHERE state = 'stopped' AND (waits_until IS NULL OR waits_until <= :now)
ORDER BY started_at, id;

-- name: last_on
-- The one at an EVSE that began last before a moment; of an EVSE that nobody uses not all its station did is read.
SELECT * FROM station_transaction
WHERE
    station_id = :station_id AND evse_id = :evse_id
    AND started_at < :before AND started_at >= :before::timestamptz - interval '60 days'
ORDER BY started_at DESC, id DESC LIMIT 1;

-- name: wait
-- A stopped one waits for the next value of its meter.
UPDATE station_transaction SET waits_until = :until WHERE id = :id AND state = 'stopped';

-- name: judge_again
-- It waits no longer; what was held is looked at once more.
UPDATE station_transaction
SET
    state = 'stopped',
    held_because = NULL,
    waits_until = CASE WHEN waits_until > :now THEN :now ELSE waits_until END
WHERE id = :id AND state IN ('stopped', 'held');

-- name: set_freed
-- Since when its connector is free, or that it is not.
UPDATE station_transaction SET freed_at = :at WHERE id = :id AND state = 'open';

-- name: silent
-- Open ones of which nothing has arrived since a moment.
SELECT * FROM station_transaction AS one
WHERE
    state = 'open'
    AND coalesce(start_arrived, started_at) < :before
    AND NOT EXISTS (
        SELECT FROM meter_sample
        WHERE transaction_id = one.id AND coalesce(arrived, at) >= :before
    )
ORDER BY started_at, id;

-- name: stops_without_start
-- Stops of a station that nobody started, newest first.
SELECT * FROM station_transaction
WHERE station_id = :station_id AND evse_id = 0 AND state IN ('stopped', 'held') AND dedupe LIKE 'stop|%'
ORDER BY id DESC;

-- name: add_preferences
-- What the driver wants now, behind what he wanted before.
UPDATE station_transaction
SET preferences = (coalesce(preferences::jsonb, '[]') || jsonb_build_array(:accepted::jsonb))::text
WHERE id = :id;

-- name: set_state
-- Another state.
UPDATE station_transaction SET state = :state, held_because = :because WHERE id = :id;
