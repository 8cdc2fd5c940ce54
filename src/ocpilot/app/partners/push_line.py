"""The objects of one round in their order, handed out to as many calls at a time as the peer takes."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice

from ocpilot.app.kept.records import ObjectKey

#: Objects that are read shortly before they are sent.
AHEAD = 256


class Line:
    """`read_ahead` is given the next objects before the first of them is handed out.

    Nobody waits for a turn but while they are read, and then all go on at once: behind a lock they would go on one by
    one, and hardly more than one call would be on its way.
    """

    def __init__(self, keys: Iterable[ObjectKey], read_ahead: Callable[[Sequence[ObjectKey]], Awaitable[None]]) -> None:
        self._waiting = iter(keys)
        self._near = deque[ObjectKey]()
        self._read_ahead = read_ahead
        self._reading: asyncio.Task[None] | None = None
        self._ended = False

    async def following(self) -> ObjectKey | None:
        """The next one; None at the end."""
        while not self._near and not self._ended:
            if self._reading is None:
                self._reading = asyncio.create_task(self._read())
            await self._reading
        return self._near.popleft() if self._near else None

    async def _read(self) -> None:
        some = tuple(islice(self._waiting, AHEAD))
        try:
            if some:
                await self._read_ahead(some)
            self._near.extend(some)
        finally:
            # Also when it failed: nobody goes on by himself with what somebody else is going to begin anew.
            self._ended = not self._near
            self._reading = None
