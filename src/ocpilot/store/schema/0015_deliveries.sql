-- A delivery whose answer got lost may have arrived; and how often a peer has refused an object, whichever process asked.
ALTER TABLE delivery ADD COLUMN unsure boolean NOT NULL DEFAULT false;
ALTER TABLE delivery ADD COLUMN refusals integer NOT NULL DEFAULT 0;
CREATE INDEX delivery_of_peer ON delivery (peer_id, state, updated_at);

-- When a peer that had been silent answered again: what it has to tell since then is fetched.
ALTER TABLE peer ADD COLUMN returned_at timestamptz;
