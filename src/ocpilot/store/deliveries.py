"""What became of objects per peer: waiting, dead, acknowledged."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import asyncpg

from ocpilot.app.kept.peer_records import UNFINISHED, Delivery, DeliveryState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.base.ids import fold
from ocpilot.roaming.retry import FURTHEST
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import load
from ocpilot.store.rows import key_of, key_values, record_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("deliveries")
_FIELDS = (
    *("peer_id", "state", "attempts", "refusals", "unsure", "nonsense_since"),
    *("next_at", "last_error", "remote_url", "updated_at"),
)


class PostgresDeliveries:
    """`app.ports.Deliveries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, delivery: Delivery) -> None:
        """See the port."""
        await save_deliveries(self._database, (delivery,))

    async def remove(self, peer_id: int, key: ObjectKey) -> None:
        """See the port."""
        await self._database.row(_SQL["remove"], {"peer_id": peer_id, **key_values(key)})

    async def due(self, peer_id: int, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """See the port."""
        values = {"peer_id": peer_id, "now": now, "furthest": now + FURTHEST, "limit": limit}
        rows = await self._database.rows(_SQL["due"], values)
        return tuple(_delivery(row) for row in rows)

    async def get(self, peer_id: int, key: ObjectKey) -> Delivery | None:
        """See the port."""
        found = await self.of(peer_id, (key,))
        return found[0] if found else None

    async def of(self, peer_id: int, keys: Sequence[ObjectKey]) -> tuple[Delivery, ...]:
        """See the port."""
        values = _columns([key_values(key) for key in keys], ("module", "party", "key_id", "key_sub"))
        rows = await self._database.rows(_SQL["of"], {"peer_id": peer_id, **values})
        return tuple(_delivery(row) for row in rows)

    async def all(
        self, peer_id: int | None = None, states: Collection[DeliveryState] = UNFINISHED, limit: int = 1000
    ) -> tuple[Delivery, ...]:
        """See the port."""
        values = {"states": [str(one) for one in states], "limit": limit}
        if peer_id is None:
            rows = await self._database.rows(_SQL["of_all"], values)
        else:
            rows = await self._database.rows(_SQL["of_peer"], {**values, "peer_id": peer_id})
        return tuple(_delivery(row) for row in rows)

    async def counts(self) -> Mapping[tuple[int, DeliveryState], int]:
        """See the port."""
        rows = await self._database.rows(_SQL["counts"])
        return {(row["peer_id"], DeliveryState(row["state"])): row["count"] for row in rows}

    async def replay(self, peer_id: int, now: datetime) -> int:
        """See the port."""
        return len(await self._database.rows(_SQL["replay"], {"peer_id": peer_id, "now": now}))

    async def drop(self, peer_id: int) -> int:
        """See the port."""
        return len(await self._database.rows(_SQL["drop"], {"peer_id": peer_id}))


async def save_deliveries(session: Session, deliveries: Sequence[Delivery]) -> None:
    """Insert or replace, also inside the transaction that moves a cursor. Of one object the last counts."""
    last = {
        (one.peer_id, one.key.module, one.key.party, fold(one.key.id), fold(one.key.sub)): one for one in deliveries
    }
    if not last:
        return
    rows = [
        {**key_values(one.key), **{name: getattr(one, name) for name in _FIELDS}, "state": str(one.state)}
        for one in last.values()
    ]
    await session.row(_SQL["save"], _columns(rows, ("module", "party", "key_id", "key_sub", "id", "sub", *_FIELDS)))


def _columns(rows: Sequence[Mapping[str, object]], names: Sequence[str]) -> dict[str, object]:
    return {name: [row[name] for row in rows] for name in names}


def _delivery(row: asyncpg.Record) -> Delivery:
    return record_of(Delivery, row, key=key_of(row, ModuleID(row["module"])))
