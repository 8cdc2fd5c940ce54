"""Double entry: what an invoice or a payment does to the accounts. Every entry balances, per currency."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.billing.invoice import Invoice, InvoiceKind


class Account(StrEnum):
    """What money is; which number of a chart of accounts that is stands in the settings."""

    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    REVENUE = "revenue"
    PURCHASES = "purchases"
    VAT_OUT = "vat_out"
    VAT_IN = "vat_in"
    REVENUE_SHARE = "revenue_share"
    REIMBURSEMENT = "reimbursement"
    BANK = "bank"
    CARDS = "cards"
    CARD_FEES = "card_fees"
    REMINDER_FEES = "reminder_fees"
    ROUNDING = "rounding"
    UNMATCHED = "unmatched"
    BAD_DEBTS = "bad_debts"


class LedgerLine(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` is a debit above zero, a credit below. `customer_id` and `invoice` say whose debt it is, and which."""

    account: Account
    amount: Decimal
    currency: str
    customer_id: int | None = None
    invoice: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `key` says what it is of (`invoice/F-000001`): the same thing is never booked twice."""

    key: str
    day: date
    text: str
    lines: tuple[LedgerLine, ...]


class Unbalanced(ValueError):
    """An entry whose lines do not come to zero; nothing may ever store one."""


def entry(key: str, day: date, text: str, lines: Iterable[LedgerLine]) -> Entry:
    """An entry without lines of zero. Unbalanced when debit and credit differ in a currency."""
    kept = tuple(line for line in lines if line.amount)
    sums: dict[str, Decimal] = {}
    for line in kept:
        sums[line.currency] = sums.get(line.currency, Decimal(0)) + line.amount
    wrong = {currency: amount for currency, amount in sums.items() if amount}
    if wrong:
        raise Unbalanced(f"{key}: debit and credit differ by {wrong}")
    return Entry(key=key, day=day, text=text, lines=kept)


def entry_of(invoice: Invoice, customer_id: int, account: Account) -> Entry:
    """What an invoice does: somebody owes us, or we owe him (self-billed, credit advice); `account` is what it is for,
    such as REVENUE or PURCHASES."""
    kind = invoice.terms.kind
    debt = debt_account(kind)
    side = side_of(kind)
    lines = [
        LedgerLine(
            account=debt,
            amount=side * (invoice.total + invoice.rounding),
            currency=invoice.currency,
            customer_id=customer_id,
            invoice=settled_with(invoice),
        ),
        *_other_side(invoice, -side, account, Account.VAT_IN if debt is Account.PAYABLE else Account.VAT_OUT),
    ]
    return entry(f"invoice/{invoice.number}", invoice.issued_on, f"{kind.replace('_', ' ')} {invoice.number}", lines)


def taken_back(number: str, day: date, beside: Iterable[LedgerLine]) -> Entry:
    """What was booked beside an invoice that is credited, its reminders and its write-off, falls with it."""
    lines = (msgspec.structs.replace(line, amount=-line.amount) for line in beside)
    return entry(f"credited/{number}", day, f"reminders and write-off of {number}, which was credited", lines)


def given_up_less(debt: LedgerLine, lost: LedgerLine, back: Decimal, note: str, day: date) -> Entry:
    """`back` of what was given up of an invoice (`lost`, of its `debt`) was taken back by a credit note instead."""
    key, text = f"write-off/{debt.invoice}/{note}", f"write-off of {debt.invoice}, of which {note} took some back"
    lines = (
        msgspec.structs.replace(lost, amount=-back),
        msgspec.structs.replace(debt, amount=back),
    )
    return entry(key, day, text, lines)


def debt_account(kind: InvoiceKind) -> Account:
    """Where the total of a document of this kind stands until it is paid."""
    ours_to_pay = kind.is_ours_to_pay or kind is InvoiceKind.SELF_BILLED_CREDIT
    return Account.PAYABLE if ours_to_pay else Account.RECEIVABLE


def settled_with(invoice: Invoice) -> str:
    """The number under which it is open: that of the invoice which a credit note takes back, else its own."""
    return (invoice.terms.credits or invoice.number) if invoice.terms.kind.is_credit else invoice.number


def side_of(kind: InvoiceKind) -> int:
    """1 where a document makes a debit of what is owed (somebody owes us more, or we owe less), else -1."""
    return -1 if kind.is_credit is not (debt_account(kind) is Account.PAYABLE) else 1


def _other_side(invoice: Invoice, side: int, account: Account, vat: Account) -> Iterator[LedgerLine]:
    for name, amount in ((account, invoice.net), (vat, invoice.tax), (Account.ROUNDING, invoice.rounding)):
        yield LedgerLine(account=name, amount=side * amount, currency=invoice.currency, invoice=invoice.number)
