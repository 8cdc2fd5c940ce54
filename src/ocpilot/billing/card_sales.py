"""What a sale without an invoice does to the accounts: by its receipt, and by the card that pays for it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ocpilot.base.money import HALF_UP
from ocpilot.billing.chart import chart_of, postings
from ocpilot.billing.ledger import Account, Entry, LedgerLine, entry
from ocpilot.billing.receipt import Receipt, VatRow
from ocpilot.billing.taxes import Tax, TaxCategory, TaxRow

#: What leads the keys of the entries in which revenue and VAT of a receipt stand.
SALE, REFUND = "receipt/", "card-refund/"
#: The kinds of these entries, which is what stands before the first `/` of a key.
KINDS = tuple(one.removesuffix("/") for one in (SALE, REFUND))
#: What was sold and what became of it, as against what was paid.
SOLD = frozenset({Account.REVENUE, Account.VAT_OUT, Account.ROUNDING, Account.BAD_DEBTS})


def sale(receipt: Receipt, captured: Decimal, day: date, rest: Account = Account.BAD_DEBTS, *, turn: int = 0) -> Entry:
    """The whole receipt is sold; what was not taken from the card goes to `rest`: nobody asks the driver for it, or he
    owes it. `turn` counts the times it was sold or taken back before."""
    total = receipt.total.shown
    taken = (Account.CARDS, captured), (rest, total - captured)
    sold = tuple((account, -amount) for account, amount in _parts(receipt, Decimal(1)))
    by_card = "" if rest is Account.RECEIVABLE else ", by card"
    return _entry(_key(receipt, turn), day, f"receipt {receipt.number}{by_card}", receipt, (*taken, *sold))


def unsold(receipt: Receipt, standing: Mapping[Account, Decimal], against: Account, day: date, *, turn: int) -> Entry:
    """What of the sale is `standing` falls, and whoever owed it no longer does: what was paid of it is owed to him."""
    back = [(account, -amount) for account, amount in standing.items()]
    owed = (against, sum(standing.values(), Decimal(0)))
    return _entry(_key(receipt, turn), day, f"receipt {receipt.number} taken back", receipt, (*back, owed))


def instead(receipt: Receipt, before: Sequence[LedgerLine], day: date, rest: Account = Account.BAD_DEBTS) -> Entry:
    """The sale of a receipt that stands in for others of the same charge, of which these lines are in the books: they
    are taken back, and what was taken from the card for them was taken for it."""
    taken = sum((line.amount for line in before if line.account is Account.CARDS), Decimal(0))
    sold = sale(receipt, taken, day, rest)
    others = ", ".join(dict.fromkeys(line.invoice or "" for line in before))
    back = (msgspec.structs.replace(line, amount=-line.amount) for line in before)
    return entry(sold.key, day, f"{sold.text}, instead of {others}", [*back, *sold.lines])


def refund(receipt: Receipt, amount: Decimal, number: str, day: date, beyond: Decimal = Decimal(0)) -> Entry:
    """`amount` of it went back to the card; VAT and revenue go back in the same share, but for what had been taken
    `beyond` the receipt. `number` tells one refund of a payment from the next."""
    total = receipt.total.shown
    share = (amount - beyond) / total if total else Decimal(0)
    given = {**dict(_parts(receipt, share)), Account.BAD_DEBTS: beyond}
    given[Account.ROUNDING] = given.get(Account.ROUNDING, Decimal(0)) + amount - sum(given.values(), Decimal(0))
    lines = (*given.items(), (Account.CARDS, -amount))
    return _entry(f"{REFUND}{number}", day, f"refund of receipt {receipt.number}", receipt, lines)


def moved(receipt: Receipt, captured: Decimal, before: Decimal, key: str, *, day: date, of: Account) -> Entry:
    """More of a receipt was taken than was booked `before`, or less: from `of` to CARDS, or back."""
    lines = ((Account.CARDS, captured - before), (of, before - captured))
    return _entry(key, day, f"receipt {receipt.number}, by card: {captured} instead of {before}", receipt, lines)


def taxes_of(receipt: Receipt, otherwise: str = "") -> tuple[TaxRow, ...]:
    """Its rows of VAT, which is that of the country of the charge; where the receipt does not say which that was, of
    the country that is named `otherwise`, and none without."""
    country = receipt.charge.country or otherwise
    return tuple(_tax_row(one, country) for one in receipt.vat) if country else ()


def taxed(booked: Entry, taxes: Mapping[str, Sequence[TaxRow]], home: str) -> Iterator[TaxRow]:
    """What an entry of receipts made of revenue and VAT, by tax: above zero what was sold, below what was given back.
    `taxes` are the rows of each receipt by number; what has none is without VAT, of `home`."""
    found: dict[Tax, dict[Account, Decimal]] = {}
    for posting in postings(booked, taxes, chart_of(home, {})):
        if posting.account in {Account.REVENUE, Account.VAT_OUT}:
            sums = found.setdefault(posting.tax or Tax(category=TaxCategory.ZERO, country=home), {})
            sums[posting.account] = sums.get(posting.account, Decimal(0)) - posting.amount
    for tax, sums in found.items():
        yield TaxRow(tax=tax, base=sums.get(Account.REVENUE, Decimal(0)), amount=sums.get(Account.VAT_OUT, Decimal(0)))


def _key(receipt: Receipt, turn: int) -> str:
    return f"{SALE}{receipt.number}/{turn}" if turn else f"{SALE}{receipt.number}"


def _tax_row(row: VatRow, country: str) -> TaxRow:
    rate, amount = row.rate or Decimal(0), row.amount
    vat = amount.vat or Decimal(0)
    return TaxRow(
        tax=Tax(category=TaxCategory.STANDARD if rate else TaxCategory.ZERO, rate=rate, country=country),
        base=amount.shown - vat if amount.excl is None else amount.excl,
        amount=vat,
    )


def _parts(receipt: Receipt, share: Decimal) -> Iterator[tuple[Account, Decimal]]:
    """Revenue, VAT and what rounding left between them, which together are the share of the total."""
    total, currency = receipt.total, receipt.currency
    shown = total.shown
    vat = total.vat or Decimal(0)
    excl = shown - vat if total.excl is None else total.excl
    parts = {Account.REVENUE: excl, Account.VAT_OUT: vat, Account.ROUNDING: shown - excl - vat}
    for account, amount in parts.items():
        yield account, HALF_UP.round(amount * share, currency)


def _entry(key: str, day: date, text: str, receipt: Receipt, lines: tuple[tuple[Account, Decimal], ...]) -> Entry:
    return entry(key, day, text, _lines(lines, receipt.currency, receipt.number))


def _lines(lines: tuple[tuple[Account, Decimal], ...], currency: str, receipt: str) -> Iterator[LedgerLine]:
    for account, amount in lines:
        yield LedgerLine(account=account, amount=amount, currency=currency, invoice=receipt)
