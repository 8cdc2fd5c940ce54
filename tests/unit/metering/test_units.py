"""Sampled values in whatever unit a station writes become Wh, W, A and percent."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.metering.samples import ChargingState
from ocpilot.metering.units import Reading, normalised, sample_of

REGISTER = "Energy.Active.Import.Register"
AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "multiplier", "wh"),
    [
        ("1234", "Wh", 0, "1234"),
        ("1234", None, 0, "1234"),
        ("1.5", "kWh", 0, "1500"),
        ("0.30004000000000003", "kWh", 0, "300.04"),
        ("12", "Wh", 3, "12000"),
        (" 7 ", "wh", 0, "7"),
        ("1e3", "Wh", 0, "1000"),
    ],
)
def test_energy_becomes_wh(value: str, unit: str | None, multiplier: int, wh: str) -> None:
    assert normalised(value, unit, REGISTER, multiplier) == Decimal(wh)


@pytest.mark.parametrize(
    ("value", "unit", "measurand"),
    [
        ("abc", "Wh", REGISTER),
        ("NaN", "Wh", REGISTER),
        ("1e400", "Wh", REGISTER),
        ("1", "Hz", REGISTER),
        ("1", "kW", REGISTER),
        ("230", "V", "Voltage"),
        ("99999999999999", "kWh", REGISTER),
    ],
)
def test_what_is_no_such_measurement_is_refused(value: str, unit: str, measurand: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        normalised(value, unit, measurand)


def test_a_multiplier_beyond_any_meter_is_refused() -> None:
    with pytest.raises(ValueError, match="multiplier"):
        normalised("1", "Wh", REGISTER, 400)


@given(st.decimals(min_value=0, max_value=10**6, places=3))
def test_kwh_and_wh_say_the_same(kwh: Decimal) -> None:
    assert normalised(str(kwh), "kWh", REGISTER) == normalised(str(kwh * 1000), "Wh", REGISTER)


def test_phases_are_summed_unless_the_sum_was_sent() -> None:
    phases = [
        Reading(value=value, measurand="Current.Import", unit="A", phase=phase)
        for value, phase in (("10", "L1"), ("11", "L2-N"), ("12", "L3"))
    ]
    assert sample_of(AT, phases)[0].current_a == 33
    total = Reading(value="32", measurand="Current.Import", unit="A")
    assert sample_of(AT, [*phases, total])[0].current_a == 32


def test_a_sample_holds_everything_it_was_sent_in_any_order() -> None:
    sample, findings = sample_of(
        AT,
        [
            Reading(value="55", measurand="SoC", unit="Percent"),
            Reading(value="7.2", measurand="Power.Active.Import", unit="kW"),
            Reading(value="1000"),
            Reading(value="230", measurand="Voltage", unit="V"),
            Reading(value="9", measurand=REGISTER, unit="kWh", location="Inlet"),
            Reading(value="AA==", format="SignedData"),
        ],
        ChargingState.CHARGING,
    )
    assert (sample.soc, sample.power_w, sample.register_wh) == (55, 7200, 1000)
    assert findings == ()


def test_an_unusable_value_is_a_finding_and_the_rest_is_kept() -> None:
    sample, findings = sample_of(AT, [Reading(value="x"), Reading(value="5", measurand="SoC")])
    assert sample.register_wh is None
    assert sample.soc == 5
    assert [finding.path for finding in findings] == ["$.sampledValue[0]"]
