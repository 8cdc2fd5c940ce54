-- name: unseen
-- Objects of a peer that a crawl has not met, but for those written since it began.
SELECT held.party, held.id, {sub} AS sub
FROM {table} AS held
WHERE held.peer_id = :peer_id
    AND held.last_updated >= :since
    AND age(held.xmin) > age((:began_xid::bigint % 4294967296)::text::xid)
    AND NOT EXISTS (
        SELECT FROM crawl_seen AS seen
        WHERE seen.peer_id = :peer_id AND seen.purpose = :purpose AND seen.module = :module AND seen.kind = :kind
            AND seen.key_id = held.key_id
            AND seen.party IN ('', held.party)
            AND seen.key_sub IN ('', {sub_key})
    )
    AND NOT EXISTS (
        SELECT FROM vanished_location AS noted
        WHERE :module = 'locations' AND noted.peer_id = :peer_id
            AND noted.party = held.party AND noted.key_id = held.key_id
            AND NOT EXISTS (
                SELECT FROM evse
                WHERE evse.party = held.party AND evse.key_location = held.key_id AND evse.status <> 'REMOVED'
            )
    )
ORDER BY held.party, held.key_id, sub
LIMIT :limit;
