"""What a charge may have taken unread, and which later value of its meter tells it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ocpilot.metering.evidence import nothing_flowed
from ocpilot.metering.findings import Oddity
from ocpilot.metering.periods import Measured, measured
from ocpilot.metering.samples import ChargingState, MeterSample

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
#: 10 kW for half an hour.
QUARTERS = ((0, 1000), (15, 3500), (30, 6000))


def sample(minute: float, wh: int | None = None, state: str | None = None) -> MeterSample:
    register = None if wh is None else Decimal(wh)
    at = START + timedelta(minutes=minute)
    return MeterSample(at=at, register_wh=register, state=ChargingState(state) if state else None)


def charged(*samples: MeterSample, end: float = 44) -> Measured:
    return measured(samples, START, START + timedelta(minutes=end), "T1", max_power_w=Decimal(22_000))


def with_quarters(*samples: MeterSample, end: float = 44) -> Measured:
    return charged(*(sample(*one) for one in QUARTERS), *samples, end=end)


def kinds(found: Measured) -> list[Oddity]:
    return [one.kind for one in found.findings]


def test_what_may_have_flowed_unread_is_as_fast_as_before_it() -> None:
    found = with_quarters()
    assert (kinds(found), found.kwh) == ([Oddity.END_UNREAD], 5)
    assert (round(found.unread.wh), found.unread.open_end) == (2333, True)


def test_only_time_in_which_energy_could_flow_counts() -> None:
    """The station does not say what its meter shows when the car pauses."""
    found = with_quarters(sample(0, state="CHARGING"), sample(33, state="SUSPENDED_EV"))
    assert (kinds(found), round(found.unread.wh)) == ([Oddity.END_UNREAD], 500)
    found = with_quarters(sample(0, state="CHARGING"), sample(30.5, state="SUSPENDED_EV"))
    assert kinds(found) == []


@pytest.mark.parametrize(
    ("later", "kwh", "kind"),
    [
        (8300, "7.3", Oddity.END_READ_LATER),
        (6000, "5", Oddity.END_READ_LATER),  # the car had enough at the last sample
        (8900, "7.9", Oddity.END_READ_LATER),  # a quarter faster than before
        (9050, "5", Oddity.END_UNREAD),  # nobody knows whose that is
    ],
)
def test_the_next_value_tells_what_the_charge_can_have_taken(later: int, kwh: str, kind: Oddity) -> None:
    found = with_quarters(sample(60, later), sample(90, 20_000))
    assert (kind in kinds(found), found.kwh, found.unread.open_end) == (True, Decimal(kwh), False)
    assert sum(one.volume for period in found.periods for one in period.dimensions if one.type == "ENERGY") == found.kwh


def test_a_lower_value_tells_nothing_and_the_next_may() -> None:
    assert with_quarters(sample(50, 0)).unread.open_end
    assert with_quarters(sample(50, 0), sample(60, 8300)).kwh == Decimal("7.3")


def test_an_end_that_was_read_is_the_end_whatever_comes_later() -> None:
    found = with_quarters(sample(44, 8000), sample(60, 8300))
    assert (kinds(found), found.kwh) == ([Oddity.ENERGY_AFTER_END], 7)


@pytest.mark.parametrize("end", [0, -1, 1000])
def test_an_end_of_nothing_is_none(end: int) -> None:
    found = with_quarters(sample(44, end), sample(60, 8300))
    assert (kinds(found), found.kwh) == ([Oddity.END_EMPTY, Oddity.END_READ_LATER], Decimal("7.3"))


def test_an_end_below_a_spike_is_one() -> None:
    found = charged(sample(0, 1000), sample(15, 77_777_777), sample(44, 1000))
    assert (kinds(found), found.kwh) == ([Oddity.SPIKE], 0)


def test_the_begin_is_told_by_the_first_value_when_the_car_only_waited() -> None:
    waited = (sample(0, state="CONNECTED"), sample(20, 1000, "CHARGING"), sample(44, 5000))
    assert kinds(charged(*waited)) == []
    late = charged(sample(20, 1000), sample(44, 5000))
    assert (kinds(late), round(late.unread.wh or 0), late.unread.open_end) == (
        [Oddity.BEGIN_UNREAD],
        3333,
        False,
    )


@pytest.mark.parametrize(
    ("samples", "nothing"),
    [
        ((sample(0, 1000), sample(30, 1005)), True),
        ((sample(0, 1000), sample(30, 1100)), False),
        ((sample(0, state="CONNECTED"),), True),
        ((sample(0, state="CHARGING"),), False),
        ((sample(0, 1000),), False),
        ((), False),
        ((sample(0, 1000), MeterSample(at=START, power_w=Decimal(5))), False),
    ],
)
def test_nothing_flowed_where_all_that_is_known_says_so(samples: tuple[MeterSample, ...], nothing: bool) -> None:
    assert nothing_flowed(samples) is nothing
