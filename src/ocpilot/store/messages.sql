-- name: days
-- Makes place for each of these days.
SELECT message_day(one) FROM unnest(:days::date[]) AS one;

-- name: find
-- Messages without headers and bodies, newest first.
SELECT {line} FROM message WHERE {conditions} ORDER BY at DESC, id DESC LIMIT :limit;

-- name: get
-- One message whole.
SELECT {whole} FROM message WHERE id = :id ORDER BY at DESC LIMIT 1;

-- name: add_gap
-- So many were not kept.
INSERT INTO message_gap (began_at, ended_at, count) VALUES (:began_at, :ended_at, :count);

-- name: gaps
-- What is missing within a time, newest first.
SELECT began_at, ended_at, count FROM message_gap
WHERE ended_at >= coalesce(:since::timestamptz, '-infinity') AND began_at < coalesce(:until::timestamptz, 'infinity')
ORDER BY ended_at DESC;

-- name: drop_before
-- Drops the days before this one; how many.
SELECT message_drop_before(:day::date) AS dropped;
