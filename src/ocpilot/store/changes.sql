-- name: cursor
-- How far a peer has read.
SELECT xid::text::bigint AS xid, seq FROM change_cursor WHERE peer_id = :peer_id;

-- name: after
-- The next changes that no open transaction can still precede: ids below the oldest one that is still running.
SELECT xid::text::bigint AS xid, seq, module, party, id, sub, audience, deleted, peer_id, written_at
FROM change
WHERE (xid, seq) > (:xid::text::xid8, :seq) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid, seq LIMIT :limit;

-- name: audience_of
-- Who could see an object of ours when it was last written, also one that is gone.
SELECT audience FROM change
WHERE module = :module AND party = :party AND lower(id) = lower(:id) AND lower(sub) = lower(:sub) AND peer_id = 0
ORDER BY xid DESC, seq DESC LIMIT 1;

-- name: held_back
-- Whether there are committed changes that must wait for an older open transaction.
SELECT EXISTS (SELECT FROM change WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()));

-- name: advance
-- Moves a peer's cursor.
INSERT INTO change_cursor (peer_id, xid, seq) VALUES (:peer_id, :xid::text::xid8, :seq)
ON CONFLICT (peer_id) DO UPDATE SET xid = excluded.xid, seq = excluded.seq;

-- name: announce
-- Tell the other processes that something was written, and who says so.
SELECT pg_notify('ocpilot_change', :name);

-- name: lead
-- Try to be the only process that pushes to this peer, until this connection ends.
SELECT pg_try_advisory_lock(hashtext('ocpilot lead'), :peer_id);

-- name: compact
-- Drops old changes that a later old one covers: of the same object, seen by the same, gone or not.
DELETE FROM change
USING (
    SELECT
        seq,
        row_number() OVER (
            PARTITION BY module, party, lower(id), lower(sub), audience, deleted, peer_id ORDER BY xid DESC, seq DESC
        ) AS place
    FROM change
    WHERE written_at < :before AND xid < pg_snapshot_xmin(pg_current_snapshot())
) AS ranked
WHERE change.seq = ranked.seq AND ranked.place > 1;

-- name: follow
-- From now on what peers send is logged too.
INSERT INTO follower (name) VALUES (:name) ON CONFLICT DO NOTHING;

-- name: unfollow
-- One follower less.
DELETE FROM follower WHERE name = :name;
