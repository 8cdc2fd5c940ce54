"""The factor 1000: found and mended where only one reading is possible, left to a person where both are."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.metering.findings import Finding, Oddity
from ocpilot.metering.periods import Measured, measured
from ocpilot.metering.samples import ChargingState, MeterSample

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
AC_22_KW = Decimal(22_000)


def charged(*values: str | int, power: int | None = None, every: int = 900) -> Measured:
    """Registers in Wh as labelled, every quarter of an hour."""
    samples = [
        MeterSample(
            at=START + timedelta(seconds=every * place),
            register_wh=Decimal(value),
            power_w=None if power is None else Decimal(power),
            state=ChargingState.CHARGING if place == 0 else None,
        )
        for place, value in enumerate(values)
    ]
    return measured(samples, START, samples[-1].at, "T", max_power_w=AC_22_KW)


CASES = [
    # registers as labelled, in Wh; kWh; what is found
    ("the last one is kWh without its unit", (1_234_000, 1_236_000, 1_238_000, "1238.5"), "4.5"),
    ("the last one is whole kWh", (1_234_600, 1_236_000, 1_238_700, 1238), "4.1"),
    ("start and stop are whole kWh", (1234, 1_235_500, 1_236_000, 1_238_000, 1238), "2.5"),
    ("start and stop are kWh", ("1234.1", 1_235_500, 1_236_000, 1_238_000, "1238.6"), "4.5"),
    ("Wh called kWh but for start and stop", (1000, 2_000_000, 3_500_000, 4000), "3"),
    ("Wh called kWh once", (1000, 2000, 3_000_000, 4000), "3"),
    ("Wh called kWh all along", (1_000_000_000, 1_002_000_000, 1_004_500_000), "4.5"),
    ("Wh called kWh all along, from nothing", (0, 2_000_000, 4_000_000, 4_500_000), "4.5"),
]


@pytest.mark.parametrize(("sent", "kwh"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_where_one_reading_is_possible_it_is_taken(sent: tuple[str | int, ...], kwh: str) -> None:
    found = charged(*sent)
    assert found.kwh == Decimal(kwh)
    assert [one.kind for one in found.findings] == [Oddity.UNIT_CORRECTED]
    assert found.doubts == ()


@pytest.mark.parametrize("sent", [(1_234_000, 1235, 1236, 1237), (1_234_000, 1234, 1234, 1235, 1235, 1236, 1_237_000)])
def test_where_both_readings_are_possible_a_person_decides_and_the_lower_one_is_shown(sent: tuple[int, ...]) -> None:
    found = charged(*sent)
    assert found.kwh == Decimal("0.003")
    assert [one.kind for one in found.doubts] == [Oddity.UNIT_UNCLEAR]


@pytest.mark.parametrize(("power", "kwh"), [(4000, "3"), (4, "0.003")])
def test_the_power_that_was_read_decides_between_two_possible_readings(power: int, kwh: str) -> None:
    assert charged(1_234_000, 1235, 1236, 1237, power=power).kwh == Decimal(kwh)


def test_kwh_called_wh_all_along_are_found_by_the_power_that_was_read() -> None:
    found = charged(0, "2.0", "4.1", "6.0", power=8000)
    assert (found.kwh, [one.kind for one in found.findings]) == (6, [Oddity.UNIT_CORRECTED])


def test_a_register_that_does_not_know_of_the_power_that_was_read_is_held() -> None:
    found = charged(1000, 1000, 1000, 1000, power=8000)
    assert (found.kwh, [one.kind for one in found.doubts]) == (0, [Oddity.POWER_DISAGREES])


def test_a_car_that_takes_next_to_nothing_is_left_alone() -> None:
    assert charged(1000, 1001, 1002, 1003, power=4).findings == ()


registers = st.lists(st.integers(500, 5000), min_size=4, max_size=12)


def of_a_life(gains: list[int]) -> list[int]:
    values = [1_234_567]
    for gain in gains:
        values.append(values[-1] + gain)
    return values


@given(registers, st.data())
def test_one_sample_in_the_other_unit_changes_nothing(gains: list[int], data: st.DataObject) -> None:
    values: list[Decimal] = list(map(Decimal, of_a_life(gains)))
    place = data.draw(st.integers(0, len(values) - 1))
    right = charged(*map(str, values))
    for factor in (Decimal(1000), Decimal("0.001")):
        mixed = [value * factor if at == place else value for at, value in enumerate(values)]
        found = charged(*map(str, mixed))
        assert (found.kwh, [type(one) for one in found.findings]) == (right.kwh, [Finding])
        assert found.doubts == ()


@given(registers)
def test_a_factor_over_the_whole_charge_changes_nothing(gains: list[int]) -> None:
    values = of_a_life(gains)
    assert charged(*(value * 1000 for value in values)).kwh == charged(*values).kwh
