-- name: add
-- One more, if its CDR has none.
INSERT INTO terminal_payment (
    party, key_id, id, peer_id, key_reference, reference, receipt, currency, due, captured, state, advice, advice_at, why,
    at
)
VALUES (
    :party, :key_id, :id, :peer_id, :key_reference, :reference, :receipt, :currency, :due, :captured, :state, :advice,
    :advice_at, :why, :at
)
ON CONFLICT DO NOTHING;

-- name: take_over
-- The one of an earlier receipt is that of another CDR and receipt; its confirmations were not looked at.
UPDATE terminal_payment SET
    party = :party, key_id = :key_id, id = :id, receipt = :receipt, currency = :currency, due = :due,
    state = 'waiting', advice = NULL, advice_at = NULL, why = ''
WHERE receipt = any(:earlier::text[]);

-- name: save
-- What a confirmation changes.
UPDATE terminal_payment
SET captured = :captured, state = :state, advice = :advice, advice_at = :advice_at, why = :why
WHERE party = :party AND key_id = :key_id AND advice_at IS NOT DISTINCT FROM :before
RETURNING id;

-- name: with_reference
-- By authorization_reference.
SELECT * FROM terminal_payment WHERE key_reference = :key_reference ORDER BY at;

-- name: of_receipt
-- By receipt.
SELECT * FROM terminal_payment WHERE receipt = :number;

-- name: unheard
-- Those not paid, or of which something was said lately, each with a newest confirmation nobody has looked at.
SELECT
    terminal_payment.*,
    said.party AS said_party, said.id AS said_id, said.version AS said_version, said.body AS said_body,
    said.last_updated AS said_at
FROM terminal_payment, LATERAL (
    SELECT * FROM payment
    WHERE lower((body::jsonb ->> 'authorization_reference') COLLATE "C") = key_reference
        AND key_sub = 'financial-advice-confirmations' AND payment.peer_id = terminal_payment.peer_id
    ORDER BY last_updated DESC, key_id LIMIT 1
) AS said
WHERE (advice_at IS NULL OR said.last_updated > advice_at)
    AND (state <> 'paid' OR key_reference IN (
        SELECT lower((body::jsonb ->> 'authorization_reference') COLLATE "C") FROM payment
        WHERE key_sub = 'financial-advice-confirmations' AND peer_id <> 0 AND last_updated > :since
    ))
ORDER BY terminal_payment.at LIMIT :limit;

-- name: confirmation
-- As its provider sent it.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM payment
WHERE key_id = :key_id AND key_sub = 'financial-advice-confirmations' AND peer_id = :peer_id;

-- name: terminals_at
-- Terminals of a provider that serve an EVSE.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM payment
WHERE key_sub = 'terminals' AND peer_id = :peer_id
    AND (
        lower(body)::jsonb -> 'location_ids' ? :key_location::text OR lower(body)::jsonb -> 'evse_uids' ? :key_evse::text
    );

-- name: terminals
-- Every one that a provider sent.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM payment
WHERE key_sub = 'terminals' AND peer_id > 0 ORDER BY peer_id, key_id;

-- name: newest
-- The newest first.
SELECT * FROM terminal_payment ORDER BY at DESC, party, key_id LIMIT :limit;
