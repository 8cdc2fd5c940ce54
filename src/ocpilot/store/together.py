"""Writes that arrive together are committed together: one wait for the disk instead of one each.

Nobody waits for company: what arrives while a batch is being written is the next batch, and when that has grown it is
written beside the first, so that the database does not wait for us while we read requests. Each caller gets its own
result or error, after the commit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar, cast

R = TypeVar("R")
V = TypeVar("V")

#: Writes in one batch at most: more gain little and hold their locks longer.
LARGEST = 64
#: Batches under way at the same time, and how many values must wait for another one to begin.
AT_ONCE = 2
ENOUGH = 8


class Together(Generic[V, R]):
    """`write` writes values whose keys differ in one transaction and gives the result, or the error, of each.

    When it fails as a whole every value is written again by itself, so that a bad one fails alone.
    """

    def __init__(self, write: Callable[[Sequence[V]], Awaitable[Sequence[R | Exception]]]) -> None:
        self._write = write
        self._waiting: list[tuple[Hashable, V, asyncio.Future[R]]] = []
        self._writers: set[asyncio.Task[None]] = set()
        self._under_way: set[Hashable] = set()

    async def put(self, key: Hashable, value: V) -> R:
        """The result once it is committed. Values of one key are written in the order they came."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, value, future))
        if not self._writers or (len(self._writers) < AT_ONCE and len(self._waiting) >= ENOUGH):
            writer = asyncio.create_task(self._work())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        return await future

    async def _work(self) -> None:
        """Batches until nothing waits but what another writer has to finish first; that one goes on with it."""
        while batch := self._next():
            try:
                await self._write_batch(
                    [value for value, _ in batch.values()], [future for _, future in batch.values()]
                )
            finally:
                self._under_way -= batch.keys()
        self._writers.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def _next(self) -> dict[Hashable, tuple[V, asyncio.Future[R]]]:
        """The longest waiting, one per key and none whose key is being written; the others wait for the next batch."""
        taken: dict[Hashable, tuple[V, asyncio.Future[R]]] = {}
        left: list[tuple[Hashable, V, asyncio.Future[R]]] = []
        blocked = set(self._under_way)
        for key, value, future in self._waiting:
            if key in blocked or len(taken) == LARGEST:
                left.append((key, value, future))
            else:
                taken[key] = (value, future)
            blocked.add(key)
        self._waiting = left
        self._under_way |= taken.keys()
        return taken

    async def _write_batch(self, values: Sequence[V], futures: Sequence[asyncio.Future[R]]) -> None:
        try:
            outcomes = await self._write(values)
        except Exception as error:
            if len(values) == 1:
                _settle(futures[0], error)
                return
            for value, future in zip(values, futures, strict=True):
                await self._write_batch([value], [future])
            return
        for future, outcome in zip(futures, outcomes, strict=False):
            _settle(future, outcome)


def _settle(future: "asyncio.Future[R]", outcome: R | Exception) -> None:
    """Tell the caller, unless he is gone."""
    if future.done():
        return
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
