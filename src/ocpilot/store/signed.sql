-- name: pin
-- Keeps the first key of an EVSE; one that is known stays.
INSERT INTO meter_key (party, key_location, key_evse, location_id, evse_uid, key, source, at)
VALUES (:party, :key_location, :key_evse, :location_id, :evse_uid, :key, :source, :at)
ON CONFLICT DO NOTHING;

-- name: set_key
-- Keeps the key of an EVSE in place of the one before.
INSERT INTO meter_key (party, key_location, key_evse, location_id, evse_uid, key, source, at)
VALUES (:party, :key_location, :key_evse, :location_id, :evse_uid, :key, :source, :at)
ON CONFLICT (party, key_location, key_evse) DO UPDATE SET
    key = excluded.key, source = excluded.source, at = excluded.at;

-- name: key_of
-- The key of an EVSE.
SELECT party, location_id, evse_uid, key, source, at FROM meter_key
WHERE party = :party AND key_location = :key_location AND key_evse = :key_evse;

-- name: keys
-- Every key.
SELECT party, location_id, evse_uid, key, source, at FROM meter_key ORDER BY party, key_location, key_evse;

-- name: save
-- Inserts or replaces what was found of a CDR.
INSERT INTO cdr_signed (party, key_id, verdict, body, at) VALUES (:party, :key_id, :verdict, :body, :at)
ON CONFLICT (party, key_id) DO UPDATE SET verdict = excluded.verdict, body = excluded.body, at = excluded.at;

-- name: verdict
-- What was found of a CDR.
SELECT body FROM cdr_signed WHERE party = :party AND key_id = :key_id;
