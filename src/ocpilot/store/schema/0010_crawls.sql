-- How far we are in fetching what a peer lists, per module and kind: the place is written after every page, so that a
-- crawl that was stopped goes on where it was. `began_xid` says which rows were written since (`age(xmin)`).
CREATE TABLE crawl (
    peer_id integer NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    module text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    owner text NOT NULL,
    state text NOT NULL,
    since timestamptz,
    began_at timestamptz NOT NULL,
    began_xid bigint NOT NULL,
    updated_at timestamptz NOT NULL,
    round integer NOT NULL,
    pages integer NOT NULL,
    next_url text,
    told bigint,
    shrunk_in integer NOT NULL,
    received bigint NOT NULL,
    kept bigint NOT NULL,
    known bigint NOT NULL,
    bad bigint NOT NULL,
    nameless bigint NOT NULL,
    repeated bigint NOT NULL,
    listed bigint NOT NULL,
    met bigint NOT NULL,
    fresh bigint NOT NULL,
    vanished bigint NOT NULL,
    gone text[] NOT NULL,
    error text,
    PRIMARY KEY (peer_id, purpose, module, kind)
);

-- What a crawl under way has met: what it lists twice, and at its end what it no longer lists. Empty party or sub: any.
CREATE TABLE crawl_seen (
    peer_id integer NOT NULL,
    purpose text COLLATE "C" NOT NULL,
    module text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    party text COLLATE "C" NOT NULL,
    key_sub text COLLATE "C" NOT NULL,
    round integer NOT NULL,
    PRIMARY KEY (peer_id, purpose, module, kind, key_id, party, key_sub)
);

-- Locations whose EVSEs we made REMOVED because their operator no longer lists them; listed again, they come back.
CREATE TABLE vanished_location (
    peer_id integer NOT NULL,
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (peer_id, party, key_id)
);

-- The last comparison of what a peer lists with what we hold, per module; `body` is its record as JSON.
CREATE TABLE comparison (
    peer_id integer NOT NULL,
    module text COLLATE "C" NOT NULL,
    at timestamptz NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (peer_id, module)
);
