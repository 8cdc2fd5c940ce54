"""Clocks for simulated stations: faster than real time, or jumping. Both are a `base.time.Clock` too."""

import asyncio
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

_GRAIN = 5.0
#: Seconds of real time, below which looking again would be all that a fast clock does.
_SHORTEST = 0.02


class StationClock(Protocol):
    """What a simulated station asks for the time and waits with.

    `grain`: seconds a station sleeps at most before it looks again, as a remote start may have come meanwhile.
    """

    grain: float

    def __call__(self) -> datetime:
        """The present moment of the simulation."""

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` of simulated time have passed."""


class SimClock:
    """Starts at `start` and runs `speed` times as fast as real time."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self._start = start
        self._speed = speed
        self._began = monotonic()
        self.grain = max(_GRAIN, speed * _SHORTEST)

    def __call__(self) -> datetime:
        moment = self._start + timedelta(seconds=(monotonic() - self._began) * self._speed)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    async def sleep(self, seconds: float) -> None:
        """Return when `seconds` of simulated time have passed."""
        await asyncio.sleep(seconds / self._speed)


class SteppedClock:
    """Stands still until somebody sleeps, then jumps. Give each station its own: two sleepers would add up."""

    grain = _GRAIN

    def __init__(self, start: datetime) -> None:
        self._present = start

    def __call__(self) -> datetime:
        return self._present

    async def sleep(self, seconds: float) -> None:
        """Jump `seconds` ahead."""
        self._present += timedelta(seconds=max(0.0, seconds))
        await asyncio.sleep(0)
