-- name: put
-- The newest limits of a Session; older news that comes late changes nothing.
INSERT INTO active_profile AS kept (peer_id, key_session, profile, at)
VALUES (:peer_id, :key_session, :profile, :at)
ON CONFLICT (peer_id, key_session) DO UPDATE SET profile = excluded.profile, at = excluded.at
WHERE kept.at <= excluded.at;

-- name: get
-- The limits of a Session as its operator told last.
SELECT profile FROM active_profile WHERE peer_id = :peer_id AND key_session = :key_session;
