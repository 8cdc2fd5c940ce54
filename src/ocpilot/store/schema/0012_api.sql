-- Keys of back offices, and what was answered to a POST with an Idempotency-Key (sealed: it may hold a token).
CREATE TABLE api_key (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_name text COLLATE "C" NOT NULL UNIQUE,
    name text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    party text,
    created_at timestamptz NOT NULL,
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
);

CREATE TABLE api_answer (
    key_id integer NOT NULL,
    name text COLLATE "C" NOT NULL,
    request bytea NOT NULL,
    claimed_at timestamptz NOT NULL,
    answer bytea,
    PRIMARY KEY (key_id, name)
);
CREATE INDEX api_answer_age ON api_answer (claimed_at);
