-- name: last
-- The place of a crawl.
SELECT * FROM crawl WHERE peer_id = :peer_id AND purpose = :purpose AND module = :module AND kind = :kind;

-- name: of_peer
-- The last pull of each module and kind.
SELECT * FROM crawl WHERE peer_id = :peer_id AND purpose = 'pull' ORDER BY module, kind;

-- name: begin
-- Somebody begins, or goes on; no row while another one reads who was heard of lately.
INSERT INTO crawl AS kept (
    peer_id, purpose, module, kind, owner, state, since, began_at, began_xid, updated_at, round, pages, next_url, told,
    shrunk_in, received, kept, known, bad, nameless, repeated, listed, met, fresh, vanished, gone, error
)
VALUES (
    :peer_id, :purpose, :module, :kind, :owner, :state, :since, :began_at,
    CASE WHEN :anew THEN pg_snapshot_xmin(pg_current_snapshot())::text::bigint ELSE :began_xid END,
    :updated_at, :round, :pages, :next_url, :told, :shrunk_in, :received, :kept, :known, :bad, :nameless, :repeated,
    :listed, :met, :fresh, :vanished, :gone, :error
)
ON CONFLICT (peer_id, purpose, module, kind) DO UPDATE SET
    owner = excluded.owner,
    state = excluded.state,
    since = excluded.since,
    began_at = excluded.began_at,
    began_xid = excluded.began_xid,
    updated_at = excluded.updated_at,
    round = excluded.round,
    pages = excluded.pages,
    next_url = excluded.next_url,
    told = excluded.told,
    shrunk_in = excluded.shrunk_in,
    received = excluded.received,
    kept = excluded.kept,
    known = excluded.known,
    bad = excluded.bad,
    nameless = excluded.nameless,
    repeated = excluded.repeated,
    listed = excluded.listed,
    met = excluded.met,
    fresh = excluded.fresh,
    vanished = excluded.vanished,
    gone = excluded.gone,
    error = excluded.error
WHERE kept.state <> 'running' OR kept.owner = excluded.owner OR kept.updated_at <= :before
RETURNING *;

-- name: see
-- What a page lists; a row for each that this round had not met, `fresh` when no round had.
INSERT INTO crawl_seen AS kept (peer_id, purpose, module, kind, key_id, party, key_sub, round)
SELECT :peer_id, :purpose, :module, :kind, met.key_id, met.party, met.key_sub, :round::integer
FROM unnest(:ids::text[], :parties::text[], :subs::text[]) AS met (key_id, party, key_sub)
ON CONFLICT (peer_id, purpose, module, kind, key_id, party, key_sub) DO UPDATE SET round = excluded.round
WHERE kept.round < excluded.round
RETURNING xmax = 0 AS fresh;

-- name: forget
-- What an earlier crawl met.
DELETE FROM crawl_seen WHERE peer_id = :peer_id AND purpose = :purpose AND module = :module AND kind = :kind;

-- name: save
-- Where we are; no row when another one reads now.
UPDATE crawl
SET
    state = :state,
    updated_at = :updated_at,
    round = :round,
    pages = :pages,
    next_url = :next_url,
    told = :told,
    shrunk_in = :shrunk_in,
    received = :received,
    kept = :kept,
    known = :known,
    bad = :bad,
    nameless = :nameless,
    repeated = :repeated,
    listed = :listed,
    met = :met,
    fresh = :fresh,
    vanished = :vanished,
    gone = :gone,
    error = :error
WHERE peer_id = :peer_id AND purpose = :purpose AND module = :module AND kind = :kind AND owner = :owner
RETURNING true;

-- name: note_vanished
-- A Location whose EVSEs are shown as removed.
INSERT INTO vanished_location (peer_id, party, key_id, at) VALUES (:peer_id, :party, :key_id, :at)
ON CONFLICT DO NOTHING;

-- name: came_back
-- It is no longer among the vanished.
DELETE FROM vanished_location WHERE peer_id = :peer_id AND party = :party AND key_id = :key_id RETURNING true;

-- name: look_over
-- Tells the planner how much a crawl has met, which it takes for nothing just after, and then compares all with all.
ANALYZE crawl_seen;
