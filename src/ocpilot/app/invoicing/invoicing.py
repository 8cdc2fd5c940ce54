"""Invoices: open items of each customer become one when his week or month is over, or a charge by itself.

`run` may be stopped at any moment, by whatever: each invoice is one transaction with its number, its items and its
ledger entry. Run again, it goes on with what is left.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.app.book_days import books_zone
from ocpilot.app.kept.bill_records import ACCOUNTS, BillItem, Draft, Group, KeptInvoice, Purpose, UsedBefore
from ocpilot.app.kept.customer_records import Customer, CustomerKind, Cycle
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.app.seller import payee_of, seller_of
from ocpilot.base.errors import NotFound
from ocpilot.base.texts import mark, translator
from ocpilot.billing.allowances import Used, allowance_lines
from ocpilot.billing.grouped_lines import Summand, grouped
from ocpilot.billing.invoice import Invoice, InvoiceKind, InvoiceLine, Terms, invoice_of, negated
from ocpilot.billing.ledger import Entry, entry_of
from ocpilot.billing.payment_reference import ocr_of
from ocpilot.billing.plans import Plan
from ocpilot.billing.taxes import VAT, TaxCategory, TaxRow

#: Invoices that are written by themselves before something else gets its turn.
_AT_ONCE = 200
#: Purposes whose many charges are summed up on the invoice.
_GROUPED = frozenset({Purpose.ROAMING, Purpose.PURCHASE, Purpose.HOST})


class Due(Record, frozen=True):
    """Items that go onto one invoice, those with `at` < `until`, and all price plans by name."""

    group: Group
    customer: Customer
    plans: Mapping[str, Plan]
    until: datetime


# ---- the run -------------------------------------------------------------------------------------------------------


async def due(platform: Platform, until: datetime | None = None, number: str | None = None) -> tuple[Due, ...]:
    """What is due now; `until`: a moment instead of the ends of weeks and months; `number`: of one customer."""
    customer_id = None if number is None else (await customer_numbered(platform, number)).id
    now = platform.clock()
    plans = {plan.name: plan for plan in await platform.store.plans.all()}
    found: list[Due] = []
    customer: Customer | None = None
    for group in await platform.store.bill_items.open_groups(until or now, customer_id):
        if customer is None or customer.id != group.customer_id:
            customer = await platform.store.customers.get(group.customer_id)
        if customer is None or not _is_ours_to_write(group, customer):
            continue
        ends = now if customer.closed_at is not None else _end_of(customer.cycle, now, books_zone(platform))
        end = until or ends
        if group.first < end:
            found.append(Due(group, customer, plans, end))
    return tuple(_without_fees_beside(found))


async def run(
    platform: Platform, until: datetime | None = None, number: str | None = None
) -> AsyncIterator[tuple[KeptInvoice, int, int]]:
    """Write all that is due: each invoice with how many customers' groups are done, and how many there are."""
    found = await due(platform, until, number)
    for place, one in enumerate(found, start=1):
        async for kept in issue_all(platform, one):
            yield kept, place, len(found)


async def run_some(platform: Platform) -> int:
    """What is due now, for a while; how many invoices."""
    written = 0
    async for _ in run(platform):
        written += 1
        if written == _AT_ONCE:
            break
    return written


async def issue_all(platform: Platform, one: Due) -> AsyncIterator[KeptInvoice]:
    """One invoice of all its items that can be on one; of a customer who gets one per charge, one for each."""
    alone = one.customer.cycle is Cycle.CHARGE and one.group.purpose in {Purpose.SALE, Purpose.FEE}
    more = True
    while more:
        kept, more = await _issue(platform, one, alone=alone)
        if kept is not None:
            yield kept


async def _issue(platform: Platform, one: Due, *, alone: bool) -> tuple[KeptInvoice | None, bool]:
    """One invoice of open items, `alone` of the first one only, and whether there may be more; None when there are none
    any more."""
    more = False

    def choose(items: Sequence[BillItem]) -> Sequence[BillItem]:
        nonlocal more
        chosen = of_one_scope(items) if one.customer.is_business else items
        more = alone or len(chosen) < len(items)
        return chosen

    def draft(items: Sequence[BillItem], used: UsedBefore) -> Draft:
        return draft_of(platform, one, items, used)

    def book(invoice: Invoice) -> Entry:
        return entry_of(invoice, one.customer.id, ACCOUNTS[one.group.purpose])

    limit = 1 if alone else None
    kept = await platform.store.invoices.issue(
        one.group, until=one.until, limit=limit, zone=books_zone(platform), choose=choose, draft=draft, book=book
    )
    return kept, more


