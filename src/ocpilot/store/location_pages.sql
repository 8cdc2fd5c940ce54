-- name: stamps
-- The states on one page of one owner's Locations, in order, and how many Locations all pages have when asked for.
SELECT
    coalesce(array_agg(stamp ORDER BY last_updated, party, key_id), '{}') AS stamps,
    CASE
        WHEN :counting THEN (
            SELECT count(*) FROM location
            WHERE peer_id = :peer_id AND last_updated >= :date_from AND last_updated < :date_to
                AND (:sees_all OR audience = ANY(:audiences::text[]))
                AND (:only_party::text IS NULL OR party = :only_party)
        )
    END AS total
FROM (
    SELECT stamp, last_updated, party, key_id FROM location
    WHERE peer_id = :peer_id AND last_updated >= :date_from AND last_updated < :date_to
        AND (:sees_all OR audience = ANY(:audiences::text[]))
        AND (:only_party::text IS NULL OR party = :only_party)
        AND (last_updated, party, key_id) > (:after_updated, :after_party, :after_id)
    ORDER BY last_updated, party, key_id
    LIMIT :limit OFFSET :offset
) AS page;

-- name: keep_assembled
-- Keeps whole Locations that were put together, unless a later state of one is kept already.
INSERT INTO assembled_location AS kept (party, key_id, stamp, body)
SELECT * FROM unnest(:parties::text[], :key_ids::text[], :stamps::bigint[], :bodies::text[])
ON CONFLICT (party, key_id) DO UPDATE SET stamp = excluded.stamp, body = excluded.body
WHERE kept.stamp < excluded.stamp;
