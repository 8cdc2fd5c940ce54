"""Numbers, money and times as the reader's locale writes them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ocpilot.base import formats


def plain(text: str) -> str:
    return text.replace("\xa0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "expected"),
    [
        ("1234.5", "SEK", "sv", "1 234,50 kr"),
        ("1234.5", "SEK", "en", "1,234.50 SEK"),
        ("0.3125", "EUR", "en", "€0.3125"),
        ("-3", "SEK", "sv", "-3,00 kr"),
        ("3.33333333", "SEK", "en", "3.3333 SEK"),
    ],
)
def test_money(amount: str, currency: str, locale: str, expected: str) -> None:
    assert plain(formats.money(Decimal(amount), currency, locale)).replace("−", "-") == expected


def test_numbers_and_percent() -> None:
    assert formats.number(Decimal("12.3400"), "en") == "12.34"
    assert plain(formats.number(Decimal("1234"), "sv")) == "1 234"
    assert formats.fixed(Decimal("5"), "sv") == "5,00"
    assert formats.fixed(Decimal("5.4"), "en", 0) == "5"
    assert plain(formats.percent(Decimal("5.2"), "sv")) == "5,2 %"
    assert formats.percent(Decimal("25"), "en") == "25%"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 min"), (5, "5 s"), (60, "1 min"), (90, "1 min 30 s"), (3600, "1 h 00 min"), (7503, "2 h 05 min 03 s")],
)
def test_durations(seconds: int, expected: str) -> None:
    assert formats.duration(timedelta(seconds=seconds)) == expected


def test_moments_are_shown_as_the_clock_in_the_zone_shows_them() -> None:
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    zone = ZoneInfo("Europe/Stockholm")
    assert plain(formats.moment(at, zone, "sv")) == "24 nov. 2026 00:30:00"
    assert formats.day(at, zone, "sv") == "24 november 2026"


def test_a_moment_at_the_end_of_the_calendar_is_shown_in_utc() -> None:
    forever = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert formats.moment(forever, ZoneInfo("Europe/Stockholm"), "en").startswith("Dec 31, 9999, 11:59:59")


def test_a_stretch_of_time_names_the_second_day_and_zone_only_where_they_differ() -> None:
    zone, start = ZoneInfo("Europe/Stockholm"), datetime(2026, 10, 24, 21, 30, tzinfo=UTC)
    told = [formats.stretch(start, start + timedelta(hours=hours), zone, "sv") for hours in (0.25, 2, 4)]
    assert told == [
        "24 okt. 2026 23:30–23:45 CEST",
        "24 okt. 2026 23:30 – 25 okt. 2026 01:30 CEST",
        "24 okt. 2026 23:30 CEST – 25 okt. 2026 02:30 CET",
    ]


def test_days_months_and_countries_are_named() -> None:
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    assert formats.days(first, last, "sv") == "1 nov. 2026 – 30 nov. 2026"
    assert formats.days(first, first, "sv") == "1 nov. 2026"
    assert (formats.month(last, "de"), formats.date_in_full(last, "nl")) == ("November 2026", "30 november 2026")
    assert (formats.country("DE", "sv"), formats.country("XZ", "sv")) == ("Tyskland", "XZ")
