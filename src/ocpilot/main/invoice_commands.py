"""What `ocpilot invoice` asks of a platform."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time, timedelta

from ocpilot.app import book_days
from ocpilot.app.invoicing import crediting, invoice_runs, invoices_seen, invoicing, sending
from ocpilot.app.invoicing.invoice_documents import DocumentKind, document
from ocpilot.app.invoicing.invoicing import Due
from ocpilot.app.invoicing.sending import Sent
from ocpilot.app.kept.bill_records import BillItem, KeptInvoice, Listed
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError
from ocpilot.cli import invoice
from ocpilot.main.on_platform import on_platform

#: Who did it, as the invoice remembers it.
_WHO = "ocpilot invoice send"


class InvoicesOf:
    """`cli.invoice.InvoiceCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def until(self, day: str | None) -> datetime | None:
        """See `InvoiceCommands`."""
        if day is None:
            return None
        try:
            after = date.fromisoformat(day) + timedelta(days=1)
        except (ValueError, OverflowError) as error:
            raise UserError(f"--until: found {day!r}, expected a day such as 2026-11-30") from error
        return datetime.combine(after, time(), book_days.books_zone(self._platform))

    async def rate(self) -> int:
        """See `InvoiceCommands`."""
        return sum([found async for found in invoice_runs.prepare(self._platform)])

    async def due(self, until: datetime | None, customer: str | None) -> Sequence[Due]:
        """See `InvoiceCommands`."""
        return await invoicing.due(self._platform, until, customer)

    def run(self, until: datetime | None, customer: str | None) -> AsyncIterator[tuple[KeptInvoice, int, int]]:
        """See `InvoiceCommands`."""
        return invoicing.run(self._platform, until, customer)

    async def list(
        self, customer: str | None, month: str | None, limit: int, *, only_open: bool, only_unsent: bool
    ) -> Sequence[Listed]:
        """See `InvoiceCommands`."""
        query = await invoices_seen.query(
            self._platform, customer, month, limit=limit, only_open=only_open, only_unsent=only_unsent
        )
        return await self._platform.store.invoices.listed(query)

    async def show(self, number: str) -> tuple[Listed, Sequence[BillItem]]:
        """See `InvoiceCommands`."""
        return await invoices_seen.one(self._platform, number)

    async def document(self, number: str, kind: str) -> bytes:
        """See `InvoiceCommands`."""
        kept = await invoicing.numbered(self._platform, number)
        return (await document(kept, DocumentKind(kind))).data

    async def send(self, number: str, *, again: bool) -> Sent:
        """See `InvoiceCommands`."""
        return await sending.send(self._platform, number, _WHO, again=again)

    def send_all(self) -> AsyncIterator[Sent]:
        """See `InvoiceCommands`."""
        return sending.send_all(self._platform, _WHO)

    async def credit(self, number: str, why: str, *, again: bool, charges: Sequence[str]) -> KeptInvoice:
        """See `InvoiceCommands`."""
        return await crediting.credit(self._platform, number, why, who="cli", again=again, charges=charges)


run_invoice = on_platform(lambda args, platform: invoice.run(args, InvoicesOf(platform)))
