"""Monthly fees of all customers become items of their next invoices, each month of each customer once."""

import logging
from collections.abc import Mapping

from ocpilot.app.book_days import books_zone
from ocpilot.app.customers.plan_fees import fee_key, fees_due, held_in
from ocpilot.app.kept.customer_records import Customer
from ocpilot.app.platform import Platform
from ocpilot.app.seller import seller_of
from ocpilot.base.errors import NotBillable
from ocpilot.base.ids import PartyId
from ocpilot.billing.allowances import month_of
from ocpilot.billing.plans import Plan
from ocpilot.billing.vat_rates import rules_of

log = logging.getLogger(__name__)

_PAGE = 1000


async def charge(platform: Platform) -> int:
    """Those that are due and not charged yet; how many."""
    plans = {plan.name: plan for plan in await platform.store.plans.all() if plan.monthly_fee}
    if not plans:
        return 0
    charged, after = 0, 0
    while page := await platform.store.customers.all(_PAGE, after):
        after = page[-1].id
        for customer in page:
            if plans.keys() & {customer.plan, *(one.plan for one in customer.earlier_plans)}:
                charged += await _of(platform, customer, plans)
    return charged


async def forget(platform: Platform, before: Customer, after: Customer) -> None:
    """Take this month's fees of plans that the customer had in it before he was changed, and has not had since, off his
    next invoice."""
    now, zone = platform.clock(), books_zone(platform)
    month = month_of(now, zone)
    gone = sorted(held_in(before, month, now, zone) - held_in(after, month, now, zone) - {""})
    if gone:
        party = _party(platform)
        await platform.store.bill_items.rated([fee_key(party, plan, month, after) for plan in gone], [])


def _party(platform: Platform) -> PartyId:
    """Whose fees are kept as."""
    return (platform.settings.parties_as("EMSP") or platform.settings.parties)[0].id


async def _of(platform: Platform, customer: Customer, plans: Mapping[str, Plan]) -> int:
    try:
        items = fees_due(
            [customer],
            plans,
            platform.clock(),
            seller=seller_of(platform),
            party=_party(platform),
            zone=books_zone(platform),
            rules=rules_of(platform.settings.billing),
        )
    except NotBillable as error:
        log.warning("customer %s: a monthly fee cannot be billed: %s", customer.number, error)
        return 0
    return await platform.store.bill_items.rated([], items)
