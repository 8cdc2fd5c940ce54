"""The message log in PostgreSQL: written by COPY, a partition per day, searched newest first."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from msgspec.structs import astuple

from ocpilot.app.kept.messages import (
    FIRST_HTTP_FAILURE,
    FIRST_OCPI_FAILURE,
    Message,
    MessageGap,
    MessageLine,
    MessageQuery,
)
from ocpilot.store.log_days import LogDays
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import record_of

_LINE, _WHOLE = MessageLine.__struct_fields__, Message.__struct_fields__
#: `id` is numbered by the database.
_ID_AT = _WHOLE.index("id")
_COLUMNS = _WHOLE[:_ID_AT] + _WHOLE[_ID_AT + 1 :]
#: As the index of failed ones says it, word by word.
_FAILED = (
    f"(http_status IS NULL OR http_status >= {FIRST_HTTP_FAILURE} OR ocpi_status >= {FIRST_OCPI_FAILURE} "
    "OR error IS NOT NULL)"
)
#: What a search may ask for, by the fields of MessageQuery.
CONDITIONS = {
    "peer_id": "peer_id = :peer_id::integer",
    "nobody": "peer_id IS NULL",
    "direction": "direction = :direction",
    "module": "module = :module",
    "object_id": 'object_id IS NOT NULL AND lower(object_id) = lower(:object_id::text COLLATE "C")',
    "correlation_id": "correlation_id = :correlation_id",
    "request_id": "request_id = :request_id",
    "http_status": "http_status BETWEEN :http_first::integer AND :http_last::integer",
    "ocpi_status": "ocpi_status BETWEEN :ocpi_first::integer AND :ocpi_last::integer",
    "failed": _FAILED,
    "since": "at >= :since::timestamptz",
    "until": "at < :until::timestamptz",
    "before": "at <= :before_at::timestamptz AND (at, id) < (:before_at::timestamptz, :before_id::bigint)",
    "after_id": "id > :after_id::bigint",
    "replay_of": "replay_of = :replay_of::bigint",
}
#: Fields of a query that are conditions as they are.
_PLAIN = (
    *("peer_id", "direction", "module", "object_id", "correlation_id", "request_id", "since", "until"),
    *("after_id", "replay_of"),
)


class PostgresMessages:
    """`app.kept.messages.Messages`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._days = LogDays(database, "message", _COLUMNS)
        self._sql = _statements("true")

    async def add(self, messages: Sequence[Message]) -> None:
        """See the port."""
        await self._days.add([_row(message) for message in messages], (message.at for message in messages))

    async def prepare(self, first: datetime, last: datetime) -> None:
        """See the port."""
        await self._days.prepare(first, last)

    async def add_gap(self, gap: MessageGap) -> None:
        """See the port."""
        await self._days.add_gap(gap)

    async def find(self, query: MessageQuery) -> tuple[MessageLine, ...]:
        """See the port."""
        rows = await self._database.rows(*statement_of(query))
        return tuple(record_of(MessageLine, row) for row in rows)

    async def get(self, message_id: int) -> Message | None:
        """See the port."""
        row = await self._database.row(self._sql["get"], {"id": message_id})
        return None if row is None else record_of(Message, row)

    async def gaps(self, since: datetime | None, until: datetime | None) -> tuple[MessageGap, ...]:
        """See the port."""
        return await self._days.gaps(since, until)

    async def drop_before(self, moment: datetime) -> int:
        """See the port."""
        return await self._days.drop_before(moment)


@lru_cache(maxsize=256)
def _statements(conditions: str) -> dict[str, Statement]:
    """`conditions` are some of `CONDITIONS`: a statement with only those that are asked for finds its index."""
    return load("messages", line=", ".join(_LINE), whole=", ".join(_WHOLE), conditions=conditions)


def _row(message: Message) -> tuple[object, ...]:
    values = astuple(message)
    return values[:_ID_AT] + values[_ID_AT + 1 :]


def statement_of(query: MessageQuery) -> tuple[Statement, dict[str, object]]:
    """The statement that finds what is asked for, and its values."""
    names, values = _asked(query)
    return _statements(" AND ".join(CONDITIONS[name] for name in names) or "true")["find"], values


def _asked(query: MessageQuery) -> tuple[list[str], dict[str, object]]:
    """The names of its conditions, and the values of all."""
    values: dict[str, object] = {name: getattr(query, name) for name in _PLAIN}
    names = [name for name, value in values.items() if value is not None]
    values["limit"] = query.limit
    if query.peer_id == 0:
        names[names.index("peer_id")] = "nobody"
    failed = query.failed
    for name, span, first in (
        ("http", query.http_status, FIRST_HTTP_FAILURE),
        ("ocpi", query.ocpi_status, FIRST_OCPI_FAILURE),
    ):
        if span is not None:
            names.append(f"{name}_status")
            values |= {f"{name}_first": span[0], f"{name}_last": span[1]}
            failed = failed or span[0] >= first
    if failed:
        names.append("failed")
    if query.before is not None:
        names.append("before")
        values |= {"before_at": query.before.at, "before_id": query.before.id}
    return names, values
