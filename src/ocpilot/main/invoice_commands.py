"""What `ocpilot invoice` asks of a platform."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time, timedelta

from ocpilot.app import invoice_documents, invoices_seen, invoicing, rating
from ocpilot.app.bill_records import BillItem, KeptInvoice
from ocpilot.app.invoices_seen import Listed
from ocpilot.app.invoicing import Due
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError


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
        return datetime.combine(after, time(), invoicing.books_zone(self._platform))

    async def rate(self) -> int:
        """See `InvoiceCommands`."""
        done = 0
        while found := await rating.rate(self._platform):
            done += found
        return done

    async def due(self, until: datetime | None, customer: str | None) -> Sequence[Due]:
        """See `InvoiceCommands`."""
        return await invoicing.due(self._platform, until, customer)

    def run(self, until: datetime | None, customer: str | None) -> AsyncIterator[tuple[KeptInvoice, int, int]]:
        """See `InvoiceCommands`."""
        return invoicing.run(self._platform, until, customer)

    async def list(self, customer: str | None, limit: int, *, only_open: bool) -> Sequence[Listed]:
        """See `InvoiceCommands`."""
        return await invoices_seen.newest(self._platform, customer, limit, only_open=only_open)

    async def show(self, number: str) -> tuple[Listed, Sequence[BillItem]]:
        """See `InvoiceCommands`."""
        return await invoices_seen.one(self._platform, number)

    async def document(self, number: str, kind: str) -> bytes:
        """See `InvoiceCommands`."""
        kept = await invoicing.numbered(self._platform, number)
        return invoice_documents.xml(kept) if kind == "xml" else invoice_documents.pdf(kept)

    async def credit(self, number: str, why: str, *, again: bool) -> KeptInvoice:
        """See `InvoiceCommands`."""
        return await invoicing.credit(self._platform, number, why, again=again)
