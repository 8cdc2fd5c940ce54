"""What back offices see of invoices: amounts as decimal texts, times as OCPI writes them, days as they are."""

from collections.abc import Sequence
from decimal import Decimal

from ocpilot.app.kept.bill_records import BillItem, Listed
from ocpilot.app.kept.invoice_run_records import InvoiceRun
from ocpilot.app.shown import Moment, Shown
from ocpilot.base import time


class InvoiceShown(Shown, frozen=True, kw_only=True):
    """An invoice. `state` is `open`, `paid`, `credited`, or `credit` for a credit note; `customer` is his number."""

    number: str
    kind: str
    state: str
    purpose: str
    customer: str
    name: str
    issued_at: Moment
    issued_on: str
    due_on: str | None
    currency: str
    net: str
    tax: str
    rounding: str
    payable: str
    open: str
    payment_reference: str
    sent_at: Moment | None
    credits: str | None
    credited_by: str | None


class InvoiceLineShown(Shown, frozen=True, kw_only=True):
    """A line of it, `tax_rate` in per cent."""

    text: str
    quantity: str
    unit: str
    unit_price: str
    net: str
    tax_rate: str
    tax_country: str
    driver: str
    cost_centre: str


class InvoiceTaxShown(Shown, frozen=True, kw_only=True):
    """A tax of all lines that have it."""

    name: str
    category: str
    rate: str
    country: str
    base: str
    amount: str


class BilledShown(Shown, frozen=True, kw_only=True):
    """A CDR that is on it, or a fee."""

    country_code: str
    party_id: str
    id: str
    ended_at: Moment
    kwh: str
    net: str


class InvoiceInFull(Shown, frozen=True, kw_only=True):
    """An invoice with all that is on it."""

    invoice: InvoiceShown
    lines: tuple[InvoiceLineShown, ...]
    taxes: tuple[InvoiceTaxShown, ...]
    cdrs: tuple[BilledShown, ...]


class InvoiceRunShown(Shown, frozen=True, kw_only=True):
    """A run: how many CDRs were worked out, how many of the `groups` of items are done, how many invoices there are."""

    id: int
    state: str
    who: str
    customer: str | None
    rated: int
    groups: int | None
    done: int
    written: int
    failed: int
    problem: str | None
    asked_at: Moment
    ended_at: Moment | None


def invoice_shown(found: Listed) -> InvoiceShown:
    """In short."""
    kept, invoice = found.kept, found.kept.invoice
    terms = invoice.terms
    return InvoiceShown(
        number=kept.number,
        kind=kept.kind,
        state=found.state,
        purpose=kept.purpose,
        customer=terms.customer_number,
        name=(terms.seller if kept.kind.we_buy else terms.buyer).name,
        issued_at=time.write(kept.issued_at),
        issued_on=invoice.issued_on.isoformat(),
        due_on=None if invoice.due_on is None else invoice.due_on.isoformat(),
        currency=invoice.currency,
        net=_text(invoice.net),
        tax=_text(invoice.tax),
        rounding=_text(invoice.rounding),
        payable=_text(invoice.payable),
        open=_text(found.open),
        payment_reference=invoice.payment_reference,
        sent_at=None if kept.sent_at is None else time.write(kept.sent_at),
        credits=terms.credits or None,
        credited_by=kept.credited_by,
    )


def invoice_in_full(found: Listed, items: Sequence[BillItem]) -> InvoiceInFull:
    """With all that is on it."""
    invoice = found.kept.invoice
    lines = tuple(
        InvoiceLineShown(
            text=line.text,
            quantity=_text(line.quantity),
            unit=line.unit,
            unit_price=_text(line.unit_price),
            net=_text(line.net),
            tax_rate=_text(line.tax.rate),
            tax_country=line.tax.country,
            driver=line.driver,
            cost_centre=line.cost_centre,
        )
        for line in invoice.lines
    )
    taxes = tuple(
        InvoiceTaxShown(
            name=row.tax.name,
            category=row.tax.category,
            rate=_text(row.tax.rate),
            country=row.tax.country,
            base=_text(row.base),
            amount=_text(row.amount),
        )
        for row in invoice.taxes
    )
    return InvoiceInFull(
        invoice=invoice_shown(found), lines=lines, taxes=taxes, cdrs=tuple(_billed(item) for item in items)
    )


def run_shown(run: InvoiceRun) -> InvoiceRunShown:
    """How far it is."""
    return InvoiceRunShown(
        id=run.id,
        state="running" if run.ended_at is None else "done",
        who=run.who,
        customer=run.customer,
        rated=run.rated,
        groups=run.groups,
        done=run.done,
        written=run.written,
        failed=run.failed,
        problem=run.problem,
        asked_at=time.write(run.asked_at),
        ended_at=None if run.ended_at is None else time.write(run.ended_at),
    )


def _billed(item: BillItem) -> BilledShown:
    return BilledShown(
        country_code=item.key.party.country_code,
        party_id=item.key.party.party_id,
        id=item.key.id,
        ended_at=time.write(item.at),
        kwh=_text(item.kwh),
        net=_text(item.net),
    )


def _text(amount: Decimal) -> str:
    return f"{amount:f}"
