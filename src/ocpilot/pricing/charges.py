"""What each Price Component is charged for: quantities summed over the periods in which it was active."""

from decimal import Decimal

import msgspec

from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.lookup import Active, Found
from ocpilot.pricing.trace import Part, Unit
from ocpilot.pricing.usage import Volumes

FIXED, ENERGY, TIME, PARKING, RESERVATION = Part.FIXED, Part.ENERGY, Part.TIME, Part.PARKING, Part.RESERVATION
_UNITS = {ENERGY: Unit.KWH, TIME: Unit.SECOND, PARKING: Unit.SECOND}
_ZERO = Decimal(0)


class Charge(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One component and its quantity: kWh, seconds, or 1. `last` is the place of the last period it was active in."""

    active: Active
    tariff: CompiledTariff
    part: Part
    unit: Unit
    measured: Decimal
    billed: Decimal
    last: int


class _Sum(msgspec.Struct, eq=False, gc=False):
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


class Charges:
    """The components used so far, in the order of first use: the fixed ones before what they start with.

    Neighbouring periods in the same situation are summed before their components are looked at. A component is of one
    part only: what prices a reservation prices nothing else.
    """

    def __init__(self) -> None:
        self._sums: dict[Active, _Sum] = {}
        self._had_flat: set[Part] = set()
        self._tariff: CompiledTariff | None = None
        self._found: Found | None = None
        self._kwh: Decimal = _ZERO
        self._charging = self._parked = 0
        self._last_kwh = self._last_charging = self._last_parked = -1

    def add(self, place: int, tariff: CompiledTariff, found: Found, volumes: Volumes, *, waits: bool) -> None:
        """A period in which a vehicle charged or stood there, or (`waits`) an EVSE was only reserved."""
        if waits:
            self._reservation(place, tariff, found, volumes.reserved)
            return
        if found is not self._found:
            self._settle()
            self._tariff, self._found = tariff, found
            if found.flat is not None:
                self._flat(FIXED, found.flat, tariff, place)
        if volumes.kwh:
            self._kwh += volumes.kwh
            self._last_kwh = place
        if volumes.charging:
            self._charging += volumes.charging
            self._last_charging = place
        if volumes.parked:
            self._parked += volumes.parked
            self._last_parked = place

    def _reservation(self, place: int, tariff: CompiledTariff, found: Found, seconds: int) -> None:
        self._settle()
        if found.flat is not None:
            self._flat(RESERVATION, found.flat, tariff, place)
        if found.time is not None:
            self._add(RESERVATION, found.time, tariff, seconds, place)

    def all(self) -> list[Charge]:
        """Every component used."""
        self._settle()
        return [one.charge() for one in self._sums.values()]

    def _settle(self) -> None:
        """End the run of periods in one situation."""
        tariff, found = self._tariff, self._found
        if tariff is None or found is None:
            return
        if self._kwh and found.energy is not None:
            self._add(ENERGY, found.energy, tariff, self._kwh, self._last_kwh)
        if self._charging and found.time is not None:
            self._add(TIME, found.time, tariff, self._charging, self._last_charging)
        if self._parked and found.parking is not None:
            self._add(PARKING, found.parking, tariff, self._parked, self._last_parked)
        self._kwh, self._charging, self._parked = _ZERO, 0, 0
        self._found = None

    def _flat(self, part: Part, active: Active, tariff: CompiledTariff, place: int) -> None:
        """A FLAT fee is due once for a reservation and once for a charge."""
        if part not in self._had_flat:
            self._had_flat.add(part)
            self._sums[active] = _Sum(active, tariff, part, Unit.ONCE, 1, place)

    def _add(self, part: Part, active: Active, tariff: CompiledTariff, quantity: Decimal | int, last: int) -> None:
        known = self._sums.get(active)
        if known is None:
            self._sums[active] = _Sum(active, tariff, part, _UNITS.get(part, Unit.SECOND), quantity, last)
        else:
            known.quantity += quantity
            known.last = last
