-- name: add
-- One change more; no row when it says what the one before says.
INSERT INTO status_change (party, key_location, key_evse, at, status, reason, code, info, said_at, shown)
SELECT :party, :key_id, :key_sub, :at, :status, :reason, :code::text, :info::text, :said_at::timestamptz, :shown
WHERE NOT EXISTS (
    SELECT FROM (
        SELECT status, reason, code, info, shown FROM status_change
        WHERE party = :party AND key_location = :key_id AND key_evse = :key_sub ORDER BY id DESC LIMIT 1
    ) AS before
    WHERE (before.status, before.reason, before.code, before.info, before.shown)
        IS NOT DISTINCT FROM (:status, :reason, :code::text, :info::text, :shown)
)
RETURNING true;

-- name: said_last
-- What a station said last of an EVSE; also that its connection was lost, unless it is connected.
SELECT {columns} FROM status_change
WHERE party = :party AND key_location = :key_id AND key_evse = :key_sub
    AND reason <> 'planned' AND NOT (:connected AND reason = 'connectivity')
ORDER BY id DESC LIMIT 1;

-- name: newest
-- The newest change of each of several EVSEs, in their order.
SELECT {columns}
FROM unnest(:parties::text[], :key_ids::text[], :key_subs::text[]) WITH ORDINALITY
    AS wanted (party, key_location, key_evse, place)
LEFT JOIN LATERAL (
    SELECT {columns} FROM status_change AS one
    WHERE one.party = wanted.party AND one.key_location = wanted.key_location AND one.key_evse = wanted.key_evse
        AND one.shown
    ORDER BY id DESC LIMIT 1
) AS last ON true
ORDER BY place;

-- name: between
-- Changes of an EVSE within a time, oldest first, with the one before.
SELECT {columns} FROM status_change
WHERE party = :party AND key_location = :key_id AND key_evse = :key_sub AND shown AND at < :until::timestamptz
    AND at >= coalesce(
        (
            SELECT max(at) FROM status_change
            WHERE party = :party AND key_location = :key_id AND key_evse = :key_sub AND shown
                AND at <= :since::timestamptz
        ),
        :since::timestamptz
    )
ORDER BY at, id;

-- name: latest
-- The last changes of an EVSE, newest first.
SELECT {columns} FROM status_change
WHERE party = :party AND key_location = :key_id AND key_evse = :key_sub AND shown ORDER BY id DESC LIMIT :limit;

-- name: began
-- When a station first said something of an EVSE.
SELECT min(at) AS at FROM status_change
WHERE party = :party AND key_location = :key_id AND key_evse = :key_sub AND reason NOT IN ('planned', 'connectivity');

-- name: scheduled
-- EVSEs of ours with a schedule, and those that show a planned status.
SELECT location.party, location.id, evse.uid AS sub, evse.body, planned_status.status AS planned
FROM evse
JOIN location ON location.party = evse.party AND location.key_id = evse.key_location
LEFT JOIN planned_status ON planned_status.party = evse.party AND planned_status.key_location = evse.key_location
    AND planned_status.key_evse = evse.key_uid
WHERE location.peer_id = 0 AND evse.scheduled
UNION ALL
SELECT location.party, location.id, evse.uid AS sub, evse.body, planned_status.status AS planned
FROM planned_status
JOIN evse ON planned_status.party = evse.party AND planned_status.key_location = evse.key_location
    AND planned_status.key_evse = evse.key_uid
JOIN location ON location.party = evse.party AND location.key_id = evse.key_location
WHERE location.peer_id = 0 AND NOT evse.scheduled;

-- name: plan
-- An EVSE shows what is planned.
INSERT INTO planned_status (party, key_location, key_evse, status) VALUES (:party, :key_id, :key_sub, :status)
ON CONFLICT (party, key_location, key_evse) DO UPDATE SET status = excluded.status;

-- name: unplan
-- An EVSE shows nothing planned any more.
DELETE FROM planned_status WHERE party = :party AND key_location = :key_id AND key_evse = :key_sub;
