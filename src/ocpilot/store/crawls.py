"""Where crawls are, and what those under way have met."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import asyncpg
import msgspec

from ocpilot.app.kept.crawl_records import Crawl, Seen
from ocpilot.app.kept.records import ObjectKey
from ocpilot.base.errors import Conflict
from ocpilot.store.objects import TABLES
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import key_of, key_values, record_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("crawls")
_UNSEEN: Mapping[ModuleID, Mapping[str, Statement]] = {
    **{module: load("unseen", table=table, sub="held.sub", sub_key="held.key_sub") for module, table in TABLES.items()},
    ModuleID.LOCATIONS: load("unseen", table="location", sub="''", sub_key="''"),
}
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class PostgresCrawls:
    """`app.kept.crawl_records.Crawls`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self, crawl: Crawl) -> Crawl | None:
        """See the port."""
        row = await self._database.row(_SQL["last"], _values(crawl))
        return _crawl(row) if row else None

    async def of_peer(self, peer_id: int) -> tuple[Crawl, ...]:
        """See the port."""
        return tuple(_crawl(row) for row in await self._database.rows(_SQL["of_peer"], {"peer_id": peer_id}))

    async def begin(self, crawl: Crawl, *, anew: bool, before: datetime) -> Crawl | None:
        """See the port."""
        values = {**_values(crawl), "anew": anew, "before": before}
        async with self._database.transaction() as session:
            row = await session.row(_SQL["begin"], values)
            if row is not None and anew:
                await session.row(_SQL["forget"], values)
        return _crawl(row) if row else None

    async def turn(self, crawl: Crawl, seen: Sequence[Seen]) -> Crawl:
        """See the port; a page may list the same object twice."""
        met = sorted(set(seen), key=lambda one: (one.id, one.party, one.sub))
        values = {
            **_values(crawl),
            "ids": [one.id for one in met],
            "parties": [one.party for one in met],
            "subs": [one.sub for one in met],
        }
        async with self._database.transaction() as session:
            rows = await session.rows(_SQL["see"], values)
            fresh = sum(row["fresh"] for row in rows)
            counted = msgspec.structs.replace(
                crawl,
                listed=crawl.listed + fresh,
                met=crawl.met + len(rows),
                fresh=crawl.fresh + fresh,
                repeated=crawl.repeated + len(seen) - len(rows),
            )
            if await session.row(_SQL["save"], _values(counted)) is None:
                raise Conflict(f"{crawl.module}: is read by somebody else now")
        return counted

    async def end(self, crawl: Crawl) -> None:
        """See the port."""
        async with self._database.transaction() as session:
            mine = await session.row(_SQL["save"], _values(crawl)) is not None
            if mine and crawl.next_url is None:
                await session.row(_SQL["forget"], _values(crawl))

    async def unseen(self, crawl: Crawl, limit: int, *, since: datetime | None = None) -> tuple[ObjectKey, ...]:
        """See the port."""
        values = {**_values(crawl), "limit": limit, "since": since or _BEGINNING}
        rows = await self._database.rows(_UNSEEN[crawl.module]["unseen"], values)
        return tuple(key_of(row, crawl.module) for row in rows)

    async def count_unseen(self, crawl: Crawl, *, since: datetime | None = None) -> int:
        """See the port."""
        values = {**_values(crawl), "limit": None, "since": since or _BEGINNING}
        await self._database.row(_SQL["look_over"])
        row = await self._database.row(_counted(_UNSEEN[crawl.module]["unseen"]), values)
        return row["count"] if row else 0

    async def note_vanished(self, peer_id: int, key: ObjectKey, at: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["note_vanished"], {**key_values(key), "peer_id": peer_id, "at": at})

    async def came_back(self, peer_id: int, key: ObjectKey) -> bool:
        """See the port."""
        return await self._database.row(_SQL["came_back"], {**key_values(key), "peer_id": peer_id}) is not None


def _counted(statement: Statement) -> Statement:
    """How many rows a statement finds."""
    text = f"SELECT count(*) FROM ({statement.text}) AS found"  # noqa: S608 - a statement of ours around another
    return msgspec.structs.replace(statement, text=text)


def _values(crawl: Crawl) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(crawl),
        "purpose": str(crawl.purpose),
        "module": str(crawl.module),
        "state": str(crawl.state),
        "gone": list(crawl.gone),
    }


def _crawl(row: asyncpg.Record) -> Crawl:
    return record_of(Crawl, row)
