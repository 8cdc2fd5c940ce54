"""Invoices as people see them: with what is still open, and in a word where they stand."""

from collections.abc import Sequence
from decimal import Decimal

from ocpilot.app import invoicing
from ocpilot.app.bill_records import BillItem, KeptInvoice
from ocpilot.app.platform import Platform
from ocpilot.app.records import Record

_PAGE = 200


class Listed(Record, frozen=True):
    """An invoice and what is left to be paid of it: above zero to us, below by us."""

    kept: KeptInvoice
    open: Decimal

    @property
    def state(self) -> str:
        """`credited`, `paid`, `open`, or `credit` for a credit note."""
        if self.kept.kind.is_credit:
            return "credit"
        if self.kept.credited_by is not None:
            return "credited"
        return "open" if self.open else "paid"


async def newest(
    platform: Platform, customer: str | None = None, limit: int = 50, *, only_open: bool = False
) -> tuple[Listed, ...]:
    """The newest ones, those that are not paid in full where asked."""
    customer_id = None if customer is None else (await invoicing.customer_numbered(platform, customer)).id
    left = {one.number: one.amount for one in await platform.store.ledger.open_invoices(customer_id)}
    found: list[Listed] = []
    after: str | None = None
    while len(found) < limit:
        page = await platform.store.invoices.page(customer_id=customer_id, after=after, limit=_PAGE)
        found += _of(page, left, only_open=only_open)
        if len(page) < _PAGE:
            break
        after = page[-1].number
    return tuple(found[:limit])


async def one(platform: Platform, number: str) -> tuple[Listed, tuple[BillItem, ...]]:
    """One and what is on it; NotFound."""
    kept = await invoicing.numbered(platform, number)
    left = await platform.store.ledger.open_of(number)
    return Listed(kept, left), await platform.store.bill_items.on(number)


def _of(page: Sequence[KeptInvoice], left: dict[str, Decimal], *, only_open: bool) -> list[Listed]:
    seen = [Listed(kept, left.get(kept.number, Decimal(0))) for kept in page]
    return [one for one in seen if one.open] if only_open else seen
