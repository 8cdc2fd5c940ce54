"""An EVSE of a simulated station: its meter, the car at it, who reserved it, and the transaction that runs."""

from dataclasses import dataclass, field
from datetime import datetime

from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.faults import Fault
from ocpilot.simulator.make import IdToken
from ocpilot.simulator.meter import DC_VOLTS, PHASES, VOLTS, Meter, Sample
from ocpilot.simulator.profiles import Limits, Profile

_STARTABLE = ("Available", "Preparing", "Finishing")


@dataclass(slots=True)
class RunningTransaction:
    """`number` is given by a 1.6 central system, maybe long after the charge; `key` is ours, for 2.x.

    `trigger` is why it began and `state` what the car does, in the words of 2.x; `seq` counts its messages.
    """

    token: IdToken
    began: datetime
    next_sample: datetime
    begin: Sample
    began_wh: int
    key: str
    trigger: str
    state: str
    evse_id: int
    remote_start_id: int | None = None
    reservation_id: int | None = None
    number: int | None = None
    seq: int = 0
    faults: frozenset[Fault] = frozenset()


@dataclass(frozen=True, slots=True)
class Reservation:
    """Kept free for one token until `until`."""

    id: int
    token: str
    until: datetime


@dataclass(slots=True)
class SimulatedEvse:
    """`authorized` is a token that waits for a car, until `until`; `status` is a word of 1.6, which are the finer.
    `faults` are what the next charge gets."""

    id: int
    full_kw: float
    seen: datetime
    meter: Meter
    dc: bool = False
    status: str = "Available"
    car: SimulatedCar | None = None
    authorized: IdToken | None = None
    remote_start_id: int | None = None
    until: datetime | None = None
    transaction: RunningTransaction | None = None
    reservation: Reservation | None = None
    out_of_service: bool = False
    goes_out_of_service: bool = False
    profiles: list[Profile] = field(default_factory=list)
    faults: frozenset[Fault] = frozenset()

    @property
    def meter_wh(self) -> int:
        """What its register shows."""
        return self.meter.shown_wh

    def free_for(self, token: str) -> bool:
        """A transaction of this token may start here."""
        if self.transaction is not None or self.authorized is not None or self.out_of_service:
            return False
        return self.reservation.token == token if self.reservation else self.status in _STARTABLE

    def idle_status(self) -> str:
        """The word for an EVSE where nobody charges."""
        if self.out_of_service:
            return "Unavailable"
        if self.reservation is not None:
            return "Reserved"
        return "Available" if self.car is None else "Preparing"

    def limits(self, shared: list[Profile]) -> Limits:
        """What holds here; `shared` are the profiles of the whole station."""
        return Limits([*shared, *self.profiles], self.full_kw, self.dc)

    def offered_kw(self, now: datetime, shared: list[Profile]) -> float:
        """What it gives at most."""
        if not shared and not self.profiles:
            return self.full_kw
        return self.limits(shared).kw(now, self.transaction.began if self.transaction else now)

    def flow(self, now: datetime, shared: list[Profile]) -> None:
        """Let energy flow into the car until `now`."""
        seconds, offered, self.seen = (now - self.seen).total_seconds(), self.offered_kw(self.seen, shared), now
        if self.transaction is not None and self.car is not None:
            self.meter.count(1000.0 * self.car.charge(seconds, offered))

    def charging_status(self, now: datetime, shared: list[Profile]) -> str:
        """The word for an EVSE whose transaction runs."""
        if self.car is None or self.car.full:
            return "SuspendedEV"
        return "Charging" if self.offered_kw(now, shared) > 0 else "SuspendedEVSE"

    def sample(self, now: datetime, context: str, shared: list[Profile]) -> Sample:
        """Register, power, current and the car's state of charge."""
        flows = self.car is not None and self.transaction is not None
        watts = 1000.0 * self.car.power_kw(self.offered_kw(now, shared)) if flows and self.car else 0.0
        amps = (watts / DC_VOLTS,) if self.dc else (watts / VOLTS / PHASES,) * PHASES
        soc = self.car.soc if self.car is not None and self.dc else None
        return Sample(now, context, self.meter.shown_wh, watts, amps, soc)
