-- name: waiting
-- Those that wait.
SELECT * FROM waiting_station
WHERE decision IS NULL AND NOT EXISTS (SELECT FROM station WHERE station.id = waiting_station.id)
ORDER BY first_seen, id;

-- name: get
-- One that waits or is refused.
SELECT * FROM waiting_station WHERE id = :id;

-- name: add
-- One more that waits, unless so many do.
INSERT INTO waiting_station (id, password_hash, security_profile, remote, first_seen, last_seen)
SELECT :id, :password_hash, :security_profile::integer, :remote, :first_seen::timestamptz, :last_seen::timestamptz
WHERE (SELECT count(*) FROM waiting_station WHERE decision IS NULL) < :most::integer
ON CONFLICT (id) DO NOTHING
RETURNING id;

-- name: booted
-- What it says of itself.
UPDATE waiting_station
SET vendor = :vendor, model = :model, serial = :serial, firmware = :firmware, last_seen = :at
WHERE id = :id
RETURNING id;

-- name: knocked
-- It came again.
UPDATE waiting_station SET last_seen = :at WHERE id = :id;

-- name: forget_newcomers
-- Those that did not come for long; one that is connected stays.
DELETE FROM waiting_station
WHERE last_seen < :before::timestamptz AND (node IS NULL OR node NOT IN (SELECT node FROM living_node));

-- name: forget_codes
-- Codes that are used or too old.
DELETE FROM station_invitation
WHERE created_at < :before::timestamptz AND (station_id IS NOT NULL OR expires_at < :before::timestamptz);

-- name: refuse
-- It must stay away.
UPDATE waiting_station SET decision = 'refused' WHERE id = :id RETURNING id;

-- name: approve
-- It is one of ours from now on, with its password and its connection.
WITH approved AS (DELETE FROM waiting_station WHERE id = :id RETURNING *)
INSERT INTO station (
    id, party, location_id, key_location, key_evses, connectors, password_hash, protocol, connected, vendor, model,
    serial, firmware, last_seen, node, security_profile
)
SELECT
    id, :party, :location_id, :key_location, :key_evses::text[], :connectors, password_hash, protocol,
    node IS NOT NULL, vendor, model, serial, firmware, last_seen, node, security_profile
FROM approved
RETURNING *;

-- name: invite
-- A code with which one station joins.
INSERT INTO station_invitation (code_hash, party, location_id, connectors, created_at, expires_at)
VALUES (:code_hash, :party, :location_id, :connectors, :created_at, :expires_at);

-- name: valid
-- A code that nobody used and that is not too old.
SELECT code_hash FROM station_invitation
WHERE code_hash = :code_hash AND station_id IS NULL AND expires_at > :now;

-- name: redeem
-- Uses up a code that is valid.
UPDATE station_invitation SET station_id = :station_id
WHERE code_hash = :code_hash AND station_id IS NULL AND expires_at > :now
RETURNING party, location_id, connectors;

-- name: joined
-- A station that came with a code.
INSERT INTO station (id, party, location_id, key_location, key_evses, connectors, password_hash, connected)
VALUES (:id, :party, :location_id, :key_location, :key_evses::text[], :connectors, :password_hash, false)
RETURNING *;

-- name: forget_waiting
-- It does not wait any longer.
DELETE FROM waiting_station WHERE id = :id;

-- name: due_password
-- It is to get another password.
INSERT INTO station_password (station_id) VALUES (:station_id) ON CONFLICT DO NOTHING;

-- name: next_password
-- Whether it is to get another password.
SELECT next_hash FROM station_password WHERE station_id = :station_id;

-- name: sent_password
-- One is about to be sent to it.
UPDATE station_password SET next_hash = :next_hash WHERE station_id = :station_id;

-- name: settle_password
-- It has the password that was sent last, or stays with the one it has.
WITH settled AS (DELETE FROM station_password WHERE station_id = :station_id RETURNING next_hash)
UPDATE station SET password_hash = settled.next_hash
FROM settled
WHERE station.id = :station_id AND :taken::boolean AND settled.next_hash IS NOT NULL;
