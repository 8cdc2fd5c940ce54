-- name: due
-- Connected stations of a protocol that were not told of the Tariffs of their Location as they are, or where another begins.
SELECT station.id AS station_id, now.stamp, told.until, coalesce(told.evses, '[]') AS evses
FROM station
JOIN location ON location.party = station.party AND location.key_id = station.key_location
CROSS JOIN LATERAL (
    SELECT concat(
        (SELECT concat(max(last_updated), '/', count(*)) FROM tariff WHERE peer_id = 0), ' ', location.last_updated
    ) AS stamp
) AS now
LEFT JOIN station_tariffs AS told ON told.station_id = station.id
WHERE station.connected AND station.approved AND station.protocol = :protocol AND told.deaf IS NOT TRUE
    AND (told.stamp IS DISTINCT FROM now.stamp OR told.until <= :now)
ORDER BY station.id;

-- name: of
-- What a station was told.
SELECT station_id, stamp, until, deaf, evses FROM station_tariffs WHERE station_id = :station_id;

-- name: keep
-- What a station was told.
INSERT INTO station_tariffs (station_id, stamp, until, deaf, evses)
VALUES (:station_id, :stamp, :until, :deaf, :evses)
ON CONFLICT (station_id) DO UPDATE SET
    stamp = excluded.stamp, until = excluded.until, deaf = excluded.deaf, evses = excluded.evses;

-- name: forget
-- A station booted.
DELETE FROM station_tariffs WHERE station_id = :station_id;
