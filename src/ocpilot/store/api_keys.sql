-- name: add
-- A new key with the next number.
INSERT INTO api_key (key_name, name, key_hash, scopes, party, created_at, expires_at)
VALUES (:key_name, :name, :key_hash, :scopes, :party, :created_at, :expires_at)
RETURNING id;

-- name: by_hash
-- The key whose hash this is.
SELECT * FROM api_key WHERE key_hash = :key_hash;

-- name: used
-- When it was used last.
UPDATE api_key SET last_used_at = :at WHERE id = :id;

-- name: revoke
-- Ends a key for ever.
UPDATE api_key SET revoked_at = coalesce(revoked_at, :at) WHERE key_name = :key_name RETURNING *;

-- name: all
-- Every key by name.
SELECT * FROM api_key ORDER BY key_name;

-- name: forget
-- Answers that are too old to be given again, and claims of requests that died.
DELETE FROM api_answer WHERE claimed_at < :forgotten OR (claimed_at < :lost AND answer IS NULL);

-- name: claim
-- Takes a name for the first request that uses it; no row when it is taken.
INSERT INTO api_answer (key_id, name, request, claimed_at) VALUES (:key_id, :name, :request, :now)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: kept
-- What is known of the first request of this name.
SELECT request, claimed_at, answer FROM api_answer WHERE key_id = :key_id AND name = :name;

-- name: keep
-- The answer to a claimed request.
UPDATE api_answer SET answer = :answer WHERE key_id = :key_id AND name = :name;

-- name: release
-- Gives a name free again.
DELETE FROM api_answer WHERE key_id = :key_id AND name = :name AND answer IS NULL;
