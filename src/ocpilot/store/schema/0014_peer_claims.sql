-- What a peer may claim to be, what was found out about how it talks, and the token that comes or goes while tokens are
-- exchanged again.
ALTER TABLE peer ADD COLUMN allowed text[];
ALTER TABLE peer ADD COLUMN detected text NOT NULL DEFAULT '{}';
ALTER TABLE peer ADD COLUMN other_hash bytea UNIQUE;
ALTER TABLE peer ADD COLUMN rotated_at timestamptz;

-- Peers there are may go on as they are; a hub, whose parties come and go, as it likes.
UPDATE peer
SET allowed = CASE
    WHEN hub_party IS NOT NULL THEN ARRAY['*']
    ELSE ARRAY(
        SELECT upper(role ->> 'role') || ':' || upper(role ->> 'country_code') || '/' || upper(role ->> 'party_id')
        FROM jsonb_array_elements(roles::jsonb) AS role
    )
END
WHERE state IN ('registered', 'suspended');

-- Not to write a slash at the end was the usual, not what a person wanted: now it is found out.
UPDATE peer SET profile = (profile::jsonb - 'trailing_slash')::text WHERE profile::jsonb ->> 'trailing_slash' = 'false';
