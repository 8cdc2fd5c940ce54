"""What parses and cannot be priced is said to be so, with the reason; it never costs zero and never stops a program."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ocpilot.pricing import price, price_changes


@pytest.mark.parametrize("text", ["25:00", "9.5", "aa:bb", "23:60", "2400", "-1:00"])
def test_a_time_that_is_none_makes_the_price_unknown(b, text: str) -> None:
    tariff = b.tariff(b.component("FLAT", "1"), b.element(b.component("ENERGY", "1"), start_time=text))
    priced = b.cost([b.period(ENERGY="3")], tariff)
    assert priced.total is None
    [finding] = priced.findings
    assert (finding.path, finding.found) == ("$.tariffs[0].elements[1].restrictions.start_time", text)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-1-1", "tomorrow"])
def test_a_date_that_is_none_makes_the_price_unknown(b, text: str) -> None:
    priced = b.cost([b.period(ENERGY="3")], b.tariff(b.element(b.component("ENERGY", "1"), end_date=text)))
    assert priced.total is None
    assert priced.findings[0].found == text


def test_another_tariff_does_not_take_the_place_of_one_that_cannot_be_read(b) -> None:
    broken = b.tariff(b.element(b.component("ENERGY", "1"), start_time="25:00"), ident="A")
    assert b.cost([b.period(ENERGY="3")], broken, b.tariff(b.component("ENERGY", "9"), ident="B")).total is None


def test_a_time_without_its_zero_is_understood(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), start_time="9:00"))
    assert b.cost([b.period(ENERGY="3")], tariff).total.amount.excl == 3


def test_a_time_that_is_none_makes_no_new_period(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), start_time="25:00", min_kwh=Decimal(5)))
    changes = price_changes([tariff], b.start, b.start + timedelta(hours=5), ZoneInfo("UTC"))
    assert (changes.moments, changes.kwh) == ((), ())


@pytest.mark.parametrize("hours", ["1000000000000", "-1000000000000"])
@pytest.mark.parametrize("kind", ["TIME", "PARKING_TIME", "RESERVATION_TIME"])
def test_more_hours_than_a_life_has_are_not_priced(b, kind: str, hours: str) -> None:
    priced = b.cost([b.period(**{kind: hours})], b.tariff(b.component("TIME", "1")))
    assert priced.total is None
    assert priced.findings[0].found == f"{hours} hours"


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("is_running", [False, True])
def test_a_moment_beyond_calendars_is_not_priced(b, year: int, is_running: bool) -> None:
    moment = datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, 23, 59, tzinfo=UTC)
    period = b.period(ENERGY="1", TIME="1")
    strange = period.__class__(start_date_time=moment, dimensions=period.dimensions)
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), start_time="10:00"))
    end = None if is_running else moment
    priced = price([strange], [tariff], start=moment, end=end, zone=ZoneInfo("Asia/Tokyo"), currency="SEK")
    assert priced.total is None
    assert priced.findings[0].expected == "a moment from 1900 to 2500"


@pytest.mark.parametrize("seconds", [10**30, -(10**30)])
def test_a_duration_no_charge_reaches_is_no_border(b, seconds: int) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), max_duration=seconds))
    assert b.cost([b.period(ENERGY="3")], tariff).total.amount.excl == (3 if seconds > 0 else 0)


def test_reserved_time_in_a_period_of_a_charge_is_a_finding(b) -> None:
    tariff = b.tariff(b.element(b.component("TIME", "60"), reservation="RESERVATION"), b.component("ENERGY", "1"))
    priced = b.cost([b.period(RESERVATION_TIME="0.25", ENERGY="4")], tariff)
    assert priced.total.amount.excl == 4
    assert [one.found for one in priced.findings] == ["reserved time and a charge in one period"]


def test_a_duration_is_counted_from_the_charge_when_it_was_reserved_before(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), max_duration=1800), b.component("ENERGY", "2"))
    priced = b.cost([b.period(RESERVATION_TIME="0.25"), b.period(15, ENERGY="4")], tariff, hours=1.25)
    assert [finding.found for finding in priced.findings] == [
        "a price that changes at 2026-11-23T10:45:00+00:00 within the period"
    ]


def test_only_where_the_price_changes_is_a_period_said_to_change_it(b) -> None:
    """The first and last of three prices are the same; a border of another dimension changes nothing."""
    tariff = b.tariff(
        b.element(b.component("ENERGY", "2"), start_time="10:10", end_time="10:40"),
        b.element(b.component("PARKING_TIME", "9"), start_time="10:20", end_time="10:50"),
        b.component("ENERGY", "1"),
    )
    priced = b.cost([b.period(ENERGY="4")], tariff)
    assert [one.found for one in priced.findings] == [
        f"a price that changes at 2026-11-23T10:{minute}:00+00:00 within the period" for minute in (10, 40)
    ]
