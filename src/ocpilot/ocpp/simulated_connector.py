"""A connector of a simulated station: its meter, the car at it, and the transaction that runs."""

from dataclasses import dataclass, field
from datetime import datetime

from ocpilot.base import time
from ocpilot.ocpp.frames import Payload
from ocpilot.ocpp.simulated_car import SimulatedCar

_VOLTS = 230
_PHASES = 3
_STARTABLE = ("Available", "Preparing", "Finishing")


@dataclass
class RunningTransaction:
    """`id` is None until the server has answered StartTransaction, maybe long after the charge."""

    id_tag: str
    next_sample: datetime
    begin: Payload
    id: int | None = None


@dataclass
class SimulatedConnector:
    """`register_wh` counts for the life of the meter. `authorized` is a tag that waits for a car, until `until`."""

    id: int
    power_kw: float
    seen: datetime
    register_wh: float = 1000.0
    status: str = "Available"
    car: SimulatedCar | None = None
    authorized: str | None = None
    until: datetime | None = None
    transaction: RunningTransaction | None = field(default=None)

    @property
    def free(self) -> bool:
        """A transaction may start here."""
        return self.transaction is None and self.authorized is None and self.status in _STARTABLE

    @property
    def meter_wh(self) -> int:
        """The register in whole Wh, as 1.6 sends it."""
        return round(self.register_wh)

    def flow(self, now: datetime) -> None:
        """Let energy flow into the car until `now`."""
        seconds, self.seen = (now - self.seen).total_seconds(), now
        if self.transaction is not None and self.car is not None:
            self.register_wh += 1000.0 * self.car.charge(seconds, self.power_kw)

    def charging_status(self) -> str:
        """The word for a connector whose transaction runs."""
        return "SuspendedEV" if self.car is None or self.car.full else "Charging"

    def sample(self, now: datetime, context: str) -> Payload:
        """One MeterValue (7.33): register, power, current and the car's state of charge."""
        watts = 1000.0 * (self.car.power_kw(self.power_kw) if self.car and self.transaction else 0.0)
        values = [
            _value(str(self.meter_wh), "Energy.Active.Import.Register", "Wh", context),
            _value(f"{watts:.0f}", "Power.Active.Import", "W", context),
            _value(f"{watts / _VOLTS / _PHASES:.1f}", "Current.Import", "A", context),
        ]
        if self.car is not None:
            values.append(_value(f"{self.car.soc:.0f}", "SoC", "Percent", context) | {"location": "EV"})
        return {"timestamp": time.write(now), "sampledValue": values}


def _value(value: str, measurand: str, unit: str, context: str) -> Payload:
    return {"value": value, "measurand": measurand, "unit": unit, "context": context}
