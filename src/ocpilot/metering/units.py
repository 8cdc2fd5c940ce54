"""Sampled values as stations write them -> Wh, W, A and percent as Decimal, one sample per moment and context."""

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
    "mw": ("power", Decimal(1_000_000)),
    "a": ("current", Decimal(1)),
    "percent": ("percent", Decimal(1)),
    "%": ("percent", Decimal(1)),
}

#: The measurands that become a number of a MeterSample: what each measures, the field, and whether it flows back.
_MEASURANDS = {
    "Energy.Active.Import.Register": ("energy", "register_wh", False),
    "Energy.Active.Export.Register": ("energy", "export_wh", False),
    "Energy.Active.Import.Interval": ("energy", "interval_wh", False),
    "Energy.Active.Export.Interval": ("energy", "interval_wh", True),
    "Power.Active.Import": ("power", "power_w", False),
    "Power.Active.Export": ("power", "power_w", True),
    "Current.Import": ("current", "current_a", False),
    "Current.Export": ("current", "current_a", True),
    "SoC": ("percent", "soc", False),
}

#: OCPP carries no unit for its default one (1.6 and 2.0.1: Wh for energy).
DEFAULT_MEASURAND = "Energy.Active.Import.Register"

_PRECISION = Decimal("0.0001")  # a tenth of a mWh: takes the float noise of "0.30004000000000003", no energy
_LARGEST = Decimal("1e12")
_FULL = Decimal(100)
_PHASES = {"L1": 1, "L2": 2, "L3": 3, "L1-N": 1, "L2-N": 2, "L3-N": 3}
#: A sum this much off the phases beside it is the value of one phase, or no sum at all.
_AGREES = Decimal("0.05")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One OCPP SampledValue as it came, None where the station said nothing; a number of 2.x is written as text."""

    value: str
    measurand: str | None = None
    unit: str | None = None
    multiplier: int = 0
    phase: str | None = None
    location: str | None = None
    format: str | None = None
    context: str | None = None


def normalised(value: str, unit: str | None, measurand: str, multiplier: int = 0) -> Decimal:
    """The value in Wh, W, A or percent. No unit, or an empty one, is the measurand's own.

    Raises ValueError for a measurand no MeterSample has, a text that is no finite number, a unit of another kind, a
    register below zero, or more than a battery can hold of its charge.
    """
    known = _MEASURANDS.get(measurand)
    if known is None:
        raise ValueError(f"{measurand} is not used")
    kind = known[0]
    word = (unit or "").strip().lower()
    unit_kind, factor = _UNITS.get(word, ("unknown", Decimal(1))) if word else (kind, Decimal(1))
    if unit_kind != kind:
        raise ValueError(f"unit {unit!r} for {measurand}")
    number = _number(value) * factor * Decimal(10) ** _power_of_ten(multiplier)
    if abs(number) > _LARGEST:
        raise ValueError(f"{value!r} is beyond any meter")
    if (number < 0 and measurand.endswith("Register")) or (kind == "percent" and not 0 <= number <= _FULL):
        raise ValueError(f"{value!r} is nothing that {measurand} can be")
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


def samples_of(
    at: datetime, readings: Iterable[Reading], state: ChargingState | None = None
) -> tuple[tuple[MeterSample, ...], tuple[Problem, ...]]:
    """The samples of one OCPP MeterValue, one per context, and what in it could not be used.

    Some stations write the first and the last register of a charge into one MeterValue: the context tells them apart.
    Values of the grid side and of other measurands are left out silently; phases are summed unless the station also
    sent the sum.
    """
    moments: dict[str | None, _Moment] = {}
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
        moments.setdefault(reading.context, _Moment()).add(measurand, reading.phase, number)
    for moment in moments.values():
        findings += moment.disagreements()
    found = tuple(
        MeterSample(at=at, state=state, context=context, **moment.numbers()) for context, moment in moments.items()
    )
    return found or (MeterSample(at=at, state=state),), tuple(findings)


class _Moment:
    """The values of one moment and context: sums, and the phases of those that may have none."""

    def __init__(self) -> None:
        self._totals: dict[str, Decimal] = {}
        self._phases: dict[str, dict[int, Decimal]] = {}

    def add(self, measurand: str, phase: str | None, number: Decimal) -> None:
        """One more; between two phases, or on neutral alone, nothing is measured that adds up."""
        if phase in _PHASES:
            self._phases.setdefault(measurand, {})[_PHASES[phase]] = number
        elif not phase:
            self._totals[measurand] = number

    def numbers(self) -> dict[str, Decimal]:
        """By the names of a MeterSample; what flows back is taken off."""
        sums = {name: sum(parts.values(), Decimal(0)) for name, parts in self._phases.items()} | self._totals
        found: dict[str, Decimal] = {}
        for measurand, number in sums.items():
            _, field, is_back = _MEASURANDS[measurand]
            found[field] = found.get(field, Decimal(0)) + (-number if is_back else number)
        return found

    def disagreements(self) -> list[Problem]:
        """Sums that are not what the phases beside them add up to: the sum counts, for it is what was meant to."""
        both = [
            (name, self._totals[name], sum(self._phases[name].values(), Decimal(0)))
            for name in self._totals.keys() & self._phases
        ]
        return [
            Problem(
                path=f"$.sampledValue[{name}]",
                found=f"{total} beside phases that add up to {added}",
                expected="their sum",
                severity=Severity.FINDING,
            )
            for name, total, added in sorted(both)
            if abs(total - added) > _AGREES * max(abs(total), abs(added))
        ]


def _is_used(reading: Reading, measurand: str) -> bool:
    """Not what flows on the grid side (`Inlet`), not what the car says of its own meter (only of its battery), and not
    a signed blob."""
    if measurand not in _MEASURANDS or reading.format == "SignedData":
        return False
    return reading.location != "Inlet" and (reading.location != "EV" or measurand == "SoC")


def _unusable(place: int, reading: Reading, reason: str) -> Problem:
    return Problem(
        path=f"$.sampledValue[{place}]",
        found=reason,
        expected=f"{reading.measurand or DEFAULT_MEASURAND} in a unit of its kind",
        severity=Severity.FINDING,
    )
