"""The message log on its way to the database: exchanges wait in memory, bounded, and are written in batches.

Adding one costs next to nothing; what is kept of it is worked out when it is written (`message_rows.py`). A process
that is killed loses the last second; what does not fit while the database is away is dropped, counted and said.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from ocpilot.app.message_rows import Exchanged, message_of
from ocpilot.app.messages import Cut, Message, MessageGap, Messages, has_failed
from ocpilot.base import time
from ocpilot.base.errors import BadRequest
from ocpilot.base.settings import Logged, LogSettings

log = logging.getLogger(__name__)

#: Seconds between two writings.
_PAUSE = 1.0
#: Exchanges that wait at most, and the bytes of their bodies; at half of it they are written early.
MOST = 20_000
MOST_BYTES = 64 * 1024 * 1024
#: Messages of one batch; so many are made ready before others get their turn.
_BATCH = 500
_TURN = 50
_DAY = timedelta(days=1)


class MessageLog:
    """What waits to be written. `dropped` counts what did not fit, since the start."""

    def __init__(self, settings: LogSettings) -> None:
        self._settings = settings
        self._waiting: list[Exchanged] = []
        self._bytes = 0
        self._gap: MessageGap | None = None
        self._full = asyncio.Event()
        self._writing = asyncio.Lock()
        self._prepared: datetime | None = None
        self._failing = False
        self.dropped = 0

    def add(self, one: Exchanged) -> None:
        """Keep an exchange if the settings want it and there is room; a replay is always wanted."""
        if self._settings.messages is not Logged.ALL and not self._wanted(one):
            return
        self._cut(one)
        size = len(one.request_body) + len(one.response_body)
        if len(self._waiting) >= MOST or self._bytes + size > MOST_BYTES:
            self._drop(one)
            return
        self._bytes += size
        self._waiting.append(one)
        if len(self._waiting) * 2 > MOST or self._bytes * 2 > MOST_BYTES:
            self._full.set()

    async def run(self, store: Messages) -> None:
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

    async def write(self, store: Messages) -> None:
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
                    log.exception("%d messages cannot be logged; they wait", len(self._waiting))
                self._failing = True

    # ---- adding ------------------------------------------------------------------------------------------------------

    def _wanted(self, one: Exchanged) -> bool:
        if one.replay_of is not None:
            return True
        return self._settings.messages is Logged.ERRORS and has_failed(one.http_status, one.ocpi_status, one.error)

    def _cut(self, one: Exchanged) -> None:
        """No more of the bodies than is kept of them."""
        one.request_size, one.response_size = len(one.request_body), len(one.response_body)
        most = self._settings.body_bytes
        if not self._settings.bodies:
            if one.request_body:
                one.request_body, one.request_cut = b"", Cut.SETTING
            if one.response_body:
                one.response_body, one.response_cut = b"", Cut.SETTING
        elif one.listed and not self._settings.list_bodies and one.error is None and one.http_status == 200:
            one.response_body, one.response_cut = b"", Cut.LIST
        if one.request_size > most and one.request_body:
            one.request_body, one.request_cut = one.request_body[:most], Cut.SIZE
        if one.response_size > most and one.response_body:
            one.response_body, one.response_cut = one.response_body[:most], Cut.SIZE

    def _drop(self, one: Exchanged) -> None:
        if self._gap is None:
            log.warning("the message log is full: %d messages wait for the database, more are dropped", MOST)
            self._gap = MessageGap(began_at=one.at, ended_at=one.at, count=0)
        self._gap = replace(self._gap, ended_at=one.at, count=self._gap.count + 1)
        self.dropped += 1

    # ---- writing -----------------------------------------------------------------------------------------------------

    async def _prepare(self, store: Messages) -> None:
        """Places for today and tomorrow, once a day, so that midnight is no moment of its own."""
        now = time.now()
        if self._prepared is None or now - self._prepared > _DAY / 2:
            await store.prepare(now, now + _DAY)
            self._prepared = now

    async def _write_some(self, store: Messages) -> None:
        taken = self._waiting[:_BATCH]
        messages = [message async for message in _made_ready(taken)]
        try:
            await store.add(messages)
        except BadRequest:
            await _write_each(store, messages)
        del self._waiting[: len(taken)]
        self._bytes -= sum(len(one.request_body) + len(one.response_body) for one in taken)

    async def _write_gap(self, store: Messages, gap: MessageGap) -> None:
        await store.add_gap(gap)
        log.warning("%d messages from %s to %s were not logged", gap.count, gap.began_at, gap.ended_at)
        # What was dropped while this was written belongs to the next gap.
        more = None if self._gap is None else self._gap.count - gap.count
        self._gap = replace(self._gap, began_at=gap.ended_at, count=more) if self._gap and more else None


async def _made_ready(taken: Sequence[Exchanged]) -> AsyncIterator[Message]:
    for number, one in enumerate(taken, start=1):
        try:
            message = message_of(one)
        except Exception:
            # Whatever a peer sent: the others are logged.
            log.exception("a message of %s cannot be logged", one.at)
        else:
            yield message
        if number % _TURN == 0:
            await asyncio.sleep(0)


async def _write_each(store: Messages, messages: Sequence[Message]) -> None:
    """One that cannot be stored takes no other with it."""
    for message in messages:
        try:
            await store.add([message])
        except BadRequest as error:
            log.warning("a message of %s cannot be stored: %s", message.at, error)
