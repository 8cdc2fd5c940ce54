"""What each Price Component is charged for: quantities summed over the periods in which it was active."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.lookup import Active
from ocpilot.pricing.trace import Part, Unit
from ocpilot.pricing.walk import Stretch
from ocpilot.wire.v230 import TariffDimensionType

FIXED, ENERGY, TIME, PARKING, RESERVATION = Part.FIXED, Part.ENERGY, Part.TIME, Part.PARKING, Part.RESERVATION
_FLAT = TariffDimensionType.FLAT
_ONE = Decimal(1)


class Charge(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One component and its quantity: kWh, seconds, or 1. `last` is the place of the last period it was active in."""

    active: Active
    tariff: CompiledTariff
    part: Part
    measured: Decimal
    billed: Decimal
    last: int

    @property
    def unit(self) -> Unit:
        """What the quantity counts."""
        if self.active.price.type is _FLAT:
            return Unit.ONCE
        return Unit.KWH if self.part is ENERGY else Unit.SECOND


class _Sum(msgspec.Struct, eq=False):
    """The quantity of one component so far."""

    active: Active
    tariff: CompiledTariff
    part: Part
    quantity: Decimal | int
    last: int

    def charge(self) -> Charge:
        measured = Decimal(self.quantity)
        return Charge(
            active=self.active, tariff=self.tariff, part=self.part, measured=measured, billed=measured, last=self.last
        )


def charges(stretches: Iterable[Stretch]) -> list[Charge]:
    """Every component used, in the order of first use: the fixed ones before what they start with.

    A FLAT fee is due once for a reservation and once for a charge.
    """
    sums: dict[tuple[Part, Active], _Sum] = {}
    had_flat: set[bool] = set()
    for stretch in stretches:
        volumes, found = stretch.volumes, stretch.found
        reserved = volumes.reserved > 0 and volumes.is_reservation
        if found.flat is not None and reserved not in had_flat:
            had_flat.add(reserved)
            _add(sums, RESERVATION if reserved else FIXED, found.flat, 1, stretch)
        if reserved:
            _add(sums, RESERVATION, found.time, volumes.reserved, stretch)
            continue
        if volumes.kwh:
            _add(sums, ENERGY, found.energy, volumes.kwh, stretch)
        if volumes.charging:
            _add(sums, TIME, found.time, volumes.charging, stretch)
        if volumes.parked:
            _add(sums, PARKING, found.parking, volumes.parked, stretch)
    return [one.charge() for one in sums.values()]


def _add(
    sums: dict[tuple[Part, Active], _Sum],
    part: Part,
    active: Active | None,
    quantity: Decimal | int,
    stretch: Stretch,
) -> None:
    if active is None:
        return
    known = sums.get((part, active))
    if known is None:
        sums[part, active] = _Sum(active, stretch.tariff, part, quantity, stretch.place)
    else:
        known.quantity += quantity
        known.last = stretch.place
