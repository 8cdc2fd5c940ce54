"""Who waits for the change log is woken: at once inside this process, by one NOTIFY per moment in the others.

The NOTIFY is sent after the commit and gathers what was written meanwhile. Inside the writing transaction it would
take a lock that lets only one transaction of the whole database commit at a time (PostgreSQL, "NOTIFY", async.c).
A process that dies before it sends loses no change, only time: readers look again when their wait is over.
"""

import asyncio
from contextlib import suppress
from weakref import WeakKeyDictionary

from ocpilot.base.ids import new_id
from ocpilot.store.line import LOST, Line
from ocpilot.store.queries import load

_SQL = load("changes")
CHANNEL = "ocpilot_change"
#: Seconds in which rings are gathered into one.
GATHER = 0.01


class Bell:
    """`rings` counts what was heard; a task that looked at the log before a ring does not sleep through it."""

    def __init__(self, url: str) -> None:
        #: What our own rings say: they were heard here before they were sent.
        self._name = new_id()
        self.line = Line(url, CHANNEL, self._told)
        self.rings = 0
        self._looked: WeakKeyDictionary[asyncio.Task[object], int] = WeakKeyDictionary()
        self._event = asyncio.Event()
        self._announcing: asyncio.Task[None] | None = None

    @property
    def hears(self) -> bool:
        """Whether rings of other processes are heard at the moment."""
        return self.line.stands

    def ring(self) -> None:
        """Something was written here, and is committed."""
        self._heard()
        if self._announcing is None or self._announcing.done():
            self._announcing = asyncio.create_task(self._announce())

    def looking(self) -> None:
        """The current task reads the log now: what rings after this is news to it."""
        task = asyncio.current_task()
        if task is not None:
            self._looked[task] = self.rings

    def looked(self) -> int:
        """How many rings the current task knew of when it last looked; all until now when it never did."""
        task = asyncio.current_task()
        return self.rings if task is None else self._looked.get(task, self.rings)

    async def wait(self, seconds: float, seen: int) -> None:
        """Until there were more rings than `seen`, or `seconds` are over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                with suppress(*LOST):
                    await self.line.ready()
                while self.rings == seen:
                    await self._event.wait()
                await asyncio.sleep(GATHER)

    async def close(self) -> None:
        """Send what was not sent yet, and let go of the line."""
        if self._announcing is not None:
            await self._announcing
        await self.line.close()

    def _told(self, said: str) -> None:
        if said != self._name:
            self._heard()

    def _heard(self) -> None:
        self.rings += 1
        self._event.set()
        self._event = asyncio.Event()

    async def _announce(self) -> None:
        await asyncio.sleep(GATHER)
        with suppress(*LOST):
            await self.line.value(_SQL["announce"], self._name)
