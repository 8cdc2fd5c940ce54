"""The change log: read in the order of transactions, below the oldest one still open."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from ocpilot.app.kept.peer_records import Change, ChangeCursor, Delivery
from ocpilot.app.kept.records import ObjectKey
from ocpilot.store.bell import Bell
from ocpilot.store.deliveries import save_deliveries
from ocpilot.store.line import LOST
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import key_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("changes")
#: Looked up for every change: to call the Enum takes as long as all else.
_MODULES = {str(module): module for module in ModuleID}
#: Seconds to wait while committed changes wait for an older open transaction.
HELD_BACK = 0.05


class PostgresChanges:
    """`app.ports.Changes`."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell

    async def cursor(self, peer_id: int) -> ChangeCursor:
        """See the port."""
        row = await self._database.row(_SQL["cursor"], {"peer_id": peer_id})
        return ChangeCursor(xid=row["xid"], seq=row["seq"]) if row else ChangeCursor()

    async def after(self, cursor: ChangeCursor, limit: int) -> tuple[Change, ...]:
        """See the port."""
        self._bell.looking()
        rows = await self._database.rows(_SQL["after"], {"xid": str(cursor.xid), "seq": cursor.seq, "limit": limit})
        return tuple(
            Change(
                at=ChangeCursor(xid=row["xid"], seq=row["seq"]),
                key=key_of(row, _MODULES[row["module"]]),
                audience=row["audience"] or None,
                peer_id=row["peer_id"] or None,
                deleted=row["deleted"],
                written_at=row["written_at"],
            )
            for row in rows
        )

    async def advance(self, peer_id: int, cursor: ChangeCursor, failed: Sequence[Delivery]) -> None:
        """See the port."""
        async with self._database.transaction() as session:
            await save_deliveries(session, failed)
            await session.row(_SQL["advance"], {"peer_id": peer_id, "xid": str(cursor.xid), "seq": cursor.seq})

    def looking(self) -> None:
        """See the port."""
        self._bell.looking()

    async def wait(self, seconds: float) -> None:
        """See the port; what was written since this task called `after` counts.

        A transaction that writes no change can hold back later ones and rings no bell when it ends, so while any are
        held back the wait is short.
        """
        seen = self._bell.looked()
        with suppress(*LOST):
            row = await self._database.row(_SQL["held_back"])
            if row and row["exists"]:
                seconds = min(seconds, HELD_BACK)
        await self._bell.wait(seconds, seen)

    async def audience_of(self, key: ObjectKey) -> str | None:
        """See the port."""
        values = {"module": key.module, "party": key.party.key, "id": key.id, "sub": key.sub}
        row = await self._database.row(_SQL["audience_of"], values)
        return row["audience"] or None if row else None

    async def compact(self, before: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["compact"], {"before": before})

    async def follow(self, name: str) -> None:
        """See the port."""
        await self._database.row(_SQL["follow"], {"name": name})

    async def unfollow(self, name: str) -> None:
        """See the port."""
        await self._database.row(_SQL["unfollow"], {"name": name})

    async def lead(self, peer_id: int) -> bool:
        """See the port; when the connection that holds it is lost, so is the lead until the next call."""
        try:
            return bool(await self._bell.line.value(_SQL["lead"], peer_id))
        except LOST:
            return False
