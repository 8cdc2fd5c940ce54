-- name: dangling_tariff
-- Tariffs that EVSEs of a peer name and nobody sent; an example says how many EVSEs name it.
WITH named AS (
    SELECT location.party, tariff.id, count(*) AS evses
    FROM location
    JOIN evse ON evse.party = location.party AND evse.key_location = location.key_id
    CROSS JOIN LATERAL unnest(evse.key_tariffs) AS tariff (id)
    WHERE location.peer_id = :peer_id AND evse.status <> 'REMOVED'
    GROUP BY location.party, tariff.id
), dangling AS (
    SELECT * FROM named
    WHERE NOT EXISTS (SELECT FROM tariff WHERE tariff.party = named.party AND tariff.key_id = named.id)
)
SELECT
    '' AS of, count(*) AS count, NULL::timestamptz AS first_at, NULL::timestamptz AS last_at,
    (array_agg(id || ': in ' || evses || ' EVSEs' ORDER BY evses DESC, id))[1:5] AS examples
FROM dangling HAVING count(*) > 0;

-- name: evse_clash
-- EVSE ids of a peer that stand in several Locations, its own or of others, and whether their status is the same.
WITH mine AS (
    SELECT DISTINCT evse.key_evse_id
    FROM location
    JOIN evse ON evse.party = location.party AND evse.key_location = location.key_id
    WHERE location.peer_id = :peer_id AND evse.status <> 'REMOVED' AND evse.key_evse_id IS NOT NULL
       
), clashing AS (
    SELECT
        mine.key_evse_id, count(DISTINCT evse.status) > 1 AS differs, max(evse.last_updated) AS last_at,
        min(evse.last_updated) AS first_at,
        string_agg(DISTINCT evse.party || ' ' || evse.key_location, ', ') AS places
    FROM mine
    JOIN evse ON evse.key_evse_id = mine.key_evse_id AND evse.status <> 'REMOVED'
    GROUP BY mine.key_evse_id
    HAVING count(DISTINCT (evse.party, evse.key_location)) > 1
)
SELECT
    CASE WHEN differs THEN 'with different status' ELSE 'with the same status' END AS of,
    count(*) AS count, min(first_at) AS first_at, max(last_at) AS last_at,
    (array_agg(upper(key_evse_id) || ': ' || left(places, 200) ORDER BY key_evse_id))[1:5] AS examples
FROM clashing GROUP BY differs;

-- name: missing_cdr
-- Charges of a peer without a CDR.
SELECT
    body::json ->> 'status' AS of, count(*) AS count, min(last_updated) AS first_at, max(last_updated) AS last_at,
    (array_agg(id ORDER BY last_updated DESC))[1:5] AS examples
FROM session
WHERE peer_id = :peer_id AND last_updated >= :since AND last_updated < :before
    AND NOT EXISTS (
        SELECT FROM cdr_match WHERE cdr_match.party = session.party AND cdr_match.key_session = session.key_id
    )
    AND body::json ->> 'status' IN ('ACTIVE', 'COMPLETED', 'PENDING')
GROUP BY 1;

-- name: late_cdr
-- CDRs of a peer that came more than a day after the end of their charge.
SELECT
    '' AS of, count(*) AS count, min(received_at) AS first_at, max(received_at) AS last_at,
    (
        array_agg(
            cdr.id || ': ' || ceil(extract(epoch FROM received_at - ends) / 3600) || ' h after its end'
            ORDER BY received_at - ends DESC
        )
    )[1:5] AS examples
FROM cdr_match
JOIN cdr ON cdr.party = cdr_match.party AND cdr.key_id = cdr_match.key_id
WHERE cdr_match.peer_id = :peer_id AND ends >= :since AND received_at - ends > interval '24 hours'
    AND NOT credit
HAVING count(*) > 0;

-- name: double_cdr
-- CDRs of a peer that bill a Session which another one bills; those that were taken back do not count.
WITH standing AS (
    SELECT * FROM cdr_match AS bill
    WHERE bill.peer_id = :peer_id AND bill.ends >= :since AND NOT bill.credit
        AND NOT EXISTS (
            SELECT FROM cdr_match AS credit
            WHERE credit.party = bill.party AND credit.key_credits = bill.key_id AND credit.credit
        )
), doubled AS (
    SELECT party, key_session, min(starts) AS first_at, max(ends) AS last_at, string_agg(id, ', ' ORDER BY id) AS ids
    FROM standing WHERE key_session IS NOT NULL
    GROUP BY party, key_session HAVING count(*) > 1
)
SELECT
    '' AS of, count(*) AS count, min(first_at) AS first_at, max(last_at) AS last_at,
    (array_agg(key_session || ': ' || left(ids, 200) ORDER BY last_at DESC))[1:5] AS examples
