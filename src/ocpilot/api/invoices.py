"""Invoices: what was written, as data and as documents, taking one back, and writing what is due."""

import msgspec

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.shapes import InvoiceCredit, RunOrder
from ocpilot.app.invoicing import crediting, invoice_runs, invoices_seen, invoices_shown, invoicing
from ocpilot.app.invoicing.invoice_documents import DocumentKind, document
from ocpilot.app.ocpi.pages import moment_in
from ocpilot.app.office import listing
from ocpilot.base.errors import NotFound


async def list_invoices(call: ApiCall) -> Reply:
    """Invoices, the newest first."""
    cursor = call.query.get("cursor")
    query = await invoices_seen.query(
        call.platform,
        call.query.get("customer") or None,
        after=listing.read(cursor, str) if cursor else None,
        limit=call.limit(),
        only_open=call.yes("open") or False,
        only_unsent=call.yes("unsent") or False,
    )
    query = msgspec.structs.replace(
        query, since=moment_in(call.query, "issued_from"), until=moment_in(call.query, "issued_to")
    )
    found = await call.platform.store.invoices.listed(query)
    following = listing.written(found[-1].kept.number) if len(found) == query.limit else None
    return calls.listed([msgspec.json.encode(invoices_shown.invoice_shown(one)) for one in found], call, following)


async def get_invoice(call: ApiCall) -> Reply:
    """An invoice with its lines, taxes and CDRs."""
    return calls.shown(invoices_shown.invoice_in_full(*await invoices_seen.one(call.platform, call.path["number"])))


async def get_invoice_pdf(call: ApiCall) -> Reply:
    """An invoice on paper."""
    return await _document(call, DocumentKind.PDF)


async def get_invoice_xml(call: ApiCall) -> Reply:
    """An invoice as UBL (Peppol BIS Billing 3)."""
    return await _document(call, DocumentKind.XML)


async def credit_invoice(call: ApiCall) -> Reply:
    """Take an invoice, or some of its `charges`, back with a credit note. With `again` it is billed again by the next
    run."""
    order = call.read(InvoiceCredit)
    note = await crediting.credit(
        call.platform,
        call.path["number"],
        order.why,
        who=f"API key {call.key.name}",
        again=order.again,
        charges=order.charges,
    )
    return calls.shown(invoices_shown.invoice_in_full(*await invoices_seen.one(call.platform, note.number)), 201)


async def run_invoices(call: ApiCall) -> Reply:
    """Write every invoice that is due. It goes on in the background; while another run does, that one is told."""
    order = call.read(RunOrder)
    run = await invoice_runs.ask(call.platform, f"API key {call.key.name}", order.customer)
    return calls.shown(invoices_shown.run_shown(run), 202)


async def get_invoice_run(call: ApiCall) -> Reply:
    """How far a run is."""
    text = call.path["run"]
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise NotFound(f"no invoice run {text[:20]}")
    return calls.shown(invoices_shown.run_shown(await invoice_runs.numbered(call.platform, int(text))))


async def _document(call: ApiCall, kind: DocumentKind) -> Reply:
    made = await document(await invoicing.numbered(call.platform, call.path["number"]), kind)
    headers = {"Content-Type": made.media_type, "Content-Disposition": f'attachment; filename="{made.name}"'}
    return Reply(body=made.data, headers=headers)
