-- From and to whom an order came, for the way back of its result; bookings of a Location in order of their time.
ALTER TABLE command ADD COLUMN sender text;
ALTER TABLE command ADD COLUMN receiver text;
CREATE INDEX booking_used ON booking (party, key_location, starts) WHERE peer_id = 0 AND key_sub = '';

-- Preferences are a list, each from a moment on; those accepted before hold from the start of the charge.
UPDATE station_transaction
SET preferences = jsonb_build_array(jsonb_build_object('at', to_jsonb(started_at), 'wanted', preferences::jsonb))::text
WHERE preferences IS NOT NULL;
