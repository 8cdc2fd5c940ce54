"""What stations were told about Tokens: their local lists, each kept once, and which Tokens belong on one."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ocpilot.app.kept.local_list_records import StationTokens, TokenStamps
from ocpilot.app.kept.station_events import ListedToken
from ocpilot.app.ocpi import tokens
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, record_of

_SQL = load("local_lists")


class PostgresLocalLists:
    """`app.kept.local_list_records.LocalLists`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def stamps(self) -> TokenStamps:
        """See the port."""
        (row,) = await self._database.rows(_SQL["stamps"])
        return TokenStamps(listed=row["listed"], blocked=row["blocked"])

    async def listed(self, limit: int) -> tuple[ListedToken, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["listed"], {"limit": limit})
        return tuple(ListedToken(tokens.id_token_of(row["id"], row["sub"]), row["group_id"]) for row in rows)

    async def due(self, stamps: TokenStamps, checked_before: datetime, *, lists: bool) -> tuple[StationTokens, ...]:
        """See the port."""
        values = {"listed": stamps.listed, "blocked": stamps.blocked, "before": checked_before, "lists": lists}
        rows = await self._database.rows(_SQL["due"], values)
        return tuple(record_of(StationTokens, row) for row in rows)

    async def keep(self, told: StationTokens, entries: Sequence[ListedToken]) -> None:
        """See the port."""
        async with self._database.transaction() as session:
            if told.list_digest is not None:
                await session.row(_SQL["keep_list"], {"digest": told.list_digest, "entries": json_of(entries)})
            await session.row(_SQL["keep"], msgspec.structs.asdict(told))

    async def entries(self, digest: str) -> tuple[ListedToken, ...]:
        """See the port."""
        row = await self._database.row(_SQL["entries"], {"digest": digest})
        return msgspec.json.decode(row["entries"], type=tuple[ListedToken, ...]) if row else ()

    async def doubt(self, station_id: str) -> None:
        """See the port."""
        await self._database.row(_SQL["doubt"], {"station_id": station_id})

    async def tidy(self) -> None:
        """See the port."""
        await self._database.row(_SQL["forget_lists"])
