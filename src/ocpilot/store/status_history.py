"""Every change of status of our EVSEs, and which of them show a planned one."""

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import asdict

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.status_records import ScheduledEvse, StatusChange
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import key_of, key_values, record_of
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Status

_SQL = load("status_history", columns=", ".join(StatusChange.__struct_fields__))


class PostgresStatusHistory:
    """`app.kept.status_records.StatusHistory`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ObjectKey, change: StatusChange) -> bool:
        """See the port."""
        return await self._database.row(_SQL["add"], {**key_values(key), **asdict(change)}) is not None

    async def said_last(self, key: ObjectKey, *, connected: bool = False) -> StatusChange | None:
        """See the port."""
        row = await self._database.row(_SQL["said_last"], {**key_values(key), "connected": connected})
        return None if row is None else record_of(StatusChange, row)

    async def newest(self, keys: Sequence[ObjectKey]) -> tuple[StatusChange | None, ...]:
        """See the port."""
        values: dict[str, object] = {
            "parties": [key.party.key for key in keys],
            "key_ids": [fold(key.id) for key in keys],
            "key_subs": [fold(key.sub) for key in keys],
        }
        rows = await self._database.rows(_SQL["newest"], values)
        return tuple(record_of(StatusChange, row) if row["at"] else None for row in rows)

    async def between(self, key: ObjectKey, since: datetime, until: datetime) -> tuple[StatusChange, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["between"], {**key_values(key), "since": since, "until": until})
        return tuple(record_of(StatusChange, row) for row in rows)

    async def latest(self, key: ObjectKey, limit: int) -> tuple[StatusChange, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["latest"], {**key_values(key), "limit": limit})
        return tuple(record_of(StatusChange, row) for row in rows)

    async def began(self, key: ObjectKey) -> datetime | None:
        """See the port."""
        row = await self._database.row(_SQL["began"], key_values(key))
        at: datetime | None = row["at"] if row else None
        return at

    async def scheduled(self) -> tuple[ScheduledEvse, ...]:
        """See the port."""
        return tuple(
            ScheduledEvse(
                key=key_of(row, ModuleID.LOCATIONS),
                body=row["body"],
                planned=Status(row["planned"]) if row["planned"] else None,
            )
            for row in await self._database.rows(_SQL["scheduled"])
        )

    async def plan(self, key: ObjectKey, status: Status | None) -> None:
        """See the port."""
        await self._database.rows(_SQL["unplan" if status is None else "plan"], {**key_values(key), "status": status})
