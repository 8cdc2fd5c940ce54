"""The books of a month: its closing report, closing it, and its entries for a bookkeeping program."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby

import msgspec
from msgspec.structs import replace

from ocpilot import __version__
from ocpilot.app.book_days import books_zone, today
from ocpilot.app.books import card_revenue
from ocpilot.app.invoicing.receipts import paper_of
from ocpilot.app.kept.book_records import AgeSum, ClosedMonth, MonthReport, OpenDebt
from ocpilot.app.kept.ledger_records import Balance, KeptEntry
from ocpilot.app.months import Month
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, SettingsError, UserError
from ocpilot.billing import card_sales
from ocpilot.billing.chart import Chart, UnknownAccount, chart_of, postings
from ocpilot.billing.entries_csv import entries_csv
from ocpilot.billing.exchange import ExchangeRate
from ocpilot.billing.ledger import Account
from ocpilot.billing.sie import Books, Voucher, sie

_PAGE = 1000
#: Debts that a report names; its sums count all.
_NAMED = 500
#: Days after which what is open belongs to the next sum.
_AGES = (0, 30, 60, 90)


class ExportFormat(StrEnum):
    """What entries are written as."""

    SIE = "sie"
    CSV = "csv"


# ---- the closing report --------------------------------------------------------------------------------------------


async def report(platform: Platform, month: Month) -> MonthReport:
    """A month as it was when it was closed, or as it is now."""
    closed = await platform.store.books.closed_month(month.first)
    if closed is None:
        return await _report(platform, month)
    return msgspec.json.decode(closed.report, type=MonthReport) if closed.report else await _closing(platform, month)


async def _closing(platform: Platform, month: Month) -> MonthReport:
    """The report of a month that is closed, kept; also where whoever closed it died before he had made it."""
    found = await _report(platform, month, closed=True)
    await platform.store.books.keep_report(month.first, msgspec.json.encode(found).decode())
    kept = await platform.store.books.closed_month(month.first)
    return msgspec.json.decode(kept.report, type=MonthReport) if kept else found


async def _report(platform: Platform, month: Month, *, closed: bool = False) -> MonthReport:
    store, ledger = platform.store.books, platform.store.ledger
    standing = await ledger.balances(until=month.end)
    debts = await store.debts(month.end)
    return MonthReport(
        month=month.first,
        made_at=platform.clock(),
        closed=closed,
        revenue=(
            *await store.revenue(month.first, month.end),
            *await card_revenue.revenue(platform, month, _home(platform)),
        ),
        waiting=await store.waiting(month.moments(books_zone(platform))[1]),
        ages=_ages(debts, month.end),
        debts=debts[:_NAMED],
        unmatched=tuple(one for one in standing if one.account is Account.UNMATCHED and one.amount),
        balances=await ledger.balances(since=month.first, until=month.end),
        standing=standing,
        unbalanced=_unbalanced(standing),
        broken_seals=await broken_seals(platform),
    )


async def broken_seals(platform: Platform) -> tuple[str, ...]:
    """Invoices of all our series whose seal is broken, or numbers that are missing."""
    series = platform.settings.billing.document_series
    return tuple([number for one in series for number in await platform.store.invoices.broken_seals(one)])


def _ages(debts: Collection[OpenDebt], end: date) -> tuple[AgeSum, ...]:
    def place(debt: OpenDebt) -> tuple[Account, str, int]:
        account = Account.RECEIVABLE if debt.amount > 0 else Account.PAYABLE
        return account, debt.currency, max(days for days in _AGES if days <= (end - debt.since).days)

    return tuple(
        AgeSum(account=account, currency=currency, days=days, invoices=len(found), amount=_sum(found))
        for (account, currency, days), found in (
            (key, list(group)) for key, group in groupby(sorted(debts, key=place), key=place)
        )
    )


def _sum(debts: Collection[OpenDebt]) -> Decimal:
    return sum((one.amount for one in debts), Decimal(0))


def _unbalanced(balances: Collection[Balance]) -> tuple[str, ...]:
    sums: dict[str, Decimal] = {}
    for one in balances:
        sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.amount
    return tuple(sorted(currency for currency, amount in sums.items() if amount))


# ---- closing -------------------------------------------------------------------------------------------------------


async def close(platform: Platform, month: Month, who: str) -> MonthReport:
    """Close a month for good: what belongs to it and comes later is booked in an open month.

    Conflict when it is not over, is closed, or one before it is not, and when the books do not hold: the ledger out of
    balance, an invoice tampered with. What is open (unbilled, unpaid) is reported and holds nothing up.
    """
    if today(platform) < month.end:
        raise Conflict(f"{month} is not over; it can be closed from {month.end} on")

    found = await _report(platform, month)
    if found.unbalanced or found.broken_seals:
        raise Conflict(f"{month}: the books do not hold: {', '.join((*found.unbalanced, *found.broken_seals))}")
    books = msgspec.json.encode(books_of(platform, month, today(platform))).decode()
    await platform.store.books.close(month.first, platform.clock(), who, books)
    return await _closing(platform, month)


async def closed(platform: Platform) -> tuple[ClosedMonth, ...]:
    """Every closed month, the newest first."""
    return await platform.store.books.closed()


# ---- export --------------------------------------------------------------------------------------------------------


def books_of(platform: Platform, month: Month, made_on: date) -> Books:
    """What an export says beside the entries, by the settings."""
    seller, billing = platform.settings.seller, platform.settings.billing
    return Books(
        company=seller.name or platform.settings.name,
        organisation_number=seller.organisation_number,
        version=__version__,
        made_on=made_on,
        year=month.year(billing.year_begins),
        series=billing.voucher_series,
        home=_home(platform),
        accounts=dict(billing.accounts),
        currency=platform.settings.charging.currency,
        series_of=dict(billing.voucher_series_of),
        rates=tuple(ExchangeRate(currency=x.currency, since=x.since, rate=x.rate) for x in billing.exchange_rates),
    )


def _home(platform: Platform) -> str:
    """The country the books are kept in."""
    return platform.settings.seller.country or "SE"


async def export(platform: Platform, month: Month, form: ExportFormat, currency: str | None = None) -> bytes:
    """The entries of a month in one currency; of a closed month always the same bytes.

    UserError when there are several currencies and none was named.
    """
    found = await platform.store.books.currencies(month.first, month.end)
    wanted = currency or (found[0] if len(found) == 1 else None)
    if wanted is None and found:
        raise UserError(f"{month} has entries in {', '.join(found)}; name one: --currency {found[0]}")
    kept = await platform.store.books.closed_month(month.first)
    books = msgspec.json.decode(kept.books, type=Books) if kept else books_of(platform, month, today(platform))
    wanted = wanted or platform.settings.charging.currency
    vouchers = await _vouchers(platform, month, wanted, books)
    try:
        if form is ExportFormat.SIE:
            return sie(books, wanted, vouchers)
        return entries_csv(books.series_in(wanted), vouchers, books.currency)
    except ValueError as error:
        raise UserError(f"{month} cannot be written as {form}: {error}") from error


async def _vouchers(platform: Platform, month: Month, currency: str, books: Books) -> Sequence[Voucher]:
    """Numbered on from the months of the year before it: they are closed first, so that a number stays."""
    try:
        chart = chart_of(books.home, books.accounts)
    except UnknownAccount as error:
        raise SettingsError(str(error)) from error
    number = await platform.store.books.entries_before(books.year[0], month.first, currency)
    vouchers: list[Voucher] = []
    after = 0
    while page := await platform.store.ledger.entries(since=month.first, until=month.end, after=after, limit=_PAGE):
        after = page[-1].number
        mine = [one for one in page if any(line.currency == currency for line in one.entry.lines)]
        vouchers += await _numbered(platform, mine, number + len(vouchers), chart, currency)
    return [replace(one, rate=books.rate_on(one.day, currency)) for one in vouchers]


async def _numbered(
    platform: Platform, entries: Sequence[KeptEntry], before: int, chart: Chart, currency: str
) -> list[Voucher]:
    named = {line.invoice for one in entries for line in one.entry.lines if line.invoice}
    receipts = await platform.store.documents.receipts(named)
    taxes = {
        **await platform.store.books.taxes(named),
        **{one.number: card_sales.taxes_of(paper_of(one)) for one in receipts},
    }
    return [
        Voucher(
            number=place,
            key=one.entry.key,
            day=one.entry.day,
            text=one.entry.text,
            booked_on=_day(platform, one.at),
            postings=tuple(posting for posting in postings(one.entry, taxes, chart) if posting.currency == currency),
        )
        for place, one in enumerate(entries, start=before + 1)
    ]


def _day(platform: Platform, at: datetime) -> date:
    return at.astimezone(books_zone(platform)).date()
