"""What each Price Component is charged for: quantities summed over the periods in which it was active."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import msgspec

from ocpilot.pricing.lookup import Active, active
from ocpilot.pricing.trace import Part, Unit
from ocpilot.pricing.usage import Usage
from ocpilot.wire.v230 import Tariff, TariffDimensionType

_UNITS = {
    Part.FIXED: Unit.ONCE,
    Part.ENERGY: Unit.KWH,
    Part.TIME: Unit.SECOND,
    Part.PARKING: Unit.SECOND,
    Part.RESERVATION: Unit.SECOND,
}


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One component and its quantity: kWh, seconds, or 1. `last` is the place of the last period it was active in."""

    active: Active
    part: Part
    measured: Decimal
    billed: Decimal
    last: int

    @property
    def unit(self) -> Unit:
        """What the quantity counts."""
        return Unit.ONCE if self.active.price.type is TariffDimensionType.FLAT else _UNITS[self.part]

    @property
    def amount(self) -> Fraction:
        """Quantity times price, exact, with or without tax as the Tariff's prices are."""
        price = Fraction(self.active.price.price) * Fraction(self.billed)
        return price / 3600 if self.unit is Unit.SECOND else price


class Priced(msgspec.Struct, frozen=True):
    """A period and the Tariff that is relevant for it."""

    usage: Usage
    tariff: Tariff


def charges(periods: Iterable[Priced], *, expired: bool = False) -> list[Charge]:
    """Every component used, in the order of first use: the fixed ones before what they start with."""
    found: dict[tuple[Part, tuple[str, int, int]], Charge] = {}
    flat_for: set[bool] = set()
    for period in periods:
        usage = period.usage
        for part, dimension, quantity in quantities(usage, with_flat=usage.is_reservation not in flat_for):
            component = active(period.tariff, dimension, usage, expired=expired)
            if component is None:
                continue
            if dimension is TariffDimensionType.FLAT:
                flat_for.add(usage.is_reservation)
            key = (part, component.key)
            found[key] = _grown(found.get(key), component, part, quantity, usage.place)
    return list(found.values())


def quantities(usage: Usage, *, with_flat: bool) -> Iterable[tuple[Part, TariffDimensionType, Decimal]]:
    """What a period holds to be priced. A FLAT fee is due once for a reservation and once for a charge."""
    if usage.is_reservation:
        if with_flat:
            yield Part.RESERVATION, TariffDimensionType.FLAT, Decimal(1)
        yield Part.RESERVATION, TariffDimensionType.TIME, Decimal(usage.reserved)
        return
    if with_flat:
        yield Part.FIXED, TariffDimensionType.FLAT, Decimal(1)
    if usage.kwh:
        yield Part.ENERGY, TariffDimensionType.ENERGY, usage.kwh
    if usage.charging:
        yield Part.TIME, TariffDimensionType.TIME, Decimal(usage.charging)
    if usage.parked:
        yield Part.PARKING, TariffDimensionType.PARKING_TIME, Decimal(usage.parked)


def _grown(before: Charge | None, component: Active, part: Part, quantity: Decimal, place: int) -> Charge:
    total = quantity + (before.measured if before else 0)
    return Charge(active=component, part=part, measured=total, billed=total, last=place)
