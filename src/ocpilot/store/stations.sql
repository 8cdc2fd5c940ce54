-- name: save
-- Inserts or replaces a station.
INSERT INTO station (
    id, party, location_id, key_location, key_evses, connectors, password_hash, protocol, connected, vendor, model,
    serial, firmware, last_seen
)
VALUES (
    :id, :party, :location_id, :key_location, :key_evses, :connectors, :password_hash, :protocol, :connected, :vendor,
    :model, :serial, :firmware, :last_seen
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
    last_seen = excluded.last_seen;

-- name: get
-- By OCPP identity.
SELECT * FROM station WHERE id = :id;

-- name: at_evse
-- The station of an EVSE.
SELECT * FROM station WHERE key_location = :key_location AND :key_evse = ANY(key_evses) ORDER BY id LIMIT 1;

-- name: all
-- Every station by id.
SELECT * FROM station ORDER BY id;
