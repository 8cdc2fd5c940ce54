"""Sampled values in whatever unit a station writes become Wh, W, A and percent."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.metering.units import Reading, normalised, samples_of

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
        ("7", "", 0, "7"),
        ("7", " ", 3, "7000"),
        ("12345", "Wh", -1, "1234.5"),
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
        ("-1", "Wh", REGISTER),
        ("101", "Percent", "SoC"),
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


def reading(value: str, measurand: str = REGISTER, unit: str | None = None, **more: str) -> Reading:
    return Reading(value=value, measurand=measurand, unit=unit, **more)


def one_sample(*readings: Reading) -> MeterSample:
    [sample], findings = samples_of(AT, readings)
    assert findings == ()
    return sample


def test_phases_are_summed_unless_the_sum_was_sent() -> None:
    phases = [
        reading(value, "Current.Import", "A", phase=phase)
        for value, phase in (("10", "L1"), ("11", "L2-N"), ("12", "L3"), ("1", "N"), ("400", "L1-L2"))
    ]
    assert one_sample(*phases).current_a == 33
    assert one_sample(*phases, reading("32.9", "Current.Import", "A")).current_a == Decimal("32.9")


def test_a_sum_that_is_not_the_sum_of_its_phases_counts_and_is_a_finding() -> None:
    phases = [reading("10", "Current.Import", "A", phase=phase) for phase in ("L1", "L2", "L3")]
    [sample], findings = samples_of(AT, [*phases, reading("10", "Current.Import", "A")])
    assert sample.current_a == 10
    assert [finding.found for finding in findings] == ["10 beside phases that add up to 30"]


def test_a_sample_holds_everything_it_was_sent_in_any_order() -> None:
    sample = one_sample(
        reading("55", "SoC", "Percent", location="EV"),
        reading("7.2", "Power.Active.Import", "kW"),
        Reading(value="1000"),
        reading("230", "Voltage", "V"),
        reading("9", REGISTER, "kWh", location="Inlet"),
        reading("AA==", format="SignedData"),
    )
    assert (sample.soc, sample.power_w, sample.register_wh) == (55, 7200, 1000)


def test_the_meter_of_the_grid_side_and_that_of_the_car_are_not_billed() -> None:
    values = [reading("1000", location="Outlet"), reading("1100", location="Inlet"), reading("900", location="EV")]
    assert one_sample(*values).register_wh == one_sample(*reversed(values)).register_wh == 1000


def test_what_flows_back_is_negative_and_its_register_one_of_its_own() -> None:
    sample = one_sample(
        reading("40", "Energy.Active.Export.Register", "kWh"),
        reading("3", "Power.Active.Export", "kW"),
        reading("13", "Current.Export", "A"),
        reading("50", "Energy.Active.Export.Interval", "Wh"),
    )
    assert (sample.register_wh, sample.export_wh) == (None, 40_000)
    assert (sample.power_w, sample.current_a, sample.interval_wh) == (-3000, -13, -50)


def test_the_first_and_last_register_in_one_moment_are_two_samples() -> None:
    samples, _ = samples_of(
        AT, [reading("1000", context="Transaction.Begin"), reading("6000", context="Transaction.End")]
    )
    assert [(one.register_wh, one.context) for one in samples] == [
        (1000, "Transaction.Begin"),
        (6000, "Transaction.End"),
    ]


def test_an_unusable_value_is_a_finding_and_the_rest_is_kept() -> None:
    [sample], findings = samples_of(AT, [Reading(value="x"), reading("5", "SoC")])
    assert sample.register_wh is None
    assert sample.soc == 5
    assert [finding.path for finding in findings] == ["$.sampledValue[0]"]


def test_a_moment_without_any_value_keeps_its_state() -> None:
    assert samples_of(AT, [], ChargingState.CHARGING)[0] == (MeterSample(at=AT, state=ChargingState.CHARGING),)
