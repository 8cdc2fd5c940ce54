"""What receipts that were paid by card come to in a month by tax, as it stands in the ledger: what was given back of
them is taken off."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec.structs import replace

from ocpilot.app.invoicing.receipts import paper_of
from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.book_records import TaxedSum
from ocpilot.app.kept.ledger_records import KeptEntry
from ocpilot.app.months import Month
from ocpilot.app.platform import Platform
from ocpilot.billing import card_sales
from ocpilot.billing.taxes import Tax, TaxRow

_PAGE = 1000


async def revenue(platform: Platform, month: Month, home: str) -> tuple[TaxedSum, ...]:
    """One for each currency and tax, by the days of the ledger. What does not say of which country it is belongs to
    `home`, the country of the books."""
    sums: dict[tuple[str, Tax], TaxedSum] = {}
    after = 0
    while page := await platform.store.ledger.entries(
        since=month.first, until=month.end, kinds=card_sales.KINDS, after=after, limit=_PAGE
    ):
        after = page[-1].number
        for currency, row in await _rows(platform, page, home):
            before = sums.get((currency, row.tax), _none_of(currency, row.tax))
            sums[currency, row.tax] = replace(
                before, base=before.base + row.base, amount=before.amount + row.amount, invoices=before.invoices + 1
            )
    return tuple(sums[key] for key in sorted(sums, key=lambda one: (one[1].country, one)))


async def _rows(platform: Platform, entries: Sequence[KeptEntry], home: str) -> Iterator[tuple[str, TaxRow]]:
    numbers = {line.invoice for one in entries for line in one.entry.lines if line.invoice}
    receipts = await platform.store.documents.receipts(numbers)
    taxes = {one.number: card_sales.taxes_of(paper_of(one), home) for one in receipts}
    return ((one.entry.lines[0].currency, row) for one in entries for row in card_sales.taxed(one.entry, taxes, home))


def _none_of(currency: str, tax: Tax) -> TaxedSum:
    return TaxedSum(
        purpose=Purpose.CARD,
        ours_to_pay=False,
        currency=currency,
        tax=tax,
        base=Decimal(0),
        amount=Decimal(0),
        invoices=0,
    )
