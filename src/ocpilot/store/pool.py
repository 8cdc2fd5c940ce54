"""The connection pool, and running named statements on it or inside one transaction."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeAlias

import asyncpg

from ocpilot.base.errors import BadRequest, DatabaseAway, SettingsError
from ocpilot.store.queries import Statement

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Lent: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

#: What every connection of ours is set to. Short statements gain nothing from compiling them. A machine of ours that
#: lost its power or its network is found out within a minute, else two hours: until then nobody else gets its locks.
SERVER_SETTINGS = {
    "application_name": "ocpilot",
    "timezone": "UTC",
    "jit": "off",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
OLDEST_SERVER = 150000

#: A statement without parameters.
NOTHING: Mapping[str, object] = {}


#: See `_unstorable`.
_UNSTORABLE = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)


#: What is raised when no connection can be had, for whatever reason.
_NO_CONNECTION = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
#: What a statement raises when the server goes, has gone, may not write (a standby) or has no room to.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
#: What asyncpg raises for a connection that is gone, and for our own mistakes.
_MISUSED = (asyncpg.InterfaceError, asyncpg.InternalClientError)


class Session(Protocol):
    """Runs named statements: inside one transaction, or each on its own."""

    async def rows(self, statement: Statement, values: Mapping[str, object] = NOTHING) -> list[asyncpg.Record]:
        """All rows. BadRequest when a value cannot be stored."""

    async def row(self, statement: Statement, values: Mapping[str, object] = NOTHING) -> asyncpg.Record | None:
        """The first row, None without one. BadRequest when a value cannot be stored."""


class OneConnection:
    """A Session on a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rows(self, statement: Statement, values: Mapping[str, object] = NOTHING) -> list[asyncpg.Record]:
        """See Session."""
        try:
            return await self._connection.fetch(statement.text, *statement.bind(values))
        except _UNSTORABLE as error:
            raise _unstorable(error) from error

    async def row(self, statement: Statement, values: Mapping[str, object] = NOTHING) -> asyncpg.Record | None:
        """See Session."""
        try:
            return await self._connection.fetchrow(statement.text, *statement.bind(values))
        except _UNSTORABLE as error:
            raise _unstorable(error) from error


class Database:
    """A Session whose statements stand each on its own; `transaction()` is for several that succeed or fail together.
    All of them raise DatabaseAway while the database is.

    Connections of the pool that are free stay here: to give one back to asyncpg's pool and take it out again costs
    twice as much as a short statement. They go back when somebody waits for one, and when something went wrong.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._free: list[Lent] = []
        self._waiting = 0

    async def rows(self, statement: Statement, values: Mapping[str, object] = NOTHING) -> list[asyncpg.Record]:
        """See Session."""
        async with _Loan(self) as connection:
            return await OneConnection(connection).rows(statement, values)

    async def row(self, statement: Statement, values: Mapping[str, object] = NOTHING) -> asyncpg.Record | None:
        """See Session."""
        async with _Loan(self) as connection:
            return await OneConnection(connection).row(statement, values)

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Write rows by COPY, all or none. BadRequest when a value cannot be stored."""
        async with _Loan(self) as connection:
            try:
                await connection.copy_records_to_table(table, columns=columns, records=rows)
            except _UNSTORABLE as error:
                raise _unstorable(error) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Commits at the end of the block, rolls back when it raises."""
        async with _Loan(self) as connection, connection.transaction():
            yield OneConnection(connection)

    async def close(self) -> None:
        """Give back what is free."""
        while self._free:
            await self._pool.release(self._free.pop())

    async def take(self) -> Lent:
        """A connection until it is given back."""
        while self._free:
            connection = self._free.pop()
            if _stands(connection):
                return connection
            await self._pool.release(connection)
        self._waiting += 1
        try:
            return await self._pool.acquire()
        finally:
            self._waiting -= 1

    async def give_back(self, connection: Lent, *, whole: bool) -> None:
        """`whole` is false after an error: then asyncpg looks after it."""
        if whole and not self._waiting:
            self._free.append(connection)
        else:
            await self._pool.release(connection)


class _Loan:
    """A connection from `take` to `give_back`; a class, as a generator would cost as much as the statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __aenter__(self) -> Lent:
        try:
            self._connection = await self._database.take()
        except _NO_CONNECTION as error:
            raise DatabaseAway(f"no connection to the database: {error}") from error
        return self._connection

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        away = isinstance(error, _AWAY) or (isinstance(error, _MISUSED) and not _stands(self._connection))
        await self._database.give_back(self._connection, whole=error is None)
        if away:
            raise DatabaseAway(f"the database went away: {error}") from error


def _stands(connection: Lent) -> bool:
    """Whether it can be used: the pool takes one away from its borrower when the server ends it."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        return False


def _unstorable(error: Exception) -> BadRequest:
    """A NUL in an id, an id too long for an index or a number beyond its column is what the sender sent, not an error
    of ours."""
    return BadRequest(f"a value cannot be stored: {error}")


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
