-- name: add
-- A new command.
INSERT INTO command (
    id, direction, peer_id, command, request, account_id, response_url, sender, receiver, token_uid, key_token,
    location_id, key_location, evse_uid, connector_id, authorization_reference, response, response_at, result, result_at,
    result_sent_at, message, answer, session_id, created_at, expires_at
)
VALUES (
    :id, :direction, :peer_id, :command, :request, :account_id, :response_url, :sender, :receiver, :token_uid, :key_token,
    :location_id, :key_location, :evse_uid, :connector_id, :authorization_reference, :response, :response_at, :result, :result_at,
    :result_sent_at, :message, :answer, :session_id, :created_at, :expires_at
)
RETURNING number;

-- name: numbered
-- By the number a station was given.
SELECT * FROM command WHERE number = :number;

-- name: of_token
-- Of a Token, oldest first.
SELECT * FROM command WHERE key_token = :key_token AND command = :word ORDER BY created_at, id;

-- name: save
-- All fields of a stored command.
UPDATE command
SET
    direction = :direction,
    peer_id = :peer_id,
    command = :command,
    request = :request,
    account_id = :account_id,
    response_url = :response_url,
    sender = :sender,
    receiver = :receiver,
    token_uid = :token_uid,
    key_token = :key_token,
    location_id = :location_id,
    key_location = :key_location,
    evse_uid = :evse_uid,
    connector_id = :connector_id,
    authorization_reference = :authorization_reference,
    response = :response,
    response_at = :response_at,
    result = :result,
    result_at = :result_at,
    result_sent_at = :result_sent_at,
    message = :message,
    answer = :answer,
    session_id = :session_id,
    created_at = :created_at,
    expires_at = :expires_at
WHERE id = :id;

-- name: get
-- By id.
SELECT * FROM command WHERE id = :id;

-- name: get_locked
-- By id; nobody else may change it until the transaction ends.
SELECT * FROM command WHERE id = :id FOR NO KEY UPDATE;

-- name: unsent_results
-- Received ones whose result the sender does not have yet.
SELECT * FROM command
WHERE direction = 'received' AND result IS NOT NULL AND result_sent_at IS NULL
ORDER BY created_at;

-- name: expired
-- Those still waiting for a result when their time is over; a refused one waits for none.
SELECT * FROM command
WHERE result IS NULL AND expires_at <= :now AND coalesce(response, 'ACCEPTED') = 'ACCEPTED'
ORDER BY created_at;

-- name: awaiting_session
-- The newest one that wants a Session and has none, those about this EVSE first; none that was refused.
SELECT * FROM command
WHERE direction = :direction AND command IN ('START_SESSION', 'RESERVE_NOW') AND session_id IS NULL
    AND (authorization_reference IS NULL OR :key_reference::text IS NULL
        OR lower(authorization_reference) = :key_reference)
    AND key_token = :key_token AND key_location = :key_location AND created_at >= :since
    AND (:peer_id::bigint IS NULL OR peer_id = :peer_id)
    AND coalesce(response, 'ACCEPTED') = 'ACCEPTED'
    AND coalesce(result, 'ACCEPTED') IN ('ACCEPTED', 'TIMEOUT')
ORDER BY lower(coalesce(evse_uid, :key_evse::text)) IS DISTINCT FROM :key_evse::text, created_at DESC LIMIT 1;

-- name: of_session
-- Those of some words about a Session since a moment.
SELECT * FROM command
WHERE lower(session_id) = :key_session AND command = ANY(:words::text[]) AND created_at >= :since
ORDER BY created_at DESC;

-- name: is_response_url
-- Whether a peer ever wanted the result of a command there.
SELECT EXISTS (SELECT FROM command WHERE peer_id = :peer_id AND response_url = :url) AS found;

-- name: recent
-- Newest first.
SELECT * FROM command WHERE :any_account OR account_id = :account_id ORDER BY created_at DESC LIMIT :limit;

-- name: page
-- Newest first, those before a moment and id.
SELECT * FROM command
WHERE :at::timestamptz IS NULL OR (created_at, id) < (:at, :id)
ORDER BY created_at DESC, id DESC LIMIT :limit;
