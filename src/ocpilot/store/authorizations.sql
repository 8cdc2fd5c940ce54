-- name: add
-- One answer about a Token.
INSERT INTO token_authorization (
    id, peer_id, token_party, token_uid, key_token, location_id, allowed, authorization_reference, info, at
)
VALUES (
    :id, :peer_id, :token_party, :token_uid, :key_token, :location_id, :allowed, :authorization_reference, :info, :at
);

-- name: latest
-- The newest answer about a Token.
SELECT * FROM token_authorization WHERE key_token = :key_token AND at >= :since ORDER BY at DESC LIMIT 1;
