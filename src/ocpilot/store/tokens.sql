-- name: of_contract
-- Tokens of ours, or of anybody's, with one contract, newest first.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM token
WHERE key_contract = :key_contract AND (:anyones OR peer_id = 0)
ORDER BY last_updated DESC, key_id, key_sub;

-- name: of_emaid
-- Tokens of anybody with one contract, however it is written, newest first.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM token
WHERE key_emaid = :key_emaid
ORDER BY last_updated DESC, key_id, key_sub;
