-- name: save
-- Inserts or replaces the last comparison of a module.
INSERT INTO comparison (peer_id, module, at, body) VALUES (:peer_id, :module, :at, :body)
ON CONFLICT (peer_id, module) DO UPDATE SET at = excluded.at, body = excluded.body;

-- name: of_peer
-- The last comparisons of one peer.
SELECT body FROM comparison WHERE peer_id = :peer_id ORDER BY module;
