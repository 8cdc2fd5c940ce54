"""Samples of a transaction become Charging Periods that add up, whatever the station sent."""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpilot.base.time import hours
from ocpilot.metering.periods import Cuts, Measured, Switch, measured, only_reserved, with_reservation
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.wire.v230 import CdrDimensionType, ChargingPeriod

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
CHARGING, PARKED = ChargingState.CHARGING, ChargingState.SUSPENDED_EV


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def sample(
    seconds: float, wh: str | int | None = None, state: ChargingState | None = None, **more: Decimal
) -> MeterSample:
    return MeterSample(at=at(seconds), register_wh=None if wh is None else Decimal(wh), state=state, **more)


def volume(period: ChargingPeriod, kind: CdrDimensionType) -> Decimal | None:
    return next((one.volume for one in period.dimensions if one.type is kind), None)


def volumes(found: Measured, kind: CdrDimensionType) -> list[Decimal | None]:
    return [volume(period, kind) for period in found.periods]


def test_a_charge_and_the_parking_after_it_are_two_periods() -> None:
    found = measured([sample(0, 1000, CHARGING), sample(1800, 6500, PARKED), sample(3000, 6500)], START, at(3600), "T")
    assert [period.start_date_time for period in found.periods] == [START, at(1800)]
    assert volumes(found, CdrDimensionType.ENERGY) == [Decimal("5.5"), 0]
    assert volumes(found, CdrDimensionType.TIME) == [Decimal("0.5"), None]
    assert volumes(found, CdrDimensionType.PARKING_TIME) == [None, Decimal("0.5")]
    assert (found.kwh, found.charging, found.parked) == (Decimal("5.5"), timedelta(minutes=30), timedelta(minutes=30))
    assert {period.tariff_id for period in found.periods} == {"T"}


def test_five_hundred_samples_of_one_state_are_one_period() -> None:
    samples = [sample(30 * place, 100 * place, CHARGING) for place in range(500)]
    found = measured(samples, START, at(15000), "T")
    assert len(found.periods) == 1
    assert found.kwh == Decimal("49.9")


def test_nobody_pays_for_time_in_which_the_station_gives_nothing() -> None:
    found = measured(
        [sample(0, 0, CHARGING), sample(600, 1000, ChargingState.SUSPENDED_EVSE), sample(900, 1000, CHARGING)],
        START,
        at(1200),
        None,
    )
    assert volumes(found, CdrDimensionType.TIME) == [Decimal("0.1667"), None, Decimal("0.0833")]
    assert volumes(found, CdrDimensionType.PARKING_TIME) == [None, None, None]
    assert found.withheld == timedelta(minutes=5)


def test_order_and_repetition_do_not_matter() -> None:
    samples = [sample(0, 0, CHARGING), sample(60, 100), sample(120, 250, PARKED)]
    assert measured([*reversed(samples), *samples], START, at(180), "T") == measured(samples, START, at(180), "T")


def test_a_register_that_dips_and_recovers_counts_once() -> None:
    found = measured([sample(0, 1000, CHARGING), sample(60, 900), sample(120, 1100)], START, at(180), "T")
    assert found.kwh == Decimal("0.1")
    assert [finding.found for finding in found.findings] == ["900 Wh after 1000 Wh"]


def test_a_meter_that_began_again_is_counted_on_from_there() -> None:
    found = measured(
        [sample(0, 5000, CHARGING), sample(60, 5500), sample(120, 0), sample(180, 300)], START, at(240), "T"
    )
    assert found.kwh == Decimal("0.8")
    assert len(found.findings) == 1


def test_the_true_odometer_after_a_baseline_of_zero_is_not_billed() -> None:
    samples = [sample(0, 0, CHARGING), sample(60, 910_000), sample(120, 910_083)]
    found = measured(samples, START, at(180), "T", max_power_w=Decimal(22_000))
    assert found.kwh == Decimal("0.083")
    assert "910000 Wh" in found.findings[0].found


def test_energy_after_the_end_is_shown_and_not_billed() -> None:
    found = measured([sample(0, 0, CHARGING), sample(60, 500), sample(120, 700)], START, at(60), "T")
    assert found.kwh == Decimal("0.5")
    assert [finding.found for finding in found.findings] == ["200 Wh after the end"]


def test_a_meter_that_only_sends_differences_is_summed() -> None:
    samples = [sample(60 * place, state=CHARGING, interval_wh=Decimal(50)) for place in range(1, 4)]
    assert measured(samples, START, at(180), "T").kwh == Decimal("0.15")


def test_a_charge_that_still_runs_is_measured_to_its_last_sample() -> None:
    found = measured([sample(0, 0, CHARGING), sample(90, 300)], START, None, "T")
    assert found.end == at(90)
    assert found.charging == timedelta(seconds=90)


