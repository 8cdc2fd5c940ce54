"""One page of objects by keyset: the next page starts after a key, so deep pages cost as much as the first."""

from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg

from ocpilot.app.records import Page, PageCursor, PageQuery
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import object_of
from ocpilot.wire.protocol import ModuleID

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)


class Pages:
    """Pages of the modules in `tables`, each a table or view with the columns of an object."""

    def __init__(self, database: Database, tables: Mapping[ModuleID, str]) -> None:
        self._database = database
        self._statements: dict[ModuleID, dict[str, Statement]] = {
            module: load("pages", table=table) for module, table in tables.items()
        }

    async def page(self, query: PageQuery) -> Page:
        """The rows after `query.after` (or `offset`); the total is counted once, for the first page."""
        statements = self._statements[query.module]
        which = "all" if query.viewer is None else "seen"
        values = _values(query)
        rows = await self._database.rows(statements[f"page_of_{which}"], values)
        if query.after is not None:
            total = query.after.total
        else:
            counted = await self._database.row(statements[f"count_of_{which}"], values)
            total = counted["count"] if counted else 0
        more = len(rows) > query.limit
        kept = rows[: query.limit]
        return Page(
            items=tuple(object_of(row, query.module) for row in kept),
            total=total,
            next=_cursor(kept[-1], total) if more and kept else None,
        )


def _values(query: PageQuery) -> dict[str, object]:
    after = query.after
    return {
        "peer_id": query.peer_id or 0,
        "audiences": list(dict.fromkeys(["", *(query.viewer or ())])),
        "date_from": query.date_from or _BEGINNING,
        "date_to": query.date_to or _END,
        "after_updated": after.last_updated if after else _BEGINNING,
        "after_party": after.party if after else "",
        "after_id": fold(after.id) if after else "",
        "after_sub": fold(after.sub) if after else "",
        "only_sub": query.sub,
        "limit": query.limit + 1,
        "offset": query.offset if after is None else 0,
    }


def _cursor(row: asyncpg.Record, total: int) -> PageCursor:
    return PageCursor(
        last_updated=row["last_updated"], party=row["party"], id=row["key_id"], sub=row["key_sub"], total=total
    )
