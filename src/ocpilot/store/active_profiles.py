"""The limits of Sessions as operators told us last."""

from datetime import datetime

from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load

_SQL = load("active_profiles")


class PostgresActiveProfiles:
    """`app.ports.ActiveProfiles`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, peer_id: int, session_id: str, profile: str, at: datetime) -> None:
        """See the port."""
        values: dict[str, object] = {
            "peer_id": peer_id,
            "key_session": fold(session_id),
            "profile": profile,
            "at": at,
        }
        await self._database.row(_SQL["put"], values)

    async def get(self, peer_id: int, session_id: str) -> str | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"peer_id": peer_id, "key_session": fold(session_id)})
        return str(row["profile"]) if row else None
