-- Which Tariffs stations of OCPP 2.1 were told of, EVSE by EVSE (`evses`, JSON), since they booted.

CREATE TABLE station_tariffs (
    station_id text COLLATE "C" PRIMARY KEY,
    stamp text COLLATE "C",
    until timestamptz,
    deaf boolean NOT NULL,
    evses text NOT NULL
);
