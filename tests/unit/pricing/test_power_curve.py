"""The power of a planned charge, and the energy it comes to."""

from decimal import Decimal

import pytest

from ocpilot.base.errors import UserError
from ocpilot.pricing.power_curve import PowerCurve, PowerPoint


def curve(text: str, kwh: str | None = None) -> PowerCurve:
    points = (pair.split(":") for pair in text.split(","))
    return PowerCurve(
        [PowerPoint(Decimal(at), Decimal(kw)) for at, kw in points], None if kwh is None else Decimal(kwh)
    )


def test_a_steady_charge_takes_its_energy_over_its_power() -> None:
    steady = curve("0:11", "30")
    assert steady.seconds == 9819  # 30 / 11 h is 9818.18 s
    assert steady.kwh == 30
    assert steady.mean_kw(0, 3600) == 11


def test_between_two_points_the_power_changes_evenly() -> None:
    rising = curve("0:0,60:100")
    assert (rising.seconds, rising.kwh) == (3600, 50)
    assert rising.mean_kw(0, 1800) == 25
    assert rising.kwh_at(1800) == Decimal("12.5")


def test_two_points_at_one_time_are_a_step() -> None:
    assert curve("0:50,30:50,30:20,60:20").kwh == 35


def test_with_an_energy_the_charge_ends_when_it_is_reached() -> None:
    assert curve("0:50,60:50", "25").seconds == 1800


def test_the_power_of_the_last_point_stays_until_the_energy_is_reached() -> None:
    assert curve("0:100,30:50", "62.5").seconds == 3600


def test_a_border_of_energy_stands_at_the_second_that_reaches_it() -> None:
    assert curve("0:36", "2").second_of(Decimal(1)) == 100


def test_a_border_of_energy_between_two_seconds_stands_at_the_first() -> None:
    assert curve("0:350", "2").second_of(Decimal(1)) == 10  # 10.29 s


def test_a_border_is_reached_when_the_car_begins_to_pause() -> None:
    assert curve("0:60,10:60,10:0,20:0,20:60,30:60").second_of(Decimal(10)) == 600


@pytest.mark.parametrize(
    ("text", "border", "seconds"),
    [
        ("0:0,60:100", "50", [1800]),
        ("0:0,30:50,60:100", "50", [1800]),
        ("0:100,60:0", "50", [1800]),
        ("0:50,30:50,30:100,60:100", "80", [1800]),
        ("0:100,30:100,30:50,60:50", "50", []),
        ("0:50,60:50", "50", []),
    ],
)
def test_where_the_power_passes_a_border_is_known(text: str, border: str, seconds: list[int]) -> None:
    assert list(curve(text).crossings([Decimal(border)])) == seconds


def test_where_the_car_begins_and_ends_a_pause_is_known() -> None:
    assert list(curve("0:60,10:60,10:0,20:0,20:60,30:60").crossings([])) == [600, 1200]


@pytest.mark.parametrize(
    ("text", "kwh", "says"),
    [
        ("5:11,10:11", None, "first point at 0 minutes"),
        ("0:11,10:11,5:11", None, "must not fall"),
        ("0:11", None, "single point needs the kWh"),
        ("0:0,10:0", None, "one above 0"),
        ("0:11,10:-1", None, "0 kW or more"),
        ("0:11,10:0", "30", "ends at 0 kW before 30 kWh"),
        ("0:0.001", "30", "more than 60 days"),
        ("0:11,100000:11", None, "at most 60 days"),
        ("0:11", "0", "expected more than 0"),
    ],
)
def test_what_is_no_charge_is_refused(text: str, kwh: str | None, says: str) -> None:
    with pytest.raises(UserError, match=says):
        curve(text, kwh)
