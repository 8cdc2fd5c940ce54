"""One page of objects by keyset: the next page starts after a key, so deep pages cost as much as the first."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ocpilot.app.kept.records import Page, PageCursor, PageQuery, StoredObject
from ocpilot.app.ocpi.visibility import PERSONAL
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import object_of
from ocpilot.wire.protocol import ModuleID

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
_END = datetime(9999, 12, 31, tzinfo=UTC)


class Pages:
    """Pages of the modules in `tables`, each a table with the columns of an object."""

    def __init__(self, database: Database, tables: Mapping[ModuleID, str]) -> None:
        self._database = database
        self._statements: dict[ModuleID, dict[str, Statement]] = {
            module: load("pages", table=table, body="body") for module, table in tables.items()
        }

    async def page(self, query: PageQuery) -> Page:
        """The rows after `query.after` (or `offset`); the total is counted once, for the first page."""
        statements = self._statements[query.module]
        seen = "all" if query.viewer is None else "seen"
        which = seen if query.but_of is None else "everyones"
        values = values_of(query)
        rows = await self._database.rows(statements[f"page_of_{which}"], values)
        if query.after is not None:
            total = query.after.total
        else:
            counted = await self._database.row(statements[f"count_of_{which}"], values)
            total = counted["count"] if counted else 0
        return page_of([object_of(row, query.module) for row in rows], query, total)


def values_of(query: PageQuery) -> dict[str, object]:
    """The parameters of a page; one row more than asked for says whether there is another page.

    What concerns one party and names none is nobody's to see.
    """
    after = query.after
    for_all = [] if query.module in PERSONAL else [""]
    return {
        "peer_id": query.peer_id or 0,
        "but_of": query.but_of or 0,
        "only_party": query.party.key if query.party else None,
        "but_parties": list(query.but_parties),
        "audiences": list(dict.fromkeys([*for_all, *(query.viewer or ())])),
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


def page_of(found: Sequence[StoredObject], query: PageQuery, total: int) -> Page:
    """The page of what was found for it, which is one more than asked for when there is another page."""
    kept = found[: query.limit]
    more = len(found) > query.limit and bool(kept)
    return Page(items=tuple(kept), total=total, next=_cursor(kept[-1], total) if more else None)


def _cursor(last: StoredObject, total: int) -> PageCursor:
    return PageCursor(
        last_updated=last.last_updated,
        party=last.key.party.key,
        id=fold(last.key.id),
        sub=fold(last.key.sub),
        total=total,
    )
