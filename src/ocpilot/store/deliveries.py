"""What became of objects per peer: waiting, dead, acknowledged."""

from datetime import datetime

import asyncpg

from ocpilot.app.peer_records import Delivery
from ocpilot.app.records import ObjectKey
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import load
from ocpilot.store.rows import key_of, key_values, record_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("deliveries")


class PostgresDeliveries:
    """`app.ports.Deliveries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, delivery: Delivery) -> None:
        """See the port."""
        await save_delivery(self._database, delivery)

    async def remove(self, peer_id: int, key: ObjectKey) -> None:
        """See the port."""
        await self._database.row(_SQL["remove"], {"peer_id": peer_id, **key_values(key)})

    async def due(self, peer_id: int, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["due"], {"peer_id": peer_id, "now": now, "limit": limit})
        return tuple(_delivery(row) for row in rows)

    async def get(self, peer_id: int, key: ObjectKey) -> Delivery | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"peer_id": peer_id, **key_values(key)})
        return _delivery(row) if row else None

    async def all(self, peer_id: int | None = None) -> tuple[Delivery, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["all"], {"any_peer": peer_id is None, "peer_id": peer_id or 0})
        return tuple(_delivery(row) for row in rows)


async def save_delivery(session: Session, delivery: Delivery) -> None:
    """Insert or replace, also inside the transaction that moves a cursor."""
    values: dict[str, object] = {
        **key_values(delivery.key),
        "peer_id": delivery.peer_id,
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "next_at": delivery.next_at,
        "last_error": delivery.last_error,
        "remote_url": delivery.remote_url,
        "updated_at": delivery.updated_at,
    }
    await session.row(_SQL["save"], values)


def _delivery(row: asyncpg.Record) -> Delivery:
    return record_of(Delivery, row, key=key_of(row, ModuleID(row["module"])))
