"""A charging profile at a simulated connector: the limit at a moment, and the schedule it amounts to (1.6, 3.13)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from ocpilot.app.station_events import Payload
from ocpilot.base import time

VOLTS = 230
PHASES = 3


@dataclass
class SimulatedLimit:
    """`profile` is what SetChargingProfile brought; `began` is when its transaction did."""

    profile: Payload
    began: datetime

    @property
    def id(self) -> int:
        """The chargingProfileId."""
        return cast(int, self.profile["chargingProfileId"])

    def power_kw(self, now: datetime) -> float | None:
        """The most that may flow now; None when nothing is limited."""
        found = None
        for start, limit in self._limits():
            found = limit if start <= now else found
        schedule, duration = self._schedule, self._schedule.get("duration")
        if duration is not None and now >= self._start + timedelta(seconds=cast(int, duration)):
            return None
        return None if found is None else _kw(found, str(schedule["chargingRateUnit"]))

    def composite(self, now: datetime, seconds: int, full_kw: float) -> Payload:
        """The schedule of the next `seconds` in the unit of the profile, from GetCompositeSchedule (5.7)."""
        unit = str(self._schedule["chargingRateUnit"])
        moments = [now, *(start for start, _ in self._limits() if now < start < now + timedelta(seconds=seconds))]
        periods = []
        for moment in moments:
            limit = self.power_kw(moment)
            watts = 1000.0 * (full_kw if limit is None else min(limit, full_kw))
            shown = watts if unit == "W" else watts / VOLTS / PHASES
            periods.append({"startPeriod": round((moment - now).total_seconds()), "limit": round(shown, 1)})
        return {
            "duration": seconds,
            "startSchedule": time.write(now),
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
        }

    @property
    def _schedule(self) -> Payload:
        return cast(Payload, self.profile["chargingSchedule"])

    @property
    def _start(self) -> datetime:
        start = self._schedule.get("startSchedule")
        return self.began if start is None else time.parse(str(start))

    def _limits(self) -> list[tuple[datetime, float]]:
        periods = cast(list[Payload], self._schedule["chargingSchedulePeriod"])
        return [
            (self._start + timedelta(seconds=cast(int, each["startPeriod"])), float(cast(float, each["limit"])))
            for each in periods
        ]


def _kw(limit: float, unit: str) -> float:
    """Ampere are per phase (mod_charging_profiles, "ChargingRateUnit")."""
    return (limit if unit == "W" else limit * VOLTS * PHASES) / 1000.0
