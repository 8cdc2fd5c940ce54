"""What `ocpilot reconcile` and `ocpilot books` ask of a platform, as `cli/` states it."""

from collections.abc import Sequence

from ocpilot.app import book_days, months
from ocpilot.app.books import book_paper, books, partner_invoices, reconciliation, statements
from ocpilot.app.books.books import ExportFormat
from ocpilot.app.books.partner_invoices import Received
from ocpilot.app.books.reconciliation import Reconciled
from ocpilot.app.books.statements import Statement
from ocpilot.app.kept.book_records import ClosedMonth, MonthReport
from ocpilot.app.kept.reconciliation_records import PartnerInvoice, RecordCheck
from ocpilot.app.months import Month
from ocpilot.app.platform import Platform
from ocpilot.billing.report import Report
from ocpilot.billing.report_pdf import report_pdf
from ocpilot.cli import books as books_command
from ocpilot.cli import reconcile
from ocpilot.main.on_platform import on_platform

#: Who did it, where a command did.
_CLI = "cli"


class ReconciliationOf:
    """`cli.reconcile.ReconcileCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def check(self, month: str | None, partner: str | None) -> Reconciled:
        """See `ReconcileCommands`."""
        return await reconciliation.check(self._platform, self._month(month), partner)

    async def records(self, limit: int) -> Sequence[RecordCheck]:
        """See `ReconcileCommands`."""
        return await self._platform.store.record_checks.newest(max(1, limit))

    async def receive(self, received: Received) -> PartnerInvoice:
        """See `ReconcileCommands`."""
        return await partner_invoices.register(self._platform, received, _CLI)

    async def statement(self, partner: str, month: str | None) -> tuple[Statement, Report]:
        """See `ReconcileCommands`."""
        found = await statements.statement(self._platform, partner, self._month(month))
        return found, statements.statement_paper(self._platform, found)

    def pdf(self, report: Report, made: Statement) -> bytes:
        """See `ReconcileCommands`."""
        return report_pdf(report, made.made_at)

    def _month(self, name: str | None) -> Month:
        if name is not None:
            return months.parse(name)
        return months.month_of(book_days.today(self._platform)).before


class BooksOf:
    """`cli.books.BookCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def report(self, month: str) -> tuple[MonthReport, Report]:
        """See `BookCommands`."""
        return self._on_paper(await books.report(self._platform, months.parse(month)))

    async def close(self, month: str) -> tuple[MonthReport, Report]:
        """See `BookCommands`."""
        return self._on_paper(await books.close(self._platform, months.parse(month), _CLI))

    async def closed(self) -> Sequence[ClosedMonth]:
        """See `BookCommands`."""
        return await books.closed(self._platform)

    async def export(self, month: str, form: str, currency: str | None) -> bytes:
        """See `BookCommands`."""
        return await books.export(self._platform, months.parse(month), ExportFormat(form), currency)

    def pdf(self, report: Report, made: MonthReport) -> bytes:
        """See `BookCommands`."""
        return report_pdf(report, made.made_at)

    def _on_paper(self, found: MonthReport) -> tuple[MonthReport, Report]:
        return found, book_paper.month_paper(self._platform, found)


run_reconcile = on_platform(lambda args, platform: reconcile.run(args, ReconciliationOf(platform)))
run_books = on_platform(lambda args, platform: books_command.run(args, BooksOf(platform)))
