-- name: add
-- A new reservation; its number is what the station will know it by.
INSERT INTO reservation (
    peer_id, owner, reservation_id, key_reservation, command_id, station_id, evse_id, party, location_id,
    key_location, evse_uid, ocpi_connector_id, token, token_uid, id_tag, authorization_reference, session_id,
    key_session, terms, state, began_at, until
)
VALUES (
    :peer_id, :owner, :reservation_id, :key_reservation, :command_id, :station_id, :evse_id, :party, :location_id,
    :key_location, :evse_uid, :ocpi_connector_id, :token, :token_uid, :id_tag, :authorization_reference, :session_id,
    :key_session, :terms, :state, :began_at, :until
)
RETURNING id;

-- name: save
-- All fields of a stored reservation that may change.
UPDATE reservation
SET
    command_id = :command_id,
    station_id = :station_id,
    evse_id = :evse_id,
    evse_uid = :evse_uid,
    ocpi_connector_id = :ocpi_connector_id,
    token = :token,
    token_uid = :token_uid,
    id_tag = :id_tag,
    authorization_reference = :authorization_reference,
    terms = :terms,
    state = :state,
    until = :until
WHERE id = :id;

-- name: get
-- By number.
SELECT * FROM reservation WHERE id = :id;

-- name: get_locked
-- By number; nobody else may change it until the transaction ends.
SELECT * FROM reservation WHERE id = :id FOR NO KEY UPDATE;

-- name: named
-- Live ones to which a platform gave this id.
SELECT * FROM reservation
WHERE peer_id = :peer_id AND key_reservation = :key_reservation AND state IN ('asked', 'active')
ORDER BY id DESC;

-- name: on_connector
-- The live one of a connector.
SELECT * FROM reservation
WHERE station_id = :station_id AND evse_id = :evse_id AND state IN ('asked', 'active')
ORDER BY state, id DESC LIMIT 1;

-- name: of_token
-- The active one of a Token at a Location.
SELECT * FROM reservation
WHERE key_location = :key_location AND token_uid = :token_uid AND state = 'active'
ORDER BY id DESC LIMIT 1;

-- name: of_session
-- The one whose Session it is.
SELECT * FROM reservation WHERE key_session = :key_session ORDER BY id DESC LIMIT 1;

-- name: due
-- Live ones whose time is over.
SELECT * FROM reservation WHERE state IN ('asked', 'active') AND until <= :now ORDER BY until;

-- name: expired
-- Those that nobody came for, of late.
SELECT * FROM reservation WHERE state = 'expired' AND until > :since ORDER BY until;