def test_a_transaction_without_samples_is_one_period_without_energy() -> None:
    found = measured([], START, at(60), "T")
    assert volumes(found, CdrDimensionType.ENERGY) == [0]
    assert len(found.periods) == 1


def test_a_new_period_begins_where_the_price_changes() -> None:
    samples = [sample(0, 0, CHARGING), sample(3600, 10_000)]
    found = measured(samples, START, at(3600), "T", cuts=Cuts(moments=(at(900),), kwh=(Decimal(5),)))
    assert [period.start_date_time for period in found.periods] == [START, at(900), at(1800)]
    assert volumes(found, CdrDimensionType.ENERGY) == [Decimal("2.5"), Decimal("2.5"), 5]


def test_a_new_period_begins_where_the_power_crosses_a_border() -> None:
    samples = [
        sample(60 * place, 0, CHARGING, power_w=Decimal(power))
        for place, power in enumerate((6000, 48000, 47000, 4000))
    ]
    found = measured(samples, START, at(240), "T", cuts=Cuts(power_w=(Decimal(16000), Decimal(32000))))
    assert [period.start_date_time for period in found.periods] == [START, at(60), at(180)]
    assert volumes(found, CdrDimensionType.MIN_POWER) == [6, 47, 4]
    assert volumes(found, CdrDimensionType.MAX_POWER) == [6, 48, 4]


@pytest.mark.parametrize("seconds", [0, 1, 59, 300, 301, 7103, 86399])
def test_hours_with_four_decimals_keep_the_second(seconds: int) -> None:
    assert round(hours(timedelta(seconds=seconds)) * 3600) == seconds


@st.composite
def transactions(draw: st.DrawFn) -> list[MeterSample]:
    return [
        MeterSample(
            at=at(draw(st.integers(0, 7200)) + draw(st.sampled_from([0, 0.4]))),
            register_wh=draw(st.none() | st.decimals(0, 50_000, places=2)),
            power_w=draw(st.none() | st.integers(0, 50_000).map(Decimal)),
            state=draw(st.none() | st.sampled_from(ChargingState)),
        )
        for _ in range(draw(st.integers(0, 15)))
    ]


@given(transactions(), st.lists(st.integers(0, 7200), max_size=3), st.lists(st.integers(1, 40), max_size=3))
@settings(max_examples=150, deadline=None)
def test_periods_always_add_up(samples: list[MeterSample], moments: list[int], borders: list[int]) -> None:
    cuts = Cuts(moments=tuple(map(at, moments)), kwh=tuple(map(Decimal, borders)), power_w=(Decimal(20_000),))
    found = measured(samples, START, at(7200), "T", cuts=cuts)
    energies = volumes(found, CdrDimensionType.ENERGY)
    assert sum(energy for energy in energies if energy is not None) == found.kwh
    assert all(energy is not None and energy >= 0 for energy in energies)
    starts = [period.start_date_time for period in found.periods]
    assert starts[0] == START
    assert all(before < after for before, after in pairwise(starts))
    for kind, total in ((CdrDimensionType.TIME, found.charging), (CdrDimensionType.PARKING_TIME, found.parked)):
        seconds = sum(round(one * 3600) for one in volumes(found, kind) if one is not None)
        assert timedelta(seconds=seconds) == total
    assert found.charging + found.parked + found.withheld == timedelta(hours=2)


def test_energy_between_two_samples_belongs_to_the_time_in_which_it_could_flow() -> None:
    found = measured([sample(0, 0, CHARGING), sample(60, None, PARKED), sample(600, 3000)], at(0), at(600), "T")
    assert volumes(found, CdrDimensionType.ENERGY) == [Decimal(3), Decimal(0)]
    assert volumes(found, CdrDimensionType.PARKING_TIME) == [None, Decimal("0.15")]


def test_states_that_cannot_be_right_do_not_move_energy() -> None:
    samples = [sample(0, 0, CHARGING), sample(60, None, PARKED), sample(600, 3000)]
    found = measured(samples, at(0), at(600), "T", max_power_w=Decimal(22000))
    assert volumes(found, CdrDimensionType.ENERGY) == [Decimal("0.3"), Decimal("2.7")]


# ---- several Tariffs, reserved time --------------------------------------------------------------------------------


def test_another_tariff_holds_from_the_moment_it_is_switched_to():
    samples = [sample(0, 0, CHARGING), sample(3600, 6000)]
    found = measured(samples, START, at(3600), "T", switches=(Switch(at(600), "F"), Switch(at(1800), "T")))
    assert [(one.start_date_time, one.tariff_id) for one in found.periods] == [
        (at(0), "T"),
        (at(600), "F"),
        (at(1800), "T"),
    ]
    assert found.kwh == sum(one.volume for period in found.periods for one in period.dimensions if one.type == "ENERGY")


