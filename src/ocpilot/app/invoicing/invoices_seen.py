"""Invoices as people see them: a page of them, or one with all that is on it and happened to it."""

from datetime import datetime

from ocpilot.app import book_days, months
from ocpilot.app.invoicing import invoicing
from ocpilot.app.kept.bill_records import BillItem, InvoiceQuery, Listed
from ocpilot.app.kept.customer_records import Customer
from ocpilot.app.kept.ledger_records import KeptEntry
from ocpilot.app.kept.records import Record
from ocpilot.app.kept.sending_records import Sending
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound

#: No books are older; the first year of the calendar is in no time zone.
_FIRST_YEAR = 2000


class InvoiceView(Record, frozen=True, kw_only=True):
    """One with its customer, what is on it, what it did to the books, and every attempt to send it."""

    listed: Listed
    customer: Customer
    items: tuple[BillItem, ...]
    entries: tuple[KeptEntry, ...]
    sendings: tuple[Sending, ...]


async def query(
    platform: Platform,
    customer: str | None = None,
    month: str | None = None,
    after: str | None = None,
    limit: int = 50,
    *,
    only_open: bool = False,
    only_unsent: bool = False,
) -> InvoiceQuery:
    """`customer` is his number, `month` such as `2026-11` of the books' calendar; NotFound, UserError."""
    ids = None if customer is None else ((await invoicing.customer_numbered(platform, customer)).id,)
    since, until = (None, None) if month is None else days_of(platform, month)
    return InvoiceQuery(
        customer_ids=ids,
        since=since,
        until=until,
        only_open=only_open,
        only_unsent=only_unsent,
        after=after,
        limit=limit,
    )


def days_of(platform: Platform, month: str) -> tuple[datetime, datetime]:
    """When a month of the books begins and ends; UserError when it is none."""
    return months.parse(month).moments(book_days.books_zone(platform))


async def one(platform: Platform, number: str) -> tuple[Listed, tuple[BillItem, ...]]:
    """One and what is on it; NotFound."""
    kept = await invoicing.numbered(platform, number)
    left = await platform.store.ledger.open_of(number)
    return Listed(kept, left), await platform.store.bill_items.on(number)


async def view(platform: Platform, number: str) -> InvoiceView:
    """All about one; NotFound."""
    listed, items = await one(platform, number)
    customer = await platform.store.customers.get(listed.kept.customer_id)
    if customer is None:
        raise NotFound(f"invoice {number}: no customer {listed.kept.customer_id}")
    return InvoiceView(
        listed=listed,
        customer=customer,
        items=items,
        entries=await platform.store.ledger.of_invoice(number),
        sendings=await platform.store.sendings.of(number),
    )
