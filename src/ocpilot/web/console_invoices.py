"""The operator console: invoices, one of them with all that happened to it, and what a run would write."""

from urllib.parse import urlencode

from starlette.responses import Response

from ocpilot.app.invoicing import crediting, invoice_runs, invoices_seen, invoicing, sending
from ocpilot.app.invoicing.invoice_documents import DocumentKind
from ocpilot.app.invoicing.invoice_documents import document as document_of
from ocpilot.app.invoicing.sending import way_of
from ocpilot.app.kept.bill_records import InvoiceQuery
from ocpilot.base.errors import Conflict, NotFound, OcpilotError, UserError
from ocpilot.web.documents import sent_as
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text

_PAGE = 50
#: Groups of items that the page of what is due shows one by one.
_MOST_DUE = 200
#: Fields of the form, each a parameter of the page's address.
_FIELDS = ("customer", "month", "only")


async def listed(reader: Reader) -> Response:
    """The newest invoices that the form asks for. What those of a customer or month come to in all is added up: the
    whole of many years would take seconds."""
    form = {name: reader.request.query_params.get(name, "").strip() for name in _FIELDS}
    asked = {name: value for name, value in form.items() if value}
    try:
        query = await _query(reader, form)
    except (NotFound, UserError) as error:
        context = {"form": form, "asked": True, "problem": str(error)}
        return reader.page("console/invoices.html", context, status=error.http_status)
    store = reader.platform.store
    rows = await store.invoices.listed(query)
    context = {
        "form": form,
        "asked": bool(asked),
        "problem": None,
        "rows": rows,
        "sums": await store.invoices.sums(query) if form["customer"] or form["month"] else (),
        "problems": await store.sendings.problems([row.kept.number for row in rows if row.kept.sent_at is None]),
        "onward": urlencode({**asked, "after": rows[-1].kept.number}) if len(rows) == query.limit else None,
    }
    return reader.page("console/invoices.html", context)


async def shown(reader: Reader) -> Response:
    """One invoice."""
    return await _page(reader)


async def document(reader: Reader) -> Response:
    """It as a file."""
    kind = reader.request.path_params["kind"]
    if kind not in set(DocumentKind):
        raise NotFound(f"no document {kind!r}")
    kept = await invoicing.numbered(reader.platform, _number(reader))
    return sent_as(await document_of(kept, DocumentKind(kind)))


async def send(reader: Reader) -> Response:
    """Send it, maybe again; its page says what came of it."""
    again = text(await reader.request.form(), "again") == "yes"
    await sending.send(reader.platform, _number(reader), reader.known.email, again=again)
    return reader.go(_path(_number(reader)))


async def credit(reader: Reader) -> Response:
    """Take it back, and lead to the credit note."""
    form = await reader.request.form()
    why, again = text(form, "why").strip(), text(form, "again") == "yes"
    try:
        charges = [one for one in form.getlist("charge") if isinstance(one, str)]
        note = await crediting.credit(
            reader.platform, _number(reader), why, who=reader.known.email, again=again, charges=charges
        )
    except (Conflict, UserError) as error:
        return await _page(reader, problem=error)
    return reader.go(_path(note.number))


async def due(reader: Reader) -> Response:
    """What a run would write now, and how far the one is that somebody asked for."""
    run = await reader.platform.store.invoice_runs.last()
    found = await invoicing.due(reader.platform) if run is None or run.ended_at or not reader.wants_part else ()
    context = {"run": run, "due": found[:_MOST_DUE], "count": len(found)}
    return reader.page("console/invoices_due.html", context, part="console/invoices_due_part.html")


async def run(reader: Reader) -> Response:
    """Ask for a run; it goes on whatever becomes of this page."""
    await invoice_runs.ask(reader.platform, reader.known.email)
    return reader.go("/console/invoices/due")


async def _page(reader: Reader, problem: OcpilotError | None = None) -> Response:
    view = await invoices_seen.view(reader.platform, _number(reader))
    context = {
        "view": view,
        "way": way_of(view.listed.kept, view.customer),
        "problem": str(problem) if problem else None,
    }
    return reader.page("console/invoice.html", context, status=problem.http_status if problem else 200)


async def _query(reader: Reader, form: dict[str, str]) -> InvoiceQuery:
    return await invoices_seen.query(
        reader.platform,
        form["customer"] or None,
        form["month"] or None,
        reader.request.query_params.get("after") or None,
        _PAGE,
        only_open=form["only"] == "open",
        only_unsent=form["only"] == "unsent",
    )


def _number(reader: Reader) -> str:
    return str(reader.request.path_params["number"])


def _path(number: str) -> str:
    return f"/console/invoices/{number}"
