-- name: find
-- Frames, newest first.
SELECT {line} FROM station_frame WHERE {conditions} ORDER BY at DESC, id DESC LIMIT :limit;
