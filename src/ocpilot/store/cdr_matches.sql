-- name: save
-- Inserts or replaces what a CDR belongs to; it is matched from now on.
WITH seen AS (
    UPDATE cdr SET matched = true WHERE party = :party AND key_id = :key_id AND NOT matched
)
INSERT INTO cdr_match (
    party, key_id, id, peer_id, key_session, key_credits, credit, key_token, key_location, key_evse, starts, ends,
    currency, at, body
)
VALUES (
    :party, :key_id, :id, :peer_id, :key_session, :key_credits, :credit, :key_token, :key_location, :key_evse, :starts,
    :ends, :currency, :at, :body
)
ON CONFLICT (party, key_id) DO UPDATE SET
    key_session = excluded.key_session,
    key_credits = excluded.key_credits,
    at = excluded.at,
    body = excluded.body;

-- name: get
-- What a CDR belongs to.
SELECT body FROM cdr_match WHERE party = :party AND key_id = :key_id;

-- name: unmatched
-- CDRs nobody has matched, oldest first.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM cdr
WHERE NOT matched ORDER BY last_updated, party, key_id LIMIT :limit;

-- name: without_session
-- CDRs of the last week without a Session, which may have come since.
SELECT cdr.party, cdr.id, cdr.sub, cdr.peer_id, version, audience, last_updated, context, cdr.body
FROM cdr_match
JOIN cdr ON cdr.party = cdr_match.party AND cdr.key_id = cdr_match.key_id
WHERE cdr_match.key_session IS NULL AND cdr_match.at < :again_before
    AND cdr_match.ends > :again_before::timestamptz - interval '7 days'
ORDER BY cdr_match.at LIMIT :limit;

-- name: authorization
-- The newest answer about a Token with this reference.
SELECT id FROM token_authorization WHERE lower(authorization_reference) = :reference ORDER BY at DESC LIMIT 1;

-- name: authorization_before
-- The newest answer about a Token in a time.
SELECT id FROM token_authorization
WHERE key_token = :key_token AND at >= :since AND at <= :until ORDER BY at DESC LIMIT 1;

-- name: command_by_reference
-- The newest command with this reference.
SELECT id FROM command WHERE lower(authorization_reference) = :reference ORDER BY created_at DESC LIMIT 1;

-- name: command_by_session
-- The command that led to a Session.
SELECT id FROM command WHERE lower(session_id) = :key_session ORDER BY created_at LIMIT 1;

-- name: missing
-- Sessions without a CDR, the newest first.
SELECT party, id, sub, peer_id, last_updated, body::json ->> 'status' AS status
FROM session
WHERE peer_id = :peer_id AND last_updated >= :since AND last_updated < :before
    AND NOT EXISTS (
        SELECT FROM cdr_match WHERE cdr_match.party = session.party AND cdr_match.key_session = session.key_id
    )
    AND body::json ->> 'status' IN ('ACTIVE', 'COMPLETED', 'PENDING')
ORDER BY last_updated DESC, party, key_id LIMIT :limit;
