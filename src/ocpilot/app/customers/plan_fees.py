"""Monthly fees of price plans: one item for each customer and month, whatever is run how often."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import dates

from ocpilot.app.kept.bill_records import BillItem, Purpose
from ocpilot.app.kept.customer_records import Customer
from ocpilot.app.kept.records import ObjectKey
from ocpilot.base.ids import PartyId
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import mark, translator
from ocpilot.billing.allowances import month_of
from ocpilot.billing.invoice import InvoiceLine, LineUnit
from ocpilot.billing.parties import BusinessParty
from ocpilot.billing.plans import Plan
from ocpilot.billing.vat import STANDARD, tax_of_service
from ocpilot.billing.vat_rates import VatRules
from ocpilot.wire.protocol import ModuleID

#: Months that are made up for when nothing ran.
_BACK = 3


def fees_due(
    customers: Sequence[Customer],
    plans: Mapping[str, Plan],
    now: datetime,
    *,
    seller: BusinessParty,
    party: PartyId,
    zone: ZoneInfo,
    rules: VatRules = STANDARD,
) -> tuple[BillItem, ...]:
    """The fee of each month that has begun while a customer had a plan, in full, three months back at most.

    `party` is ours, `zone` that of the books. The key is made up of plan, month and customer, so that the store keeps
    each once. NotBillable when the rate of the VAT is not known.
    """
    return tuple(
        _fee(customer, plan, month, at, party, _line(customer, plan, month, seller, at.astimezone(zone).date(), rules))
        for customer in customers
        for name, since, until in _held(customer, now)
        if (plan := plans.get(name)) is not None and plan.monthly_fee
        for month in _months(month_of(since, zone), month_of(until, zone), month_of(now, zone))
        for at in (max(datetime.combine(month, time(), zone).astimezone(UTC), since),)
    )


def fee_key(party: PartyId, plan: str, month: date, customer: Customer) -> ObjectKey:
    """What a fee is kept under."""
    return ObjectKey(module=ModuleID.CDRS, party=party, id=f"fee/{plan}/{month:%Y-%m}/{customer.number}")


def held_in(customer: Customer, month: date, now: datetime, zone: ZoneInfo) -> set[str]:
    """The plans he had in a month, up to now."""
    return {
        plan for plan, since, until in _held(customer, now) if month_of(since, zone) <= month <= month_of(until, zone)
    }


def _held(customer: Customer, now: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Every plan he had until now, with the first and the last moment of it."""
    last = now if customer.closed_at is None else min(now, customer.closed_at)
    every = [(one.plan, one.since, one.until - timedelta(microseconds=1)) for one in customer.earlier_plans]
    for plan, given, until in (*every, (customer.plan, customer.plan_since, last)):
        since = given or customer.created_at
        if since <= last:
            yield plan, since, min(until, last)


def _fee(  # noqa: PLR0917 - what a fee is made of
    customer: Customer, plan: Plan, month: date, at: datetime, party: PartyId, line: InvoiceLine
) -> BillItem:
    return BillItem(
        purpose=Purpose.FEE,
        key=fee_key(party, plan.name, month, customer),
        customer_id=customer.id,
        currency=plan.currency,
        at=at,
        net=line.net,
        lines=(line,),
    )


def _line(  # noqa: PLR0917 - what a fee is made of
    customer: Customer, plan: Plan, month: date, seller: BusinessParty, day: date, rules: VatRules
) -> InvoiceLine:
    tax = tax_of_service(seller, customer.party_facts, buyer_is_business=customer.is_business, day=day, rules=rules)
    net = HALF_UP.round(plan.monthly_fee, plan.currency)
    return InvoiceLine(
        text=translator(customer.language)(mark("Monthly fee {plan}, {month}")).format(
            plan=plan.name, month=dates.format_date(month, "LLLL yyyy", locale=customer.language)
        ),
        unit=LineUnit.MONTH,
        unit_price=net,
        net=net,
        gross=HALF_UP.round(net * (1 + tax.rate / 100), plan.currency),
        tax=tax,
    )


def _months(first: date, last: date, now: date) -> Iterator[date]:
    """The first days of these months, of the last few before now."""
    places = range(max(_place(first), _place(now) - _BACK), _place(last) + 1)
    return (date(place // 12, place % 12 + 1, 1) for place in places)


def _place(month: date) -> int:
    return month.year * 12 + month.month - 1
