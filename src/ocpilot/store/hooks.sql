-- name: add
-- A new hook with the next number of the peers' sequence, which reads the change log from here on.
WITH new AS (
    INSERT INTO hook (key_name, name, url, secret_sealed, events, party, active, created_at)
    VALUES (:key_name, :name, :url, :secret_sealed, :events, :party, :active, :created_at)
    RETURNING id
), started AS (
    INSERT INTO change_cursor (peer_id, xid, seq)
    SELECT id, pg_snapshot_xmin(pg_current_snapshot()), 0 FROM new
)
SELECT id FROM new;

-- name: remove
-- Forgets a hook, its events and how far it had read.
WITH gone AS (
    DELETE FROM hook WHERE id = :id
)
DELETE FROM change_cursor WHERE peer_id = :id;

-- name: set_active
-- Whether it is told, and why not.
UPDATE hook SET active = :active, ended_because = :because WHERE id = :id;

-- name: get
-- By number.
SELECT * FROM hook WHERE id = :id;

-- name: by_name
-- By folded name.
SELECT * FROM hook WHERE key_name = :key_name;

-- name: all
-- Every hook by name.
SELECT * FROM hook ORDER BY key_name;

-- name: note
-- Keeps events about objects; one that was never sent takes the new one in.
INSERT INTO hook_event AS kept (hook_id, id, event, module, party, key_id, key_sub, object_id, sub, peer_id, at, state)
SELECT :hook_id, new.*, 'new'
FROM unnest(
    :ids::text[], :events::text[], :modules::text[], :parties::text[], :key_ids::text[], :key_subs::text[],
    :object_ids::text[], :subs::text[], :peer_ids::integer[], :ats::timestamptz[]
) AS new
WHERE EXISTS (SELECT FROM hook WHERE id = :hook_id)
ON CONFLICT (hook_id, module, party, key_id, key_sub) WHERE state = 'new' DO UPDATE SET
    event = excluded.event, at = excluded.at, peer_id = excluded.peer_id;

-- name: tell
-- Keeps one event that takes nothing in.
INSERT INTO hook_event (hook_id, id, event, module, party, key_id, object_id, at, state, data)
VALUES (:hook_id, :id, :event, :module, :party, :key_id, :object_id, :at, 'once', :data);

-- name: due
-- Events to be sent now, oldest first; none of whose object an earlier one is still on its way.
SELECT * FROM hook_event AS wanted
WHERE hook_id = :hook_id AND state <> 'dead' AND (next_at IS NULL OR next_at <= :now)
    AND NOT EXISTS (
        SELECT FROM hook_event AS earlier
        WHERE earlier.hook_id = wanted.hook_id AND earlier.module = wanted.module AND earlier.party = wanted.party
            AND earlier.key_id = wanted.key_id AND earlier.key_sub = wanted.key_sub
            AND earlier.state <> 'dead' AND earlier.seq < wanted.seq
    )
ORDER BY seq LIMIT :limit;

-- name: freeze
-- From now on these are sent as they are, however often.
UPDATE hook_event SET state = 'waiting', body = frozen.body
FROM unnest(:ids::text[], :bodies::text[]) AS frozen (id, body)
WHERE hook_event.id = frozen.id AND hook_event.body IS NULL;

-- name: done
-- What arrived is gone.
DELETE FROM hook_event WHERE hook_id = :hook_id AND id = ANY(:ids::text[]);

-- name: delivered
-- When the hook took an event last.
UPDATE hook SET delivered_at = :at WHERE id = :hook_id;

-- name: failed
-- What became of one that did not arrive.
UPDATE hook_event SET state = :state, attempts = :attempts, next_at = :next_at, last_error = :last_error
WHERE id = :id;

-- name: replay
-- Dead events are sent again, with the newest state: the other side never took them.
UPDATE hook_event SET state = 'once', attempts = 0, next_at = :now, body = NULL
WHERE hook_id = :hook_id AND state = 'dead' AND (:event_id::text IS NULL OR id = :event_id)
RETURNING id;

-- name: events
-- What is on its way or dead, newest first.
SELECT * FROM hook_event WHERE :any_hook OR hook_id = :hook_id ORDER BY seq DESC LIMIT :limit;
