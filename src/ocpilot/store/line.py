"""The one connection of this process that is held: it hears of writes elsewhere and holds the locks of a leader.

It must not go through a pooler that shares connections between clients. When it is lost it is made again at the next
use; what it held is lost with it, and everybody who listens is woken.
"""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

import asyncpg

from ocpilot.base.errors import DatabaseAway, SettingsError
from ocpilot.store.pool import connect
from ocpilot.store.queries import Statement

Held: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

#: What a lost database looks like, to the users of a line and of the pool.
LOST = (
    DatabaseAway,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    SettingsError,
)


class Line:
    """A held connection that listens on `channel`; `heard` is called with every notice, and with nothing when the
    line is lost or stands again: what was said meanwhile nobody heard."""

    def __init__(self, url: str, channel: str, heard: Callable[[str], None]) -> None:
        self._url = url
        self._channel = channel
        self._heard = heard
        self._lock = asyncio.Lock()
        self._connection: Held | None = None

    @property
    def stands(self) -> bool:
        """Whether we hear at the moment."""
        return self._connection is not None and not self._connection.is_closed()

    async def value(self, statement: Statement, *values: object) -> object:
        """The first value of a statement, run on the held connection."""
        async with self._lock:
            connection = await self._ready()
            return await connection.fetchval(statement.text, *values)

    async def ready(self) -> None:
        """Make sure that we hear; raises one of LOST when the database cannot be reached."""
        async with self._lock:
            await self._ready()

    async def close(self) -> None:
        """Let go; what was held is free for others."""
        async with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()

    async def _ready(self) -> Held:
        if self._connection is None or not self.stands:
            connection = await connect(self._url)
            connection.add_termination_listener(lambda _: self._heard(""))
            await connection.add_listener(self._channel, lambda *notice: self._heard(str(notice[-1])))
            self._connection = connection
            self._heard("")
        return self._connection
