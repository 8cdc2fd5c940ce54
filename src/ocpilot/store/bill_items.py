"""What of each CDR is billed to whom."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.bill_records import BillItem, Group
from ocpilot.app.kept.records import ObjectKey
from ocpilot.base.ids import fold
from ocpilot.billing.invoice import InvoiceLine
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, key_values, party_of, record_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("bill_items")
_LINES = msgspec.json.Decoder(tuple[InvoiceLine, ...])


class PostgresBillItems:
    """`app.kept.bill_records.BillItems`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rated(self, rated: Sequence[ObjectKey], items: Sequence[BillItem]) -> int:
        """See the port."""
        keys = {"parties": [key.party.key for key in rated], "keys": [fold(key.id) for key in rated]}
        async with self._database.transaction() as session:
            await session.row(_SQL["rated"], keys)
            columns = _columns(items)
            await session.row(_SQL["gone"], {**keys, **columns})
            if not items:
                return 0
            await session.row(_SQL["receipts_fall"], columns)
            return sum(row["new"] for row in await session.rows(_SQL["add"], columns))

    async def of(self, key: ObjectKey) -> tuple[BillItem, ...]:
        """See the port."""
        return tuple(item_of(row) for row in await self._database.rows(_SQL["of"], key_values(key)))

    async def open_groups(self, until: datetime, customer_id: int | None = None) -> tuple[Group, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["open_groups"], {"until": until, "customer_id": customer_id})
        return tuple(record_of(Group, row) for row in rows)

    async def on(self, number: str) -> tuple[BillItem, ...]:
        """See the port."""
        return tuple(item_of(row) for row in await self._database.rows(_SQL["on"], {"number": number}))


def item_of(row: asyncpg.Record) -> BillItem:
    """The item in a row."""
    key = ObjectKey(module=ModuleID(row["module"]), party=party_of(row["party"]), id=row["cdr_id"])
    return record_of(BillItem, row, key=key, lines=_LINES.decode(row["lines"]))


def _columns(items: Sequence[BillItem]) -> dict[str, object]:
    """Column by column: 500 items are one statement."""
    return {
        "purposes": [str(item.purpose) for item in items],
        "modules": [str(item.key.module) for item in items],
        "item_parties": [item.key.party.key for item in items],
        "item_keys": [fold(item.key.id) for item in items],
        "ids": [item.key.id for item in items],
        "customers": [item.customer_id for item in items],
        "currencies": [item.currency for item in items],
        "times": [item.at for item in items],
        "kwhs": [item.kwh for item in items],
        "seconds": [item.seconds for item in items],
        "nets": [item.net for item in items],
        "exacts": [item.exact for item in items],
        "lines": [json_of(item.lines) for item in items],
        "plans": [item.plan for item in items],
    }
