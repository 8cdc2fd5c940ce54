"""What a station has to do later, in simulated time."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

from ocpilot.simulator.clock import StationClock


class Agenda:
    """Things are done in the order of their time, at one time in the order they were put in."""

    def __init__(self, clock: StationClock) -> None:
        self._clock = clock
        self._later: list[tuple[datetime, int, Callable[[], object]]] = []
        self._order = count()

    def put(self, seconds: float, act: Callable[[], object]) -> None:
        """To be done in so many seconds."""
        heappush(self._later, (self._clock() + timedelta(seconds=seconds), next(self._order), act))

    def next_due(self) -> Iterator[datetime]:
        """When the first thing is to be done, if there is any."""
        return (each[0] for each in self._later[:1])

    def pass_time(self, now: datetime) -> None:
        """Do what is due."""
        while self._later and self._later[0][0] <= now:
            heappop(self._later)[2]()
