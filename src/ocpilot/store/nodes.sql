-- name: new_number
-- A number for a process.
SELECT nextval('station_node_number')::integer AS number;

-- name: hold
-- Held as long as the connection lives: so long the process counts as living.
SELECT pg_try_advisory_lock(:space::integer, :node::integer);

-- name: claim
-- Connections this process holds, unless another living one has the station by now; with the process it had before.
UPDATE station SET connected = true, node = :node, protocol = claimed.protocol
FROM (
    SELECT station.id, station.node AS before, live.protocol
    FROM station
    JOIN unnest(:ids::text[], :protocols::text[]) AS live (id, protocol) ON live.id = station.id
    WHERE station.node IS NULL OR station.node = :node OR station.node NOT IN (SELECT node FROM living_node)
    FOR NO KEY UPDATE OF station
) AS claimed
WHERE station.id = claimed.id
RETURNING station.id, claimed.before;

-- name: leave
-- A process ends and closed its connections: its stations are not connected. That it had them stays written.
UPDATE station SET connected = false WHERE node = :node AND connected;

-- name: ask
-- A call for the living process that holds the station's connection, which is told.
WITH asked AS (
    INSERT INTO station_call (id, station_id, node, asked_by, action, payload, expires_at)
    SELECT :id, held.id, held.node, :asked_by, :action, :payload, now() + :seconds::float8 * interval '1 second'
    FROM (SELECT id, node FROM station UNION ALL SELECT id, node FROM waiting_station) AS held
    WHERE held.id = :station_id AND held.node IN (SELECT node FROM living_node)
    RETURNING node
)
SELECT pg_notify('ocpilot_node_' || node, 'call') FROM asked;

-- name: take
-- Calls for this process that nobody took.
UPDATE station_call SET taken = true
WHERE node = :node AND NOT taken AND expires_at > now()
RETURNING id, station_id, action, payload, extract(epoch FROM expires_at - now())::float8 AS seconds;

-- name: answer
-- What became of a call; who asked is told.
WITH given AS (UPDATE station_call SET answer = :answer WHERE id = :id RETURNING id, asked_by)
SELECT pg_notify('ocpilot_node_' || asked_by, 'answer ' || id) FROM given;

-- name: collect
-- The answer to a call, once.
DELETE FROM station_call WHERE id = :id AND answer IS NOT NULL RETURNING answer;

-- name: in_hand
-- Whether a living process still has the call.
SELECT EXISTS (SELECT FROM station_call WHERE id = :id AND node IN (SELECT node FROM living_node)) AS in_hand;

-- name: withdraw
-- Nobody waits for this call any longer.
DELETE FROM station_call WHERE id = :id;

-- name: forget
-- Calls of those who died while they waited.
DELETE FROM station_call WHERE expires_at < now() - interval '1 minute';

-- name: tell
-- Say something to one process.
SELECT pg_notify('ocpilot_node_' || :node::integer, :notice);

-- name: reaches
-- The subprotocol of a station whose connection a living process holds.
SELECT held.protocol
FROM (SELECT id, node, protocol FROM station UNION ALL SELECT id, node, protocol FROM waiting_station) AS held
WHERE held.id = :station_id AND held.node IN (SELECT node FROM living_node);

-- name: gone
-- Processes that are no more and were said to hold connections.
SELECT DISTINCT node FROM station WHERE node IS NOT NULL AND node NOT IN (SELECT node FROM living_node);
