-- Every state of a Location and its EVSEs has a stamp that no other state ever had: what was made of a state may be kept
-- under its stamp and is never out of date.
CREATE SEQUENCE location_stamp;
ALTER TABLE location ADD COLUMN stamp bigint NOT NULL DEFAULT nextval('location_stamp');

-- Whole Locations that readers have put together. No record: a crash empties it, a row with another stamp is ignored.
CREATE UNLOGGED TABLE assembled_location (
    party text COLLATE "C" NOT NULL,
    key_id text COLLATE "C" NOT NULL,
    stamp bigint NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (party, key_id)
);

-- The same as before, but a body that was put together is not put together again. `assembled` says that it was.
CREATE OR REPLACE VIEW whole_location AS
SELECT
    location.party,
    location.key_id,
    ''::text COLLATE "C" AS key_sub,
    location.id,
    ''::text AS sub,
    location.peer_id,
    location.version,
    location.audience,
    location.last_updated,
    NULL::text COLLATE "C" AS token_uid,
    location.latitude,
    location.longitude,
    location.publish,
    CASE
        WHEN kept.stamp IS NOT NULL THEN kept.body
        ELSE
            left(location.body, -1)
            || coalesce(
                (
                    SELECT ',"evses":[' || string_agg(evse.body, ',' ORDER BY evse.place, evse.key_uid) || ']'
                    FROM evse
                    WHERE evse.party = location.party AND evse.key_location = location.key_id
                ),
                ''
            )
            || ',"last_updated":"'
            || replace(to_char(location.last_updated AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '.000Z', 'Z')
            || '"}'
    END AS body,
    location.stamp,
    kept.stamp IS NOT NULL AS assembled
FROM location
LEFT JOIN assembled_location AS kept
    ON kept.party = location.party AND kept.key_id = location.key_id AND kept.stamp = location.stamp;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE assembled_location ALTER COLUMN body SET COMPRESSION lz4;
    END IF;
END
$$;
