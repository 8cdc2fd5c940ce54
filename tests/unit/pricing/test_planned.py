"""The Charging Periods of a planned charge: a new one at every border of the Tariff."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ocpilot.base.errors import UserError
from ocpilot.pricing import price_changes
from ocpilot.pricing.planned import PlannedCharge, periods_of
from ocpilot.pricing.power_curve import PowerPoint
from ocpilot.wire.v230 import Tariff

STOCKHOLM = ZoneInfo("Europe/Stockholm")
START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def steady(kwh: str = "22", kw: str = "11", start: datetime = START, **more: object) -> PlannedCharge:
    return PlannedCharge(start=start, power=(PowerPoint(Decimal(0), Decimal(kw)),), kwh=Decimal(kwh), **more)


def curve(text: str, **more: object) -> PlannedCharge:
    points = (pair.split(":") for pair in text.split(","))
    power = tuple(PowerPoint(Decimal(at), Decimal(kw)) for at, kw in points)
    return PlannedCharge(start=START, power=power, **more)


def shown(plan: PlannedCharge, tariff: Tariff, zone: ZoneInfo = STOCKHOLM) -> list[str]:
    """`11:00 ENERGY 11 TIME 1`, by the clock of the place; power and current where it is asked for."""
    return [
        f"{period.start_date_time.astimezone(zone):%H:%M:%S} "
        + " ".join(f"{one.type} {one.volume.normalize():f}" for one in period.dimensions)
        for period in periods_of(plan, tariff, zone)
    ]


def test_a_tariff_without_borders_leaves_one_period_and_one_for_parking(b) -> None:
    plan = steady(parked=timedelta(minutes=30))
    assert shown(plan, b.tariff(b.component("ENERGY", "4"))) == [
        "11:00:00 ENERGY 22 TIME 2 POWER 11",
        "13:00:00 PARKING_TIME 0.5 POWER 0",
    ]


def test_a_time_of_day_is_one_of_the_place(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), start_time="12:00"))
    assert [line[:8] for line in shown(steady(), tariff)] == ["11:00:00", "12:00:00"]


def test_nothing_is_charged_any_more_while_parked(b) -> None:
    tariff = b.tariff(b.element(b.component("PARKING_TIME", "4"), start_time="12:00"))
    assert shown(curve("0:60,30:60", parked=timedelta(hours=1)), tariff) == [
        "11:00:00 ENERGY 30 TIME 0.5 POWER 60",
        "11:30:00 PARKING_TIME 0.5 POWER 0",
        "12:00:00 PARKING_TIME 0.5 POWER 0",
    ]


def test_a_time_of_day_cuts_parking_too(b) -> None:
    tariff = b.tariff(b.element(b.component("PARKING_TIME", "4"), start_time="13:10"))
    assert [line[:8] for line in shown(steady(parked=timedelta(hours=1)), tariff)] == [
        "11:00:00",
        "13:00:00",
        "13:10:00",
    ]


def test_a_price_that_ends_at_midnight_is_cut_there(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), start_time="22:00"))
    plan = steady(start=datetime(2026, 11, 23, 22, 30, tzinfo=UTC))
    assert [line[:8] for line in shown(plan, tariff)] == ["23:30:00", "00:00:00"]


def test_energy_is_cut_at_exactly_the_border(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), min_kwh=Decimal(10)))
    first, second = shown(steady("30", "7"), tariff)
    assert first.startswith("11:00:00 ENERGY 10 TIME 1.4283")
    assert second.startswith("12:25:42 ENERGY 20 ")


def test_two_borders_of_energy_within_a_second_keep_what_lies_between(b) -> None:
    levels = (b.element(b.component("ENERGY", str(kwh)), min_kwh=kwh) for kwh in (Decimal("1.04"), Decimal("1.02")))
    volumes = [line.split(" ")[2] for line in shown(steady("2", "400"), b.tariff(*levels))]
    assert volumes == ["1.02", "0.02", "0.96"]


def test_power_is_cut_where_it_passes_a_border_on_its_way(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), min_power=Decimal(50)))
    assert shown(curve("0:0,60:100,120:100"), tariff) == [
        "11:00:00 ENERGY 12.5 TIME 0.5 POWER 25",
        "11:30:00 ENERGY 137.5 TIME 1.5 POWER 91.6666",
    ]


def test_current_follows_from_power_by_the_voltage_that_is_said_or_usual(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), min_current=Decimal(100)))
    assert shown(curve("0:0,60:100"), tariff) == [
        "11:00:00 ENERGY 8 TIME 0.4 POWER 20 CURRENT 50",
        "11:24:00 ENERGY 42 TIME 0.6 POWER 70 CURRENT 175",
    ]
    assert shown(curve("0:0,60:100", volts=Decimal(500)), tariff) == [
        "11:00:00 ENERGY 12.5 TIME 0.5 POWER 25 CURRENT 50",
        "11:30:00 ENERGY 37.5 TIME 0.5 POWER 75 CURRENT 150",
    ]


def test_a_duration_counts_from_the_start_of_the_charge_and_goes_on_while_parked(b) -> None:
    tariff = b.tariff(b.element(b.component("PARKING_TIME", "4"), min_duration=9000))
    plan = steady(parked=timedelta(hours=1), reserved=timedelta(minutes=10))
    assert [line[:8] for line in shown(plan, tariff)] == ["10:50:00", "11:00:00", "13:00:00", "13:30:00"]


def test_a_car_that_draws_nothing_for_a_while_is_parked(b) -> None:
    assert shown(curve("0:60,10:60,10:0,20:0,20:60,30:60"), b.tariff(b.component("ENERGY", "4"))) == [
        "11:00:00 ENERGY 10 TIME 0.1667 POWER 60",
        "11:10:00 PARKING_TIME 0.1667 POWER 0",
        "11:20:00 ENERGY 10 TIME 0.1667 POWER 60",
    ]


def test_a_reservation_before_it_is_cut_where_its_own_price_changes(b) -> None:
    tariff = b.tariff(
        b.element(b.component("TIME", "4"), start_time="10:45", reservation="RESERVATION"), b.component("ENERGY", "4")
    )
    assert shown(steady(reserved=timedelta(minutes=30)), tariff)[:2] == [
        "10:30:00 RESERVATION_TIME 0.25",
        "10:45:00 RESERVATION_TIME 0.25",
    ]


@pytest.mark.parametrize(
    ("day", "clock", "cuts"),
    [
        # Put back from 03:00 to 02:00: 02:30 is there twice, and between them the clock leaves 02:30 again.
        (datetime(2026, 10, 25, tzinfo=UTC), "02:30", ["02:30 CEST", "02:00 CET", "02:30 CET"]),
        # Put forward from 02:00 to 03:00: 02:30 never is, and the clock passes it at 03:00.
        (datetime(2027, 3, 28, tzinfo=UTC), "02:30", ["03:00 CEST"]),
    ],
)
def test_a_night_in_which_the_clock_is_changed_has_its_own_cuts(b, day: datetime, clock: str, cuts: list[str]) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), start_time=clock))
    found = price_changes([tariff], day, day + timedelta(hours=6), STOCKHOLM).moments
    assert [f"{moment.astimezone(STOCKHOLM):%H:%M %Z}" for moment in found] == cuts


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"parked": timedelta(minutes=-1)}, "from 0 to 60 days"),
        ({"reserved": timedelta(days=61)}, "from 0 to 60 days"),
        ({"start": datetime(9999, 12, 31, tzinfo=UTC)}, "expected 1900 to 2500"),
        ({"volts": Decimal(0)}, "more than 0"),
    ],
)
def test_what_is_no_plan_is_refused(more: dict[str, object], says: str) -> None:
    with pytest.raises(UserError, match=says):
        steady(**more)


def test_a_charge_of_more_than_two_months_is_refused(b) -> None:
    with pytest.raises(UserError, match="at most 60"):
        shown(steady("1000", "1", parked=timedelta(days=30)), b.tariff(b.component("ENERGY", "4")))


def test_a_border_below_zero_is_none(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), min_kwh=Decimal(-5), min_power=Decimal(-1)))
    assert shown(steady(), tariff) == ["11:00:00 ENERGY 22 TIME 2 POWER 11"]
