-- name: save
-- Inserts or replaces a station.
INSERT INTO station (
    id, party, location_id, key_location, key_evses, connectors, password_hash, protocol, connected, vendor, model,
    serial, firmware, last_seen, node, approved, security_profile
)
VALUES (
    :id, :party, :location_id, :key_location, :key_evses, :connectors, :password_hash, :protocol, :connected, :vendor,
    :model, :serial, :firmware, :last_seen, :node, :approved, :security_profile
)
ON CONFLICT (id) DO UPDATE SET
    party = excluded.party,
    location_id = excluded.location_id,
    key_location = excluded.key_location,
    key_evses = excluded.key_evses,
    connectors = excluded.connectors,
    password_hash = excluded.password_hash,
    protocol = excluded.protocol,
    connected = excluded.connected,
    vendor = excluded.vendor,
    model = excluded.model,
    serial = excluded.serial,
    firmware = excluded.firmware,
    last_seen = excluded.last_seen,
    node = excluded.node,
    approved = excluded.approved,
    security_profile = excluded.security_profile;

-- name: connected
-- A process holds its connection from now on; the row as it was before and is now.
WITH waiting AS (UPDATE waiting_station SET protocol = :protocol, node = :node, last_seen = :at WHERE id = :id)
UPDATE station SET protocol = :protocol, connected = true, node = :node, last_seen = :at
FROM (SELECT id, node AS before FROM station WHERE id = :id FOR NO KEY UPDATE) AS held
WHERE station.id = held.id
RETURNING held.before;

-- name: disconnected
-- The process that held its connection does no longer; no row when another one does by now.
WITH waiting AS (
    UPDATE waiting_station SET node = NULL WHERE id = :id AND node IS NOT DISTINCT FROM :node
)
UPDATE station SET connected = false, node = NULL WHERE id = :id AND node IS NOT DISTINCT FROM :node RETURNING id;

-- name: booted
-- What it says of itself.
UPDATE station
SET vendor = :vendor, model = :model, serial = :serial, firmware = :firmware, last_seen = :at
WHERE id = :id
RETURNING *;

-- name: seen
-- When stations were heard last.
UPDATE station SET last_seen = heard.at
FROM (SELECT * FROM unnest(:ids::text[], :times::timestamptz[])) AS heard (id, at)
WHERE station.id = heard.id AND station.last_seen IS DISTINCT FROM heard.at;

-- name: secured
-- From now on it may not come in with less.
UPDATE station SET security_profile = :profile WHERE id = :id AND security_profile < :profile;

-- name: abandoned
-- Stations of processes that are no more.
SELECT * FROM station WHERE node IS NOT NULL AND node NOT IN (SELECT node FROM living_node) ORDER BY id;

-- name: get
-- By OCPP identity.
SELECT * FROM station WHERE id = :id;

-- name: at_evse
-- The station of an EVSE.
SELECT * FROM station WHERE key_location = :key_location AND :key_evse = ANY(key_evses) ORDER BY id LIMIT 1;

-- name: all
-- Every station by id.
SELECT * FROM station ORDER BY id;

-- name: page
-- Stations by id, those that are asked for.
SELECT * FROM station
WHERE id > :after::text COLLATE "C"
    AND (:party::text IS NULL OR party = :party)
    AND (:key_location::text IS NULL OR key_location = :key_location)
    AND (:connected::boolean IS NULL OR connected = :connected)
    AND (
        :text::text IS NULL
        OR position(lower(:text) IN lower(concat_ws(' ', id, vendor, model, serial))) > 0
    )
    AND (
        :status::text IS NULL
        OR EXISTS (
            SELECT FROM evse
            WHERE evse.party = station.party AND evse.key_location = station.key_location
                AND evse.key_uid = ANY(station.key_evses) AND evse.status = :status
        )
    )
ORDER BY id LIMIT :limit;
