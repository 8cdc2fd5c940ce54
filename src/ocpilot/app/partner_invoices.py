"""Registers an invoice that a partner wrote, so that it stands in the ledger once: to us, or in our name."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ocpilot.app.customer_records import Customer, CustomerKind
from ocpilot.app.months import today
from ocpilot.app.platform import Platform
from ocpilot.app.reconciliation import parties_of
from ocpilot.app.reconciliation_records import CdrVerdict, PartnerInvoice, RecordCheck
from ocpilot.app.records import Record
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.money import HALF_UP
from ocpilot.billing.partner_entry import partner_entry

#: How far what he asks for and our sum may be apart: each rounds once.
_ROUNDED = Decimal("0.01")


class Received(Record, frozen=True, kw_only=True):
    """An invoice as it came: by whom, its number, and what stands on it. `net` None is our own sum of its CDRs, `day`
    None today. `tax` is its VAT, or `tax_rate` per cent of the net. `anyway`: it is right though our books say
    otherwise."""

    partner: str
    number: str
    currency: str | None = None
    net: Decimal | None = None
    tax: Decimal | None = None
    tax_rate: Decimal | None = None
    day: date | None = None
    due: date | None = None
    anyway: bool = False


async def register(platform: Platform, received: Received, who: str) -> PartnerInvoice:
    """Keep it and book it, once. The same again changes nothing.

    NotFound for an unknown partner, or one that is no customer; Conflict when our sum is another, there are CDRs we do
    not agree with, or the same number was registered with other amounts.
    """
    parties = await parties_of(platform, received.partner)
    checks = [one for party in parties for one in await platform.store.record_checks.of_invoice(party, received.number)]
    customer = await _customer(platform, parties, checks)
    currency, ours = _ours(received, checks)
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
        day=invoice.day,
        currency=currency,
        net=net,
        tax=tax,
        in_our_name=customer.kind is CustomerKind.PROVIDER,
    )
    before = await platform.store.partner_invoices.get(customer.id, received.number)
    if before is not None and received.day is None:
        invoice = msgspec.structs.replace(invoice, day=before.day)
    await platform.store.partner_invoices.register(invoice, booked)
    return invoice


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


def _ours(received: Received, checks: Sequence[RecordCheck]) -> tuple[str, Decimal | None]:
    """The currency, and what its CDRs come to in our books: those we agree with."""
    sums: dict[str, Decimal] = {}
    for one in (one for check in checks for one in check.sums):
        sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.agreed
    if received.currency is not None:
        return received.currency, sums.get(received.currency)
    if len(sums) != 1:
        found = f"records in {', '.join(sorted(sums))}" if sums else "no record of it"
        raise UserError(f"invoice {received.number}: found {found}; expected its currency: --currency")
    return next(iter(sums.items()))


def _net(received: Received, currency: str, ours: Decimal | None, checks: Sequence[RecordCheck]) -> Decimal:
    if received.net is None and ours is None:
        raise UserError(f"invoice {received.number}: no record says what it is for; expected its net: --net")
    wrong = sum(len([one for one in check.cdrs if one.verdict is not CdrVerdict.AGREED]) for check in checks)
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
