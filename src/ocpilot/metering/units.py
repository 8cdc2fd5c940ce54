"""Sampled values as stations write them -> Wh, W, A and percent as Decimal."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec

from ocpilot.base.problem import Problem, Severity
from ocpilot.metering.samples import ChargingState, MeterSample

#: OCPP's unit words, folded to lower case -> (what it measures, factor to Wh, W, A or percent).
_UNITS = {
    "wh": ("energy", Decimal(1)),
    "kwh": ("energy", Decimal(1000)),
    "mwh": ("energy", Decimal(1_000_000)),
    "w": ("power", Decimal(1)),
    "kw": ("power", Decimal(1000)),
    "a": ("current", Decimal(1)),
    "percent": ("percent", Decimal(1)),
    "%": ("percent", Decimal(1)),
}

#: The measurands that become a number of a MeterSample, and what each measures.
_MEASURANDS = {
    "Energy.Active.Import.Register": "energy",
    "Energy.Active.Import.Interval": "energy",
    "Power.Active.Import": "power",
    "Current.Import": "current",
    "SoC": "percent",
}

#: OCPP carries no unit for its default one (1.6 and 2.0.1: Wh for energy).
DEFAULT_MEASURAND = "Energy.Active.Import.Register"

_PRECISION = Decimal("0.0001")  # a tenth of a mWh: takes the float noise of "0.30004000000000003", no energy
_LARGEST = Decimal("1e12")
_PHASES = {"L1": 1, "L2": 2, "L3": 3, "L1-N": 1, "L2-N": 2, "L3-N": 3}


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One OCPP SampledValue as it came, None where the station said nothing; a number of 2.x is written as text."""

    value: str
    measurand: str | None = None
    unit: str | None = None
    multiplier: int = 0
    phase: str | None = None
    location: str | None = None
    format: str | None = None


def normalised(value: str, unit: str | None, measurand: str, multiplier: int = 0) -> Decimal:
    """The value in Wh, W, A or percent.

    Raises ValueError for a measurand no MeterSample has, a text that is no finite number, or a unit of another kind.
    """
    kind = _MEASURANDS.get(measurand)
    if kind is None:
        raise ValueError(f"{measurand} is not used")
    unit_kind, factor = _UNITS.get((unit or "").lower(), (kind if unit is None else "unknown", Decimal(1)))
    if unit_kind != kind:
        raise ValueError(f"unit {unit!r} for {measurand}")
    number = _number(value) * factor * Decimal(10) ** _power_of_ten(multiplier)
    if abs(number) > _LARGEST:
        raise ValueError(f"{value!r} is beyond any meter")
    return number.quantize(_PRECISION).normalize() + 0


def _power_of_ten(multiplier: int) -> int:
    if not -12 <= multiplier <= 12:
        raise ValueError(f"multiplier {multiplier} is beyond any meter")
    return multiplier


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
    if not number.is_finite() or number.adjusted() > 15:
        raise ValueError(f"{text!r} is no number a meter shows")
    return number


def sample_of(
    at: datetime, readings: Iterable[Reading], state: ChargingState | None = None, context: str | None = None
) -> tuple[MeterSample, tuple[Problem, ...]]:
    """The sample of one OCPP MeterValue, and what in it could not be used.

    Values of the grid side and of other measurands are left out silently; phases are summed unless the station also
    sent the sum.
    """
    totals: dict[str, Decimal] = {}
    phases: dict[str, dict[int, Decimal]] = {}
    findings = []
    for place, reading in enumerate(readings):
        measurand = reading.measurand or DEFAULT_MEASURAND
        if not _is_used(reading, measurand):
            continue
        try:
            number = normalised(reading.value, reading.unit, measurand, reading.multiplier)
        except ValueError as error:
            findings.append(_unusable(place, reading, str(error)))
            continue
        if reading.phase in _PHASES:
            phases.setdefault(measurand, {})[_PHASES[reading.phase]] = number
        elif reading.phase is None:
            totals[measurand] = number
    summed = {name: sum(parts.values(), Decimal(0)) for name, parts in phases.items()} | totals
    return _sample(at, summed, state, context), tuple(findings)


def _is_used(reading: Reading, measurand: str) -> bool:
    """Not what flows on the grid side (`Inlet`), and not a signed blob."""
    return measurand in _MEASURANDS and reading.location != "Inlet" and reading.format != "SignedData"


def _sample(at: datetime, numbers: dict[str, Decimal], state: ChargingState | None, context: str | None) -> MeterSample:
    return MeterSample(
        at=at,
        register_wh=numbers.get("Energy.Active.Import.Register"),
        interval_wh=numbers.get("Energy.Active.Import.Interval"),
        power_w=numbers.get("Power.Active.Import"),
        current_a=numbers.get("Current.Import"),
        soc=numbers.get("SoC"),
        state=state,
        context=context,
    )


def _unusable(place: int, reading: Reading, reason: str) -> Problem:
    return Problem(
        path=f"$.sampledValue[{place}]",
        found=reason,
        expected=f"{reading.measurand or DEFAULT_MEASURAND} in a unit of its kind",
        severity=Severity.FINDING,
    )
