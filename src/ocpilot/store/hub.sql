-- name: add
-- A new order.
INSERT INTO hub_order (
    id, module, word, origin, executor, response_url, version, sender, receiver, about, key_about, correlation_id,
    result, result_at, sent_at, created_at
)
VALUES (
    :id, :module, :word, :origin, :executor, :response_url, :version, :sender, :receiver, :about, :key_about,
    :correlation_id, :result, :result_at, :sent_at, :created_at
);

-- name: get
-- By id.
SELECT * FROM hub_order WHERE id = :id;

-- name: get_locked
-- By id; nobody else may change it until the transaction ends.
SELECT * FROM hub_order WHERE id = :id FOR NO KEY UPDATE;

-- name: save
-- What can change of an order: its result and what became of that.
UPDATE hub_order
SET correlation_id = :correlation_id, result = :result, result_at = :result_at, sent_at = :sent_at
WHERE id = :id;

-- name: unsent
-- Those whose result the origin does not have yet.
SELECT * FROM hub_order
WHERE result IS NOT NULL AND sent_at IS NULL AND result_at >= :since
ORDER BY result_at;

-- name: about
-- Those of a word about one Session or reservation, newest first.
SELECT * FROM hub_order WHERE key_about = :key_about AND word = :word ORDER BY created_at DESC;

-- name: note
-- Whom an object that is not kept is for.
INSERT INTO hub_route (module, party, key_id, id, audience, noted_at)
VALUES (:module, :party, :key_id, :id, :audience, :noted_at)
ON CONFLICT (module, key_id, party) DO UPDATE SET audience = excluded.audience, noted_at = excluded.noted_at;

-- name: routes
-- All routes of an id.
SELECT party, id, audience, noted_at FROM hub_route WHERE module = :module AND key_id = :key_id ORDER BY party;

-- name: open_audience
-- An audience of several parties, once.
INSERT INTO hub_audience (audience, parties) VALUES (:audience, :parties::text[]) ON CONFLICT DO NOTHING;

-- name: audiences
-- Audiences that one of these parties belongs to.
SELECT audience FROM hub_audience WHERE parties && :parties::text[] ORDER BY audience;

-- name: forget_orders
-- Old orders.
DELETE FROM hub_order WHERE created_at < :before;

-- name: forget_routes
-- Old routes.
DELETE FROM hub_route WHERE noted_at < :before;
