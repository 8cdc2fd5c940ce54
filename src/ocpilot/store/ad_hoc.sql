-- name: add
-- One more; the same again changes nothing.
INSERT INTO ad_hoc_charge (key_hash, command_id, token_uid, evse_id, language, created_at, expires_at)
VALUES (:key_hash, :command_id, :token_uid, :evse_id, :language, :created_at, :expires_at)
ON CONFLICT DO NOTHING;

-- name: get
-- By the hash of its secret, as long as the link works.
SELECT * FROM ad_hoc_charge WHERE key_hash = :key_hash AND expires_at > :now;

-- name: by_token
-- By the uid of its Token.
SELECT * FROM ad_hoc_charge WHERE token_uid = :token_uid;

-- name: forget
-- Links that do not work any longer.
DELETE FROM ad_hoc_charge WHERE expires_at <= :now;
