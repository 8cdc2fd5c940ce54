-- name: put
-- Sets or replaces what a site may draw.
INSERT INTO site_limit (party, key_location, body) VALUES (:party, :key_location, :body)
ON CONFLICT (party, key_location) DO UPDATE SET body = excluded.body;

-- name: remove
-- The site is limited no more.
DELETE FROM site_limit WHERE party = :party AND key_location = :key_location RETURNING body;

-- name: all
-- Every limited site.
SELECT body, looked FROM site_limit ORDER BY party, key_location;

-- name: watched
-- Every limited site with which charges run there, and how often their drivers said what they want.
SELECT
    site.body,
    site.body || coalesce(
        string_agg(running.id || ':' || coalesce(length(running.preferences), 0), ' ' ORDER BY running.id), ''
    ) AS mark
FROM site_limit AS site
LEFT JOIN station_transaction AS running
    ON running.party = site.party
    AND lower(running.location_id COLLATE "C") = site.key_location
    AND running.state = 'open'
GROUP BY site.party, site.key_location
ORDER BY site.party, site.key_location;

-- name: get
-- One limited site.
SELECT body, looked FROM site_limit WHERE party = :party AND key_location = :key_location;

-- name: looked
-- What was found when it was shared.
UPDATE site_limit SET looked = :looked WHERE party = :party AND key_location = :key_location;

-- name: save_share
-- What one charge may draw.
INSERT INTO site_share (transaction_id, party, key_location, body)
VALUES (:transaction_id, :party, :key_location, :body)
ON CONFLICT (transaction_id) DO UPDATE SET body = excluded.body;

-- name: doubt
-- Its station connected anew or restarted: what it was told, or refused, says nothing of now.
UPDATE site_share SET body = (body::jsonb - ARRAY['sent', 'refused_at', 'unanswered_at'])::text
FROM station_transaction AS running
WHERE running.station_id = :station_id AND running.state = 'open' AND running.id = site_share.transaction_id;

-- name: share
-- What one charge may draw.
SELECT body FROM site_share WHERE transaction_id = :transaction_id;

-- name: shares
-- What each charge of a site may draw.
SELECT body FROM site_share WHERE party = :party AND key_location = :key_location ORDER BY transaction_id;

-- name: stray
-- Shares of charges whose site is limited no more.
SELECT share.body FROM site_share AS share
WHERE NOT EXISTS (
    SELECT FROM site_limit AS site WHERE site.party = share.party AND site.key_location = share.key_location
)
ORDER BY share.transaction_id;

-- name: forget_share
-- The charge is over, or nothing limits it.
DELETE FROM site_share WHERE transaction_id = :transaction_id;

-- name: running
-- The open transactions at a site.
SELECT id FROM station_transaction
WHERE state = 'open' AND party = :party AND lower(location_id COLLATE "C") = :key_location
ORDER BY id;

-- name: newest_samples
-- The newest meter values of a transaction.
SELECT transaction_id, at, body FROM meter_sample WHERE transaction_id = :transaction_id
ORDER BY at DESC, digest LIMIT :many;

-- name: stations
-- The stations of a site.
SELECT id FROM station WHERE party = :party AND key_location = :key_location ORDER BY id;
