"""A provider's profile and a share of the site's limit become one profile that is nowhere above either."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.metering.profile_limits import EARLY, Share, limit_at, lower_of, only_share
from ocpilot.wire.v230 import ChargingProfile, ChargingProfilePeriod, ChargingRateUnit

START = datetime(2026, 11, 26, 12, tzinfo=UTC)
A, W = ChargingRateUnit.A, ChargingRateUnit.W
PHASES = Decimal(690)


def profile(*limits, unit=A, start=START, duration=None):
    periods = tuple(ChargingProfilePeriod(start_period=at, limit=Decimal(limit)) for at, limit in limits)
    return ChargingProfile(
        start_date_time=start, duration=duration, charging_rate_unit=unit, charging_profile_period=periods
    )


def share(limit, unit=A):
    return Share(limit=Decimal(limit), unit=unit, watts_per_a=PHASES)


def steps(made):
    """From the moment it was made; what holds then held before, for stations whose clock is slow."""
    (first, *later) = made.charging_profile_period
    early = int(EARLY.total_seconds())
    return [(first.start_period, first.limit), *((one.start_period - early, one.limit) for one in later)]


@pytest.mark.parametrize(
    ("wanted", "limit", "later", "expected"),
    [
        (profile((0, 10), (600, 25)), 16, 0, [(0, 10), (600, 16)]),
        (profile((0, 10), (600, 25)), 16, 300, [(0, 10), (300, 16)]),
        (profile((0, 20), (600, 25)), 16, 0, [(0, 16)]),
        (profile((0, 10), duration=600), 16, 0, [(0, 10), (600, 16)]),
        (profile((0, 10), duration=600), 16, 700, [(0, 16)]),
        (profile((0, 10), start=START + timedelta(seconds=60)), 16, 0, [(0, 16), (60, 10)]),
        (profile((0, 10), (600, 8), start=None), 16, 0, [(0, 10), (600, 8)]),
        (profile((0, 6900), unit=W), 16, 0, [(0, 10)]),
        (profile((0, 10), start=START + timedelta(milliseconds=400)), 16, 0, [(0, 10)]),
    ],
)
def test_the_lower_counts_at_every_moment(wanted, limit, later, expected):
    assert steps(lower_of(wanted, share(limit), START, START + timedelta(seconds=later))) == expected


def test_a_share_in_watts_meets_a_profile_in_ampere():
    assert steps(lower_of(profile((0, 10)), share(50_000, W), START, START)) == [(0, 6900)]


def test_the_share_alone_is_one_period():
    made = only_share(share(16), START)
    assert (steps(made), made.start_date_time, made.duration) == ([(0, 16)], START - EARLY, None)


LIMITS = st.lists(
    st.tuples(st.integers(0, 3600), st.integers(0, 63)), min_size=1, max_size=6, unique_by=lambda one: one[0]
)


@given(
    LIMITS.map(sorted),
    st.none() | st.integers(1, 4000),
    st.integers(-1000, 1000),
    st.tuples(st.integers(0, 4000), st.integers(0, 8000)),
    st.integers(0, 63),
)
def test_at_any_moment_it_is_exactly_the_lower_of_both(limits, duration, begins, when, limit):
    now, then = when
    wanted = profile(*limits, start=START + timedelta(seconds=begins), duration=duration)
    at = START + timedelta(seconds=now)
    moment = at + timedelta(seconds=then)
    made = lower_of(wanted, share(limit), START, at)
    allowed = limit_at(wanted, A, PHASES, START, moment)
    assert limit_at(made, A, PHASES, START, moment) == min(limit, limit if allowed is None else allowed)
