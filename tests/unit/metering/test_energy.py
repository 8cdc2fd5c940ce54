"""Which values of a transaction are billing points, what flows back, and what energy must agree with."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpilot.metering.findings import Oddity
from ocpilot.metering.limit import Limit
from ocpilot.metering.periods import Cuts, Measured, measured
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.wire.v230 import CdrDimensionType, ChargingPeriod

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
POWER = Decimal(22_000)


def sample(minutes: float, wh: str | int | None = None, **more: object) -> MeterSample:
    register = None if wh is None else Decimal(wh)
    numbers = {name: Decimal(value) if isinstance(value, int) else value for name, value in more.items()}
    return msgspec.convert(
        {"at": START + timedelta(minutes=minutes), "register_wh": register, **numbers},
        MeterSample,
        from_attributes=True,
    )


def charged(*samples: MeterSample, end: timedelta | None = HOUR, cuts: Cuts = Cuts()) -> Measured:  # noqa: B008 - frozen
    return measured(samples, START, START + end if end else None, "T", cuts=cuts, max_power_w=POWER)


def kinds(found: Measured) -> list[Oddity]:
    return [one.kind for one in found.findings]


def volumes(periods: tuple[ChargingPeriod, ...], kind: CdrDimensionType) -> list[Decimal | None]:
    return [next((one.volume for one in period.dimensions if one.type is kind), None) for period in periods]


# ---- billing points ------------------------------------------------------------------------------------------------


def test_values_of_the_wall_clock_are_no_billing_points() -> None:
    clock = sample(30, 900_000, context="Sample.Clock", power_w=7000)
    found = charged(sample(0, 1000), clock, sample(60, 6000))
    assert (found.kwh, found.findings) == (5, ())
    assert volumes(found.periods, CdrDimensionType.MAX_POWER) == [7]


def test_values_of_the_wall_clock_count_where_there_are_no_others() -> None:
    clock = [sample(minutes, 1000 + 100 * minutes, context="Sample.Clock") for minutes in (15, 30, 45)]
    assert charged(sample(0, 1000), *clock, end=None).kwh == Decimal("4.5")


def test_the_words_begin_and_end_place_a_register_whatever_its_time_is() -> None:
    both = [sample(61, 1000, context="Transaction.Begin"), sample(61, 6000, context="Transaction.End")]
    found = charged(sample(30, 3500, context="Sample.Periodic"), *both)
    assert (found.kwh, found.findings) == (5, ())


def test_a_station_that_writes_begin_everywhere_is_not_believed() -> None:
    found = charged(*(sample(15 * place, 1000 * place, context="Transaction.Begin") for place in range(1, 5)))
    assert found.kwh == 3


def test_an_interruption_is_time_in_which_the_station_gives_nothing() -> None:
    found = charged(
        sample(0, 1000, state=ChargingState.CHARGING),
        sample(20, 3000, context="Interruption.Begin"),
        sample(40, 3000, context="Interruption.End"),
        sample(60, 5000),
    )
    assert (found.charging, found.withheld, found.kwh) == (timedelta(minutes=40), timedelta(minutes=20), 4)


# ---- intervals -----------------------------------------------------------------------------------------------------


def test_intervals_are_summed_where_there_is_no_register() -> None:
    found = charged(*(sample(15 * place, interval_wh=1000) for place in range(1, 5)))
    assert (found.kwh, found.findings) == (4, ())


def test_a_register_counts_and_intervals_beside_it_do_not() -> None:
    both = [sample(15 * place, 1000 * place, interval_wh=1000) for place in range(1, 5)]
    assert charged(sample(0, 0), *both).kwh == 4


def test_intervals_count_beside_a_register_that_stands_still() -> None:
    found = charged(sample(0, 500), *(sample(15 * place, interval_wh=1000) for place in range(1, 5)), sample(60, 500))
    assert (found.kwh, kinds(found)) == (4, [Oddity.INTERVALS_COUNT])


def test_an_interval_nobody_can_believe_is_held() -> None:
    found = charged(sample(15, interval_wh=1000), sample(30, interval_wh=10**6))
    assert (found.kwh, [one.kind for one in found.doubts]) == (1, [Oddity.JUMP])


# ---- what flows back -----------------------------------------------------------------------------------------------


def test_what_the_car_gives_back_is_taken_off() -> None:
    found = charged(sample(0, 1000, export_wh=100), sample(30, 6000, export_wh=100), sample(60, 6000, export_wh=3100))
    assert found.kwh == 2


def test_a_car_that_gave_back_more_than_it_took_has_negative_energy() -> None:
    samples = (sample(0, 1000, export_wh=0), sample(30, 2000, export_wh=0), sample(60, 2000, export_wh=4000))
    found = charged(*samples, cuts=Cuts(moments=(START + timedelta(minutes=30),)))
    assert (found.kwh, volumes(found.periods, CdrDimensionType.ENERGY)) == (-3, [1, -4])


def test_a_border_of_energy_is_a_new_period_on_the_way_up_and_down() -> None:
    samples = (sample(0, 0, export_wh=0), sample(30, 6000, export_wh=0), sample(60, 6000, export_wh=6000))
    found = charged(*samples, cuts=Cuts(kwh=(Decimal(3),)))
    assert [(one.start_date_time - START) / timedelta(minutes=1) for one in found.periods] == [0, 15, 45]
    assert sum(one or 0 for one in volumes(found.periods, CdrDimensionType.ENERGY)) == found.kwh == 0


# ---- what energy must agree with -----------------------------------------------------------------------------------


def test_a_charge_without_any_meter_value_is_held() -> None:
    assert [one.kind for one in charged(sample(0, 1000)).doubts] == [Oddity.NO_METER_VALUES]
    assert charged(sample(0, 1000), end=None).doubts == ()
    assert charged(sample(0, 1000), end=timedelta(seconds=10)).doubts == ()


def test_a_charge_whose_begin_nobody_read_is_held() -> None:
    assert [one.kind for one in charged(sample(1, 205), sample(60, 5205)).doubts] == [Oddity.BEGIN_UNREAD]
    assert charged(sample(0.9, 205), sample(60, 5205)).doubts == ()


def test_a_car_that_is_only_connected_waits_before_it_charged_and_parks_when_it_has() -> None:
    said = {0: "CONNECTED", 10: "CHARGING", 30: "CONNECTED", 40: "CHARGING", 50: "CONNECTED"}
    found = charged(*(sample(minute, 1000 + 100 * minute, state=state) for minute, state in said.items()))
    assert [span.seconds / 60 for span in (found.withheld, found.charging, found.parked)] == [10, 30, 20]


@pytest.mark.parametrize(
    ("minute", "wh", "kind"),
    [
        (59.1, 10_000, None),  # as near as one can ask
        (57, 10_000, Oddity.END_UNREAD),  # 526 Wh, more than 500
        (58, 10_000, Oddity.LITTLE_UNREAD),  # 345 Wh of 10 kWh
        (50, 2000, Oddity.END_UNREAD),  # 400 Wh of 2 kWh
        (50, 400, Oddity.LITTLE_UNREAD),  # 80 Wh, whatever share that is
    ],
)
def test_what_may_have_flowed_after_the_last_register_is_held_where_it_is_much(minute, wh, kind) -> None:
    found = charged(sample(0, 1000), sample(minute, 1000 + wh))
    assert (kinds(found), found.kwh) == ([kind] if kind else [], Decimal(wh) / 1000)
    assert bool(found.doubts) is (kind is Oddity.END_UNREAD)


def test_two_registers_within_seconds_say_nothing_of_power() -> None:
    found = charged(sample(0, 1000), sample(56.9, 1900), sample(57, 2000))
    assert kinds(found) == [Oddity.LITTLE_UNREAD]


def test_a_charge_in_which_nothing_flowed_is_not() -> None:
    assert charged(sample(0, 1000), sample(60, 1000)).findings == ()


def test_a_charge_of_which_no_meter_value_counts_is_held() -> None:
    assert [one.kind for one in charged(sample(0, 0), sample(60, 910_000)).doubts] == [Oddity.NOTHING_BELIEVED]


def test_odd_registers_are_told_once_and_counted() -> None:
    found = charged(sample(0, 1000), sample(10, 5), sample(20, 6), sample(30, 7), sample(60, 2000))
    assert [(one.kind, one.more) for one in found.findings] == [(Oddity.DIP, 2)]
    assert str(found.findings[0]) == "dip: 5 Wh after 1000 Wh (2 times more)"


# ---- what only Sessions tell ---------------------------------------------------------------------------------------


def test_a_session_tells_averages_the_battery_and_what_the_meter_shows() -> None:
    found = charged(
        sample(0, 1000, power_w=4000, current_a=6), sample(30, 3000, current_a=10, soc=55), sample(60, 6000)
    )
    told = found.session_periods
    assert volumes(told, CdrDimensionType.POWER) == [5]
    assert volumes(told, CdrDimensionType.CURRENT) == [8]
    assert volumes(told, CdrDimensionType.STATE_OF_CHARGE) == [55]
    assert volumes(told, CdrDimensionType.ENERGY_IMPORT) == [6]
    only = {CdrDimensionType.POWER, CdrDimensionType.CURRENT, CdrDimensionType.STATE_OF_CHARGE}
    assert not only & {one.type for period in found.periods for one in period.dimensions}


# ---- whatever a station sends --------------------------------------------------------------------------------------

wh = st.none() | st.decimals(0, 50_000, places=1) | st.sampled_from([Decimal(0), Decimal(10**8 - 1), Decimal(2**32)])


@st.composite
def transactions(draw: st.DrawFn, *, exports: bool = True) -> list[MeterSample]:
    return [
        MeterSample(
            at=START + timedelta(seconds=draw(st.integers(-60, 4000)) + draw(st.sampled_from([0, 0.4]))),
            register_wh=draw(wh),
            export_wh=draw(wh) if exports else None,
            interval_wh=draw(st.none() | st.decimals(-500 if exports else 0, 5000, places=1)),
            power_w=draw(st.none() | st.integers(0, 30_000).map(Decimal)),
            state=draw(st.none() | st.sampled_from(ChargingState)),
            context=draw(
                st.none() | st.sampled_from(["Transaction.Begin", "Transaction.End", "Sample.Clock", "Other"])
            ),
        )
        for _ in range(draw(st.integers(0, 12)))
    ]


cuts = st.builds(
    Cuts,
    moments=st.lists(st.integers(0, 3600).map(lambda one: START + timedelta(seconds=one)), max_size=2).map(tuple),
    kwh=st.lists(st.integers(1, 20).map(Decimal), max_size=2).map(tuple),
)


@given(transactions(), cuts, st.booleans(), st.integers())
@settings(deadline=None)
def test_any_order_and_repetition_gives_the_same(
    samples: list[MeterSample], cuts: Cuts, ended: bool, seed: int
) -> None:
    mixed = [*samples, *samples]
    random.Random(seed).shuffle(mixed)
    end = HOUR if ended else None
    assert charged(*mixed, end=end, cuts=cuts) == charged(*samples, end=end, cuts=cuts)


@given(transactions(), cuts)
@settings(deadline=None)
def test_the_energies_of_the_periods_add_up(samples: list[MeterSample], cuts: Cuts) -> None:
    found = charged(*samples, cuts=cuts)
    assert sum(one or 0 for one in volumes(found.periods, CdrDimensionType.ENERGY)) == found.kwh
    assert all(low.start_date_time < high.start_date_time for low, high in pairwise(found.periods))


@given(transactions(exports=False), cuts)
@settings(deadline=None)
def test_energy_is_never_negative_unless_given_back_and_never_more_than_possible(
    samples: list[MeterSample], cuts: Cuts
) -> None:
    found = charged(*samples, cuts=cuts)
    assert all(one is not None and one >= 0 for one in volumes(found.periods, CdrDimensionType.ENERGY))
    assert found.kwh * 1000 <= Limit.of(POWER).most(HOUR)


@pytest.mark.parametrize("state", ChargingState)
def test_only_what_the_car_does_not_ask_for_is_parking(state: ChargingState) -> None:
    found = charged(sample(0, 0, state=state), sample(60, 0))
    parked = state in {ChargingState.SUSPENDED_EV, ChargingState.IDLE}
    assert (found.parked > timedelta()) is parked
    assert (found.charging > timedelta()) is (state is ChargingState.CHARGING)
