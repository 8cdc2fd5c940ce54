"""Following a log: what is new in it, as it is written, without end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from ocpilot.base.time import Clock

#: Seconds between two looks.
_LOOK = 1.0
#: A line has its moment of when it began and its number of when it was written; several processes write.
_SLOWEST = timedelta(minutes=5)
_BESIDE = 1000
#: Lines of one look at most.
MOST = 20_000

Line = TypeVar("Line")
#: Lines since a moment, numbered after a number, newest first.
Look = Callable[[datetime, int], Awaitable[Sequence[Line]]]


async def follow(look: Look[Line], number: Callable[[Line], int], clock: Clock, began: datetime) -> AsyncIterator[Line]:
    """Lines from `began` on, oldest first, each once."""
    newest, seen = 0, set[int]()
    while True:
        lines = await look(max(began, clock() - _SLOWEST), newest - _BESIDE)
        for line in reversed(lines):
            if number(line) not in seen:
                yield line
        seen = {number(line) for line in lines}
        newest = max(seen, default=newest)
        await asyncio.sleep(_LOOK)