def test_a_switch_at_the_start_or_after_the_end_makes_no_empty_period():
    found = measured([sample(0, 0, CHARGING), sample(60, 100)], START, at(60), "T", switches=(Switch(at(0), "F"),))
    assert [one.tariff_id for one in found.periods] == ["F"]
    late = measured([sample(0, 0, CHARGING), sample(60, 100)], START, at(60), "T", switches=(Switch(at(90), "F"),))
    assert [one.tariff_id for one in late.periods] == ["T"]


def test_reserved_time_is_the_first_period_and_in_no_sum():
    charge = measured([sample(0, 0, CHARGING), sample(60, 100)], START, at(60), "T")
    found = with_reservation(charge, at(-900), "R")
    first, *rest = found.periods
    assert (first.start_date_time, first.tariff_id) == (at(-900), "R")
    assert [(str(one.type), one.volume) for one in first.dimensions] == [("RESERVATION_TIME", Decimal("0.25"))]
    assert tuple(rest) == charge.periods
    assert (found.began, found.start, found.kwh, found.charging) == (at(-900), at(0), charge.kwh, charge.charging)


def test_a_reservation_that_does_not_lie_before_the_charge_is_none():
    charge = measured([sample(0, 0, CHARGING), sample(60, 100)], START, at(60), "T")
    assert with_reservation(charge, at(0), "R") == with_reservation(charge, at(30), "R") == charge
    assert charge.began == charge.start


def test_a_reservation_nobody_came_for_is_one_period_without_energy():
    found = only_reserved(at(0), at(5400), "R")
    [period] = found.periods
    assert [(str(one.type), one.volume) for one in period.dimensions] == [("RESERVATION_TIME", Decimal("1.5"))]
    assert (found.start, found.end, found.kwh) == (at(0), at(5400), 0)


# ---- power and current ---------------------------------------------------------------------------------------------


def test_a_reading_holds_until_the_next_one_also_over_a_border_of_another_kind() -> None:
    samples = [sample(0, 0, CHARGING, power_w=Decimal(48_000), current_a=Decimal(70)), sample(1200, 9000)]
    found = measured(samples, START, at(1200), "T", cuts=Cuts(moments=(at(600),)))
    assert volumes(found, CdrDimensionType.MIN_POWER) == volumes(found, CdrDimensionType.MAX_POWER) == [48, 48]
    assert volumes(found, CdrDimensionType.MIN_CURRENT) == [70, 70]


def test_a_reading_ends_with_the_state_it_was_taken_in() -> None:
    samples = [sample(0, 0, CHARGING, power_w=Decimal(48_000)), sample(600, 8000, PARKED), sample(1200, 8000)]
    found = measured(samples, START, at(1200), "T")
    assert volumes(found, CdrDimensionType.MAX_POWER) == [48, None]


def test_where_no_power_is_read_the_pace_of_the_meter_is_the_power() -> None:
    samples = [
        sample(0, 0, CHARGING),
        sample(600, 1000),
        sample(1200, 9000),
        sample(1800, 17_000),
        sample(2400, 17_500),
    ]
    found = measured(samples, START, at(2400), "T", cuts=Cuts(power_w=(Decimal(16_000),)))
    assert [period.start_date_time for period in found.periods] == [START, at(600), at(1800)]


@st.composite
def read_powers(draw: st.DrawFn) -> list[MeterSample]:
    register, samples = Decimal(0), []
    for second in sorted(draw(st.sets(st.integers(0, 7200), min_size=1, max_size=12))):
        register += draw(st.integers(0, 5000))
        figures = {
            name: draw(st.none() | st.integers(0, 50_000 if name == "power_w" else 80).map(Decimal))
            for name in ("power_w", "current_a")
        }
        samples.append(sample(second, register, draw(st.none() | st.just(CHARGING)), **figures))
    return samples


@given(read_powers(), st.lists(st.integers(0, 7200), max_size=3))
@settings(max_examples=150, deadline=None)
def test_within_a_period_no_power_or_current_goes_over_a_border(samples: list[MeterSample], moments: list[int]) -> None:
    borders = (16, 32)
    watts = tuple(Decimal(border * 1000) for border in borders)
    amperes = tuple(map(Decimal, borders))
    cuts = Cuts(moments=tuple(map(at, moments)), power_w=watts, current_a=amperes)
    found = measured(samples, START, at(7200), "T", cuts=cuts)
    for low, high in (
        (CdrDimensionType.MIN_POWER, CdrDimensionType.MAX_POWER),
        (CdrDimensionType.MIN_CURRENT, CdrDimensionType.MAX_CURRENT),
    ):
        for lowest, highest in zip(volumes(found, low), volumes(found, high), strict=True):
            assert (lowest is None) == (highest is None)
            assert lowest is None or bisect_right(borders, lowest) == bisect_right(borders, highest)
