"""Registers as stations send them: each oddity of a counter is told from the others, and what it costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.metering.counters import counted
from ocpilot.metering.findings import HOLDING, Oddity
from ocpilot.metering.limit import Limit

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
AC_22_KW = Limit.of(Decimal(22_000))


def registers(*values: str | int, every: int = 900) -> list[tuple[datetime, Decimal]]:
    return [(START + timedelta(seconds=every * place), Decimal(value)) for place, value in enumerate(values)]


def test_a_counter_that_rises_is_its_differences() -> None:
    found = counted(registers(1000, 3000, 3000, "5500.5"), START, AC_22_KW)
    assert (found.wh, found.findings) == ([0, 0, 2000, 2000, Decimal("4500.5")], [])


CASES = [
    # what the station sent, Wh that count, what is found
    ("a stop register cut to whole Wh", (1000, "4000.7", 4000), "3000.7", None),
    ("one register below", (1000, 3000, 12, 5000), 4000, Oddity.DIP),
    ("one register of nothing", (1000, 3000, 0, 5000), 4000, Oddity.DIP),
    ("one register far above", (1000, 3000, 9_000_000, 5000), 4000, Oddity.SPIKE),
    ("a million kWh at the end", (1000, 3000, 5000, 10**9), 4000, Oddity.JUMP),
    ("an hour nobody can believe", (1000, 3000, 203_000, 205_000), 4000, Oddity.JUMP),
    ("99999.9 kWh and on", (99_998_000, 99_999_900, 1900), 3900, Oddity.ROLLOVER),
    ("six digits of a Wh", (998_000, 999_500, 1000), 3000, Oddity.ROLLOVER),
    ("seven digits of 0.1 kWh", (999_998_000, 999_999_900, 1000), 3000, Oddity.ROLLOVER),
    ("32 bits", (4_294_966_296, 4_294_967_295, 2000), 3000, Oddity.ROLLOVER),
    ("31 bits", (2_147_483_000, 1352), 2000, Oddity.ROLLOVER),
    ("a meter that began again", (5_000_000, 5_003_000, 0, 3000), 6000, Oddity.METER_RESTARTED),
    ("a meter that began again, near nothing", (5_000_000, 5_003_000, 40, 3040), 6000, Oddity.METER_RESTARTED),
    ("another meter", (5_000_000, 5_003_000, 1_700_000, 1_702_000), 5000, Oddity.METER_REPLACED),
    ("the odometer after nothing", (0, 910_000, 910_083), 83, Oddity.BASELINE_ZERO),
    ("nothing for a while, then the odometer", (0, 0, 0, 910_000, 912_000), 2000, Oddity.BASELINE_ZERO),
    ("the start of a life, a charge of its own", (5_000_000, 100, 4000), 4000, Oddity.SESSION_REGISTER),
]


@pytest.mark.parametrize(("sent", "wh", "kind"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_each_oddity_is_told_from_the_others(sent: tuple[str | int, ...], wh: str | int, kind: Oddity | None) -> None:
    found = counted(registers(*sent), START, AC_22_KW)
    assert found.wh[-1] == Decimal(wh)
    assert [one.kind for one in found.findings] == ([kind] if kind else [])


def test_a_charge_counted_between_two_registers_of_a_life_is_billed_by_the_life() -> None:
    found = counted(registers(5_000_000, 100, 4000, 5_004_200), START, AC_22_KW)
    assert found.wh[-1] == 4200
    assert {one.kind for one in found.findings} == {Oddity.DIP}


@pytest.mark.parametrize("kind", [Oddity.JUMP, Oddity.METER_REPLACED, Oddity.UNIT_UNCLEAR, Oddity.NO_METER_VALUES])
def test_where_nobody_knows_what_flowed_a_person_decides(kind: Oddity) -> None:
    assert kind in HOLDING


@pytest.mark.parametrize("kind", [Oddity.DIP, Oddity.SPIKE, Oddity.ROLLOVER, Oddity.METER_RESTARTED])
def test_what_is_sure_is_billed(kind: Oddity) -> None:
    assert kind not in HOLDING


@given(
    st.lists(
        st.tuples(
            st.integers(0, 7200),
            st.one_of(st.integers(0, 50_000), st.sampled_from([10**6 - 1, 10**8 - 1, 10**9, 2**32 - 1, 5_000_000])),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_energy_never_falls_and_is_never_more_than_the_evse_can_give(sent: list[tuple[int, int]]) -> None:
    found = counted(sorted((START + timedelta(seconds=at), Decimal(wh)) for at, wh in sent), START, AC_22_KW)
    assert all(low <= high for low, high in zip(found.wh, found.wh[1:], strict=False))
    assert all(wh <= AC_22_KW.most(at - START) for at, wh in zip(found.times, found.wh, strict=True))
