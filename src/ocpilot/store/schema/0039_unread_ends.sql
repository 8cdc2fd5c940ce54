-- A charge whose end nobody read waits for the next value of its meter.
ALTER TABLE station_transaction ADD COLUMN waits_until timestamptz;
