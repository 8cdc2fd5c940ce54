"""The log of OCPP frames in PostgreSQL: written by COPY, a partition per day, searched newest first."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from msgspec.structs import astuple

from ocpilot.app.kept.frames import FrameLine, FrameQuery
from ocpilot.app.kept.messages import MessageGap
from ocpilot.store.log_days import LogDays
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import record_of

#: `id`, the first, is numbered by the database.
_COLUMNS = FrameLine.__struct_fields__[1:]
#: What a search may ask for, by the fields of FrameQuery.
CONDITIONS = {
    "station_id": "station_id = :station_id",
    "direction": "direction = :direction",
    "action": "lower(action) = lower(:action::text)",
    "since": "at >= :since::timestamptz",
    "until": "at < :until::timestamptz",
    "after_id": "id > :after_id::bigint",
}
_FAILED = "failed"
_BEFORE = "at <= :before_at::timestamptz AND (at, id) < (:before_at::timestamptz, :before_id::bigint)"


class PostgresFrames:
    """`app.kept.frames.Frames`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._days = LogDays(database, "station_frame", _COLUMNS)

    async def add(self, frames: Sequence[FrameLine]) -> None:
        """See the port."""
        await self._days.add([astuple(frame)[1:] for frame in frames], (frame.at for frame in frames))

    async def prepare(self, first: datetime, last: datetime) -> None:
        """See the port."""
        await self._days.prepare(first, last)

    async def add_gap(self, gap: MessageGap) -> None:
        """See the port."""
        await self._days.add_gap(gap)

    async def gaps(self, since: datetime | None, until: datetime | None) -> tuple[MessageGap, ...]:
        """See the port."""
        return await self._days.gaps(since, until)

    async def drop_before(self, moment: datetime) -> int:
        """See the port."""
        return await self._days.drop_before(moment)

    async def find(self, query: FrameQuery) -> tuple[FrameLine, ...]:
        """See the port."""
        rows = await self._database.rows(*statement_of(query))
        return tuple(record_of(FrameLine, row) for row in rows)


@lru_cache(maxsize=128)
def _statement(conditions: str) -> Statement:
    """`conditions` are some of the above: a statement with only those that are asked for finds its index."""
    return load("frames", line=", ".join(FrameLine.__struct_fields__), conditions=conditions)["find"]


def statement_of(query: FrameQuery) -> tuple[Statement, dict[str, object]]:
    """The statement that finds what is asked for, and its values."""
    values: dict[str, object] = {name: getattr(query, name) for name in CONDITIONS}
    asked = [CONDITIONS[name] for name, value in values.items() if value is not None]
    values["limit"] = query.limit
    if query.failed:
        asked.append(_FAILED)
    if query.before is not None:
        asked.append(_BEFORE)
        values["before_at"], values["before_id"] = query.before
    return _statement(" AND ".join(asked) or "true"), values
