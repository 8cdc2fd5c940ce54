-- name: add
-- One more.
INSERT INTO card_payment (id, version, state, key_hash, token_uid, receipt, needs, next_at, created_at, body)
VALUES (:id, :version, :state, :key_hash, :token_uid, :receipt, :needs, :next_at, :created_at, :body);

-- name: save
-- Replaces one, if nobody did meanwhile.
UPDATE card_payment
SET version = :version, state = :state, receipt = :receipt, needs = :needs, next_at = :next_at, body = :body
WHERE id = :id AND version = :version - 1
RETURNING id;

-- name: add_step
-- What was done about one.
INSERT INTO card_payment_step (payment_id, before, after, what, who, at)
VALUES (:payment_id, :before, :after, :what, :who, :at);

-- name: get
-- By id.
SELECT body FROM card_payment WHERE id = :id;

-- name: of_link
-- By the hash of the secret in its link.
SELECT body FROM card_payment WHERE key_hash = :key_hash;

-- name: of_token
-- By the uid of its Token.
SELECT body FROM card_payment WHERE token_uid = :token_uid;

-- name: of_receipt
-- By receipt.
SELECT body FROM card_payment WHERE receipt = :number;

-- name: due
-- Those whose next step is due, longest first.
SELECT body FROM card_payment WHERE next_at <= :now ORDER BY next_at LIMIT :limit;

-- name: steps
-- All of one, oldest first.
SELECT payment_id, before, after, what, who, at FROM card_payment_step WHERE payment_id = :payment_id ORDER BY number;

-- name: page
-- The newest first.
SELECT body FROM card_payment
WHERE NOT :needing::boolean OR needs <> ''
ORDER BY created_at DESC, id LIMIT :limit;

-- name: begin_played
-- One more at the provider that is built in, if none has its key.
INSERT INTO played_payment (reference, key, body) VALUES (:reference, :key, :body)
ON CONFLICT (key) DO NOTHING
RETURNING body;

-- name: played_by_key
-- By the key of the call that began it.
SELECT body FROM played_payment WHERE key = :key;

-- name: played
-- By its id.
SELECT body FROM played_payment WHERE reference = :reference;

-- name: played_locked
-- By its id, for a change.
SELECT body FROM played_payment WHERE reference = :reference FOR UPDATE;

-- name: save_played
-- As it is now.
UPDATE played_payment SET body = :body WHERE reference = :reference;