def of_one_scope(items: Sequence[BillItem]) -> Sequence[BillItem]:
    """Those that a business gets on one invoice with the first one: what is not subject to VAT is never beside what is
    (EN 16931, BR-O-11 to BR-O-14). Where there are other taxes than VAT it is no e-invoice, and all go onto one."""
    taxes = {line.tax for item in items for line in item.lines}
    outside = [any(line.tax.category is TaxCategory.OUTSIDE for line in item.lines) for item in items]
    if any(tax.name != VAT for tax in taxes):
        return items
    return [item for item, is_outside in zip(items, outside, strict=True) if is_outside is outside[0]]


def _is_ours_to_write(group: Group, customer: Customer) -> bool:
    """A partner who bills himself sends us his invoice; one who does not bill himself sends it for what we buy."""
    if group.purpose is Purpose.ROAMING:
        return not customer.self_billing
    return customer.self_billing if group.purpose is Purpose.PURCHASE else True


def _without_fees_beside(found: Sequence[Due]) -> list[Due]:
    """Fees go with the charges of the same customer and currency."""
    sales = {(one.customer.id, one.group.currency) for one in found if one.group.purpose is Purpose.SALE}
    return [
        one
        for one in found
        if one.group.purpose is not Purpose.FEE or (one.customer.id, one.group.currency) not in sales
    ]


def _end_of(cycle: Cycle, now: datetime, zone: ZoneInfo) -> datetime:
    """The end of the last whole week or month of the books' calendar; for single charges it is now."""
    if cycle is Cycle.CHARGE:
        return now
    today = now.astimezone(zone).date()
    first = today.replace(day=1) if cycle is Cycle.MONTH else today - timedelta(days=today.weekday())
    return datetime.combine(first, time(), zone)


# ---- an invoice ----------------------------------------------------------------------------------------------------


def draft_of(platform: Platform, due: Due, items: Sequence[BillItem], used: UsedBefore) -> Draft:
    """What the items come to on paper: an invoice, or a credit note when it is below zero. `used` is what charges on
    earlier invoices used of what the plan includes."""
    zone, customer, group = books_zone(platform), due.customer, due.group
    included = included_lines(customer, due.plans, items, used, group.currency, zone)
    lines = (*lines_of(customer, group, items, zone), *included)
    kind = kind_of(group.purpose, customer)
    credit = CREDITS.get(kind)
    if credit is not None and sum((line.net for line in lines), Decimal(0)) < 0:
        kind, lines = credit, tuple(negated(line) for line in lines)
    terms = _correcting(terms_of(platform, customer, kind, group.currency), items)
    days = [one.at.astimezone(zone).date() for one in items]

    def make(number: str) -> Invoice:
        return sealed(platform, terms, lines, number, days=(min(days), max(days)))

    return Draft(series_of(platform, kind), make)


def _correcting(terms: Terms, items: Sequence[BillItem]) -> Terms:
    """With the invoices of which charges are taken back: a credit note for one of them is set off against it."""
    corrected = {item.corrects: item.corrects_issued_on for item in items if item.corrects is not None}
    if not corrected:
        return terms
    if terms.kind.is_credit and len(corrected) == 1:
        ((number, day),) = corrected.items()
        return msgspec.structs.replace(terms, credits=number, credits_issued_on=day)
    said = translator(terms.language)(mark("Charges of these invoices are taken back: {numbers}."))
    return msgspec.structs.replace(terms, notes=(*terms.notes, said.format(numbers=", ".join(sorted(corrected)))))


def lines_of(customer: Customer, group: Group, items: Sequence[BillItem], zone: ZoneInfo) -> tuple[InvoiceLine, ...]:
    """Charge by charge, or summed up between businesses."""
    if group.purpose not in _GROUPED:
        return tuple(line for item in items for line in item.lines)
    summands = (
        Summand(exact=item.net if item.exact is None else item.exact, kwh=item.kwh, ended_at=item.at, tax=line.tax)
        for item in items
        for line in item.lines
    )
    return grouped(summands, group.currency, zone, customer.language)


