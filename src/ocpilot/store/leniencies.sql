-- name: add
-- Counts on; the example is the newest one, up to five objects are named.
INSERT INTO leniency AS kept (
    peer_id, kind, module, place, expected, example, count, first_at, last_at, objects
)
SELECT
    new.peer_id, new.kind, new.module, new.place, new.expected, new.example, new.count, new.first_at, new.last_at,
    ARRAY(SELECT json_array_elements_text(new.objects::json))
FROM unnest(
    :peer_ids::integer[], :kinds::text[], :modules::text[], :places::text[], :expected::text[], :examples::text[],
    :counts::bigint[], :first::timestamptz[], :last::timestamptz[], :objects::text[]
) AS new (peer_id, kind, module, place, expected, example, count, first_at, last_at, objects)
ON CONFLICT (peer_id, kind, module, place, expected) DO UPDATE SET
    example = excluded.example,
    count = kept.count + excluded.count,
    last_at = excluded.last_at,
    objects = (
        kept.objects || ARRAY(SELECT one FROM unnest(excluded.objects) AS one WHERE one <> ALL (kept.objects))
    )[1:5];

-- name: of_peer
-- All of one kind of one peer, the most frequent first.
SELECT peer_id, kind, module, place, expected, example, count, first_at, last_at, objects FROM leniency
WHERE peer_id = :peer_id AND kind = :kind
ORDER BY count DESC, module, place, expected;

-- name: all_of_peer
-- All of one peer, kind by kind, the most frequent first.
SELECT peer_id, kind, module, place, expected, example, count, first_at, last_at, objects FROM leniency
WHERE peer_id = :peer_id
ORDER BY kind, count DESC, module, place, expected;
