-- What partners send that is not as the standard says, and was understood all the same: counted per peer.
CREATE TABLE leniency (
    peer_id integer NOT NULL,
    module text NOT NULL,
    place text NOT NULL,
    expected text NOT NULL,
    example text NOT NULL,
    count bigint NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (peer_id, module, place, expected)
);
