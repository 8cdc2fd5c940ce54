"""Which component prices what: restrictions, order of elements, relevance of tariffs."""

from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ocpilot.pricing import price


def net(priced) -> Decimal:
    return priced.total.amount.excl


@pytest.mark.parametrize(
    ("restrictions", "matches"),
    [
        ({"start_time": "10:00", "end_time": "11:00"}, True),
        ({"start_time": "10:01"}, False),
        ({"end_time": "10:00"}, False),
        ({"start_time": "22:00", "end_time": "06:00"}, False),
        ({"start_time": "09:00", "end_time": "00:00"}, True),
        ({"start_time": "09:00", "end_time": "24:00"}, True),
        ({"start_date": "2026-11-23", "end_date": "2026-11-24"}, True),
        ({"end_date": "2026-11-23"}, False),
        ({"start_date": "2026-11-24"}, False),
        ({"day_of_week": ("MONDAY",)}, True),
        ({"day_of_week": ("TUESDAY", "SUNDAY")}, False),
        ({"min_kwh": Decimal(1)}, False),
        ({"max_kwh": Decimal(1)}, True),
        ({"min_duration": 1}, False),
        ({"max_duration": 1}, True),
        ({"min_power": Decimal(10)}, True),
        ({"max_power": Decimal(10)}, False),
        ({"min_current": Decimal(1)}, False),
        ({"max_current": Decimal(1)}, False),
        ({"start_time": "10:00", "day_of_week": ("TUESDAY",)}, False),
    ],
)
def test_a_restriction_matches_the_start_of_the_period(b, restrictions: dict, matches: bool) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), **restrictions))
    assert net(b.cost([b.period(ENERGY="10")], tariff)) == (10 if matches else 0)


def test_times_are_those_of_the_location(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), start_time="11:00", end_time="12:00"))
    assert net(b.cost([b.period(ENERGY="10")], tariff, zone="Europe/Stockholm")) == 10
    assert net(b.cost([b.period(ENERGY="10")], tariff, zone="UTC")) == 0


def test_the_first_matching_element_wins_for_each_dimension_on_its_own(b) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "1"), min_kwh=Decimal(10)),
        b.element(b.component("ENERGY", "2"), b.component("TIME", "60")),
        b.element(b.component("ENERGY", "3"), b.component("TIME", "90")),
    )
    priced = b.cost([b.period(ENERGY="10", TIME="0.5"), b.period(30, ENERGY="10")], tariff)
    assert [(line.part, line.element, line.amount.excl) for line in priced.lines] == [
        ("ENERGY", 1, 20),
        ("TIME", 1, 30),
        ("ENERGY", 0, 10),
    ]


def test_each_period_is_priced_by_the_tariff_it_names(b) -> None:
    cheap = b.tariff(b.component("ENERGY", "1"), ident="CHEAP")
    fast = b.tariff(b.component("ENERGY", "5"), ident="FAST")
    periods = [b.period(0, "cheap", ENERGY="1"), b.period(10, "FAST", ENERGY="1"), b.period(20, None, ENERGY="1")]
    assert net(b.cost(periods, cheap, fast)) == 6


def test_a_tariff_nobody_has_makes_the_price_unknown_not_zero(b) -> None:
    priced = b.cost([b.period(0, "GONE", ENERGY="1")], b.tariff(b.component("ENERGY", "1")))
    assert priced.total is None
    assert priced.total_cost is None
    assert priced.findings[0].found == "tariff GONE"


def test_no_tariff_at_all_makes_the_price_unknown(b) -> None:
    assert b.cost([b.period(ENERGY="1")]).total is None


def test_a_tariff_of_another_currency_is_not_used(b) -> None:
    euro = msgspec.structs.replace(b.tariff(b.component("ENERGY", "1")), currency="EUR")
    priced = b.cost([b.period(ENERGY="1")], euro)
    assert priced.total is None
    assert priced.findings[0].found == "EUR"


def test_a_flat_fee_is_due_once(b) -> None:
    priced = b.cost([b.period(ENERGY="1"), b.period(10, ENERGY="1")], b.tariff(b.component("FLAT", "5")))
    assert net(priced) == 5
    assert priced.fixed.amount.excl == 5


def test_the_price_of_a_period_that_should_have_been_two_is_a_finding(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), end_time="10:30"), b.component("ENERGY", "2"))
    assert "10:30" in b.cost([b.period(ENERGY="1")], tariff).findings[0].found
    assert b.cost([b.period(PARKING_TIME="1")], tariff).findings == ()


def test_energy_that_passes_a_border_within_a_period_is_a_finding(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "1"), max_kwh=Decimal(20)), b.component("ENERGY", "2"))
    assert b.cost([b.period(ENERGY="20")], tariff).findings == ()
    assert "20 kWh" in b.cost([b.period(ENERGY="21")], tariff).findings[0].found


def test_the_cost_so_far_of_a_running_charge_ends_with_its_last_period(b) -> None:
    priced = price(
        [b.period(TIME="0.5"), b.period(30, PARKING_TIME="0.25")],
        [b.tariff(b.component("TIME", "60"))],
        start=b.start,
        end=None,
        zone=ZoneInfo("UTC"),
        currency="SEK",
    )
    assert priced.total.amount.excl == 30
    assert priced.duration.total_seconds() == 45 * 60
