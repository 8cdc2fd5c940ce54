"""The last comparison of what each peer lists with what we hold."""

import msgspec

from ocpilot.app.kept.comparison_records import Comparison
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of

_SQL = load("comparisons")


class PostgresComparisons:
    """`app.kept.comparison_records.Comparisons`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, comparison: Comparison) -> None:
        """See the port."""
        values: dict[str, object] = {
            "peer_id": comparison.peer_id,
            "module": str(comparison.module),
            "at": comparison.at,
            "body": json_of(comparison),
        }
        await self._database.row(_SQL["save"], values)

    async def of_peer(self, peer_id: int) -> tuple[Comparison, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["of_peer"], {"peer_id": peer_id})
        return tuple(msgspec.json.decode(row["body"], type=Comparison) for row in rows)
