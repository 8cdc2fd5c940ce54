-- name: put
-- Inserts or replaces objects and logs changes; no row where nothing changed or another speaks for the party.
WITH written AS (
    INSERT INTO {table} AS kept
        (party, key_id, key_sub, id, sub, peer_id, version, audience, last_updated, token_uid, context, body)
    SELECT new.*
    FROM unnest(
        :party::text[], :key_id::text[], :key_sub::text[], :id::text[], :sub::text[], :peer_id::integer[],
        :version::text[], :audience::text[], :last_updated::timestamptz[], :token_uid::text[],
        :context::text[], :body::text[]
    ) AS new
    ON CONFLICT (party, key_id, key_sub) DO UPDATE SET
        id = excluded.id,
        sub = excluded.sub,
        peer_id = excluded.peer_id,
        version = excluded.version,
        audience = excluded.audience,
        last_updated = excluded.last_updated,
        token_uid = excluded.token_uid,
        context = excluded.context,
        body = excluded.body
    WHERE kept.peer_id = excluded.peer_id
        AND (kept.version, kept.audience, kept.last_updated, kept.context, kept.body)
        IS DISTINCT FROM
        (excluded.version, excluded.audience, excluded.last_updated, excluded.context, excluded.body)
        OR '{table}' IN ('tariff', 'session', 'token')
        AND kept.peer_id <> excluded.peer_id AND excluded.peer_id <> 0
        AND EXISTS (
            SELECT FROM peer
            WHERE id = kept.peer_id AND NOT (state IN ('registered', 'suspended') AND kept.party = ANY(parties))
        )
    RETURNING party, key_id, key_sub, id, sub, peer_id, audience, token_uid, xmax = 0 AS created
), logged AS (
    INSERT INTO change (module, party, id, sub, audience, deleted, peer_id)
    SELECT :module, party, id, sub, audience, false, peer_id FROM written
    WHERE peer_id = 0 OR EXISTS (SELECT FROM follower)
)
SELECT
    party, key_id, key_sub, created, peer_id = 0 OR EXISTS (SELECT FROM follower) AS told,
    token_uid IS NULL OR EXISTS (
        SELECT FROM command WHERE command.key_token = written.token_uid AND command.session_id IS NULL
    ) AS awaited
FROM written;

-- name: owner
-- Which peer an object came from.
SELECT peer_id FROM {table} WHERE party = :party AND key_id = :key_id AND key_sub = :key_sub;

-- name: get
-- One object of one owner.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM {table}
WHERE party = :party AND key_id = :key_id AND key_sub = :key_sub AND peer_id = :peer_id;

-- name: some
-- Objects of ours with one of these ids.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM {table}
WHERE party = :party AND key_id = ANY(:key_ids::text[]) AND peer_id = 0;

-- name: held
-- One object, whoever owns it.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM {table}
WHERE party = :party AND key_id = :key_id AND key_sub = :key_sub;

-- name: get_locked
-- One object of one owner, nobody else may write it until the transaction ends.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM {table}
WHERE party = :party AND key_id = :key_id AND key_sub = :key_sub AND peer_id = :peer_id
FOR NO KEY UPDATE;

-- name: find
-- All objects with one id, ours first.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM {table}
WHERE key_id = :key_id ORDER BY peer_id, party, key_sub;

-- name: delete
-- Removes one object and logs it when somebody follows it.
WITH gone AS (
    DELETE FROM {table}
    WHERE party = :party AND key_id = :key_id AND key_sub = :key_sub AND peer_id = :peer_id
    RETURNING party, id, sub, audience, peer_id
), logged AS (
    INSERT INTO change (module, party, id, sub, audience, deleted, peer_id)
    SELECT :module, party, id, sub, audience, true, peer_id FROM gone
    WHERE peer_id = 0 OR EXISTS (SELECT FROM follower)
)
SELECT peer_id = 0 OR EXISTS (SELECT FROM follower) AS told FROM gone;

-- name: newest
-- Newest first, whoever owns them.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM {table}
ORDER BY last_updated DESC LIMIT :limit;

-- name: newest_of_tokens
-- Newest first, only those of some tokens.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM {table}
WHERE token_uid = ANY(:token_uids::text[])
ORDER BY last_updated DESC LIMIT :limit;
