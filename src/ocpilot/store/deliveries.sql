-- name: save
-- Inserts or replaces what became of objects for peers.
INSERT INTO delivery (
    module, party, key_id, key_sub, id, sub, peer_id, state, attempts, refusals, unsure, nonsense_since, next_at,
    last_error, remote_url, updated_at
)
SELECT * FROM unnest(
    :module::text[], :party::text[], :key_id::text[], :key_sub::text[], :id::text[], :sub::text[], :peer_id::integer[],
    :state::text[], :attempts::integer[], :refusals::integer[], :unsure::boolean[], :nonsense_since::timestamptz[],
    :next_at::timestamptz[], :last_error::text[], :remote_url::text[], :updated_at::timestamptz[]
)
ON CONFLICT (peer_id, module, party, key_id, key_sub) DO UPDATE SET
    id = excluded.id,
    sub = excluded.sub,
    state = excluded.state,
    attempts = excluded.attempts,
    refusals = excluded.refusals,
    unsure = excluded.unsure,
    nonsense_since = excluded.nonsense_since,
    next_at = excluded.next_at,
    last_error = excluded.last_error,
    remote_url = excluded.remote_url,
    updated_at = excluded.updated_at;

-- name: remove
-- Forgets one.
DELETE FROM delivery
WHERE peer_id = :peer_id AND module = :module AND party = :party AND key_id = :key_id AND key_sub = :key_sub;

-- name: due
-- Waiting ones whose time has come, oldest first; a time too far ahead was set while our clock was wrong.
SELECT * FROM delivery
WHERE peer_id = :peer_id AND state = 'waiting' AND (next_at IS NULL OR next_at <= :now OR next_at > :furthest)
ORDER BY next_at NULLS FIRST, updated_at LIMIT :limit;

-- name: of
-- Those of some objects.
SELECT delivery.* FROM unnest(:module::text[], :party::text[], :key_id::text[], :key_sub::text[])
    AS wanted (module, party, key_id, key_sub)
JOIN delivery ON delivery.peer_id = :peer_id
    AND delivery.module = wanted.module AND delivery.party = wanted.party COLLATE "C"
    AND delivery.key_id = wanted.key_id COLLATE "C" AND delivery.key_sub = wanted.key_sub COLLATE "C";

-- name: of_peer
-- Those of a peer in some states, newest first.
SELECT * FROM delivery WHERE peer_id = :peer_id AND state = ANY(:states::text[]) ORDER BY updated_at DESC LIMIT :limit;

-- name: of_all
-- Those of all peers in some states, newest first.
SELECT * FROM delivery WHERE state = ANY(:states::text[]) ORDER BY updated_at DESC LIMIT :limit;

-- name: counts
-- How many are not settled, by peer and state.
SELECT peer_id, state, count(*) FROM delivery WHERE state <> 'acknowledged' GROUP BY peer_id, state;

-- name: replay
-- Tries all dead ones of a peer again.
UPDATE delivery SET state = 'waiting', attempts = 0, refusals = 0, nonsense_since = NULL, next_at = :now,
    updated_at = :now
WHERE peer_id = :peer_id AND state = 'dead' RETURNING id;

-- name: drop
-- Gives all dead ones of a peer up.
DELETE FROM delivery WHERE peer_id = :peer_id AND state = 'dead' RETURNING id;
