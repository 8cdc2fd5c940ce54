-- name: get
-- One whole Location of one owner.
SELECT party, id, sub, peer_id, version, audience, last_updated, body FROM whole_location
WHERE party = :party AND key_id = :key_id AND peer_id = :peer_id;

-- name: held
-- One whole Location, whoever owns it.
SELECT party, id, sub, peer_id, version, audience, last_updated, body FROM whole_location
WHERE party = :party AND key_id = :key_id;

-- name: find
-- All Locations with one id, ours first.
SELECT party, id, sub, peer_id, version, audience, last_updated, body FROM whole_location
WHERE key_id = :key_id ORDER BY peer_id, party;

-- name: lock
-- The Location without its EVSEs, locked, and whether it is still held by who speaks for its party.
SELECT
    peer_id, version, audience, last_updated, body, NOT EXISTS (
        SELECT FROM peer
        WHERE id = location.peer_id AND NOT (state IN ('registered', 'suspended') AND party = ANY(parties))
    ) AS held
FROM location
WHERE party = :party AND key_id = :key_id
FOR NO KEY UPDATE;

-- name: add
-- A new Location without its EVSEs; no row when somebody else just added it.
INSERT INTO location
    (party, key_id, id, peer_id, version, audience, last_updated, latitude, longitude, publish, body)
VALUES
    (
        :party, :key_id, :id, :peer_id, :version, :audience, :last_updated, :latitude, :longitude, :publish, :body
    )
ON CONFLICT (party, key_id) DO NOTHING
RETURNING true;

-- name: replace
-- The Location without its EVSEs.
UPDATE location
SET
    id = :id,
    peer_id = :peer_id,
    version = :version,
    audience = :audience,
    last_updated = :last_updated,
    latitude = :latitude,
    longitude = :longitude,
    publish = :publish,
    body = :body,
    stamp = nextval('location_stamp')
WHERE party = :party AND key_id = :key_id;

-- name: evses
-- All EVSEs of one Location.
SELECT key_uid, uid, place, version, status, last_updated, key_evse_id, key_tariffs, body FROM evse
WHERE party = :party AND key_location = :key_id
ORDER BY place, key_uid;

-- name: put_evses
-- Inserts or replaces EVSEs of one Location.
INSERT INTO evse (
    party, key_location, key_uid, uid, place, version, status, last_updated, key_evse_id, key_tariffs, body
)
SELECT
    :party, :key_id, new.key_uid, new.uid, new.place, new.version, new.status, new.last_updated, new.key_evse_id,
    string_to_array(new.key_tariffs, chr(31)), new.body
FROM unnest(
    :key_uids::text[], :uids::text[], :places::integer[], :versions::text[], :statuses::text[],
    :updated::timestamptz[], :evse_ids::text[], :tariffs::text[], :bodies::text[]
) AS new (key_uid, uid, place, version, status, last_updated, key_evse_id, key_tariffs, body)
ON CONFLICT (party, key_location, key_uid) DO UPDATE SET
    uid = excluded.uid,
    place = excluded.place,
    version = excluded.version,
    status = excluded.status,
    last_updated = excluded.last_updated,
    key_evse_id = excluded.key_evse_id,
    key_tariffs = excluded.key_tariffs,
    body = excluded.body;

-- name: log
-- One change of a whole Location; no row when nobody follows it.
INSERT INTO change (module, party, id, sub, audience, deleted, peer_id)
SELECT 'locations', :party, :id, '', :audience, false, :peer_id::integer
WHERE :peer_id::integer = 0 OR EXISTS (SELECT FROM follower)
RETURNING true;