def included_lines(  # noqa: PLR0917 - what such lines are made of
    customer: Customer,
    plans: Mapping[str, Plan],
    items: Sequence[BillItem],
    used: UsedBefore,
    currency: str,
    zone: ZoneInfo,
) -> tuple[InvoiceLine, ...]:
    """What each plan includes is taken off what was charged while the customer had it."""

    def name_of(named: str | None, at: datetime) -> str:
        return customer.plan_at(at) if named is None else named

    sold: dict[str, list[BillItem]] = {}
    for item in items:
        if item.purpose is Purpose.SALE:
            sold.setdefault(name_of(item.plan, item.at), []).append(item)
    before: dict[str, dict[date, Used]] = {}
    for (month, named), one in used.items():
        months = before.setdefault(name_of(named, datetime.combine(month, time(), zone)), {})
        months[month] = months.get(month, Used()) + one
    return tuple(
        line
        for name, charges in sold.items()
        if (included := plans.get(name)) is not None
        for line in allowance_lines(
            charges,
            included,
            before.get(name, {}),
            currency=currency,
            zone=zone,
            language=customer.language,
        )
    )


#: What takes a document back; others are put right by the next one.
CREDITS = {
    InvoiceKind.INVOICE: InvoiceKind.CREDIT_NOTE,
    InvoiceKind.SELF_BILLED: InvoiceKind.SELF_BILLED_CREDIT,
}


def kind_of(purpose: Purpose, customer: Customer) -> InvoiceKind:
    """Who writes what to whom."""
    if purpose is Purpose.PURCHASE or (purpose is Purpose.HOST and customer.is_business):
        return InvoiceKind.SELF_BILLED
    return InvoiceKind.CREDIT_ADVICE if purpose in {Purpose.HOST, Purpose.HOME} else InvoiceKind.INVOICE


def series_of(platform: Platform, kind: InvoiceKind) -> str:
    """What leads its number."""
    said = platform.settings.billing
    return {
        InvoiceKind.INVOICE: said.invoice_series,
        InvoiceKind.CREDIT_NOTE: said.credit_series,
        InvoiceKind.SELF_BILLED: said.self_billed_series,
        InvoiceKind.SELF_BILLED_CREDIT: said.self_billed_credit_series,
        InvoiceKind.CREDIT_ADVICE: said.advice_series,
    }[kind]


def terms_of(platform: Platform, customer: Customer, kind: InvoiceKind, currency: str) -> Terms:
    """Who owes whom, and how it is paid."""
    us, them = seller_of(platform), customer.party_facts
    return Terms(
        kind=kind,
        seller=them if kind.we_buy else us,
        buyer=us if kind.we_buy else them,
        customer_number=customer.number,
        language=customer.language,
        currency=currency,
        zone=customer.time_zone,
        days=customer.days,
        payee=customer.payee if kind.we_buy else payee_of(platform),
        prices_include_tax=customer.kind is CustomerKind.DRIVER and not customer.is_business,
        buyer_reference=customer.buyer_reference,
        order_reference=customer.order_reference,
    )


def sealed(  # noqa: PLR0917 - what an invoice is made of
    platform: Platform,
    terms: Terms,
    lines: Sequence[InvoiceLine],
    number: str,
    days: tuple[date, date],
    before: Sequence[TaxRow] = (),
) -> Invoice:
    """With this number, as of now; `before` is what earlier credit notes took back."""
    now = platform.clock()
    return invoice_of(
        terms,
        lines,
        number=number,
        payment_reference=ocr_of(number),
        issued_at=now,
        issued_on=now.astimezone(books_zone(platform)).date(),
        days=days,
        before=before,
    )


# ---- finding -------------------------------------------------------------------------------------------------------


async def numbered(platform: Platform, number: str) -> KeptInvoice:
    """The invoice of this number; NotFound."""
    kept = await platform.store.invoices.get(number)
    if kept is None:
        raise NotFound(f"no invoice {number}")
    return kept


async def customer_numbered(platform: Platform, number: str) -> Customer:
    """The customer of this number; NotFound."""
    customer = await platform.store.customers.numbered(number)
    if customer is None:
        raise NotFound(f"no customer {number}")
    return customer
