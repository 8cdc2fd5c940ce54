"""The time as a station has it: right, or as wrong as its faults make it."""

from datetime import UTC, datetime, timedelta

from ocpilot.base import time
from ocpilot.simulator.faults import Fault, FaultPlan

_LOCAL = timedelta(hours=2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OwnTime:
    """A station that was `born` at that moment, with the faults of its plan."""

    def __init__(self, plan: FaultPlan, born: datetime) -> None:
        self.faults = plan.of_station()
        self._skew = timedelta()
        if Fault.CLOCK_1970 in self.faults:
            self._skew = _EPOCH - born
        elif Fault.LOCAL_TIME in self.faults:
            self._skew = _LOCAL
        elif Fault.CLOCK_SKEW in self.faults:
            self._skew = timedelta(seconds=plan.skew_seconds())

    def stamp(self, at: datetime) -> str:
        """A moment as the station writes it."""
        return time.write(at + self._skew)