FROM doubled HAVING count(*) > 0;

-- name: token_overlap
-- Pairs of charges of one Token at the same time, one of them of this peer.
SELECT
    '' AS of, count(*) AS count, min(one.starts) AS first_at, max(one.ends) AS last_at,
    (array_agg(one.id || ': and ' || other.id ORDER BY one.ends DESC))[1:5] AS examples
FROM cdr_match AS one
JOIN cdr_match AS other
    ON other.key_token = one.key_token AND other.starts < one.ends
    AND other.starts > one.starts - interval '3 days' AND one.starts < other.ends
    AND (other.party, other.key_id) <> (one.party, one.key_id)
WHERE one.peer_id = :peer_id AND one.ends >= :since AND NOT one.credit AND NOT other.credit
    AND one.key_token <> '#na'
    AND (other.peer_id <> one.peer_id OR (other.party, other.key_id) > (one.party, one.key_id))
    AND (other.party, other.key_session) IS DISTINCT FROM (one.party, one.key_session)
    AND NOT EXISTS (
        SELECT FROM cdr_match AS credit
        WHERE credit.credit AND credit.party = one.party AND credit.key_credits = one.key_id
    )
    AND NOT EXISTS (
        SELECT FROM cdr_match AS credit
        WHERE credit.credit AND credit.party = other.party AND credit.key_credits = other.key_id
    )
HAVING count(*) > 0;

-- name: evse_overlap
-- Pairs of charges of a peer at one EVSE at the same time.
SELECT
    '' AS of, count(*) AS count, min(one.starts) AS first_at, max(one.ends) AS last_at,
    (array_agg(one.id || ': and ' || other.id ORDER BY one.ends DESC))[1:5] AS examples
FROM cdr_match AS one
JOIN cdr_match AS other
    ON other.party = one.party AND other.key_location = one.key_location AND other.key_evse = one.key_evse
    AND other.starts < one.ends AND other.starts > one.starts - interval '3 days' AND one.starts < other.ends
    AND other.key_id > one.key_id
WHERE one.peer_id = :peer_id AND one.ends >= :since AND NOT one.credit AND NOT other.credit
    AND other.key_token <> one.key_token
    AND NOT EXISTS (
        SELECT FROM cdr_match AS credit
        WHERE credit.credit AND credit.party = one.party AND credit.key_credits IN (one.key_id, other.key_id)
    )
HAVING count(*) > 0;

-- name: price
-- CDRs of a peer whose price is not ours, and by how much per currency.
WITH differing AS (
    SELECT
        cdr_match.currency, cdr_match.id, cdr_check.at,
        coalesce(
            (
                SELECT (difference ->> 'size')::numeric
                FROM json_array_elements(cdr_check.body::json -> 'differences') AS difference
                WHERE difference ->> 'name' IN ('total_cost', 'total_cost.after_taxes')
                ORDER BY difference ->> 'name' LIMIT 1
            ),
            0
        ) AS size
    FROM cdr_match
    JOIN cdr_check ON cdr_check.party = cdr_match.party AND cdr_check.key_id = cdr_match.key_id
    WHERE cdr_match.peer_id = :peer_id AND cdr_match.ends >= :since AND NOT cdr_match.credit AND NOT cdr_check.agrees
)
SELECT
    trim_scale(sum(size)) || ' ' || currency AS of, count(*) AS count, min(at) AS first_at, max(at) AS last_at,
    (array_agg(id || ': ' || trim_scale(size) || ' ' || currency ORDER BY abs(size) DESC, id))[1:5] AS examples
FROM differing GROUP BY currency;

-- name: waiting_push
-- What a peer did not take and is tried again.
SELECT
    module AS of, count(*) AS count, min(updated_at) AS first_at, max(updated_at) AS last_at,
    (array_agg(id || coalesce(': ' || left(last_error, 200), '') ORDER BY updated_at DESC))[1:5] AS examples
FROM delivery
WHERE peer_id = :peer_id AND state = 'waiting' AND updated_at >= :since
GROUP BY module;

-- name: dead_push
-- What a peer would not take.
SELECT
    module AS of, count(*) AS count, min(updated_at) AS first_at, max(updated_at) AS last_at,
    (array_agg(id || coalesce(': ' || left(last_error, 200), '') ORDER BY updated_at DESC))[1:5] AS examples
FROM delivery
WHERE peer_id = :peer_id AND state = 'dead' AND updated_at >= :since
GROUP BY module;
