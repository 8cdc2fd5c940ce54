"""A month's closing report on paper."""

from collections.abc import Iterable
from decimal import Decimal

from ocpilot.app.books.book_words import ACCOUNT, PURPOSE
from ocpilot.app.kept.book_records import MonthReport, TaxedSum, Waits
from ocpilot.app.kept.ledger_records import Balance
from ocpilot.app.months import month_of
from ocpilot.app.platform import Platform
from ocpilot.app.report_paper import Words, paper, words_of
from ocpilot.base.texts import mark
from ocpilot.billing.invoice_words import tax_name
from ocpilot.billing.report import Report, Table

_WAITS = {
    Waits.HELD: mark("Held: somebody has to look at them"),
    Waits.DISPUTED: mark("Disputed with their operator"),
    Waits.UNBILLED: mark("Accepted, and billed to nobody"),
    Waits.UNINVOICED: mark("On no invoice yet"),
}


def month_paper(platform: Platform, found: MonthReport, language: str = "en") -> Report:
    """The report in a language."""
    words = words_of(language)
    translate = words.translate
    state = mark("Closed") if found.closed else mark("Open")
    whole = mark("Whole") if not found.broken_seals else mark("Broken: {numbers}")
    balanced = mark("Balanced") if not found.unbalanced else mark("Out of balance: {currencies}")
    return paper(
        platform,
        words,
        title=translate(mark("Closing report")),
        subject=str(month_of(found.month)),
        made_at=found.made_at,
        facts=(
            (translate(mark("Month")), translate(state)),
            (translate(mark("Ledger")), translate(balanced).format(currencies=", ".join(found.unbalanced))),
            (translate(mark("Seals of invoices")), translate(whole).format(numbers=", ".join(found.broken_seals))),
        ),
        tables=(
            _revenue(found, words),
            _waiting(found, words),
            _ages(found, words),
            _debts(found, words),
            _accounts(mark("Payments that belong to nothing yet"), found.unmatched, words),
            _accounts(mark("Accounts in the month"), found.balances, words),
            _accounts(mark("Accounts at its end"), found.standing, words),
        ),
    )


def _revenue(found: MonthReport, words: Words) -> Table:
    header = (mark("What for"), mark("Country"), mark("Tax"), mark("Currency"), mark("Excl. VAT"), mark("VAT"))
    return Table(
        heading=words.translate(mark("Invoiced and sold by receipt, by purpose, country and tax")),
        header=words.texts(*header),
        texts=4,
        rows=tuple(_taxed(one, words) for one in found.revenue),
        empty=words.translate(mark("No invoice and no receipt in this month")),
    )


def _taxed(one: TaxedSum, words: Words) -> tuple[str, ...]:
    sign = Decimal(-1 if one.ours_to_pay else 1)
    return (
        words.translate(PURPOSE[one.purpose]),
        one.tax.country or "–",
        f"{tax_name(one.tax, words.translate)} {one.tax.rate.normalize():f} % ({one.tax.category})",
        one.currency,
        words.amount(sign * one.base, one.currency),
        words.amount(sign * one.amount, one.currency),
    )


def _waiting(found: MonthReport, words: Words) -> Table:
    return Table(
        heading=words.translate(mark("Charges that are not on an invoice")),
        header=words.texts(mark("Why"), mark("Currency"), mark("CDRs"), mark("Excl. VAT")),
        texts=2,
        rows=tuple(
            (
                words.translate(_WAITS[one.why]),
                one.currency,
                words.count(one.cdrs),
                words.amount(one.total, one.currency),
            )
            for one in found.waiting
        ),
        empty=words.translate(mark("Every charge is on an invoice or a receipt")),
    )


def _ages(found: MonthReport, words: Words) -> Table:
    return Table(
        heading=words.translate(mark("Open by age")),
        header=words.texts(
            mark("Account"), mark("Currency"), mark("Days at least"), mark("Count"), mark("Left to pay")
        ),
        texts=2,
        rows=tuple(
            (
                words.translate(ACCOUNT[one.account]),
                one.currency,
                str(one.days),
                words.count(one.invoices),
                words.amount(one.amount, one.currency),
            )
            for one in found.ages
        ),
        empty=words.translate(mark("Nothing is open")),
    )


def _debts(found: MonthReport, words: Words) -> Table:
    return Table(
        heading=words.translate(mark("Open invoices and receipts, the oldest first")),
        header=words.texts(mark("Number"), mark("Customer"), mark("Since"), mark("Currency"), mark("Left to pay")),
        texts=4,
        rows=tuple(
            (one.number, one.customer, one.since.isoformat(), one.currency, words.amount(one.amount, one.currency))
            for one in found.debts
        ),
        empty=words.translate(mark("Nothing is open")),
    )


def _accounts(heading: str, balances: Iterable[Balance], words: Words) -> Table:
    return Table(
        heading=words.translate(heading),
        header=words.texts(mark("Account"), mark("Currency"), mark("Debit"), mark("Credit"), mark("Balance")),
        texts=2,
        rows=tuple(
            (
                words.translate(ACCOUNT[one.account]),
                one.currency,
                words.amount(one.debit, one.currency),
                words.amount(one.credit, one.currency),
                words.amount(one.amount, one.currency),
            )
            for one in balances
        ),
        empty=words.translate(mark("Nothing")),
    )
