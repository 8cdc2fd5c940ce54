"""What `ocpilot db` does: the state of the schema, bringing it up, all of it into a file and back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ocpilot.base.settings import Settings
from ocpilot.base.time import write
from ocpilot.store.dumping import dump, restore
from ocpilot.store.pool import Connection, connect
from ocpilot.store.schema import status, upgrade
from ocpilot.store.server import database_url


class Upkeep:
    """`cli.db.DatabaseCommands` for the database of these settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def status(self) -> tuple[tuple[str, str | None], ...]:
        """Every schema file and when it was applied, None while it waits."""
        async with self._connection() as connection:
            found = await status(connection)
        return tuple((one.name, write(one.applied_at) if one.applied_at else None) for one in found)

    async def upgrade(self) -> tuple[str, ...]:
        """Apply what waits; the names of the files applied now."""
        async with self._connection() as connection:
            return await upgrade(connection)

    async def dump(self, file: Path) -> None:
        """All of the database into a file that is not there yet."""
        async with database_url(self._settings) as url:
            await dump(url, file)

    async def restore(self, file: Path) -> None:
        """All of a dump into a database that is empty; brought up where it is of an older program."""
        async with database_url(self._settings) as url:
            await restore(url, file)
        await self.upgrade()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        async with database_url(self._settings) as url:
            connection = await connect(url)
            try:
                yield connection
            finally:
                await connection.close()
