-- name: days
-- Makes place for each of these days in a log.
SELECT log_day(:log::text, one) FROM unnest(:days::date[]) AS one;

-- name: add_gap
-- So many of a log were not kept.
INSERT INTO message_gap (log, began_at, ended_at, count) VALUES (:log, :began_at, :ended_at, :count);

-- name: gaps
-- What is missing of a log within a time, newest first.
SELECT began_at, ended_at, count FROM message_gap
WHERE log = :log
    AND ended_at >= coalesce(:since::timestamptz, '-infinity') AND began_at < coalesce(:until::timestamptz, 'infinity')
ORDER BY ended_at DESC;

-- name: drop_before
-- Drops the days of a log before this one; how many.
SELECT log_drop_before(:log::text, :day::date) AS dropped;
