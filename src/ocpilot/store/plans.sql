-- name: add
-- One more plan, if there is none of its name, however that is spelled: keys of fees are compared folded.
INSERT INTO price_plan (name, body, created_at)
SELECT :name, :body, :at WHERE NOT EXISTS (SELECT FROM price_plan WHERE lower(name) = lower(:name))
ON CONFLICT (name) DO NOTHING RETURNING name;

-- name: get
-- By name.
SELECT body FROM price_plan WHERE name = :name;

-- name: all
-- All plans.
SELECT body FROM price_plan ORDER BY name;

-- name: begin_series
-- The series, made if there is none; held until the transaction ends.
INSERT INTO price_series (name, currency) VALUES (:name, :currency)
ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING currency;

-- name: import_points
-- Adds points, or replaces those of the same start; how many were new, other, and as they are.
WITH given AS (
    SELECT * FROM unnest(:ats::timestamptz[], :untils::timestamptz[], :prices::numeric[]) AS given (at, until, price)
),
before AS (
    SELECT price_point.at, price_point.until, price_point.price
    FROM price_point JOIN given USING (at) WHERE series = :name
),
put AS (
    INSERT INTO price_point (series, at, until, price) SELECT :name, at, until, price FROM given
    ON CONFLICT (series, at) DO UPDATE SET until = excluded.until, price = excluded.price
)
SELECT
    count(*) FILTER (WHERE before.at IS NULL) AS added,
    count(*) FILTER (WHERE (before.until, before.price) <> (given.until, given.price)) AS changed,
    count(*) FILTER (WHERE (before.until, before.price) = (given.until, given.price)) AS same
FROM given LEFT JOIN before USING (at);

-- name: series
-- Its currency.
SELECT currency FROM price_series WHERE name = :name;

-- name: prices
-- The points over a time; one that another begins within ends there.
SELECT at, least(until, lead(at) OVER (ORDER BY at)) AS until, price
FROM price_point WHERE series = :name AND until > :since AND at < :until ORDER BY at;

-- name: all_series
-- All series with what they hold.
SELECT name, currency, min(at) AS first, max(until) AS until, count(at) AS points
FROM price_series LEFT JOIN price_point ON series = name GROUP BY name, currency ORDER BY name;

-- name: gaps
-- Between two points, where the first one ends before the next begins.
SELECT since, until FROM (
    SELECT max(until) OVER (ORDER BY at) AS since, lead(at) OVER (ORDER BY at) AS until
    FROM price_point WHERE series = :name
) AS follows
WHERE until > since ORDER BY since;
