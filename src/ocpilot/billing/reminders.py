"""When an invoice that is late is reminded of, what that costs, and what the reminder says.

A reminder comes so many days after the invoice was due; one that came late moves those after it, so that there are
always as many days between two as the rule says. Interest is of the invoice alone, not of fees, from the day it was due
or was told last. Fee and interest are open on the invoice itself (one reference pays all of it) and are no supply, so
without VAT: a ledger entry, not a line of the next invoice, which somebody who has stopped charging never gets.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from ocpilot.base import formats
from ocpilot.base.money import HALF_UP
from ocpilot.base.money_settings import ReminderSettings
from ocpilot.base.texts import Translate, mark, translator
from ocpilot.billing.invoice import Invoice
from ocpilot.billing.ledger import Account, Entry, LedgerLine, entry
from ocpilot.billing.paper_languages import language_of

_YEAR = 365
#: Days somebody has after a reminder.
_DAYS_TO_PAY = 10
_TITLES = (mark("Reminder"), mark("Second reminder"), mark("Last reminder"))
_FIRST = mark(
    "We have not seen your payment of invoice {number}, which was due on {due}. {open} is still open. If you have paid "
    "in the last few days, thank you: this crossed your payment."
)
_LATER = mark("Invoice {number} was due on {due}, and {open} is still open, though we reminded you of it before.")


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """One, as it was issued: `open` was left of the invoice, `fee` and `interest` came to it. `level` counts from 1.
    `title` and `paragraphs` are its words, in the language of the invoice."""

    invoice: str
    level: int
    day: date
    pay_by: date
    currency: str
    open: Decimal
    fee: Decimal
    interest: Decimal
    reference: str
    language: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def to_pay(self) -> Decimal:
        """All of it."""
        return self.open + self.fee + self.interest


def due_level(levels: Sequence[ReminderSettings], due_on: date, sent: Sequence[Reminder], today: date) -> int | None:
    """Which reminder is due, from 1; None: none is. `sent` are those that went out, in order."""
    number = len(sent)
    if number >= len(levels):
        return None
    earliest = due_on + timedelta(days=levels[number].days)
    if sent:
        between = levels[number].days - levels[number - 1].days
        earliest = max(earliest, sent[-1].day + timedelta(days=between))
    return number + 1 if today >= earliest else None


def interest(late: Decimal, rate: Decimal, since: date, until: date, currency: str) -> Decimal:
    """Simple interest of what is late, `rate` in per cent a year of 365 days."""
    days = max((until - since).days, 0)
    return HALF_UP.round(late * rate * days / 100 / _YEAR, currency)


def reminder_of(
    invoice: Invoice,
    is_open: Decimal,
    sent: Sequence[Reminder],
    *,
    level: ReminderSettings,
    rate: Decimal,
    today: date,
) -> Reminder:
    """The next one after those sent. The invoice has a day it was due on."""
    due_on = invoice.due_on or invoice.issued_on
    added = sum((one.fee + one.interest for one in sent), Decimal(0))
    late = max(is_open - added, Decimal(0))
    reminder = Reminder(
        invoice=invoice.number,
        level=len(sent) + 1,
        day=today,
        pay_by=today + timedelta(days=_DAYS_TO_PAY),
        currency=invoice.currency,
        open=is_open,
        fee=HALF_UP.round(level.fee, invoice.currency) if level.currency == invoice.currency else Decimal(0),
        interest=interest(late, rate, sent[-1].day if sent else due_on, today, invoice.currency),
        reference=invoice.payment_reference,
        language=language_of(invoice.terms.language),
        title="",
        paragraphs=(),
    )
    translate = translator(reminder.language)
    return msgspec.structs.replace(
        reminder,
        title=translate(_TITLES[min(reminder.level, len(_TITLES)) - 1]),
        paragraphs=tuple(_paragraphs(reminder, due_on, level.text, translate)),
    )


def entry_of(reminder: Reminder, customer_id: int) -> Entry:
    """Fee and interest, open on the invoice they are of; without lines when there are none."""
    added = reminder.fee + reminder.interest
    debt = LedgerLine(
        account=Account.RECEIVABLE,
        amount=added,
        currency=reminder.currency,
        customer_id=customer_id,
        invoice=reminder.invoice,
    )
    earned = LedgerLine(account=Account.REMINDER_FEES, amount=-added, currency=reminder.currency)
    text = f"reminder {reminder.level} of {reminder.invoice}"
    return entry(f"reminder/{reminder.invoice}/{reminder.level}", reminder.day, text, (debt, earned))


def _paragraphs(reminder: Reminder, due_on: date, own: str, translate: Translate) -> list[str]:
    def money(amount: Decimal) -> str:
        return formats.money(amount, reminder.currency, reminder.language)

    def day(one: date) -> str:
        return formats.date_in_full(one, reminder.language)

    said = own or translate(_FIRST if reminder.level == 1 else _LATER)
    for name, value in (("number", reminder.invoice), ("due", day(due_on)), ("open", money(reminder.open))):
        said = said.replace("{" + name + "}", value)
    added = [
        translate(text).format(amount=money(amount))
        for text, amount in (
            (mark("A reminder fee of {amount} is added."), reminder.fee),
            (mark("Interest of {amount} is added."), reminder.interest),
        )
        if amount
    ]
    ask = translate(mark("Please pay {amount} by {day} and name the reference {reference}."))
    pay = ask.format(amount=money(reminder.to_pay), day=day(reminder.pay_by), reference=reminder.reference)
    return [said, *added, pay]
