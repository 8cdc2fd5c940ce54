"""Pages of whole Locations: PostgreSQL says which states are on the page, what we have of these is not fetched again.

A Location with its EVSEs gets a new stamp in the transaction that changes any of it, so what was read under a stamp is
what that stamp means for ever: no body kept here or in `assembled_location` can be out of date, at most nobody asks for
it any more. Which states are on a page is not even asked while nothing was written anywhere, for a second at most.
"""

from collections.abc import Sequence
from time import monotonic

import asyncpg
from msgspec import structs

from ocpilot.app.kept.records import Page, PageQuery, StoredObject
from ocpilot.base.recent import Recent
from ocpilot.store.bell import Bell
from ocpilot.store.pages import Pages, page_of, values_of
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import object_of
from ocpilot.wire.protocol import ModuleID

#: Bytes of bodies that one process keeps.
KEPT_BYTES = 32 * 1024 * 1024
#: Pages of one moment that are kept.
MOST_PAGES = 64
#: A body that is on hand is not fetched.
BODY = "CASE WHEN stamp = ANY(:known::bigint[]) THEN '' ELSE body END AS body, stamp, assembled"

_STAMPS = load("location_pages")
_PAGES = load("pages", table="whole_location", body=BODY)


class LocationPages:
    """Pages of whole Locations; each item has its `stamp`."""

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell
        self._everyones = Pages(database, {ModuleID.LOCATIONS: "whole_location"})
        self._kept: Recent[int, StoredObject] = Recent(KEPT_BYTES)
        self._moment = (0, 0)
        self._pages: dict[PageQuery, Page] = {}

    async def page(self, query: PageQuery) -> Page:
        """The Locations after `query.after` (or `offset`); the total is counted once, for the first page."""
        if query.but_of is not None:
            return await self._everyones.page(query)
        if query.peer_id is not None or not self._bell.hears:
            return await self._asked(query)
        pages = self._of_this_moment()
        known = pages.get(query)
        if known is None:
            known = await self._asked(query)
            if len(pages) < MOST_PAGES:
                pages[query] = known
        return known

    def _of_this_moment(self) -> dict[PageQuery, Page]:
        """Pages since anything was written, within this second: a process may die before it says that it has."""
        moment = (self._bell.rings, int(monotonic()))
        if moment != self._moment:
            self._moment, self._pages = moment, {}
        return self._pages

    async def _asked(self, query: PageQuery) -> Page:
        which = "all" if query.viewer is None else "seen"
        # Nearly all Locations are for everybody: one range, less what the viewer may not see, beats one per audience.
        values = {**values_of(query), "counting": query.after is None, "sees_all": query.viewer is None}
        row = await self._database.row(_STAMPS["stamps"], values)
        stamps: Sequence[int] = row["stamps"] if row else ()
        items = [one for one in map(self._kept.get, stamps) if one is not None]
        if len(items) < len(stamps):
            known = [one.stamp for one in items]
            rows = await self._database.rows(_PAGES[f"page_of_{which}"], {**values, "known": known})
            items = self._taken(rows, items)
            await self._keep_assembled([row for row in rows if not row["assembled"] and row["body"]])
        total = query.after.total if query.after else row["total"] if row else 0
        return page_of(items, query, total)

    def _taken(self, rows: Sequence[asyncpg.Record], known: Sequence[StoredObject]) -> list[StoredObject]:
        """The Locations of these rows, which are a page of one moment; bodies on hand are not among them."""
        on_hand = {one.stamp: one for one in known}
        return [on_hand.get(row["stamp"]) or self._read(row) for row in rows]

    def _read(self, row: asyncpg.Record) -> StoredObject:
        stored = structs.replace(object_of(row, ModuleID.LOCATIONS), stamp=row["stamp"])
        return self._kept.keep(stored.stamp, stored, len(stored.body))

    async def _keep_assembled(self, rows: Sequence[asyncpg.Record]) -> None:
        """So that nobody has to put them together again; in the order of their keys, so that two of us form no ring."""
        if not rows:
            return
        ordered = sorted(rows, key=lambda row: (row["party"], row["key_id"]))
        columns: dict[str, object] = {
            name: [row[column] for row in ordered]
            for name, column in (("parties", "party"), ("key_ids", "key_id"), ("stamps", "stamp"), ("bodies", "body"))
        }
        await self._database.row(_STAMPS["keep_assembled"], columns)
