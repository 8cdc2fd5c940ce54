-- name: uncleared
-- CDRs nobody has looked at yet: ours, and peers' that were priced again or are passed on; oldest first.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM cdr
WHERE NOT cleared AND (peer_id = 0 OR checked)
ORDER BY last_updated, party, key_id LIMIT :limit;

-- name: begin
-- Stores where a CDR stands, with its first step, if nothing stands there yet.
WITH seen AS (
    UPDATE cdr SET cleared = true WHERE party = :party AND key_id = :key_id AND NOT cleared
), made AS (
    INSERT INTO cdr_clearing (
        party, key_id, id, peer_id, audience, token_uid, state, why, findings, credits, key_credits, credited_by,
        currency, total, kwh, ended_at, rated, at, receipt_due
    ) VALUES (
        :party, :key_id, :id, :peer_id, :audience, :token_uid, :state, :why, :findings, :credits, :key_credits,
        :credited_by, :currency, :total, :kwh, :ended_at, :rated, :at, :state = 'accepted' AND :credits::text IS NULL
    )
    ON CONFLICT (party, key_id) DO NOTHING
    RETURNING party
)
INSERT INTO cdr_clearing_step (party, key_id, cdr_id, before, after, who, why, at)
SELECT :party, :key_id, :id, :before, :after, :who, :step_why, :step_at FROM made
RETURNING id;

-- name: move
-- Moves a CDR on and adds the step, if it still stands where it was thought to.
WITH moved AS (
    UPDATE cdr_clearing SET
        state = :state,
        receipt_due = (:state = 'accepted' AND :credits::text IS NULL) OR (
            :state IN ('credited', 'dropped')
            AND EXISTS (SELECT FROM receipt WHERE receipt.party = :party AND receipt.key_id = :key_id)
        ),
        why = :why,
        findings = :findings,
        credits = :credits,
        key_credits = :key_credits,
        credited_by = :credited_by,
        at = :at
    WHERE party = :party AND key_id = :key_id AND state = any(:states)
    RETURNING party
)
INSERT INTO cdr_clearing_step (party, key_id, cdr_id, before, after, who, why, at)
SELECT :party, :key_id, :id, :before, :after, :who, :step_why, :step_at FROM moved
RETURNING id;

-- name: get
-- By CDR.
SELECT * FROM cdr_clearing WHERE party = :party AND key_id = :key_id;

-- name: found
-- By the id alone: several parties may have one.
SELECT * FROM cdr_clearing WHERE key_id = :key_id ORDER BY peer_id, party;

-- name: came_at
-- When we got a CDR.
SELECT received_at FROM cdr WHERE party = :party AND key_id = :key_id;

-- name: neighbours
-- CDRs looked at before that share the Session, the Token or the EVSE with one; a few of each.
WITH shared AS (
    (
        SELECT * FROM cdr_match AS other
        WHERE other.party = :party AND other.key_session = :key_session AND other.key_id <> :key_id AND NOT credit
        LIMIT 10
    ) UNION (
        SELECT * FROM cdr_match AS other
        WHERE other.key_token = :key_token AND other.key_token <> '#na' AND other.starts < :ends
            AND other.starts > :starts::timestamptz - interval '3 days' AND other.ends > :starts AND NOT credit
            AND (other.party, other.key_id) <> (:party, :key_id)
        LIMIT 10
    ) UNION (
        SELECT * FROM cdr_match AS other
        WHERE other.party = :party AND other.key_location = :key_location AND other.key_evse = :key_evse
            AND other.starts < :ends AND other.starts > :starts::timestamptz - interval '3 days'
            AND other.ends > :starts AND NOT credit AND other.key_id <> :key_id
        LIMIT 10
    )
)
SELECT
    shared.party, shared.id, key_session AS session, key_token AS token_uid, key_location AS location_id,
    key_evse AS evse_uid, starts, ends, state = 'credited' AS credited
FROM shared
JOIN cdr_clearing ON cdr_clearing.party = shared.party AND cdr_clearing.key_id = shared.key_id
WHERE state <> 'dropped'
ORDER BY cdr_clearing.at DESC, shared.party, shared.key_id;

-- name: waiting_credits
-- Credit CDRs nobody has judged though their original was looked at.
SELECT * FROM cdr_clearing AS credit
WHERE state = 'new' AND key_credits IS NOT NULL AND EXISTS (
    SELECT FROM cdr_clearing AS original WHERE original.party = credit.party AND original.key_id = credit.key_credits
)
ORDER BY at LIMIT :limit;

-- name: listed
-- Those in some states, maybe only those from a peer or for its parties, longest first.
SELECT * FROM cdr_clearing
WHERE state = any(:states)
    AND (:peer_id::integer IS NULL OR peer_id = :peer_id OR audience = any(:parties::text[]))
