"""Taking invoices back with credit notes: whole, or charge by charge. All notes of an invoice together come to what it
came to, to the cent, and never to more."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ocpilot.app.book_days import books_zone
from ocpilot.app.invoicing.invoicing import CREDITS, included_lines, numbered, sealed, series_of
from ocpilot.app.kept.bill_records import ACCOUNTS, BillItem, CreditDrafting, Draft, KeptInvoice, Purpose, UsedBefore
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, UserError
from ocpilot.billing.invoice import Invoice, InvoiceLine, amount_of, negated
from ocpilot.billing.ledger import Entry, entry_of
from ocpilot.billing.taxes import TaxRow

_SOLD = frozenset({Purpose.SALE, Purpose.FEE})


async def credit(
    platform: Platform, number: str, why: str, *, who: str, again: bool = False, charges: Sequence[str] = ()
) -> KeptInvoice:
    """A credit note for all of an invoice that no note took back yet, or for some of its `charges`, by the ids of their
    CDRs; `again` opens what it takes back for another invoice, else `who` decided to give it away.

    NotFound; Conflict when it was credited already or is a credit note itself; UserError without a reason, and for
    single charges between partners.
    """
    if not why.strip():
        raise UserError("a credit note says why: found nothing")
    kept = await numbered(platform, number)
    account, decided = ACCOUNTS[kept.purpose], _Decided(why=why, who=who, again=again)

    def book(invoice: Invoice) -> Entry:
        return entry_of(invoice, kept.customer_id, account)

    if charges:
        drafting = await _of_charges(platform, kept, decided)
        zone = books_zone(platform)
        return await platform.store.invoices.credit_charges(number, charges, drafting, book, zone=zone, again=again)

    def draft(first: KeptInvoice, before: Sequence[Invoice]) -> Draft:
        days = first.invoice.start, first.invoice.end
        return _drafted(platform, first, decided, list(_left(first.invoice, before)), days, before)

    return await platform.store.invoices.credit(number, draft, book, again=again)


class _Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What a person said."""

    why: str
    who: str
    again: bool


async def _of_charges(platform: Platform, kept: KeptInvoice, decided: _Decided) -> CreditDrafting:
    """What the plan included of the charges is taken off what is given back."""
    customer = await platform.store.customers.get(kept.customer_id)
    if kept.purpose not in _SOLD or customer is None:
        raise UserError(
            f"{kept.number} is with a partner, who has its CDRs: credit the CDR itself (ocpilot cdr credit)"
        )
    plans = {plan.name: plan for plan in await platform.store.plans.all()}
    zone = books_zone(platform)

    def draft(first: KeptInvoice, items: Sequence[BillItem], used: UsedBefore, before: Sequence[Invoice]) -> Draft:
        included = included_lines(customer, plans, items, used, first.invoice.currency, zone)
        lines = [negated(line) for line in (*(line for item in items for line in item.lines), *included)]
        days = [one.at.astimezone(zone).date() for one in items]
        return _drafted(platform, first, decided, lines, (min(days), max(days)), before)

    return draft


def _drafted(  # noqa: PLR0917 - what a credit note is made of
    platform: Platform,
    first: KeptInvoice,
    decided: _Decided,
    lines: Sequence[InvoiceLine],
    days: tuple[date, date],
    before: Sequence[Invoice],
) -> Draft:
    kind = CREDITS.get(first.kind)
    if kind is None:
        raise UserError(f"{first.number} is a {first.kind}: what it says is put right by its next one")
    invoice = first.invoice
    terms = msgspec.structs.replace(
        invoice.terms,
        kind=kind,
        credits=first.number,
        credits_issued_on=invoice.issued_on,
        why=decided.why,
        prepaid=Decimal(0),
    )
    rows: Sequence[TaxRow] = [row for note in before for row in note.taxes]

    def make(number: str) -> Invoice:
        note = sealed(platform, terms, lines, number, days, rows)
        _require_no_more(invoice, before, note)
        return note

    return Draft(series_of(platform, kind), make, decided.who, decided.again)


def _require_no_more(invoice: Invoice, before: Sequence[Invoice], note: Invoice) -> None:
    """An invoice below zero may be taken back whole; single charges never come to more than it."""
    amount = amount_of(note)
    left = amount_of(invoice) - sum((amount_of(one) for one in before), Decimal(0))
    if amount != left and not 0 <= amount <= left:
        raise Conflict(
            f"invoice {invoice.number}: found {amount} {invoice.currency} to be credited, expected 0 to {left}, "
            "which is left of it: credit all of it"
        )


def _left(invoice: Invoice, before: Sequence[Invoice]) -> Iterator[InvoiceLine]:
    """Its lines without those that were taken back; what notes said beside them is taken back in turn."""
    taken = [line for note in before for line in note.lines]
    for line in invoice.lines:
        if line in taken:
            taken.remove(line)
        else:
            yield line
    yield from (negated(line) for line in taken)
