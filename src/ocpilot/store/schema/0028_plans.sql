-- Price plans, and prices over time.

-- `body` is the plan as JSON. A plan is never changed: charges were priced by it.
CREATE TABLE price_plan (
    name text COLLATE "C" PRIMARY KEY,
    body text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE price_series (
    name text COLLATE "C" PRIMARY KEY,
    currency text NOT NULL
);

-- Of a kWh, without taxes.
CREATE TABLE price_point (
    series text COLLATE "C" NOT NULL REFERENCES price_series,
    at timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > at),
    price numeric NOT NULL,
    PRIMARY KEY (series, at)
);
