"""What a driver pays: whose customer his Token is, by which price plan, and with which tax."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ocpilot.app.kept.customer_records import Customer
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.app.seller import seller_of
from ocpilot.base.errors import NotBillable, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.zones import two_letters
from ocpilot.billing.plan_tariffs import as_paid, spot_tariff
from ocpilot.billing.plans import Plan
from ocpilot.billing.vat import tax_of_charge
from ocpilot.billing.vat_rates import rules_of
from ocpilot.wire.v230 import Tariff

_SECOND = timedelta(seconds=1)


class Paying(Record, frozen=True, kw_only=True):
    """The customer who pays at a moment, and his plan, None: what operators ask. `spot` is the price of a kWh at that
    moment where the plan has a price series that knows it."""

    customer: Customer
    plan: Plan | None = None
    spot: Decimal | None = None
    at: datetime


async def paying(platform: Platform, uids: Sequence[str], at: datetime) -> Paying | None:
    """Who pays for a charge with the first of these Tokens that is a customer's at that moment."""
    held = {one.uid: one for one in await platform.store.customers.of_tokens(uids) if one.holds(at)}
    token = next((held[uid] for uid in uids if uid in held), None)
    customer = None if token is None else await platform.store.customers.get(token.customer_id)
    if customer is None:
        return None
    name = customer.plan_at(at)
    plan = await platform.store.plans.get(name) if name else None
    return Paying(customer=customer, plan=plan, spot=await _spot(platform, plan, at), at=at)


async def _spot(platform: Platform, plan: Plan | None, at: datetime) -> Decimal | None:
    if plan is None or not plan.series:
        return None
    found = await platform.store.price_series.prices(plan.series, at, at + _SECOND)
    return next((point.price for point in found.points if point.at <= at < point.until), None) if found else None


def tariffs_paid(
    platform: Platform, payer: Paying, operator: PartyId, country: str, asked: Sequence[Tariff]
) -> tuple[Tariff, ...]:
    """The operator's Tariffs at a Connector as this customer pays them, or that of his plan instead. `country` is the
    Location's (ISO 3166-1 alpha-3); empty when the price is not known."""
    plan = payer.plan
    if plan is not None and plan.tariff is not None:
        asked = (plan.tariff,)
    elif plan is not None and plan.series:
        asked = () if payer.spot is None else (spot_tariff(plan, payer.spot, payer.at),)
    rate = _rate(platform, payer, country)
    paid = (as_paid(tariff, plan, operator, rate) for tariff in asked)
    return tuple(tariff for tariff in paid if tariff is not None)


def _rate(platform: Platform, payer: Paying, country: str) -> Decimal | None:
    """Of our tax in per cent; None where we do not know it, as in North America, where the operator says it."""
    try:
        tax = tax_of_charge(
            seller_of(platform),
            payer.customer.party_facts,
            buyer_is_business=payer.customer.is_business,
            buyer_is_reseller=False,
            place=two_letters(country),
            day=payer.at.date(),
            rules=rules_of(platform.settings.billing),
        )
    except (NotBillable, UserError):
        return None
    return tax.rate
