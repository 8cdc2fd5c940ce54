-- name: page_of_all
-- One page of one owner's objects after a key: an index range, as cheap deep down as at the start.
SELECT party, key_id, key_sub, id, sub, peer_id, version, audience, last_updated, context, {body} FROM {table}
WHERE peer_id = :peer_id AND last_updated >= :date_from AND last_updated < :date_to
    AND (:only_sub::text IS NULL OR key_sub = :only_sub)
    AND (:only_party::text IS NULL OR party = :only_party) AND NOT party = ANY(:but_parties::text[])
    AND (last_updated, party, key_id, key_sub) > (:after_updated, :after_party, :after_id, :after_sub)
ORDER BY last_updated, party, key_id, key_sub
LIMIT :limit OFFSET :offset;

-- name: page_of_seen
-- The same for a viewer: one index range per audience he belongs to, merged.
SELECT seen.* FROM unnest(:audiences::text[]) AS viewer (audience)
CROSS JOIN LATERAL (
    SELECT party, key_id, key_sub, id, sub, peer_id, version, {table}.audience, last_updated, context, {body} FROM {table}
    WHERE peer_id = :peer_id AND {table}.audience = viewer.audience
        AND last_updated >= :date_from AND last_updated < :date_to
        AND (:only_sub::text IS NULL OR key_sub = :only_sub)
        AND (:only_party::text IS NULL OR party = :only_party) AND NOT party = ANY(:but_parties::text[])
        AND (last_updated, party, key_id, key_sub) > (:after_updated, :after_party, :after_id, :after_sub)
    ORDER BY last_updated, party, key_id, key_sub
    LIMIT :limit::bigint + :offset::bigint
) AS seen
ORDER BY last_updated, party, key_id, key_sub
LIMIT :limit OFFSET :offset;

-- name: count_of_all
-- How many rows page_of_all has in all.
SELECT count(*) FROM {table}
WHERE peer_id = :peer_id AND last_updated >= :date_from AND last_updated < :date_to
    AND (:only_sub::text IS NULL OR key_sub = :only_sub)
    AND (:only_party::text IS NULL OR party = :only_party) AND NOT party = ANY(:but_parties::text[]);

-- name: count_of_seen
-- How many rows page_of_seen has in all.
SELECT count(*) FROM {table}
WHERE peer_id = :peer_id AND audience = ANY(:audiences::text[])
    AND last_updated >= :date_from AND last_updated < :date_to
    AND (:only_sub::text IS NULL OR key_sub = :only_sub)
    AND (:only_party::text IS NULL OR party = :only_party) AND NOT party = ANY(:but_parties::text[]);

-- name: page_of_everyones
-- The same of ours and of what all peers but one sent: per audience two index ranges, merged.
SELECT seen.* FROM unnest(:audiences::text[]) AS viewer (audience)
CROSS JOIN LATERAL (
    (
        SELECT party, key_id, key_sub, id, sub, peer_id, version, {table}.audience, last_updated, context, {body} FROM {table}
        WHERE peer_id = 0 AND {table}.audience = viewer.audience
            AND last_updated >= :date_from AND last_updated < :date_to
            AND (:only_sub::text IS NULL OR key_sub = :only_sub)
            AND (last_updated, party, key_id, key_sub) > (:after_updated, :after_party, :after_id, :after_sub)
        ORDER BY last_updated, party, key_id, key_sub
        LIMIT :limit::bigint + :offset::bigint
    ) UNION ALL (
        SELECT party, key_id, key_sub, id, sub, peer_id, version, {table}.audience, last_updated, context, {body} FROM {table}
        WHERE peer_id <> 0 AND peer_id <> :but_of AND {table}.audience = viewer.audience
            AND last_updated >= :date_from AND last_updated < :date_to
            AND (:only_sub::text IS NULL OR key_sub = :only_sub)
            AND (last_updated, party, key_id, key_sub) > (:after_updated, :after_party, :after_id, :after_sub)
        ORDER BY last_updated, party, key_id, key_sub
        LIMIT :limit::bigint + :offset::bigint
    )
) AS seen
ORDER BY last_updated, party, key_id, key_sub
LIMIT :limit OFFSET :offset;

-- name: count_of_everyones
-- How many rows page_of_everyones has in all.
SELECT count(*) FROM {table}
WHERE peer_id <> :but_of AND audience = ANY(:audiences::text[])
    AND last_updated >= :date_from AND last_updated < :date_to
    AND (:only_sub::text IS NULL OR key_sub = :only_sub);
