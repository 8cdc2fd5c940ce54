-- Work of the jobs that fails again and again, for a person to see.

CREATE TABLE job_trouble (
    step text NOT NULL,
    about text NOT NULL,
    error text NOT NULL,
    failures integer NOT NULL,
    since timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (step, about)
);
