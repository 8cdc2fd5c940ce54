"""Times at the edges of what can be told (base/time.py)."""

from datetime import UTC, datetime, timedelta

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


def test_the_present_is_told_to_the_millisecond():
    before = datetime.now(UTC)
    moment = time.now()
    assert moment.tzinfo is UTC
    assert moment.microsecond % 1000 == 0
    assert before - timedelta(milliseconds=1) < moment <= datetime.now(UTC)


@pytest.mark.parametrize("fraction", ["", ".0", ".12", ".123", ".123456", ".1234567"])
def test_the_usual_way_of_writing_says_the_same_as_all_others(fraction):
    usual = time.parse(f"2026-02-28T23:59:59{fraction}Z")
    assert usual.tzinfo is UTC
    for other in (
        f"2026-02-28t23:59:59{fraction}z",
        f"2026-02-28T23:59:59{fraction}",
        f"2026-03-01 00:59:59{fraction}+01:00",
    ):
        assert time.parse(other) == usual


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29T00:00:00Z",
        "2026-01-01T24:00:01Z",
        "2026-W47-1T00:00:00Z",
        "20260101T000000.00Z",
        "٢026-01-01T00:00:00Z",
    ],
)
def test_what_only_looks_like_a_time_is_none(text):
    with pytest.raises(ValueError, match=r"(?i)time|date|format|month|day|hour"):
        time.parse(text)