-- name: put_evse
-- Inserts or replaces one EVSE; the Location's last_updated follows, one change is logged when somebody follows it.
WITH parent AS MATERIALIZED (
    SELECT id, audience, peer_id FROM location
    WHERE party = :party AND key_id = :key_id AND peer_id = :peer_id
    FOR NO KEY UPDATE
), written AS (
    INSERT INTO evse AS kept (
        party, key_location, key_uid, uid, place, version, status, last_updated, key_evse_id, key_tariffs, body
    )
    SELECT
        :party, :key_id, :key_sub, :sub, :place::integer, :version, :status, :last_updated, :key_evse_id,
        :key_tariffs::text[], :body
    FROM parent
    ON CONFLICT (party, key_location, key_uid) DO UPDATE SET
        uid = excluded.uid,
        version = excluded.version,
        status = excluded.status,
        last_updated = excluded.last_updated,
        key_evse_id = excluded.key_evse_id,
        key_tariffs = excluded.key_tariffs,
        body = excluded.body
    WHERE (kept.version, kept.body) IS DISTINCT FROM (excluded.version, excluded.body)
    RETURNING xmax = 0 AS created
), followed AS (
    UPDATE location SET last_updated = greatest(last_updated, :last_updated), stamp = nextval('location_stamp')
    WHERE party = :party AND key_id = :key_id AND EXISTS (SELECT FROM written)
), logged AS (
    INSERT INTO change (module, party, id, sub, audience, deleted, peer_id)
    SELECT 'locations', :party, parent.id, :sub, parent.audience, false, parent.peer_id
    FROM parent CROSS JOIN written WHERE parent.peer_id = 0 OR EXISTS (SELECT FROM follower)
    RETURNING true
)
SELECT parent.id AS location_id, written.created, EXISTS (SELECT FROM logged) AS told
FROM parent LEFT JOIN written ON true;

-- name: owner
-- Which peer a Location came from.
SELECT peer_id FROM location WHERE party = :party AND key_id = :key_id;

-- name: get_evse
-- One EVSE of one owner's Location.
SELECT
    location.party, location.id, evse.uid AS sub, location.peer_id, evse.version, location.audience,
    evse.last_updated, evse.body
FROM location
JOIN evse ON evse.party = location.party AND evse.key_location = location.key_id
WHERE location.party = :party AND location.key_id = :key_id AND location.peer_id = :peer_id
    AND evse.key_uid = :key_sub;

-- name: held_evse
-- One EVSE, whoever owns its Location.
SELECT
    location.party, location.id, evse.uid AS sub, location.peer_id, evse.version, location.audience,
    evse.last_updated, evse.body
FROM location
JOIN evse ON evse.party = location.party AND evse.key_location = location.key_id
WHERE location.party = :party AND location.key_id = :key_id AND evse.key_uid = :key_sub;

-- name: some_evses
-- Several EVSEs of ours (or of anyone) at once.
SELECT
    location.party, location.id, evse.uid AS sub, location.peer_id, evse.version, location.audience,
    evse.last_updated, evse.body
FROM unnest(:parties::text[], :key_ids::text[], :key_subs::text[]) AS wanted (party, key_id, key_sub)
JOIN location ON location.party = wanted.party AND location.key_id = wanted.key_id
JOIN evse ON evse.party = wanted.party AND evse.key_location = wanted.key_id AND evse.key_uid = wanted.key_sub
WHERE :anyones OR location.peer_id = 0;

-- name: find_evse
-- Where an EVSE uid stands; in the field often in several Locations.
SELECT location.party, location.id, evse.uid AS sub
FROM evse
JOIN location ON location.party = evse.party AND location.key_id = evse.key_location
WHERE evse.key_uid = :key_uid
ORDER BY location.peer_id, location.party, location.key_id;

-- name: with_evse_id
-- Where an EVSE id stands, separators aside; ours first, then the newest.
SELECT location.party, location.id, evse.uid AS sub
FROM evse
JOIN location ON location.party = evse.party AND location.key_id = evse.key_location
WHERE replace(evse.key_evse_id, '*', '') = :plain AND evse.key_evse_id IS NOT NULL
ORDER BY location.peer_id > 0, evse.last_updated DESC, location.party, location.key_id
LIMIT 10;

-- name: near
-- Published Locations around a point, nearest first; a box over the index, then the great circle (haversine).
WITH around AS (
    SELECT
        party, key_id,
        2 * 6371.0088 * asin(sqrt(least(
            1,
            power(sin(radians(latitude - :latitude) / 2), 2)
            + cos(radians(:latitude)) * cos(radians(latitude)) * power(sin(radians(longitude - :longitude) / 2), 2)
        ))) AS distance_km
    FROM location
    WHERE publish
        AND latitude BETWEEN :south AND :north
        AND (longitude BETWEEN :west AND :east OR longitude BETWEEN :west_again AND :east_again)
        AND (:any_peer OR peer_id = :peer_id)
), nearest AS (
    SELECT party, key_id, distance_km FROM around WHERE distance_km <= :radius_km
    ORDER BY distance_km, party, key_id LIMIT :limit
)
SELECT whole.party, id, sub, peer_id, version, audience, last_updated, body
FROM nearest
JOIN whole_location AS whole ON whole.party = nearest.party AND whole.key_id = nearest.key_id
ORDER BY distance_km, whole.party, whole.key_id;
