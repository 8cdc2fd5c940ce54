"""A log on its way to the database: what was added waits in memory, bounded, and is written in batches.

Adding costs next to nothing; what is kept of it is worked out when it is written. A process that is killed loses the
last second; what does not fit while the database is away is dropped, counted and said.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec
from msgspec.structs import replace

from ocpilot.app.kept.messages import Dated, LogStore, MessageGap
from ocpilot.base import time
from ocpilot.base.errors import BadRequest

log = logging.getLogger(__name__)

#: Seconds between two writings.
_PAUSE = 1.0
#: So many are made ready before others get their turn.
_TURN = 50
_DAY = timedelta(days=1)


#: What is added, and what is kept of it.
Added = TypeVar("Added", bound=Dated)
Row = TypeVar("Row", bound=Dated)


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """How many wait at most, and their bytes; at half of it they are written early. `batch`: how many at a time."""

    most: int
    most_bytes: int
    batch: int = 500


class LogWriter(Generic[Added, Row]):
    """What waits of one log. `rows_of` makes what is kept of one, in the order in which they came; `name` is what the
    log is called in warnings. `dropped` counts what did not fit, since the start."""

    def __init__(self, name: str, room: Room, rows_of: Callable[[Added], Sequence[Row]]) -> None:
        self._name = name
        self._room = room
        self._rows_of = rows_of
        self._waiting: list[tuple[Added, int]] = []
        self._bytes = 0
        self._gap: MessageGap | None = None
        self._full = asyncio.Event()
        self._writing = asyncio.Lock()
        self._prepared: datetime | None = None
        self._failing = False
        self.dropped = 0

    def add(self, one: Added, size: int) -> None:
        """Keep one, if there is room for its `size` bytes."""
        room = self._room
        if len(self._waiting) >= room.most or self._bytes + size > room.most_bytes:
            self._drop(one)
            return
        self._bytes += size
        self._waiting.append((one, size))
        if len(self._waiting) * 2 > room.most or self._bytes * 2 > room.most_bytes:
            self._full.set()

    async def run(self, store: LogStore[Row]) -> None:
        """Write about every second until cancelled, and the last then."""
        try:
            while True:
                try:
                    async with asyncio.timeout(_PAUSE):
                        await self._full.wait()
                except TimeoutError:
                    pass
                await self.write(store)
                if self._full.is_set():
                    # The database is away or slow: no hurry helps.
                    self._full.clear()
                    await asyncio.sleep(_PAUSE)
        finally:
            await self.write(store)

    async def write(self, store: LogStore[Row]) -> None:
        """Write all that waits; what cannot be written waits on."""
        async with self._writing:
            try:
                await self._prepare(store)
                while self._waiting:
                    await self._write_some(store)
                if self._gap is not None:
                    await self._write_gap(store, self._gap)
                self._failing = False
            except Exception:
                # The database may be away for a moment; that is said once.
                if not self._failing:
                    log.exception("%d %s cannot be logged; they wait", len(self._waiting), self._name)
                self._failing = True

    def _drop(self, one: Added) -> None:
        if self._gap is None:
            most = self._room.most
            log.warning("the log of %s is full: %d wait for the database, more are dropped", self._name, most)
            self._gap = MessageGap(began_at=one.at, ended_at=one.at, count=0)
        self._gap = replace(self._gap, ended_at=one.at, count=self._gap.count + 1)
        self.dropped += 1

    async def _prepare(self, store: LogStore[Row]) -> None:
        """Places for today and tomorrow, once a day, so that midnight is no moment of its own."""
        now = time.now()
        if self._prepared is None or now - self._prepared > _DAY / 2:
            await store.prepare(now, now + _DAY)
            self._prepared = now

    async def _write_some(self, store: LogStore[Row]) -> None:
        taken = self._waiting[: self._room.batch]
        rows = list[Row]()
        for start in range(0, len(taken), _TURN):
            rows += self._made_ready(taken[start : start + _TURN])
            await asyncio.sleep(0)
        try:
            await store.add(rows)
        except BadRequest:
            await self._write_each(store, rows)
        del self._waiting[: len(taken)]
        self._bytes -= sum(size for _, size in taken)

    def _made_ready(self, taken: Sequence[tuple[Added, int]]) -> Iterator[Row]:
        for one, _ in taken:
            try:
                yield from self._rows_of(one)
            except Exception:
                # Whatever was sent: the others are logged.
                log.exception("one of the %s, of %s, cannot be logged", self._name, one.at)

    async def _write_each(self, store: LogStore[Row], rows: Sequence[Row]) -> None:
        """One that cannot be stored takes no other with it."""
        for row in rows:
            try:
                await store.add([row])
            except BadRequest as error:
                log.warning("one of the %s, of %s, cannot be stored: %s", self._name, row.at, error)

    async def _write_gap(self, store: LogStore[Row], gap: MessageGap) -> None:
        await store.add_gap(gap)
        log.warning("%d %s from %s to %s were not logged", gap.count, self._name, gap.began_at, gap.ended_at)
        # What was dropped while this was written belongs to the next gap.
        more = None if self._gap is None else self._gap.count - gap.count
        self._gap = replace(self._gap, began_at=gap.ended_at, count=more) if self._gap and more else None


def storable(text: str) -> str:
    """A text as PostgreSQL takes it: no NUL, no half characters."""
    plain = text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text
    return plain if plain.isascii() else plain.encode(errors="replace").decode()
