"""Times at the edges of what can be told (base/time.py)."""

from datetime import UTC, datetime

import pytest

from ocpilot.base import time


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_utc_cannot_tell_is_a_value_error(text):
    with pytest.raises(ValueError, match="year"):
        time.parse(text)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01T00:00:00Z"),
        (datetime(2026, 11, 1, 10, 0, 0, 5000, tzinfo=UTC), "2026-11-01T10:00:00.005Z"),
        (datetime(2026, 11, 1, 10, tzinfo=UTC), "2026-11-01T10:00:00Z"),
    ],
)
def test_what_is_written_has_four_digits_of_year_and_is_read_again(moment, text):
    assert time.write(moment) == text
    assert time.parse(text) == moment
