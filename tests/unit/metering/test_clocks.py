"""Which clock counts for a transaction, and that durations are the station's whatever its clock says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.metering.clocks import StationClock, clock_of
from ocpilot.metering.findings import Oddity

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
QUARTERS = [timedelta(minutes=15 * place) for place in range(5)]
LATENCY = timedelta(seconds=1)


def kinds(clock: StationClock) -> list[Oddity]:
    return [one.kind for one in clock.findings]


def live(off: timedelta) -> list[tuple[datetime, datetime]]:
    """Messages sent at once by a station whose clock is off."""
    return [(NOW + passed + off, NOW + passed + LATENCY) for passed in QUARTERS]


def test_a_clock_that_is_right_within_two_minutes_is_left_alone() -> None:
    assert clock_of(live(timedelta(seconds=-90))) == StationClock()


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(hours=2), timedelta(days=300)])
def test_what_arrives_before_it_was_is_moved_back(ahead: timedelta) -> None:
    clock = clock_of(live(ahead))
    assert kinds(clock) == [Oddity.CLOCK_AHEAD]
    assert clock.right(NOW + ahead, NOW + LATENCY) == NOW + LATENCY


def test_local_time_called_utc_is_a_clock_behind_where_the_sun_rises_later() -> None:
    clock = clock_of(live(timedelta(hours=-8)))
    assert kinds(clock) == [Oddity.CLOCK_BEHIND]
    assert clock.right(NOW - timedelta(hours=8), NOW) == NOW + LATENCY


def test_a_clock_of_1970_that_ticks_is_moved_on() -> None:
    clock = clock_of(live(datetime(1970, 1, 1, tzinfo=UTC) - NOW))
    assert kinds(clock) == [Oddity.CLOCK_BEHIND]
    assert clock.right(datetime(1970, 1, 1, tzinfo=UTC), NOW) == NOW + LATENCY


def test_what_was_kept_while_offline_keeps_its_time() -> None:
    clock = clock_of([(NOW + passed, NOW + timedelta(days=2)) for passed in QUARTERS])
    assert kinds(clock) == [Oddity.REPLAYED]
    assert clock.right(NOW, NOW + timedelta(hours=5)) == NOW


def test_a_charge_that_only_ended_offline_keeps_its_time() -> None:
    clock = clock_of([*live(timedelta())[:4], (NOW + QUARTERS[4], NOW + timedelta(hours=5))])
    assert kinds(clock) == [Oddity.REPLAYED]
    assert clock.right(NOW, NOW + timedelta(hours=5)) == NOW


def test_a_single_message_from_the_future_is_of_the_moment_it_arrived() -> None:
    clock = clock_of([*live(timedelta()), (NOW + timedelta(days=1), NOW)])
    assert kinds(clock) == [Oddity.FROM_THE_FUTURE]
    assert clock.right(NOW + timedelta(days=1), NOW) == NOW


def test_one_late_message_says_nothing_about_the_clock() -> None:
    late = NOW + timedelta(hours=1)
    assert clock_of([(NOW, late)]).right(NOW, late) == NOW
    assert clock_of([]) == StationClock()


@pytest.mark.parametrize(
    ("before", "after"),
    [(60, 120), (120, 60), (-90, 0), (0, -90), (-60, 30)],
    ids=["summer begins", "summer ends", "set right", "set wrong", "behind, then ahead"],
)
def test_a_clock_that_is_set_in_the_middle_moves_each_message_as_those_before_it(before: int, after: int) -> None:
    moments = [NOW + timedelta(minutes=10 * place) for place in range(8)]
    said = [(one + timedelta(minutes=before if place < 4 else after), one) for place, one in enumerate(moments)]
    clock = clock_of(said)
    assert [clock.right(*one) for one in said] == moments


def test_a_station_that_catches_up_no_quicker_than_more_comes_is_not_behind() -> None:
    said = [NOW + timedelta(minutes=10 * place) for place in range(8)]
    outage = timedelta(hours=2)
    sent = [(one, one + (outage if place >= 4 else timedelta())) for place, one in enumerate(said)]
    clock = clock_of(sent)
    assert ([clock.right(*one) for one in sent], kinds(clock)) == (said, [Oddity.REPLAYED])


def test_a_message_that_tells_of_the_hour_before_it_says_how_late_its_newest_value_is() -> None:
    ahead, end = timedelta(hours=1), NOW + timedelta(minutes=40)
    told = [(NOW + ahead + timedelta(minutes=minute), end) for minute in range(41)]
    clock = clock_of([(NOW + ahead, NOW), *told])
    assert (kinds(clock), clock.right(*told[20])) == ([Oddity.CLOCK_AHEAD], NOW + timedelta(minutes=20))


def test_what_has_our_time_is_not_moved() -> None:
    clock = clock_of(live(timedelta(hours=2)))
    assert (clock.right(NOW, None), clock.right(NOW, NOW)) == (NOW, NOW)


@given(
    st.lists(st.integers(0, 7200), min_size=2, max_size=20),
    st.integers(-(10**6), 10**6).map(lambda seconds: timedelta(seconds=seconds)),
)
def test_durations_are_the_stations_however_wrong_its_clock_is(seconds: list[int], off: timedelta) -> None:
    moments = [NOW + timedelta(seconds=one) for one in sorted(seconds)]
    clock = clock_of([(one + off, one) for one in moments])
    righted = [clock.right(one + off, one) for one in moments]
    assert [one - righted[0] for one in righted] == [one - moments[0] for one in moments]
