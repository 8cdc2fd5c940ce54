-- Stations of OCPP 2.x: EVSEs with connectors, transactions named by the station, and the process that holds a connection.
ALTER TABLE station_transaction RENAME COLUMN connector_id TO evse_id;
ALTER TABLE station_transaction ALTER COLUMN meter_start_wh DROP NOT NULL;
ALTER TABLE station_transaction ADD COLUMN station_key text COLLATE "C";
CREATE INDEX station_transaction_key ON station_transaction (station_id, station_key, id) WHERE station_key IS NOT NULL;

ALTER TABLE reservation RENAME COLUMN connector_id TO evse_id;

UPDATE station
SET connectors = (
    SELECT coalesce(
        jsonb_agg((one - 'connector_id') || jsonb_build_object('evse_id', one -> 'connector_id', 'connector_id', 1)),
        '[]'
    )::text
    FROM jsonb_array_elements(station.connectors::jsonb) AS one
);
ALTER TABLE station ADD COLUMN node integer;
ALTER TABLE station ADD COLUMN approved boolean NOT NULL DEFAULT true;
ALTER TABLE station ADD COLUMN security_profile integer NOT NULL DEFAULT 0;
CREATE INDEX station_node ON station (node) WHERE node IS NOT NULL;
CREATE SEQUENCE station_node_number AS integer;

ALTER TABLE command ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX command_number ON command (number);
