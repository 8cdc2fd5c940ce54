-- name: add
-- Counts on; the example is the newest one.
INSERT INTO leniency AS kept (peer_id, module, place, expected, example, count, first_at, last_at)
SELECT * FROM unnest(
    :peer_ids::integer[], :modules::text[], :places::text[], :expected::text[], :examples::text[],
    :counts::bigint[], :first::timestamptz[], :last::timestamptz[]
)
ON CONFLICT (peer_id, module, place, expected) DO UPDATE SET
    example = excluded.example,
    count = kept.count + excluded.count,
    last_at = excluded.last_at;

-- name: of_peer
-- All of one peer, the most frequent first.
SELECT peer_id, module, place, expected, example, count, first_at, last_at FROM leniency
WHERE peer_id = :peer_id
ORDER BY count DESC, module, place, expected;
