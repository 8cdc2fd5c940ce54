"""Registers an invoice that a partner wrote, so that it stands in the ledger once: to us, or in our name."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from ocpilot.app.book_days import books_zone, today
from ocpilot.app.books.reconciliation import parties_of
from ocpilot.app.kept.customer_records import Customer, CustomerKind
from ocpilot.app.kept.reconciliation_records import PartnerInvoice, RecordCheck, Span, Unclaimed
from ocpilot.app.kept.records import Record
from ocpilot.app.months import Month
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.money import HALF_UP
from ocpilot.billing.partner_entry import partner_entry

#: How far what he asks for and our sum may be apart: each rounds once.
_ROUNDED = Decimal("0.01")


class Received(Record, frozen=True, kw_only=True):
    """An invoice as it came: by whom, its number, and what stands on it. `net` None is our own sum of its CDRs, `day`
    None today. `tax` is its VAT, or `tax_rate` per cent of the net. `month`: it is for all CDRs of that month that we
    agree with and nobody has billed, beside those its records name; for partners who send none. `anyway`: it is right
    though our books say otherwise."""

    partner: str
    number: str
    currency: str | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    tax_rate: Decimal | None = None
    day: date | None = None
    due: date | None = None
    month: Month | None = None
    anyway: bool = False


async def register(platform: Platform, received: Received, who: str) -> PartnerInvoice:
    """Keep it and book it, once; one of a month that is closed on the first day that is not. The same again changes
    nothing.

    NotFound for an unknown partner, or one that is no customer; Conflict when our sum is another, there are CDRs we do
    not agree with, or the same number was registered with other amounts.
    """
    parties = await parties_of(platform, received.partner)
    checks = [one for party in parties for one in await platform.store.record_checks.of_invoice(party, received.number)]
    customer = await _customer(platform, parties, checks)
    before = await platform.store.partner_invoices.get(customer.id, received.number)
    if before is not None and _is_same(before, received):
        return before
    cdrs = _unclaimed(platform, received.month, parties, customer)
    more = () if cdrs is None else await platform.store.partner_invoices.sums(cdrs)
    currency, ours = _ours(received, checks, more)
    net = _net(received, currency, ours, checks)
    tax = received.tax or Decimal(0)
    if received.tax_rate is not None:
        tax = HALF_UP.round(net * received.tax_rate / 100, currency)
    invoice = PartnerInvoice(
        customer_id=customer.id,
        number=received.number,
        currency=currency,
        day=received.day or today(platform),
        due=received.due,
        net=net,
        tax=tax,
        ours=ours,
        who=who,
        at=platform.clock(),
    )
    booked = partner_entry(
        customer_id=customer.id,
        reference=f"{customer.number}/{received.number}",
        day=max(invoice.day, await platform.store.ledger.open_from()),
        currency=currency,
        net=net,
        tax=tax,
        in_our_name=customer.kind is CustomerKind.PROVIDER,
    )
    await platform.store.partner_invoices.register(invoice, booked, cdrs)
    return invoice


def _is_same(before: PartnerInvoice, received: Received) -> bool:
    """Whether what is said of it now is what was said before."""
    tax = received.tax
    if received.tax_rate is not None:
        tax = HALF_UP.round(before.net * received.tax_rate / 100, before.currency)
    said = (received.currency, received.net, tax, received.day)
    kept = (before.currency, before.net, before.tax, before.day)
    return all(one is None or one == other for one, other in zip(said, kept, strict=True))


async def _customer(platform: Platform, parties: Sequence[str], checks: Sequence[RecordCheck]) -> Customer:
    """An operator sends us invoices, a provider writes them in our name; the record says which, where there is one."""
    kinds = [CustomerKind.OPERATOR, CustomerKind.PROVIDER]
    if checks:
        kinds = [CustomerKind.PROVIDER if checks[0].ours else CustomerKind.OPERATOR]
    for kind in kinds:
        for party in parties:
            found = await platform.store.customers.of_party(PartyId.parse(party), kind)
            if found is not None:
                return found
    raise NotFound(f"no customer of kind {' or '.join(kinds)} has a party of this partner: {', '.join(parties)}")


def _unclaimed(
    platform: Platform, month: Month | None, parties: tuple[str, ...], customer: Customer
) -> Unclaimed | None:
    if month is None:
        return None
    since, until = month.moments(books_zone(platform))
    span = Span(since=since, until=until, parties=parties)
    return Unclaimed(span=span, ours=customer.kind is CustomerKind.PROVIDER)


def _ours(
    received: Received, checks: Sequence[RecordCheck], more: Sequence[tuple[str, Decimal]]
) -> tuple[str, Decimal | None]:
    """The currency, and what its CDRs come to in our books: those we agree with."""
    sums: dict[str, Decimal] = {}
    named = [(one.currency, one.agreed) for check in checks for one in check.sums]
    for currency, amount in (*named, *more):
        sums[currency] = sums.get(currency, Decimal(0)) + amount
    if received.currency is not None:
        return received.currency, sums.get(received.currency)
    if len(sums) != 1:
        found = f"records in {', '.join(sorted(sums))}" if sums else "no CDR of it"
        raise UserError(f"invoice {received.number}: found {found}; expected its currency: --currency")
    return next(iter(sums.items()))


def _net(received: Received, currency: str, ours: Decimal | None, checks: Sequence[RecordCheck]) -> Decimal:
    if received.net is None and ours is None:
        raise UserError(f"invoice {received.number}: nothing says what it is for; expected --month, or its net: --net")
    wrong = sum(len(check.wrong) for check in checks)
    net = HALF_UP.round(ours or Decimal(0), currency) if received.net is None else received.net
    if received.anyway:
        return net
    if wrong:
        raise Conflict(
            f"invoice {received.number}: {wrong} of its CDRs we do not agree with (`ocpilot reconcile records`); "
            "register it all the same with --net and --anyway"
        )
    if ours is not None and abs(net - ours) > _ROUNDED:
        raise Conflict(
            f"invoice {received.number}: found {net} {currency}, expected {ours} as its CDRs come to; "
            "register it all the same with --anyway"
        )
    return net
