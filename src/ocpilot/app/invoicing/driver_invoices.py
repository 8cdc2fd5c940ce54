"""A driver's invoices: those of the customer he is himself, and on which of them a charge of his is."""

from ocpilot.app.invoicing import invoicing
from ocpilot.app.kept.bill_records import InvoiceQuery, KeptInvoice, Listed, Purpose
from ocpilot.app.kept.customer_records import Customer, CustomerKind
from ocpilot.app.kept.records import Account, ObjectKey, Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import fold

#: Customers who are one person; the invoices of others have charges of many.
_PEOPLE = frozenset({CustomerKind.DRIVER, CustomerKind.HOME})


class OnInvoice(Record, frozen=True, kw_only=True):
    """Who pays for a charge: `number` of the invoice it is on (None: the next one), `his` own, or that of `payer`."""

    number: str | None
    payer: str
    his: bool


async def customers_of(platform: Platform, account: Account) -> tuple[Customer, ...]:
    """Who this driver is as a customer: a person all of whose Tokens are of this account now.

    Whose card is one of several of a customer, such as that of a member of the family or of an employee, does not see
    what the others charged.
    """
    now, his = platform.clock(), {fold(uid) for uid in account.token_uids}
    held = [one for one in await platform.store.customers.of_tokens(account.token_uids) if one.holds(now)]
    found = []
    for customer_id in dict.fromkeys(one.customer_id for one in held):
        customer = await platform.store.customers.get(customer_id)
        if customer is not None and customer.kind in _PEOPLE:
            tokens = [one for one in await platform.store.customers.tokens(customer_id) if one.holds(now)]
            if {fold(one.uid) for one in tokens} <= his:
                found.append(customer)
    return tuple(found)


async def listed(platform: Platform, account: Account, limit: int) -> tuple[Listed, ...]:
    """His newest invoices."""
    ids = tuple(one.id for one in await customers_of(platform, account))
    return await platform.store.invoices.listed(InvoiceQuery(customer_ids=ids, limit=limit)) if ids else ()


async def one(platform: Platform, account: Account, number: str) -> KeptInvoice:
    """One of his; NotFound when it is not."""
    kept = await invoicing.numbered(platform, number)
    if kept.customer_id not in {customer.id for customer in await customers_of(platform, account)}:
        raise NotFound(f"no invoice {number}")
    return kept


async def of_charge(platform: Platform, account: Account, cdr: ObjectKey) -> OnInvoice | None:
    """Who pays for a charge of his that a CDR is of; None when it is on no invoice and will be on none."""
    sold = [item for item in await platform.store.bill_items.of(cdr) if item.purpose is Purpose.SALE]
    customer = await platform.store.customers.get(sold[-1].customer_id) if sold else None
    if customer is None:
        return None
    his = customer.id in {own.id for own in await customers_of(platform, account)}
    return OnInvoice(number=sold[-1].invoice, payer=customer.name, his=his)
