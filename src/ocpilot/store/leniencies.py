"""What partners sent that had to be understood leniently, counted."""

from collections.abc import Sequence

from ocpilot.app.kept.peer_records import FindingKind, Leniency
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, record_of

_SQL = load("leniencies")


class PostgresLeniencies:
    """`app.ports.Leniencies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, counted: Sequence[Leniency]) -> None:
        """See the port; in one order, so that two processes form no ring."""
        rows = sorted(counted, key=lambda one: (one.peer_id, one.kind, one.module, one.place, one.expected))
        columns: dict[str, object] = {
            "peer_ids": [row.peer_id for row in rows],
            "kinds": [str(row.kind) for row in rows],
            "objects": [json_of(row.objects) for row in rows],
            "modules": [str(row.module) for row in rows],
            "places": [row.place for row in rows],
            "expected": [row.expected for row in rows],
            "examples": [row.example for row in rows],
            "counts": [row.count for row in rows],
            "first": [row.first_at for row in rows],
            "last": [row.last_at for row in rows],
        }
        await self._database.rows(_SQL["add"], columns)

    async def of_peer(self, peer_id: int) -> tuple[Leniency, ...]:
        """See the port."""
        values = {"peer_id": peer_id, "kind": str(FindingKind.LENIENCY)}
        rows = await self._database.rows(_SQL["of_peer"], values)
        return tuple(record_of(Leniency, row) for row in rows)

    async def all_of_peer(self, peer_id: int) -> tuple[Leniency, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["all_of_peer"], {"peer_id": peer_id})
        return tuple(record_of(Leniency, row) for row in rows)
