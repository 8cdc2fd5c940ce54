"""Charges from Session to payment, in pages."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from ocpilot.app.kept.reconciliation_records import ChangedInvoice, LooseEnd, Span, Trail, TrailItem
from ocpilot.billing.four_way import CardTaken, Invoiced, Owed
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("trails")
_ITEMS = msgspec.json.Decoder(tuple[TrailItem, ...])
_CARD = msgspec.json.Decoder(CardTaken)
_OWED = msgspec.json.Decoder(Owed)


class PostgresTrails:
    """`app.kept.reconciliation_records.Trails`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def charges(
        self, span: Span, after: Trail | None, limit: int, unconfirmed_since: datetime
    ) -> tuple[Trail, ...]:
        """See the port."""
        place = (after.ended_at, after.party, after.key_id) if after else None
        values = {**_values(span, place, limit), "unconfirmed_since": unconfirmed_since}
        return tuple(
            record_of(
                Trail,
                row,
                items=_ITEMS.decode(row["items"]),
                card=_CARD.decode(row["card"]) if row["card"] else None,
                owed=_OWED.decode(row["owed"]) if row["owed"] else None,
            )
            for row in await self._database.rows(_SQL["charges"], values)
        )

    async def sessions_without_cdr(self, span: Span, after: LooseEnd | None, limit: int) -> tuple[LooseEnd, ...]:
        """See the port."""
        place = (after.at, after.party, after.key_id) if after else None
        return await self._ends("sessions_without_cdr", span, place, limit)

    async def uncleared(self, span: Span, limit: int) -> tuple[LooseEnd, ...]:
        """See the port."""
        return await self._ends("uncleared", span, None, limit)

    async def cards_without_receipt(self, span: Span, limit: int) -> tuple[LooseEnd, ...]:
        """See the port."""
        return await self._ends("cards_without_receipt", span, None, limit)

    async def items_without_cdr(self, span: Span, limit: int) -> tuple[LooseEnd, ...]:
        """See the port."""
        return await self._ends("items_without_cdr", span, None, limit)

    async def changed_invoices(self, span: Span, limit: int) -> tuple[ChangedInvoice, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["changed_invoices"], _values(span, None, limit))
        return tuple(record_of(ChangedInvoice, row) for row in rows)

    async def invoices(self, numbers: Collection[str]) -> tuple[Invoiced, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["invoices"], {"numbers": list(numbers)})
        return tuple(msgspec.convert(dict(row), Invoiced) for row in rows)

    async def _ends(self, name: str, span: Span, place: tuple[object, ...] | None, limit: int) -> tuple[LooseEnd, ...]:
        rows = await self._database.rows(_SQL[name], _values(span, place, limit))
        return tuple(record_of(LooseEnd, row) for row in rows)


def _values(span: Span, place: tuple[object, ...] | None, limit: int) -> dict[str, object]:
    at, party, key = place or (None, None, None)
    return {
        "since": span.since,
        "until": span.until,
        "parties": None if span.parties is None else list(span.parties),
        "after_at": at,
        "after_party": party,
        "after_key": key,
        "limit": limit,
    }
