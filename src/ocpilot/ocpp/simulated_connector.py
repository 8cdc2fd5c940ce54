"""A connector of a simulated station: its meter, the car at it, and the transaction that runs."""

from dataclasses import dataclass, field
from datetime import datetime

from ocpilot.app.station_events import Payload
from ocpilot.base import time
from ocpilot.ocpp.simulated_car import SimulatedCar
from ocpilot.ocpp.simulated_limit import PHASES, VOLTS, SimulatedLimit

_STARTABLE = ("Available", "Preparing", "Finishing")


@dataclass
class RunningTransaction:
    """`id` is None until the server has answered StartTransaction, maybe long after the charge."""

    id_tag: str
    began: datetime
    next_sample: datetime
    begin: Payload
    id: int | None = None


@dataclass
class SimulatedReservation:
    """Kept free for one tag until `until`."""

    id: int
    id_tag: str
    until: datetime


@dataclass
class SimulatedConnector:
    """`register_wh` counts for the life of the meter. `authorized` is a tag that waits for a car, until `until`.

    `limit` is a charging profile of the transaction that runs.
    """

    id: int
    power_kw: float
    seen: datetime
    register_wh: float = 1000.0
    status: str = "Available"
    car: SimulatedCar | None = None
    authorized: str | None = None
    until: datetime | None = None
    transaction: RunningTransaction | None = field(default=None)
    reservation: SimulatedReservation | None = None
    limit: SimulatedLimit | None = None

    def free_for(self, id_tag: str) -> bool:
        """A transaction of this tag may start here."""
        if self.transaction is not None or self.authorized is not None:
            return False
        return self.reservation.id_tag == id_tag if self.reservation else self.status in _STARTABLE

    def idle_status(self) -> str:
        """The word for a connector where nobody charges."""
        if self.reservation is not None:
            return "Reserved"
        return "Available" if self.car is None else "Preparing"

    def offered_kw(self, now: datetime) -> float:
        """What the connector gives at most."""
        limit = self.limit.power_kw(now) if self.limit else None
        return self.power_kw if limit is None else min(limit, self.power_kw)

    @property
    def meter_wh(self) -> int:
        """The register in whole Wh, as 1.6 sends it."""
        return round(self.register_wh)

    def flow(self, now: datetime) -> None:
        """Let energy flow into the car until `now`."""
        seconds, offered, self.seen = (now - self.seen).total_seconds(), self.offered_kw(self.seen), now
        if self.transaction is not None and self.car is not None:
            self.register_wh += 1000.0 * self.car.charge(seconds, offered)

    def charging_status(self, now: datetime) -> str:
        """The word for a connector whose transaction runs."""
        if self.car is None or self.car.full:
            return "SuspendedEV"
        return "Charging" if self.offered_kw(now) > 0 else "SuspendedEVSE"

    def sample(self, now: datetime, context: str) -> Payload:
        """One MeterValue (7.33): register, power, current and the car's state of charge."""
        watts = 1000.0 * (self.car.power_kw(self.offered_kw(now)) if self.car and self.transaction else 0.0)
        values = [
            _value(str(self.meter_wh), "Energy.Active.Import.Register", "Wh", context),
            _value(f"{watts:.0f}", "Power.Active.Import", "W", context),
            _value(f"{watts / VOLTS / PHASES:.1f}", "Current.Import", "A", context),
        ]
        if self.car is not None:
            values.append(_value(f"{self.car.soc:.0f}", "SoC", "Percent", context) | {"location": "EV"})
        return {"timestamp": time.write(now), "sampledValue": values}


def _value(value: str, measurand: str, unit: str, context: str) -> Payload:
    return {"value": value, "measurand": measurand, "unit": unit, "context": context}
