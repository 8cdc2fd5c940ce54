-- Who also wants to hear of what peers send, not only of what is ours: a hub, web hooks. While nobody does, a write of a
-- peer's object adds nothing to the change log.
CREATE TABLE follower (
    name text PRIMARY KEY
);

-- The peer whose object changed, 0 for ours.
ALTER TABLE change ADD COLUMN peer_id integer NOT NULL DEFAULT 0;
