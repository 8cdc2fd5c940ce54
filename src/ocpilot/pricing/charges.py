"""What each Price Component is charged for: quantities summed over the periods in which it was active."""

from decimal import Decimal

from ocpilot.pricing.lookup import Active, Found

_ZERO = Decimal(0)


class Charges:
    """The quantity of each component used so far (kWh, seconds, or 1), in the order of first use: the fixed ones before
    what they start with.

    Neighbouring periods in the same situation are summed before their components are looked at. `energy`, `timed` and
    `reserved` are the components that were active last of those that step_size rounds together.
    """

    def __init__(self) -> None:
        self.quantities: dict[Active, Decimal | int] = {}
        self.energy: Active | None = None
        self.timed: Active | None = None
        self.reserved: Active | None = None
        self._had_flat = self._had_flat_reservation = False
        self._found: Found | None = None
        self._kwh = _ZERO
        self._charging = self._parked = 0
        self._ends_parked = False

    def add(self, found: Found, held: tuple[Decimal, int, int, int], *, waits: bool) -> None:
        """A period that held so much (`usage.measured`): a vehicle charged or stood there, or (`waits`) an EVSE was
        only reserved."""
        kwh, charging, parked, reserved = held
        if waits:
            self._reserve(found, reserved)
            return
        if found is not self._found:
            self.settle()
            self._found = found
            if found.flat is not None and not self._had_flat:
                self._had_flat = True
                self.quantities[found.flat] = 1
        if kwh:
            self._kwh += kwh
        if charging:
            self._charging += charging
            self._ends_parked = False
        if parked:
            self._parked += parked
            self._ends_parked = True

    def _reserve(self, found: Found, seconds: int) -> None:
        self.settle()
        if found.flat is not None and not self._had_flat_reservation:
            self._had_flat_reservation = True
            self.quantities[found.flat] = 1
        if found.time is not None:
            self.quantities[found.time] = self.quantities.get(found.time, 0) + seconds
            self.reserved = found.time

    def settle(self) -> None:
        """End the run of periods in one situation."""
        found = self._found
        if found is None:
            return
        quantities = self.quantities
        energy = found.energy if self._kwh else None
        charging = found.time if self._charging else None
        parking = found.parking if self._parked else None
        if energy is not None:
            quantities[energy] = quantities.get(energy, 0) + self._kwh
            self.energy = energy
        if charging is not None:
            quantities[charging] = quantities.get(charging, 0) + self._charging
            self.timed = charging
        if parking is not None:
            quantities[parking] = quantities.get(parking, 0) + self._parked
            if self._ends_parked or charging is None:
                self.timed = parking
        self._found, self._kwh, self._charging, self._parked = None, _ZERO, 0, 0
