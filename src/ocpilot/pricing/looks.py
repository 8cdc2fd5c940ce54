"""For every period: which component priced what, and which were passed over before it (the trace of the lookup)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ocpilot.pricing.local import at_location
from ocpilot.pricing.lookup import Active
from ocpilot.pricing.trace import Look, Part, Unit
from ocpilot.pricing.walk import Stretch
from ocpilot.wire.v230 import TariffDimensionType as Dimension

_ENERGY, _TIME, _PARKING = Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME
_UNITS = {Part.ENERGY: Unit.KWH, Part.TIME: Unit.SECOND, Part.PARKING: Unit.SECOND, Part.RESERVATION: Unit.SECOND}


def looks(stretches: Sequence[Stretch], zone: ZoneInfo) -> tuple[Look, ...]:
    """In order of time; of a period, energy before charging and parking."""
    return tuple(look for stretch in stretches for look in _of(stretch, zone))


def _of(stretch: Stretch, zone: ZoneInfo) -> Iterator[Look]:
    volumes, found = stretch.volumes, stretch.found
    at = at_location(stretch.start, zone)
    if volumes.is_reservation:
        yield _look(stretch, at, Part.RESERVATION, _TIME, found.time, Decimal(volumes.reserved))
        return
    if volumes.kwh:
        yield _look(stretch, at, Part.ENERGY, _ENERGY, found.energy, volumes.kwh)
    if volumes.charging:
        yield _look(stretch, at, Part.TIME, _TIME, found.time, Decimal(volumes.charging))
    if volumes.parked:
        yield _look(stretch, at, Part.PARKING, _PARKING, found.parking, Decimal(volumes.parked))


def _look(  # noqa: PLR0917 - the hot path of a full trace: keywords cost a third more
    stretch: Stretch, at: datetime, part: Part, dimension: Dimension, active: Active | None, quantity: Decimal
) -> Look:
    return Look(
        period=stretch.place,
        at=at,
        kwh=stretch.kwh,
        seconds=stretch.seconds,
        part=part,
        quantity=quantity,
        unit=_UNITS[part],
        tariff_id=stretch.tariff.tariff.id,
        element=None if active is None else active.element,
        component=None if active is None else active.component,
        passed=stretch.found.passed[dimension],
    )
