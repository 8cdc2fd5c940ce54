"""A customer who leaves: his Tokens are blocked, his last invoice is written, nothing that begins later is his."""

from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from ocpilot.app.books import ledger_views
from ocpilot.app.customers import customers
from ocpilot.app.invoicing import invoice_runs, invoicing
from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.customer_records import Customer
from ocpilot.app.kept.records import Record
from ocpilot.app.ocpi import tokens
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict


class Closed(Record, frozen=True, kw_only=True):
    """`tokens` that were his until now; `invoices` that were written; what he `owes` by currency, below zero: what we
    owe him."""

    customer: Customer
    tokens: tuple[str, ...]
    invoices: tuple[KeptInvoice, ...]
    owes: dict[str, Decimal]


async def close(platform: Platform, number: str) -> Closed:
    """Close a customer now. A charge that began before is his, and is billed as soon as its CDR comes; what is open
    stays to be paid. Done again, whatever died between, it goes on. NotFound."""
    found = await customers.numbered(platform, number)
    closed_at = found.closed_at or platform.clock()
    customer = replace(found, closed_at=closed_at)
    await platform.store.customers.save(customer)
    ended = await _block_tokens(platform, customer, closed_at)
    async for _ in invoice_runs.prepare(platform):
        pass
    written = [kept async for kept, _, _ in invoicing.run(platform, platform.clock(), number)]
    account = await ledger_views.customer_account(platform, number)
    return Closed(customer=customer, tokens=ended, invoices=tuple(written), owes=account.owes)


async def reopen(platform: Platform, number: str) -> Customer:
    """He is a customer again from now on. His Tokens stay blocked and nobody's until they are made valid and given to
    him again. Conflict when he is not closed; NotFound."""
    found = await customers.numbered(platform, number)
    if found.closed_at is None:
        raise Conflict(f"customer {number} is not closed")
    customer = replace(found, closed_at=None)
    await platform.store.customers.save(customer)
    return customer


async def _block_tokens(platform: Platform, customer: Customer, closed_at: datetime) -> tuple[str, ...]:
    """Nobody can charge any more with what is his, here and at partners, and then it is nobody's; uids."""
    for held in await platform.store.customers.tokens(customer.id):
        if held.until is not None and held.until <= max(held.since, closed_at):
            continue
        for stored, token in await tokens.known(platform, held.uid):
            if stored.peer_id is None and token.valid:
                await tokens.put(platform, replace(token, valid=False, last_updated=platform.clock()))
    ended = await platform.store.customers.end_all(customer.id, closed_at)
    await platform.store.clearings.unrate(ended)
    return ended