ORDER BY at, party, key_id LIMIT :limit;

-- name: steps
-- All steps of a CDR, oldest first.
SELECT * FROM cdr_clearing_step WHERE party = :party AND key_id = :key_id ORDER BY id;

-- name: counts
-- How many stand where.
SELECT state, count(*) AS found FROM cdr_clearing GROUP BY state;

-- name: waiting
-- How many wait for somebody.
SELECT count(*) AS found FROM cdr_clearing WHERE state IN ('new', 'held', 'disputed');

-- name: unrated
-- Those that may be billed and of which nobody worked out yet what, in the order they came, with the CDR and its check.
SELECT
    cdr_clearing.*,
    cdr.sub,
    cdr.version,
    cdr.last_updated,
    cdr.context,
    cdr.body,
    cdr_check.agrees,
    cdr_check.our_total,
    cdr_check.body AS check_body,
    cdr_check.at AS check_at
FROM cdr_clearing
JOIN cdr ON cdr.party = cdr_clearing.party AND cdr.key_id = cdr_clearing.key_id
    AND cdr.peer_id = cdr_clearing.peer_id
LEFT JOIN cdr_check ON cdr_check.party = cdr_clearing.party AND cdr_check.key_id = cdr_clearing.key_id
WHERE NOT rated AND state IN ('issued', 'accepted') AND (problem_at IS NULL OR problem_at < :again)
ORDER BY cdr_clearing.at, cdr_clearing.party, cdr_clearing.key_id LIMIT :limit;

-- name: could_not_rate
-- Notes why it could not be worked out what is billed.
UPDATE cdr_clearing SET problem = :problem, problem_at = :at WHERE party = :party AND key_id = :key_id;

-- name: unrate_tokens
-- Works out again what is billed of CDRs of these Tokens, where nothing is or it is on no invoice yet.
UPDATE cdr_clearing SET rated = false
WHERE rated AND token_uid = any(:tokens) AND (
    EXISTS (
        SELECT FROM bill_item
        WHERE bill_item.party = cdr_clearing.party AND bill_item.key_id = cdr_clearing.key_id
            AND purpose = 'sale' AND invoice IS NULL
    ) OR NOT EXISTS (
        SELECT FROM bill_item
        WHERE bill_item.party = cdr_clearing.party AND bill_item.key_id = cdr_clearing.key_id
            AND purpose IN ('sale', 'home')
    )
)
RETURNING key_id;

-- name: receipts_of_tokens
-- Receipts of these Tokens are looked at once more: one may have to fall, or count again.
UPDATE cdr_clearing SET receipt_due = true
WHERE token_uid = any(:tokens) AND state = 'accepted' AND EXISTS (
    SELECT FROM receipt WHERE receipt.party = cdr_clearing.party AND receipt.key_id = cdr_clearing.key_id
);

-- name: unrate_party
-- Works out again what is billed of CDRs with a partner, where nothing is.
UPDATE cdr_clearing SET rated = false
WHERE rated AND (audience = :party OR party = :party) AND NOT EXISTS (
    SELECT FROM bill_item
    WHERE bill_item.party = cdr_clearing.party AND bill_item.key_id = cdr_clearing.key_id
        AND purpose IN ('roaming', 'purchase')
)
RETURNING key_id;

-- name: unrate_customer
-- Works out again what a customer is billed and that is on no invoice yet.
UPDATE cdr_clearing SET rated = false
FROM bill_item
WHERE bill_item.party = cdr_clearing.party AND bill_item.key_id = cdr_clearing.key_id
    AND customer_id = :customer_id AND invoice IS NULL AND rated
RETURNING cdr_clearing.key_id;

-- name: unrate_places
-- Works out again what of our charges at some Locations is paid to somebody.
UPDATE cdr_clearing SET rated = false
FROM cdr_match
WHERE cdr_match.party = cdr_clearing.party AND cdr_match.key_id = cdr_clearing.key_id AND rated
    AND cdr_clearing.peer_id = 0 AND ended_at >= :since AND key_location = any(:locations)
RETURNING cdr_clearing.key_id;

-- name: unrate_items
-- Works out again what some items were of.
UPDATE cdr_clearing SET rated = false
WHERE (party, key_id) IN (SELECT party, key_id FROM bill_item WHERE id = any(:ids))
RETURNING key_id;

-- name: unrate_invoice
-- Works out again what was on an invoice that is taken back, and what takes back CDRs that were on it.
UPDATE cdr_clearing SET rated = false
WHERE (party, key_id) IN (
    SELECT party, key_id FROM bill_item WHERE invoice = :number
    UNION
    SELECT credit.party, credit.key_id FROM bill_item
    JOIN cdr_clearing AS credit ON credit.party = bill_item.party AND credit.key_credits = bill_item.key_id
    WHERE bill_item.invoice = :number
)
RETURNING key_id;
