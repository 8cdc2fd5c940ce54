"""What one CDR comes to for one customer, as it will stand on his invoice."""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.app.cdrs.cdrs import verdict_of
from ocpilot.app.kept.bill_records import BillItem, Purpose
from ocpilot.app.kept.clearing_records import Unrated
from ocpilot.app.kept.customer_records import Customer, CustomerToken
from ocpilot.app.platform import Platform
from ocpilot.app.seller import seller_of
from ocpilot.base.errors import NotBillable, UserError
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import mark, translator
from ocpilot.base.zones import UTC
from ocpilot.billing.invoice import InvoiceLine, LineUnit
from ocpilot.billing.parties import BusinessParty
from ocpilot.billing.places import zone_of_place
from ocpilot.billing.plan_prices import sale_lines
from ocpilot.billing.plans import Plan, currency_of
from ocpilot.billing.signed_words import sentence
from ocpilot.billing.spot import Prices
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.billing.vat import tax_of_cdr, tax_of_service
from ocpilot.billing.vat_rates import VatRules, rules_of
from ocpilot.wire.v230 import CDR

#: What is paid back to somebody who sells nothing has no tax.
_NO_TAX = Tax(category=TaxCategory.OUTSIDE)


class Rating(msgspec.Struct, frozen=True, kw_only=True):
    """The CDR that is billed."""

    platform: Platform
    found: Unrated
    cdr: CDR

    @property
    def name(self) -> str:
        """As invoices name it: `SELAD/id`."""
        return f"{self.found.stored.key.party.key}/{self.cdr.id}"

    @property
    def rules(self) -> VatRules:
        """The rates we know, under those of the settings."""
        return rules_of(self.platform.settings.billing)

    @property
    def day(self) -> date:
        """The day the charge ended, by the clock where it was."""
        return self.cdr.end_date_time.astimezone(self.zone).date()

    @property
    def zone(self) -> ZoneInfo:
        """The clock where it was."""
        return zone_of_place(self.cdr) or UTC


async def sold(rating: Rating, customer: Customer, token: CustomerToken, plan: Plan | None) -> BillItem:
    """What the customer pays whose Token it was, by his price plan."""
    cdr, check = rating.cdr, rating.found.check
    if check is None:
        raise NotBillable(f"CDR {cdr.id}: found no price of ours, expected one that was worked out when it came")
    tax = tax_of_cdr(
        cdr,
        seller_of(rating.platform),
        customer.party_facts,
        buyer_is_business=customer.is_business,
        buyer_is_reseller=False,
        day=rating.day,
        rules=rating.rules,
    )
    lines = sale_lines(
        cdr,
        verdict_of(check).ours,
        plan=plan,
        prices=await _prices(rating, plan),
        zone=rating.zone,
        language=customer.language,
        tax=tax,
        signature=await _signature(rating, customer.language),
        driver=token.driver,
        cost_centre=token.cost_centre,
    )
    item = item_of(rating, customer, Purpose.SALE, lines, currency=currency_of(cdr, plan))
    return msgspec.structs.replace(item, plan=plan.name if plan else "")


async def _prices(rating: Rating, plan: Plan | None) -> Prices | None:
    """Those of the plan's series over the charge."""
    if plan is None or not plan.series:
        return None
    cdr = rating.cdr
    return await rating.platform.store.price_series.prices(plan.series, cdr.start_date_time, cdr.end_date_time)


async def _signature(rating: Rating, language: str) -> str:
    """What became of the signed meter values, in words; empty when there are none."""
    if rating.cdr.signed_data is None:
        return ""
    found = await rating.platform.store.signed.verdict(rating.found.stored.key)
    return sentence(found, translator(language), language) if found else ""


def roamed(rating: Rating, partner: Customer, purpose: Purpose) -> BillItem:
    """What a partner pays us for his driver (ROAMING), or we him for ours (PURCHASE): what the CDR says."""
    us = seller_of(rating.platform)
    seller, buyer = (us, partner.party_facts) if purpose is Purpose.ROAMING else (partner.party_facts, us)
    tax = tax_of_cdr(
        rating.cdr,
        seller,
        buyer,
        buyer_is_business=True,
        buyer_is_reseller=True,
        day=rating.day,
        rules=rating.rules,
    )
    return _item(rating, partner, purpose, rating.cdr.total_cost.before_taxes, tax)


def shared(rating: Rating, host: Customer) -> BillItem:
    """The share of a site's host in what was earned there, without taxes."""
    exact = rating.cdr.total_cost.before_taxes * _number(host, "share", host.share) / 100
    return _item(rating, host, Purpose.HOST, exact, _tax_of_host(rating, host))


def paid_back(rating: Rating, home: Customer) -> BillItem:
    """What somebody gets for what was charged at his home."""
    rate = _number(home, "home_rate", home.home_rate)
    if home.currency not in {None, rating.cdr.currency}:
        raise NotBillable(
            f"customer {home.number}: found {rating.cdr.currency} in CDR {rating.cdr.id}, expected {home.currency}, "
            "the currency of his rate per kWh"
        )
    line = InvoiceLine(
        text=translator(home.language)(mark("Charged at home, {day}")).format(day=rating.day.isoformat()),
        quantity=rating.cdr.total_energy,
        unit=LineUnit.KWH,
        unit_price=rate,
        net=HALF_UP.round(rating.cdr.total_energy * rate, rating.cdr.currency),
        tax=_NO_TAX,
        start=rating.cdr.start_date_time,
        end=rating.cdr.end_date_time,
        cdr=rating.name,
    )
    return item_of(rating, home, Purpose.HOME, (line,))


def item_of(
    rating: Rating,
    customer: Customer,
    purpose: Purpose,
    lines: tuple[InvoiceLine, ...],
    exact: Decimal | None = None,
    *,
    currency: str | None = None,
) -> BillItem:
    """What stands on an invoice for this CDR, with what of it counts against what a plan includes."""
    cdr = rating.cdr
    return BillItem(
        purpose=purpose,
        key=rating.found.stored.key,
        customer_id=customer.id,
        currency=currency or cdr.currency,
        at=cdr.end_date_time,
        kwh=cdr.total_energy,
        seconds=round((cdr.end_date_time - cdr.start_date_time).total_seconds()),
        net=sum((line.net for line in lines), Decimal(0)),
        lines=lines,
        exact=exact,
    )


def _item(rating: Rating, customer: Customer, purpose: Purpose, exact: Decimal, tax: Tax) -> BillItem:
    net = HALF_UP.round(exact, rating.cdr.currency)
    line = InvoiceLine(text=rating.cdr.id, unit_price=net, net=net, tax=tax, cdr=rating.name)
    return item_of(rating, customer, purpose, (line,), exact)


def _tax_of_host(rating: Rating, host: Customer) -> Tax:
    if not host.is_business:
        return _NO_TAX
    us: BusinessParty = seller_of(rating.platform)
    return tax_of_service(host.party_facts, us, buyer_is_business=True, day=rating.day, rules=rating.rules)


def _number(customer: Customer, name: str, text: str) -> Decimal:
    """A number of a customer's; UserError when there is none."""
    try:
        return Decimal(text)
    except ArithmeticError:
        raise UserError(f"customer {customer.number}: {name}: found {text!r}, expected a number") from None
