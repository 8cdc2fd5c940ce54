-- name: add
-- One more; its number is given here.
INSERT INTO customer (kind, party, body) VALUES (:kind, :party, :body) RETURNING id, number, body;

-- name: save
-- Replaces by id.
UPDATE customer SET kind = :kind, party = :party, body = :body WHERE id = :id;

-- name: get
-- By id.
SELECT id, number, body FROM customer WHERE id = :id;

-- name: some
-- Those with these ids.
SELECT id, number, body FROM customer WHERE id = any(:ids);

-- name: numbered
-- By the number on invoices.
SELECT id, number, body FROM customer WHERE number = :number;

-- name: of_party
-- The partner of a kind.
SELECT id, number, body FROM customer WHERE party = :party AND kind = :kind;

-- name: of_kind
-- All of a kind.
SELECT id, number, body FROM customer WHERE kind = :kind ORDER BY id;

-- name: all
-- Some of all, by id.
SELECT id, number, body FROM customer WHERE id > :after ORDER BY id LIMIT :limit;

-- name: hold
-- Nobody else changes whose this Token is until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('customer_token ' || :key_uid, 0));

-- name: give
-- From a moment on a Token is a customer's, until it is another's; whose it was before, it is until then.
WITH ended AS (
    UPDATE customer_token SET until = :since
    WHERE key_uid = :key_uid AND since < :since AND (until IS NULL OR until > :since)
)
INSERT INTO customer_token (key_uid, uid, customer_id, driver, cost_centre, since, until)
VALUES (
    :key_uid, :uid, :customer_id, :driver, :cost_centre, :since,
    least(:until, (SELECT min(since) FROM customer_token WHERE key_uid = :key_uid AND since > :since))
)
ON CONFLICT (key_uid, since) DO UPDATE SET
    uid = excluded.uid,
    customer_id = excluded.customer_id,
    driver = excluded.driver,
    cost_centre = excluded.cost_centre,
    until = excluded.until;

-- name: end
-- A Token is nobody's from a moment on.
UPDATE customer_token SET until = :until
WHERE key_uid = :key_uid AND since < :until AND (until IS NULL OR until > :until)
RETURNING key_uid;

-- name: end_all
-- No Token is a customer's from a moment on, nor later.
UPDATE customer_token SET until = greatest(since, :until)
WHERE customer_id = :customer_id AND (until IS NULL OR until > greatest(since, :until))
RETURNING uid;

-- name: tokens
-- All Tokens that are or were a customer's.
SELECT uid, customer_id, driver, cost_centre, since, until FROM customer_token
WHERE customer_id = :customer_id ORDER BY key_uid, since;

-- name: of_tokens
-- Whose these Tokens are and were.
SELECT uid, customer_id, driver, cost_centre, since, until FROM customer_token
WHERE key_uid = any(:keys) ORDER BY key_uid, since;
