"""When a job tries again what failed: after growing pauses; after a few failures in a row a person hears of it."""

import logging
import random
from collections import Counter
from datetime import datetime, timedelta

from ocpilot.app.platform import Platform
from ocpilot.roaming.retry import BackOff, pause

log = logging.getLogger(__name__)

#: Failures in a row after which it is more than a bad moment.
_TOLD_AFTER = 3


class NotYet(Exception):
    """A step that did what it could and must be tried again; no failure of ours."""


class JobTries:
    """`failures` counts what went wrong, by step. What rests is known by its step and what it is about."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.failures: Counter[str] = Counter()
        self._pauses: dict[tuple[str, str], tuple[int, datetime]] = {}
        roaming = platform.settings.roaming
        self._back_off = BackOff(first=roaming.retry_first, longest=roaming.retry_longest)

    def rests(self, step: str, about: str = "") -> bool:
        """Whether it failed and its pause is not over."""
        _, again_at = self._pauses.get((step, about), (0, None))
        return again_at is not None and self._platform.clock() < again_at

    def beside(self, step: str, most: int) -> int:
        """How many rows of a step to ask for so that those that failed take no place of others."""
        return most + sum(one == step for one, _ in self._pauses)

    def later(self, step: str, about: str) -> int:
        """It is to be tried again after a pause; how often that was so in a row."""
        times = self._pauses.get((step, about), (0, None))[0] + 1
        seconds = pause(times, self._back_off, random.random())  # noqa: S311 - spreads load, hides nothing
        self._pauses[step, about] = times, self._platform.clock() + timedelta(seconds=seconds)
        return times

    async def failed(self, step: str, about: str, error: Exception) -> None:
        """It failed: tried again later, and told to a person when it goes on so."""
        self.failures[step] += 1
        log.error("job %s failed %s", step, f"for {about}" if about else "as a whole", exc_info=error)
        times = self.later(step, about)
        if times >= _TOLD_AFTER:
            said = f"{type(error).__name__}: {error}"[:500]
            await self._platform.store.troubles.note(step, about, said, times, self._platform.clock())

    async def done(self, step: str, about: str = "") -> None:
        """It is done."""
        times, _ = self._pauses.pop((step, about), (0, None))
        if times >= _TOLD_AFTER:
            await self._platform.store.troubles.over(step, about)
