-- name: add
-- One answer about a Token.
INSERT INTO token_authorization (
    id, peer_id, token_party, token_uid, key_token, location_id, allowed, authorization_reference, info, at
)
VALUES (
    :id, :peer_id, :token_party, :token_uid, :key_token, :location_id, :allowed, :authorization_reference, :info, :at
);

-- name: of_command
-- The answer by the command of this number, else the newest by a command about this EVSE that no charge came of yet.
SELECT given.* FROM token_authorization AS given JOIN command ON command.id = given.id
WHERE given.key_token = :key_token AND given.at >= :since AND command.session_id IS NULL
    AND coalesce(command.result, 'ACCEPTED') IN ('ACCEPTED', 'TIMEOUT')
    AND (command.number = :number OR lower(command.evse_uid) = :key_evse)
ORDER BY coalesce(command.number = :number, false) DESC, given.at DESC LIMIT 1;

-- name: latest
-- The newest answer about a Token.
SELECT * FROM token_authorization WHERE key_token = :key_token AND at >= :since ORDER BY at DESC LIMIT 1;
