-- Charges of people without an account, each found by a secret link; EVSEs by their id without separators.
CREATE TABLE ad_hoc_charge (
    key_hash bytea PRIMARY KEY,
    command_id text NOT NULL,
    token_uid text NOT NULL UNIQUE,
    evse_id text NOT NULL,
    language text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ad_hoc_charge_expires ON ad_hoc_charge (expires_at);

CREATE INDEX evse_plain_id ON evse (replace(key_evse_id, '*', '')) WHERE key_evse_id IS NOT NULL;
