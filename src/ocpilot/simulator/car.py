"""A car that charges with a plausible curve: full power first, less and less above 80 %, nothing once it is full."""

from dataclasses import dataclass

_KNEE = 80.0
_LEAST_SHARE = 0.08
#: The curve is walked in steps of at most so many seconds.
_STEP = 15.0


@dataclass(kw_only=True)
class SimulatedCar:
    """`soc` and `target` in percent, `battery_kwh` usable, `max_kw` what the car takes at most."""

    battery_kwh: float = 60.0
    soc: float = 30.0
    target: float = 100.0
    max_kw: float = 11.0

    @property
    def full(self) -> bool:
        """It asks for no more power."""
        return self.soc >= self.target

    def power_kw(self, offered_kw: float) -> float:
        """What it takes now of what is offered."""
        if self.full:
            return 0.0
        share = 1.0 - max(0.0, self.soc - _KNEE) / (100.0 - _KNEE)
        return min(offered_kw, self.max_kw * max(share, _LEAST_SHARE))

    def charge(self, seconds: float, offered_kw: float) -> float:
        """Let it charge; the kWh it took."""
        taken = 0.0
        while seconds > 0 and not self.full:
            step = min(seconds, _STEP)
            room = (self.target - self.soc) / 100.0 * self.battery_kwh
            energy = min(self.power_kw(offered_kw) * step / 3600.0, room)
            # a car that has less than a watt-hour to go is full: no endless halving by rounding
            self.soc = self.target if room - energy < 0.001 else self.soc + energy / self.battery_kwh * 100.0
            taken += energy
            seconds -= step
        return taken
