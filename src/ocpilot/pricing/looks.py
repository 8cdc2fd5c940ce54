"""For every period: which component priced what, and which were passed over before it (the trace of the lookup)."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ocpilot.pricing.lookup import Active
from ocpilot.pricing.trace import Look, Part, Unit
from ocpilot.pricing.walk import Stretch
from ocpilot.wire.v230 import TariffDimensionType as Dimension


def looks(stretches: Sequence[Stretch], *, expired: bool) -> tuple[Look, ...]:
    """In order of time; of a period, energy before charging and parking."""
    return tuple(look for stretch in stretches for look in _of(stretch, expired=expired))


def _of(stretch: Stretch, *, expired: bool) -> Iterator[Look]:
    volumes, found = stretch.volumes, stretch.found
    if volumes.is_reservation:
        yield _look(stretch, Part.RESERVATION, Dimension.TIME, found.time, Decimal(volumes.reserved), expired=expired)
        return
    if volumes.kwh:
        yield _look(stretch, Part.ENERGY, Dimension.ENERGY, found.energy, volumes.kwh, expired=expired)
    if volumes.charging:
        yield _look(stretch, Part.TIME, Dimension.TIME, found.time, Decimal(volumes.charging), expired=expired)
    if volumes.parked:
        yield _look(
            stretch, Part.PARKING, Dimension.PARKING_TIME, found.parking, Decimal(volumes.parked), expired=expired
        )


def _look(
    stretch: Stretch, part: Part, dimension: Dimension, active: Active | None, quantity: Decimal, *, expired: bool
) -> Look:
    return Look(
        period=stretch.place,
        part=part,
        quantity=quantity,
        unit=Unit.KWH if part is Part.ENERGY else Unit.SECOND,
        tariff_id=stretch.tariff.tariff.id,
        element=None if active is None else active.element,
        component=None if active is None else active.component,
        passed=stretch.tariff.passed(dimension, active, stretch.usage(expired=expired)),
    )
