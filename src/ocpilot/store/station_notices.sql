-- name: add
-- One notice more; of each action the newest twenty stay.
WITH old AS (
    DELETE FROM station_notice WHERE station_id = :station_id AND action = :action AND id <= (
        SELECT id FROM station_notice WHERE station_id = :station_id AND action = :action
        ORDER BY id DESC OFFSET 19 LIMIT 1
    )
)
INSERT INTO station_notice (station_id, action, at, payload) VALUES (:station_id, :action, :at, :payload);

-- name: of
-- Notices of a station, newest first.
SELECT action, at, payload FROM station_notice WHERE station_id = :station_id ORDER BY id DESC;

-- name: learn
-- Inserts or replaces variables; a unit that is known stays.
INSERT INTO station_variable AS known (station_id, component, variable, attribute, value, writable, unit, named, at)
SELECT :station_id, new.* FROM unnest(
    :components::text[], :variables::text[], :attributes::text[], :values::text[], :writables::boolean[],
    :units::text[], :nameds::text[], :ats::timestamptz[]
) AS new
ON CONFLICT (station_id, component, variable, attribute) DO UPDATE SET
    value = excluded.value,
    writable = excluded.writable,
    unit = coalesce(excluded.unit, known.unit),
    named = excluded.named,
    at = excluded.at;

-- name: variables
-- Variables of a station.
SELECT component, variable, attribute, value, writable, unit, named, at FROM station_variable
WHERE station_id = :station_id ORDER BY component, variable, attribute;
