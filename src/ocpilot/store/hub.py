"""What a hub remembers of what it passed on."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from ocpilot.app.kept.hub_records import HubOrder, HubRoute
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import party_of, record_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("hub")


class PostgresHubBook:
    """`app.kept.hub_records.HubBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, order: HubOrder) -> None:
        """See the port."""
        await self._database.row(_SQL["add"], _values(order))

    async def get(self, order_id: str) -> HubOrder | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"id": order_id})
        return record_of(HubOrder, row) if row else None

    async def modify(self, order_id: str, change: Callable[[HubOrder], HubOrder]) -> HubOrder | None:
        """See the port."""
        async with self._database.transaction() as session:
            row = await session.row(_SQL["get_locked"], {"id": order_id})
            if row is None:
                return None
            changed = change(record_of(HubOrder, row))
            await session.row(_SQL["save"], _values(changed))
        return changed

    async def unsent(self, since: datetime) -> tuple[HubOrder, ...]:
        """See the port."""
        return tuple(record_of(HubOrder, row) for row in await self._database.rows(_SQL["unsent"], {"since": since}))

    async def about(self, ident: str, word: str) -> tuple[HubOrder, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["about"], {"key_about": fold(ident), "word": str(word)})
        return tuple(record_of(HubOrder, row) for row in rows)

    async def note(self, route: HubRoute) -> None:
        """See the port."""
        values = {
            **msgspec.structs.asdict(route),
            "module": str(route.module),
            "party": route.party.key,
            "key_id": fold(route.id),
        }
        await self._database.row(_SQL["note"], values)

    async def routes(self, module: ModuleID, ident: str) -> tuple[HubRoute, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["routes"], {"module": str(module), "key_id": fold(ident)})
        return tuple(record_of(HubRoute, row, module=module, party=party_of(row["party"])) for row in rows)

    async def open_audience(self, audience: str, parties: Sequence[str]) -> None:
        """See the port."""
        await self._database.row(_SQL["open_audience"], {"audience": audience, "parties": list(parties)})

    async def audiences(self, parties: Sequence[str]) -> tuple[str, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["audiences"], {"parties": list(parties)})
        return tuple(str(row["audience"]) for row in rows)

    async def forget(self, before: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["forget_orders"], {"before": before})
        await self._database.row(_SQL["forget_routes"], {"before": before})


def _values(order: HubOrder) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(order),
        "module": str(order.module),
        "version": str(order.version),
        "key_about": None if order.about is None else fold(order.about),
    }
