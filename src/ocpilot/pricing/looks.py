"""For every period: which component priced what, and which were passed over before it (the trace of the lookup)."""

from collections.abc import Sequence
from decimal import Decimal

from ocpilot.pricing.local import with_offset
from ocpilot.pricing.trace import Look, Part, Unit
from ocpilot.pricing.walk import Stretch
from ocpilot.wire.v230 import TariffDimensionType as Dimension

_OF_ENERGY, _OF_TIME, _OF_PARKING = Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME
_ENERGY, _TIME, _PARKING, _RESERVATION = Part.ENERGY, Part.TIME, Part.PARKING, Part.RESERVATION
_KWH, _SECOND = Unit.KWH, Unit.SECOND


def looks(stretches: Sequence[Stretch]) -> tuple[Look, ...]:
    """In order of time; of a period, energy before charging and parking."""
    found: list[Look] = []
    for stretch in stretches:
        volumes, looked = stretch.volumes, stretch.found.looked
        place, kwh, seconds = stretch.place, stretch.kwh, stretch.seconds
        at = with_offset(stretch.start, stretch.local - stretch.start)
        if volumes.is_reservation:
            reserved = Decimal(volumes.reserved)
            found.append(Look(place, at, kwh, seconds, _RESERVATION, reserved, _SECOND, *looked[_OF_TIME]))
            continue
        if volumes.kwh:
            found.append(Look(place, at, kwh, seconds, _ENERGY, volumes.kwh, _KWH, *looked[_OF_ENERGY]))
        if volumes.charging:
            charging = Decimal(volumes.charging)
            found.append(Look(place, at, kwh, seconds, _TIME, charging, _SECOND, *looked[_OF_TIME]))
        if volumes.parked:
            parked = Decimal(volumes.parked)
            found.append(Look(place, at, kwh, seconds, _PARKING, parked, _SECOND, *looked[_OF_PARKING]))
    return tuple(found)
