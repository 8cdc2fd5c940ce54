-- name: save
-- Inserts or replaces what became of one object for one peer.
INSERT INTO delivery
    (peer_id, module, party, key_id, key_sub, id, sub, state, attempts, next_at, last_error, remote_url, updated_at)
VALUES
    (
        :peer_id, :module, :party, :key_id, :key_sub, :id, :sub, :state, :attempts, :next_at, :last_error,
        :remote_url, :updated_at
    )
ON CONFLICT (peer_id, module, party, key_id, key_sub) DO UPDATE SET
    id = excluded.id,
    sub = excluded.sub,
    state = excluded.state,
    attempts = excluded.attempts,
    next_at = excluded.next_at,
    last_error = excluded.last_error,
    remote_url = excluded.remote_url,
    updated_at = excluded.updated_at;

-- name: remove
-- Forgets one.
DELETE FROM delivery
WHERE peer_id = :peer_id AND module = :module AND party = :party AND key_id = :key_id AND key_sub = :key_sub;

-- name: due
-- Waiting ones whose time has come, oldest first.
SELECT peer_id, module, party, id, sub, state, attempts, next_at, last_error, remote_url, updated_at FROM delivery
WHERE peer_id = :peer_id AND state = 'waiting' AND (next_at IS NULL OR next_at <= :now)
ORDER BY next_at NULLS FIRST, updated_at LIMIT :limit;

-- name: get
-- One by its key.
SELECT peer_id, module, party, id, sub, state, attempts, next_at, last_error, remote_url, updated_at FROM delivery
WHERE peer_id = :peer_id AND module = :module AND party = :party AND key_id = :key_id AND key_sub = :key_sub;

-- name: all
-- Waiting and dead ones, newest first.
SELECT peer_id, module, party, id, sub, state, attempts, next_at, last_error, remote_url, updated_at FROM delivery
WHERE state <> 'acknowledged' AND (:any_peer OR peer_id = :peer_id)
ORDER BY updated_at DESC;
