"""One worker per reader of the change log that wants one; of several processes only one has it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping

from ocpilot.app.platform import Platform

log = logging.getLogger(__name__)

#: Seconds between two looks at who wants a worker.
_LOOK = 0.5

#: The numbers and names of those that want one now.
Wanted = Callable[[], Awaitable[Mapping[int, str]]]
Work = Callable[[int], Coroutine[object, object, None]]


class Readers:
    """Starts the `work` of each reader and starts it again when it fails; `what` it does stands in the log."""

    def __init__(self, platform: Platform, what: str, wanted: Wanted, work: Work) -> None:
        self._platform = platform
        self._what = what
        self._wanted = wanted
        self._work = work
        self._workers: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Run until cancelled. New readers are picked up within a second, others are let go."""
        try:
            while True:
                try:
                    await self._look()
                except Exception:
                    # The database may be away for a moment; nothing but this loop would start the workers again.
                    log.exception("%s: whom to is not known; tried again", self._what)
                await asyncio.sleep(_LOOK)
        finally:
            for task in self._workers.values():
                task.cancel()
            await asyncio.gather(*self._workers.values(), return_exceptions=True)

    async def _look(self) -> None:
        wanted = await self._wanted()
        for number in self._workers.keys() - wanted.keys():
            self._workers.pop(number).cancel()
        for number, name in wanted.items():
            if self._is_idle(number, name) and await self._platform.store.changes.lead(number):
                self._workers[number] = asyncio.create_task(self._work(number), name=f"{self._what} {name}")

    def _is_idle(self, number: int, name: str) -> bool:
        """Whether nobody here works for this one; a worker that failed is reported and replaced."""
        task = self._workers.get(number)
        if task is None:
            return True
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s %s failed and starts again", self._what, name, exc_info=error)
        return task.done()
