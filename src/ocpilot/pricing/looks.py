"""For every period: which component priced what, and which were passed over before it (the trace of the lookup)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ocpilot.pricing.local import with_offset
from ocpilot.pricing.lookup import Active
from ocpilot.pricing.trace import Look, Part, Passed, Unit
from ocpilot.pricing.walk import Stretch
from ocpilot.wire.v230 import TariffDimensionType as Dimension

_ENERGY, _TIME, _PARKING = Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME
ENERGY, TIME, PARKING, RESERVATION = Part.ENERGY, Part.TIME, Part.PARKING, Part.RESERVATION
_KWH, _SECOND = Unit.KWH, Unit.SECOND


def looks(stretches: Sequence[Stretch]) -> tuple[Look, ...]:
    """In order of time; of a period, energy before charging and parking."""
    return tuple(look for stretch in stretches for look in _of(stretch))


def _of(stretch: Stretch) -> list[Look]:
    volumes, found = stretch.volumes, stretch.found
    at = with_offset(stretch.start, stretch.local - stretch.start)
    if volumes.is_reservation:
        return [_look(stretch, at, RESERVATION, Decimal(volumes.reserved), _SECOND, found.time, found.passed[_TIME])]
    of_it = []
    if volumes.kwh:
        of_it.append(_look(stretch, at, ENERGY, volumes.kwh, _KWH, found.energy, found.passed[_ENERGY]))
    if volumes.charging:
        of_it.append(_look(stretch, at, TIME, Decimal(volumes.charging), _SECOND, found.time, found.passed[_TIME]))
    if volumes.parked:
        parked = Decimal(volumes.parked)
        of_it.append(_look(stretch, at, PARKING, parked, _SECOND, found.parking, found.passed[_PARKING]))
    return of_it


def _look(  # noqa: PLR0917 - the hot path of a full trace: keywords cost a third more
    stretch: Stretch,
    at: datetime,
    part: Part,
    quantity: Decimal,
    unit: Unit,
    active: Active | None,
    passed: tuple[Passed, ...],
) -> Look:
    element, component = (None, None) if active is None else (active.element, active.component)
    tariff_id = stretch.tariff.tariff.id
    place, kwh, seconds = stretch.place, stretch.kwh, stretch.seconds
    return Look(place, at, kwh, seconds, part, quantity, unit, tariff_id, element, component, passed)
