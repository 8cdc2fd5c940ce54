"""A partner's statement: what CDRs of a month there are between us, what of them is agreed, invoiced, paid and open."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from ocpilot.app.book_days import books_zone
from ocpilot.app.books.reconciliation import parties_of
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.reconciliation_records import Span, StatementInvoice, StatementRow
from ocpilot.app.kept.records import Record
from ocpilot.app.months import Month
from ocpilot.app.platform import Platform
from ocpilot.app.report_paper import Words, paper, words_of
from ocpilot.base import formats
from ocpilot.base.ids import shown_party
from ocpilot.base.texts import mark
from ocpilot.billing.report import Report, Table

_STATES = {
    ClearingState.ISSUED: mark("Issued"),
    ClearingState.NEW: mark("Not looked at yet"),
    ClearingState.ACCEPTED: mark("Accepted"),
    ClearingState.HELD: mark("Held"),
    ClearingState.DISPUTED: mark("Disputed"),
    ClearingState.CREDITED: mark("Credited"),
    ClearingState.DROPPED: mark("Dropped"),
}

#: A CDR that was credited too: its Credit CDR is issued or accepted, and both come to nothing.
_AGREED = frozenset({ClearingState.ISSUED, ClearingState.ACCEPTED, ClearingState.CREDITED})


class Balance(Record, frozen=True, kw_only=True):
    """Sums of a statement in a currency, before taxes: `agreed` CDRs each way, and what of them is `invoiced`; with
    taxes, above zero where he owes us: what documents of the month come to, what of it was `paid`, what is `open`."""

    currency: str
    agreed_ours: Decimal
    agreed_theirs: Decimal
    invoiced_ours: Decimal
    invoiced_theirs: Decimal
    documents: Decimal
    paid: Decimal
    open: Decimal


class Statement(Record, frozen=True, kw_only=True):
    """One partner's month. `rows` are CDRs by direction and state, `documents` those of either side."""

    partner: str
    parties: tuple[str, ...]
    month: Month
    made_at: datetime
    balances: tuple[Balance, ...]
    rows: tuple[StatementRow, ...]
    documents: tuple[StatementInvoice, ...]


async def statement(platform: Platform, partner: str, month: Month) -> Statement:
    """The statement of a partner, by the name of its peer or a party. NotFound."""
    parties = await parties_of(platform, partner)
    since, until = month.moments(books_zone(platform))
    rows = await platform.store.statements.rows(Span(since=since, until=until, parties=parties))
    documents = await platform.store.statements.documents(parties, month.first, month.end)
    currencies = sorted({one.currency for one in rows} | {one.currency for one in documents})
    return Statement(
        partner=partner,
        parties=parties,
        month=month,
        made_at=platform.clock(),
        balances=tuple(_balance(currency, rows, documents) for currency in currencies),
        rows=rows,
        documents=documents,
    )


def _balance(currency: str, rows: tuple[StatementRow, ...], documents: tuple[StatementInvoice, ...]) -> Balance:
    mine = [one for one in rows if one.currency == currency]
    agreed = [one for one in mine if one.state in _AGREED]
    found = [one for one in documents if one.currency == currency]
    total, open_ = _sum(one.total for one in found), _sum(one.open for one in found)
    return Balance(
        currency=currency,
        agreed_ours=_sum(one.total for one in agreed if one.ours),
        agreed_theirs=_sum(one.total for one in agreed if not one.ours),
        invoiced_ours=_sum(one.invoiced for one in mine if one.ours),
        invoiced_theirs=_sum(one.invoiced for one in mine if not one.ours),
        documents=total,
        paid=total - open_,
        open=open_,
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


# ---- on paper ------------------------------------------------------------------------------------------------------


def statement_paper(platform: Platform, found: Statement, language: str = "en") -> Report:
    """The statement in a language."""
    words = words_of(language)
    translate = words.translate
    return paper(
        platform,
        words,
        title=translate(mark("Statement")),
        subject=f"{found.partner} {found.month}",
        made_at=found.made_at,
        facts=(
            (translate(mark("Partner")), found.partner),
            (translate(mark("Parties")), ", ".join(shown_party(one) for one in found.parties)),
            (translate(mark("Month")), str(found.month)),
        ),
        tables=(
            _balances(found, words),
            *(_cdrs(found, ours, words) for ours in (True, False)),
            _documents(found, words),
        ),
    )


def _balances(found: Statement, words: Words) -> Table:
    header = words.texts(
        mark("Currency"),
        mark("Our CDRs agreed"),
        mark("Invoiced"),
        mark("Their CDRs agreed"),
        mark("Invoiced"),
        mark("Invoices of the month"),
        mark("Paid"),
        mark("Left to pay"),
    )
    return Table(
        heading=words.translate(mark("In all")),
        header=header,
        rows=tuple(
            (
                one.currency,
                *(
                    words.amount(amount, one.currency)
                    for amount in (
                        one.agreed_ours,
                        one.invoiced_ours,
                        one.agreed_theirs,
                        one.invoiced_theirs,
                        one.documents,
                        one.paid,
                        one.open,
                    )
                ),
            )
            for one in found.balances
        ),
        empty=words.translate(mark("Nothing in this month")),
    )


def _cdrs(found: Statement, ours: bool, words: Words) -> Table:
    heading = mark("Our CDRs to them") if ours else mark("Their CDRs to us")
    header = (mark("State"), mark("Currency"), mark("CDRs"), mark("Energy, kWh"), mark("Excl. VAT"), mark("Invoiced"))
    return Table(
        heading=words.translate(heading),
        header=words.texts(*header),
        texts=2,
        rows=tuple(
            (
                words.translate(_STATES[one.state]),
                one.currency,
                words.count(one.cdrs),
                formats.fixed(one.kwh, words.language, 2),
                words.amount(one.total, one.currency),
                words.amount(one.invoiced, one.currency),
            )
            for one in found.rows
            if one.ours is ours
        ),
        empty=words.translate(mark("None in this month")),
    )


def _documents(found: Statement, words: Words) -> Table:
    header = (
        mark("Invoice number"),
        mark("Written by"),
        mark("Date"),
        mark("Currency"),
        mark("Incl. VAT"),
        mark("Paid"),
        mark("Left to pay"),
    )
    return Table(
        heading=words.translate(mark("Invoices of the month, above zero where they owe us")),
        header=words.texts(*header),
        texts=4,
        rows=tuple(
            (
                one.number,
                words.translate(mark("them") if one.theirs else mark("us")),
                one.day.isoformat(),
                one.currency,
                words.amount(one.total, one.currency),
                words.amount(one.total - one.open, one.currency),
                words.amount(one.open, one.currency),
            )
            for one in found.documents
        ),
        empty=words.translate(mark("None in this month")),
    )
