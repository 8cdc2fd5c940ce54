"""The operator console: months of the books, their closing reports, closing them, and exports."""

from starlette.responses import Response

from ocpilot.app import book_days, months
from ocpilot.app.books import book_paper, books
from ocpilot.app.books.books import ExportFormat
from ocpilot.app.months import Month
from ocpilot.base.errors import NotFound, UserError
from ocpilot.billing.report import report_csv
from ocpilot.billing.report_pdf import report_pdf
from ocpilot.web.reader import Reader

#: Months before this one that can be looked at by a link.
_MONTHS = 12


async def listed(reader: Reader) -> Response:
    """The last months: which are closed."""
    closed = {one.month: one for one in await books.closed(reader.platform)}
    this = months.month_of(book_days.today(reader.platform))
    shown = [this]
    while len(shown) < _MONTHS:
        shown.append(shown[-1].before)
    older = [Month(first=first) for first in closed if first < shown[-1].first]
    rows = [(one, closed.get(one.first)) for one in (*shown, *older)]
    return reader.page("console/books.html", {"rows": rows, "this": this})


async def month(reader: Reader) -> Response:
    """A month's closing report."""
    asked = _asked(reader)
    found = await books.report(reader.platform, asked)
    currencies = await reader.platform.store.books.currencies(asked.first, asked.end)
    context = {
        "month": asked,
        "found": found,
        "paper": book_paper.month_paper(reader.platform, found, reader.tongue.language),
        "currencies": currencies,
        "can_close": not found.closed and asked.end <= book_days.today(reader.platform),
    }
    return reader.page("console/book_month.html", context)


async def file(reader: Reader) -> Response:
    """The report as PDF or CSV, or the entries as SIE or CSV."""
    asked, name = _asked(reader), str(reader.request.path_params["file"])
    platform, currency = reader.platform, reader.request.query_params.get("currency") or None
    match name:
        case "report.pdf" | "report.csv":
            found = await books.report(platform, asked)
            paper = book_paper.month_paper(platform, found, reader.tongue.language)
            data = report_pdf(paper, found.made_at) if name.endswith("pdf") else report_csv(paper).encode()
        case "entries.si":
            data = await books.export(platform, asked, ExportFormat.SIE, currency)
        case "entries.csv":
            data = await books.export(platform, asked, ExportFormat.CSV, currency)
        case _:
            raise NotFound(f"no {name} of {asked}")
    kind = {"pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}.get(name.rpartition(".")[2])
    headers = {"Content-Disposition": f'attachment; filename="{asked}-{name}"'}
    return Response(data, headers=headers, media_type=kind or "application/octet-stream")


async def close(reader: Reader) -> Response:
    """Close it for good."""
    asked = _asked(reader)
    await books.close(reader.platform, asked, reader.known.email)
    return reader.go(f"/console/books/{asked}")


def _asked(reader: Reader) -> Month:
    try:
        return months.parse(str(reader.request.path_params["month"]))
    except UserError as error:
        raise NotFound(str(error)) from error
