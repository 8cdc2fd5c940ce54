"""The connection pool, and running named statements on it or inside one transaction."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TypeAlias

import asyncpg

from ocpilot.base.errors import BadRequest, SettingsError
from ocpilot.store.queries import Statement

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Executor: TypeAlias = "Connection | Pool"

#: What every connection of ours is set to: short statements gain nothing from compiling them.
SERVER_SETTINGS = {"application_name": "ocpilot", "timezone": "UTC", "jit": "off"}
OLDEST_SERVER = 150000

#: A statement without parameters.
NOTHING: Mapping[str, object] = {}


class Session:
    """Runs named statements on one connection (inside a transaction) or on any of the pool (each its own)."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def rows(self, statement: Statement, values: Mapping[str, object] = NOTHING) -> list[asyncpg.Record]:
        """All rows. BadRequest when a value cannot be stored."""
        with _storable():
            return await self._executor.fetch(statement.text, *statement.bind(values))

    async def row(self, statement: Statement, values: Mapping[str, object] = NOTHING) -> asyncpg.Record | None:
        """The first row, None without one. BadRequest when a value cannot be stored."""
        with _storable():
            return await self._executor.fetchrow(statement.text, *statement.bind(values))


class Database(Session):
    """The pool; `transaction()` lends one connection for several statements that succeed or fail together."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self._pool = pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Commits at the end of the block, rolls back when it raises."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield Session(connection)


@contextmanager
def _storable() -> Iterator[None]:
    """A NUL in an id, an id too long for an index or a number beyond its column is what the sender sent, not an error
    of ours."""
    try:
        yield
    except (asyncpg.DataError, asyncpg.ProgramLimitExceededError) as error:
        raise BadRequest(f"a value cannot be stored: {error}") from error


async def connect(url: str) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection outside the pool; SettingsError when the server is not there, refuses us or is too old."""
    try:
        connection = await asyncpg.connect(url, server_settings=SERVER_SETTINGS)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SettingsError(f"database.url: cannot connect: {error}") from error
    found = int(connection.get_server_version().major)
    if found * 10000 < OLDEST_SERVER:
        await connection.close()
        raise SettingsError(f"database.url: found PostgreSQL {found}, expected {OLDEST_SERVER // 10000} or newer")
    return connection


@asynccontextmanager
async def open_pool(url: str, size: int) -> AsyncIterator[Pool]:
    """A pool of at most `size` connections, closed at the end."""
    pool = asyncpg.create_pool(url, min_size=1, max_size=size, server_settings=SERVER_SETTINGS, reset=_as_it_is)
    async with pool:
        yield pool


async def _as_it_is(_: object) -> None:
    """Our statements leave nothing behind in a connection (no SET, LISTEN or session lock): without this every single
    one is followed by another that resets it. A transaction that was left open is still rolled back by asyncpg."""
