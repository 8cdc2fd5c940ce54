"""Web hooks, and the events on their way to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.hook_ports import Hook, HookEvent
from ocpilot.app.kept.peer_records import ChangeCursor
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("hooks")
_ADVANCE = load("changes")["advance"]


class PostgresHooks:
    """`app.kept.hook_ports.Hooks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, hook: Hook) -> Hook:
        """See the port."""
        try:
            row = await self._database.row(
                _SQL["add"], {**msgspec.structs.asdict(hook), "key_name": fold(hook.name), "events": list(hook.events)}
            )
        except asyncpg.UniqueViolationError as error:
            raise Conflict(f"a web hook is called {hook.name!r} already") from error
        return msgspec.structs.replace(hook, id=row["id"] if row else 0)

    async def remove(self, hook_id: int) -> None:
        """See the port."""
        await self._database.row(_SQL["remove"], {"id": hook_id})

    async def set_active(self, hook_id: int, active: bool, because: str | None = None) -> None:
        """See the port."""
        await self._database.row(_SQL["set_active"], {"id": hook_id, "active": active, "because": because})

    async def get(self, hook_id: int) -> Hook | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"id": hook_id})
        return record_of(Hook, row) if row else None

    async def by_name(self, name: str) -> Hook | None:
        """See the port."""
        row = await self._database.row(_SQL["by_name"], {"key_name": fold(name)})
        return record_of(Hook, row) if row else None

    async def all(self) -> tuple[Hook, ...]:
        """See the port."""
        return tuple(record_of(Hook, row) for row in await self._database.rows(_SQL["all"]))

    async def note(self, hook_id: int, cursor: ChangeCursor, events: Sequence[HookEvent]) -> None:
        """See the port; each object once in `events`."""
        columns: dict[str, object] = {
            "hook_id": hook_id,
            "ids": [one.id for one in events],
            "events": [one.event for one in events],
            "modules": [one.module for one in events],
            "parties": [one.party for one in events],
            "key_ids": [fold(one.object_id) for one in events],
            "key_subs": [fold(one.sub) for one in events],
            "object_ids": [one.object_id for one in events],
            "subs": [one.sub for one in events],
            "peer_ids": [one.peer_id for one in events],
            "ats": [one.at for one in events],
        }
        async with self._database.transaction() as session:
            if events:
                await session.row(_SQL["note"], columns)
            await session.row(_ADVANCE, {"peer_id": hook_id, "xid": str(cursor.xid), "seq": cursor.seq})

    async def tell(self, event: HookEvent) -> None:
        """See the port."""
        await self._database.row(_SQL["tell"], {**msgspec.structs.asdict(event), "key_id": fold(event.object_id)})

    async def due(self, hook_id: int, now: datetime, limit: int) -> tuple[HookEvent, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["due"], {"hook_id": hook_id, "now": now, "limit": limit})
        return tuple(record_of(HookEvent, row) for row in rows)

    async def freeze(self, bodies: Mapping[str, str]) -> None:
        """See the port."""
        await self._database.row(_SQL["freeze"], {"ids": list(bodies), "bodies": list(bodies.values())})

    async def done(self, hook_id: int, ids: Sequence[str], at: datetime | None) -> None:
        """See the port."""
        await self._database.row(_SQL["done"], {"hook_id": hook_id, "ids": list(ids)})
        if at is not None:
            await self._database.row(_SQL["delivered"], {"hook_id": hook_id, "at": at})

    async def failed(self, event: HookEvent) -> None:
        """See the port."""
        await self._database.row(_SQL["failed"], {**msgspec.structs.asdict(event), "state": str(event.state)})

    async def replay(self, hook_id: int, event_id: str | None, now: datetime) -> int:
        """See the port."""
        values = {"hook_id": hook_id, "event_id": event_id, "now": now}
        return len(await self._database.rows(_SQL["replay"], values))

    async def events(self, hook_id: int | None, limit: int) -> tuple[HookEvent, ...]:
        """See the port."""
        values = {"any_hook": hook_id is None, "hook_id": hook_id or 0, "limit": limit}
        return tuple(record_of(HookEvent, row) for row in await self._database.rows(_SQL["events"], values))
