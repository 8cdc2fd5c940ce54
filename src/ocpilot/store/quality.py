"""What tables say about the data of a peer, counted when asked."""

from collections.abc import Sequence
from datetime import datetime

from ocpilot.app.kept.quality_records import Lack, Tally
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("quality")


class PostgresQuality:
    """`app.kept.quality_records.Quality`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tallies(self, lack: Lack, peer_id: int, since: datetime, before: datetime) -> Sequence[Tally]:
        """See the port."""
        rows = await self._database.rows(_SQL[lack], {"peer_id": peer_id, "since": since, "before": before})
        return tuple(record_of(Tally, row) for row in rows)
