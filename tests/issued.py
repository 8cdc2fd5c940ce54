"""Invoices for tests: issued by the store as the platform does it, with one simple line, and in the books."""

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ocpilot.app.kept.bill_records import ACCOUNTS, BillItem, Draft, Group, KeptInvoice, Purpose
from ocpilot.app.kept.customer_records import Customer, CustomerKind
from ocpilot.app.kept.records import ObjectKey
from ocpilot.base.ids import PartyId
from ocpilot.billing import invoice as bills
from ocpilot.billing.invoice import Invoice, InvoiceKind, InvoiceLine, Terms
from ocpilot.billing.ledger import entry_of
from ocpilot.billing.parties import Address, BusinessParty
from ocpilot.billing.payment_reference import ocr_of
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID

ISSUED = datetime(2026, 11, 2, 9, tzinfo=UTC)
SELLER = BusinessParty(name="Resa AB", address=Address(country="SE"))
VAT = Tax(category=TaxCategory.STANDARD, rate=Decimal(25), country="SE")
_UNTIL = datetime(9000, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


async def customer(store: PostgresStore, name: str = "Anna Berg", **fields: object) -> Customer:
    """A stored one."""
    party_facts = BusinessParty(name=name, address=Address(country="SE", city="Västerås"))
    usual = {"kind": CustomerKind.DRIVER, "party_facts": party_facts, "created_at": ISSUED}
    return await store.customers.add(Customer(**{**usual, **fields}))


def line(net: str, tax: Tax = VAT, text: str = "Charging") -> InvoiceLine:
    """A line of an invoice."""
    return InvoiceLine(text=text, unit_price=Decimal(net), net=Decimal(net), tax=tax)


async def issued(
    store: PostgresStore,
    buyer: Customer,
    *nets: str,
    purpose: Purpose = Purpose.SALE,
    kind: InvoiceKind = InvoiceKind.INVOICE,
    series: str = "F",
    currency: str = "SEK",
    at: datetime = ISSUED,
    days: int = 30,
    tax: Tax = VAT,
) -> KeptInvoice:
    """An invoice of lines with these nets (one of 80, 100 with its tax, unless said)."""
    lines = [line(net, tax) for net in nets or ("80",)]
    keys = [ObjectKey(module=ModuleID.CDRS, party=PartyId("SE", "LAD"), id=f"C-{next(_numbers)}") for _ in lines]
    items = [
        BillItem(purpose=purpose, key=key, customer_id=buyer.id, currency=currency, at=at, net=one.net, lines=(one,))
        for key, one in zip(keys, lines, strict=True)
    ]
    await store.bill_items.rated(keys, items)
    return await invoiced(store, buyer, purpose=purpose, kind=kind, series=series, currency=currency, at=at, days=days)


async def invoiced(
    store: PostgresStore,
    buyer: Customer,
    *,
    purpose: Purpose,
    kind: InvoiceKind = InvoiceKind.INVOICE,
    series: str = "F",
    currency: str = "SEK",
    at: datetime = ISSUED,
    days: int = 30,
) -> KeptInvoice:
    """An invoice of all open items of a customer."""
    group = Group(customer_id=buyer.id, purpose=purpose, currency=currency, items=1, first=at, last=at)

    def draft(found: Sequence[BillItem], _: object) -> Draft:
        terms, lines = _terms(buyer, kind, currency, days), [one for item in found for one in item.lines]
        return Draft(series, lambda number: _invoice(terms, number, lines, at))

    kept = await store.invoices.issue(
        group,
        until=_UNTIL,
        limit=None,
        zone=ZoneInfo("UTC"),
        choose=lambda items: items,
        draft=draft,
        book=lambda made: entry_of(made, buyer.id, ACCOUNTS[purpose]),
    )
    assert kept is not None
    return kept


async def credited(store: PostgresStore, number: str, at: datetime = ISSUED, *, again: bool = False) -> KeptInvoice:
    """A credit note for all of an invoice; `again` opens what was on it."""

    def draft(first: KeptInvoice, _: object) -> Draft:
        terms = bills.Terms(
            kind=InvoiceKind.CREDIT_NOTE,
            seller=SELLER,
            buyer=first.invoice.terms.buyer,
            customer_number=first.invoice.terms.customer_number,
            language="en",
            currency=first.invoice.currency,
            zone="UTC",
            days=0,
            credits=number,
            why="a test",
        )
        return Draft("K", lambda mine: _invoice(terms, mine, first.invoice.lines, at))

    first = await store.invoices.get(number)
    assert first is not None
    account = ACCOUNTS[first.purpose]
    return await store.invoices.credit(
        number, draft, lambda made: entry_of(made, first.customer_id, account), again=again
    )


def _terms(buyer: Customer, kind: InvoiceKind, currency: str, days: int) -> Terms:
    return Terms(
        kind=kind,
        seller=SELLER,
        buyer=buyer.party_facts,
        customer_number=buyer.number,
        language=buyer.language,
        currency=currency,
        zone="UTC",
        days=days,
    )


def _invoice(terms: Terms, number: str, lines: Sequence[InvoiceLine], at: datetime) -> Invoice:
    day: date = at.date()
    return bills.invoice_of(
        terms, lines, number=number, payment_reference=ocr_of(number), issued_at=at, issued_on=day, days=(day, day)
    )
