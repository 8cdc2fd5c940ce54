"""Invoices that partners wrote, each with its ledger entry."""

from decimal import Decimal

import msgspec

from ocpilot.app.kept.reconciliation_records import PartnerInvoice, Unclaimed
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import fold
from ocpilot.billing.ledger import Entry
from ocpilot.store.ledger import book
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("partner_invoices")


class PostgresPartnerInvoices:
    """`app.kept.reconciliation_records.PartnerInvoices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sums(self, cdrs: Unclaimed) -> tuple[tuple[str, Decimal], ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["sums"], _columns(cdrs))
        return tuple((row["currency"], row["total"]) for row in rows)

    async def register(self, invoice: PartnerInvoice, entry: Entry, cdrs: Unclaimed | None = None) -> bool:
        """See the port."""
        values = {**msgspec.structs.asdict(invoice), "key_number": fold(invoice.number)}
        async with self._database.transaction() as session:
            added = await session.row(_SQL["add"], values)
            if added is None:
                row = await session.row(_SQL["get"], values)
                kept = record_of(PartnerInvoice, row) if row else invoice
                if _said(kept) != _said(invoice):
                    raise Conflict(f"invoice {kept.number} is registered with {kept.net} + {kept.tax} {kept.currency}")
                return False
            if cdrs is not None:
                claim = {**_columns(cdrs), "invoice_id": added["id"], "currency": invoice.currency}
                await session.rows(_SQL["claim"], claim)
            return await book(session, entry)

    async def get(self, customer_id: int, number: str) -> PartnerInvoice | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"customer_id": customer_id, "key_number": fold(number)})
        return record_of(PartnerInvoice, row) if row else None

    async def named(self, number: str) -> tuple[str, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["named"], {"key_number": fold(number)})
        return tuple(row["reference"] for row in rows)

    async def newest(self, limit: int) -> tuple[PartnerInvoice, ...]:
        """See the port."""
        return tuple(
            record_of(PartnerInvoice, row) for row in await self._database.rows(_SQL["newest"], {"limit": limit})
        )


def _columns(cdrs: Unclaimed) -> dict[str, object]:
    span = cdrs.span
    return {"parties": list(span.parties or ()), "since": span.since, "until": span.until, "ours": cdrs.ours}


def _said(invoice: PartnerInvoice) -> tuple[object, ...]:
    return invoice.currency, invoice.net, invoice.tax, invoice.day
