"""What each Price Component is charged for: quantities summed over the periods in which it was active."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.lookup import Active
from ocpilot.pricing.trace import Part, Unit
from ocpilot.pricing.walk import Stretch

FIXED, ENERGY, TIME, PARKING, RESERVATION = Part.FIXED, Part.ENERGY, Part.TIME, Part.PARKING, Part.RESERVATION


class Charge(msgspec.Struct, frozen=True, eq=False):
    """One component and its quantity: kWh, seconds, or 1. `last` is the place of the last period it was active in."""

    active: Active
    tariff: CompiledTariff
    part: Part
    unit: Unit
    measured: Decimal
    billed: Decimal
    last: int


class _Sum(msgspec.Struct, eq=False):
    """The quantity of one component so far."""

    active: Active
    tariff: CompiledTariff
    part: Part
    unit: Unit
    quantity: Decimal | int
    last: int

    def charge(self) -> Charge:
        measured = Decimal(self.quantity)
        return Charge(self.active, self.tariff, self.part, self.unit, measured, measured, self.last)


def charges(stretches: Iterable[Stretch]) -> list[Charge]:
    """Every component used, in the order of first use: the fixed ones before what they start with.

    A FLAT fee is due once for a reservation and once for a charge.
    """
    sums = _Sums()
    for stretch in stretches:
        volumes, found = stretch.volumes, stretch.found
        waits = volumes.reserved > 0 and volumes.is_reservation
        if found.flat is not None:
            sums.add_flat(RESERVATION if waits else FIXED, found.flat, stretch)
        if waits:
            sums.add(RESERVATION, found.time, volumes.reserved, stretch)
            continue
        if volumes.kwh:
            sums.add(ENERGY, found.energy, volumes.kwh, stretch)
        if volumes.charging:
            sums.add(TIME, found.time, volumes.charging, stretch)
        if volumes.parked:
            sums.add(PARKING, found.parking, volumes.parked, stretch)
    return [one.charge() for one in sums.known.values()]


class _Sums:
    """The components used so far, by part and component."""

    def __init__(self) -> None:
        self.known: dict[tuple[Part, Active], _Sum] = {}
        self._had_flat: set[Part] = set()

    def add(self, part: Part, active: Active | None, quantity: Decimal | int, stretch: Stretch) -> None:
        if active is None:
            return
        known = self.known.get((part, active))
        if known is None:
            unit = Unit.KWH if part is ENERGY else Unit.SECOND
            self.known[part, active] = _Sum(active, stretch.tariff, part, unit, quantity, stretch.place)
        else:
            known.quantity += quantity
            known.last = stretch.place

    def add_flat(self, part: Part, active: Active, stretch: Stretch) -> None:
        if part not in self._had_flat:
            self._had_flat.add(part)
            self.known[part, active] = _Sum(active, stretch.tariff, part, Unit.ONCE, 1, stretch.place)
