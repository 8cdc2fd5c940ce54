-- name: add
-- A new peer with the next number.
INSERT INTO peer (
    key_name, name, state, version, versions_url, endpoints, roles, hub_party, parties, token_hash, token_sealed,
    invitation_hash, other_hash, rotated_at, allowed, profile, detected, pulled_at, created_at, updated_at
)
VALUES (
    :key_name, :name, :state, :version, :versions_url, :endpoints, :roles, :hub_party, :parties, :token_hash, :token_sealed,
    :invitation_hash, :other_hash, :rotated_at, :allowed, :profile, :detected, :pulled_at, :created_at, :updated_at
)
RETURNING id;

-- name: save
-- All fields of a stored peer but what was detected.
UPDATE peer
SET
    key_name = :key_name,
    name = :name,
    state = :state,
    version = :version,
    versions_url = :versions_url,
    endpoints = :endpoints,
    roles = :roles,
    hub_party = :hub_party,
    parties = :parties,
    token_hash = :token_hash,
    token_sealed = :token_sealed,
    invitation_hash = :invitation_hash,
    other_hash = :other_hash,
    rotated_at = :rotated_at,
    allowed = :allowed,
    profile = :profile,
    pulled_at = :pulled_at,
    created_at = :created_at,
    updated_at = :updated_at
WHERE id = :id
RETURNING id;

-- name: exchange
-- Try to be the only one that exchanges tokens with a peer, until `exchanged` or this connection ends.
SELECT pg_try_advisory_lock(hashtext('ocpilot exchange'), :peer_id);

-- name: exchanged
-- Let others do it.
SELECT pg_advisory_unlock(hashtext('ocpilot exchange'), :peer_id);

-- name: noticed
-- Adds what was found out about how a peer talks.
UPDATE peer SET detected = (detected::jsonb || :found::text::jsonb)::text WHERE id = :id;

-- name: returned
-- A peer that had been silent answered again.
UPDATE peer SET returned_at = :at WHERE id = :id;

-- name: add_role
-- One role more, unless the peer plays it already, in whatever case it told its party.
UPDATE peer
SET
    roles = (roles::jsonb || :role::jsonb)::text,
    parties = CASE WHEN :party = ANY(parties) THEN parties ELSE parties || :party::text END
WHERE id = :id AND NOT EXISTS (
    SELECT 1 FROM jsonb_array_elements(roles::jsonb) played
    WHERE played ->> 'role' = :word AND upper((played ->> 'country_code') || (played ->> 'party_id')) = :party
);

-- name: pulled
-- A complete pull began then.
UPDATE peer SET pulled_at = :at WHERE id = :id;

-- name: get
-- By number.
SELECT * FROM peer WHERE id = :id;

-- name: by_name
-- By folded name.
SELECT * FROM peer WHERE key_name = :key_name;

-- name: by_token
-- Whose credentials token this is, or will be or was while it is replaced, or whose invitation.
SELECT * FROM peer
WHERE (token_hash = :hash AND state IN ('registered', 'suspended'))
    OR (other_hash = :hash AND state IN ('registered', 'suspended'))
    OR (invitation_hash = :hash AND state <> 'unregistered');

-- name: of_party
-- The peer that has registered a party, also while it is suspended; the one saved last when two claim it.
SELECT * FROM peer WHERE state IN ('registered', 'suspended') AND :party = ANY(parties) ORDER BY updated_at DESC, id DESC LIMIT 1;

-- name: all
-- Every peer by name.
SELECT * FROM peer ORDER BY key_name;
