-- What partners do wrong is counted in one way, whatever kind it is of; up to five objects it was found in stand beside it.
ALTER TABLE leniency ADD COLUMN kind text COLLATE "C" NOT NULL DEFAULT 'leniency';
ALTER TABLE leniency ADD COLUMN objects text[] NOT NULL DEFAULT '{}';
ALTER TABLE leniency DROP CONSTRAINT leniency_pkey;
ALTER TABLE leniency ADD PRIMARY KEY (peer_id, kind, module, place, expected);

-- What is asked about all EVSEs of a peer at once: the id a driver reads, and the Tariffs its Connectors name.
ALTER TABLE evse ADD COLUMN key_evse_id text COLLATE "C";
ALTER TABLE evse ADD COLUMN key_tariffs text[] NOT NULL DEFAULT '{}';
UPDATE evse
SET
    key_evse_id = lower(substring(body FROM '"evse_id"\s*:\s*"([^"\\]*)"') COLLATE "C"),
    key_tariffs = coalesce(
        (
            SELECT array_agg(DISTINCT lower(named.id COLLATE "C"))
            FROM json_array_elements(
                CASE json_typeof(body::json -> 'connectors') WHEN 'array' THEN body::json -> 'connectors' ELSE '[]' END
            ) AS connector
            CROSS JOIN LATERAL (
                SELECT connector ->> 'tariff_id' AS id
                UNION ALL
                SELECT json_array_elements_text(
                    CASE json_typeof(connector -> 'tariff_ids') WHEN 'array' THEN connector -> 'tariff_ids' ELSE '[]' END
                )
            ) AS named
            WHERE named.id IS NOT NULL
        ),
        '{}'
    );
CREATE INDEX evse_evse_id ON evse (key_evse_id) WHERE key_evse_id IS NOT NULL;

-- When a CDR came to us; not known of those that came before.
ALTER TABLE cdr ADD COLUMN received_at timestamptz;
ALTER TABLE cdr ALTER COLUMN received_at SET DEFAULT clock_timestamp();

-- What a CDR belongs to, and what of it is compared with other CDRs. `body` says why, as JSON.
CREATE TABLE cdr_match (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    id text NOT NULL,
    peer_id integer NOT NULL,
    key_session text COLLATE "C",
    key_credits text COLLATE "C",
    credit boolean NOT NULL,
    key_token text COLLATE "C" NOT NULL,
    key_location text COLLATE "C" NOT NULL,
    key_evse text COLLATE "C" NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    currency text NOT NULL,
    at timestamptz NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (party, key_id)
);
CREATE INDEX cdr_match_session ON cdr_match (party, key_session);
CREATE INDEX cdr_match_token ON cdr_match (key_token, starts);
CREATE INDEX cdr_match_evse ON cdr_match (party, key_location, key_evse, starts);
CREATE INDEX cdr_match_credits ON cdr_match (party, key_credits) WHERE key_credits IS NOT NULL;
CREATE INDEX cdr_match_peer ON cdr_match (peer_id, ends);
CREATE INDEX cdr_match_again ON cdr_match (at) WHERE key_session IS NULL;

-- CDRs nobody has matched yet.
ALTER TABLE cdr ADD COLUMN matched boolean NOT NULL DEFAULT false;
CREATE INDEX cdr_unmatched ON cdr (last_updated) WHERE NOT matched;
CREATE INDEX token_authorization_reference ON token_authorization (lower(authorization_reference))
    WHERE authorization_reference IS NOT NULL;
CREATE INDEX command_reference ON command (lower(authorization_reference)) WHERE authorization_reference IS NOT NULL;
