-- name: stamps
-- Two states of all Tokens: when the newest was written and how many there are, of all and of those that may not charge.
SELECT
    (SELECT concat(max(last_updated), '/', count(*)) FROM token) AS listed,
    (SELECT concat(max(last_updated), '/', count(*)) FROM token WHERE (body::jsonb ->> 'valid') = 'false') AS blocked;

-- name: listed
-- Tokens that may charge without an answer of their provider, those first of which nobody is ever asked.
SELECT id, sub, body::jsonb ->> 'group_id' AS group_id
FROM token
WHERE (body::jsonb ->> 'valid') = 'true'
    AND body::jsonb ->> 'whitelist' IN ('ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE')
    AND sub IN ('RFID', 'EMAID', 'OTHER')
    AND (peer_id = 0 OR EXISTS (SELECT FROM peer WHERE peer.id = token.peer_id AND peer.state = 'registered'))
ORDER BY array_position(ARRAY['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE'], body::jsonb ->> 'whitelist'), last_updated DESC, key_id
LIMIT :limit;

-- name: due
-- Connected stations that were not told of the Tokens as they are, or not asked for long whether they still know.
SELECT
    station.id AS station_id, coalesce(told.list_version, 0) AS list_version, told.list_digest, told.list_stamp,
    told.list_checked_at, told.list_said, told.cache_stamp
FROM station LEFT JOIN station_tokens AS told ON told.station_id = station.id
WHERE station.connected AND station.approved AND (
    told.cache_stamp IS DISTINCT FROM :blocked
    OR (:lists AND (told.list_stamp IS DISTINCT FROM :listed OR coalesce(told.list_checked_at < :before, true)))
)
ORDER BY station.id;

-- name: keep_list
-- A list that a station has.
INSERT INTO local_list (digest, entries) VALUES (:digest, :entries) ON CONFLICT DO NOTHING;

-- name: keep
-- What a station was told.
INSERT INTO station_tokens (
    station_id, list_version, list_digest, list_stamp, list_checked_at, list_said, cache_stamp
)
VALUES (:station_id, :list_version, :list_digest, :list_stamp, :list_checked_at, :list_said, :cache_stamp)
ON CONFLICT (station_id) DO UPDATE SET
    list_version = excluded.list_version,
    list_digest = excluded.list_digest,
    list_stamp = excluded.list_stamp,
    list_checked_at = excluded.list_checked_at,
    list_said = excluded.list_said,
    cache_stamp = excluded.cache_stamp;

-- name: forget_lists
-- Lists that no station has any more.
DELETE FROM local_list WHERE NOT EXISTS (SELECT FROM station_tokens WHERE list_digest = digest);

-- name: entries
-- A kept list.
SELECT entries FROM local_list WHERE digest = :digest;

-- name: doubt
-- A station booted: whether it still has its list is to be asked.
UPDATE station_tokens SET list_checked_at = NULL WHERE station_id = :station_id;
