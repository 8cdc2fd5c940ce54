-- name: hold
-- Nobody else decides about this until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('ocpilot booking'), hashtext(:held::text));

-- name: at_location
-- Bookings of ours that hold a time at a Location, its BookingLocations with their openings, and one booking whatever it is.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM booking
WHERE party = :party AND key_location = :key_location AND peer_id = 0 AND (live OR key_sub <> '')
UNION
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM booking
WHERE party = :party AND key_id = :key_id AND key_sub = :key_sub AND peer_id = 0;

-- name: begun
-- Bookings of ours that hold a time which has begun, oldest first.
SELECT party, id, sub, peer_id, version, audience, last_updated, context, body FROM booking
WHERE peer_id = 0 AND live AND starts <= :now ORDER BY starts LIMIT :limit;

-- name: around
-- Bookings of ours at a Location that begin in a span of time and were or may be used.
SELECT party, id, sub, peer_id, version, audience, last_updated, body FROM booking
WHERE party = :party AND key_location = :key_location AND peer_id = 0 AND key_sub = ''
    AND body::jsonb ->> 'reservation_status' IN ('RESERVED', 'FULFILLED')
    AND starts >= :earliest AND starts <= :latest;
