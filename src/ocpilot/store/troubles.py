"""Work that fails again and again."""

from datetime import datetime

from ocpilot.app.kept.troubles import Trouble
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("troubles")


class PostgresTroubles:
    """`app.kept.troubles.Troubles`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, step: str, about: str, error: str, failures: int, at: datetime) -> None:
        """See the port."""
        values = {"step": step, "about": about, "error": error.replace("\0", "?"), "failures": failures, "at": at}
        await self._database.row(_SQL["note"], values)

    async def over(self, step: str, about: str) -> None:
        """See the port."""
        await self._database.row(_SQL["over"], {"step": step, "about": about})

    async def lately(self, since: datetime, limit: int) -> tuple[Trouble, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["lately"], {"since": since, "limit": limit})
        return tuple(record_of(Trouble, row) for row in rows)

    async def forget(self, before: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["forget"], {"before": before})
