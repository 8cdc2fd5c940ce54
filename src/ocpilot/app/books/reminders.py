"""Reminders: which invoices are late, the next reminder of one, and giving up what nobody will pay."""

import asyncio
from collections.abc import Iterator, Sequence
from decimal import Decimal

from ocpilot.app import book_days
from ocpilot.app.books.ledger_views import owed
from ocpilot.app.books.payment_matching import debt_of
from ocpilot.app.invoicing.invoice_mail import sender_domain
from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.mailing import Attachment, Mail
from ocpilot.app.kept.records import Record
from ocpilot.app.kept.reminder_records import LateInvoice
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.billing import reminders as rules
from ocpilot.billing.ledger import Account, Entry, LedgerLine, entry
from ocpilot.billing.reminder_pdf import reminder_pdf
from ocpilot.billing.reminders import Reminder
from ocpilot.billing.settling import Debt


class DueReminder(Record, frozen=True, kw_only=True):
    """An invoice whose next reminder is due, which level that is, and how many days it is late."""

    late: LateInvoice
    level: int
    days: int


async def due(platform: Platform) -> Sequence[DueReminder]:
    """Invoices to be reminded of today, by `[billing] reminders`; none without that setting, and none of a customer who
    owes nothing in all. Oldest first."""
    levels, today = platform.settings.billing.reminders, book_days.today(platform)
    if not levels:
        return []
    found = []
    for late in await platform.store.reminders.open_invoices():
        due_on = late.invoice.invoice.due_on
        level = rules.due_level(levels, due_on, late.sent, today) if due_on else None
        if due_on and level is not None and await _owes_in_all(platform, late.invoice) > 0:
            found.append(DueReminder(late=late, level=level, days=(today - due_on).days))
    return found


async def _owes_in_all(platform: Platform, kept: KeptInvoice) -> Decimal:
    """By the customer of an invoice, in its currency: nobody is reminded of what only waits to be set off."""
    return (await owed(platform, kept.customer_id)).get(kept.invoice.currency, Decimal(0))


async def remind(platform: Platform, number: str) -> Reminder:
    """The next reminder of an invoice, each level once, with its fee and interest in the books.

    NotFound; Conflict when none is due: it is paid, or not late enough, or had them all, or its customer owes nothing
    in all. Sending it is the caller's.
    """
    kept = await platform.store.invoices.get(number)
    if kept is not None and await platform.store.ledger.open_of(number) > 0 >= await _owes_in_all(platform, kept):
        raise Conflict(
            f"invoice {number}: its customer owes nothing in all: match the payment that is his, or set the invoice "
            "off against what we owe him"
        )
    billing, today = platform.settings.billing, book_days.today(platform)

    def decide(late: LateInvoice) -> tuple[Reminder, Entry]:
        invoice = late.invoice.invoice
        level = None
        if invoice.due_on is not None and late.open > 0 and late.invoice.credited_by is None:
            level = rules.due_level(billing.reminders, invoice.due_on, late.sent, today)
        if level is None:
            raise Conflict(
                f"invoice {number}: no reminder is due ({late.open} {invoice.currency} open, due on "
                f"{invoice.due_on or 'no day'}, {len(late.sent)} of {len(billing.reminders)} reminders sent)"
            )
        made = rules.reminder_of(
            invoice,
            late.open,
            late.sent,
            level=billing.reminders[level - 1],
            rate=billing.late_interest,
            today=today,
        )
        return made, rules.entry_of(made, late.invoice.customer_id)

    return await platform.store.reminders.add(number, decide)


async def of_invoice(platform: Platform, number: str, level: int) -> Reminder:
    """A reminder that went out. NotFound."""
    sent = await platform.store.reminders.of(number)
    if not 1 <= level <= len(sent):
        raise NotFound(f"no reminder {level} of {number}")
    return sent[level - 1]


async def newest(platform: Platform, number: str) -> Reminder:
    """The last reminder of an invoice that went out. NotFound."""
    return await of_invoice(platform, number, len(await platform.store.reminders.of(number)))


async def paper(platform: Platform, reminder: Reminder) -> bytes:
    """The same as PDF. NotFound when its invoice is gone."""
    kept = await platform.store.invoices.get(reminder.invoice)
    if kept is None:
        raise NotFound(f"no invoice {reminder.invoice}")
    return await asyncio.to_thread(reminder_pdf, reminder, kept.invoice)


async def mail(platform: Platform, reminder: Reminder) -> str:
    """Send it by e-mail, with its PDF; to which address. Whoever gets it twice can tell by its Message-ID.

    UserError when the customer has no address; what the mail server says.
    """
    kept = await platform.store.invoices.get(reminder.invoice)
    customer = await platform.store.customers.get(kept.customer_id) if kept else None
    to = customer.party_facts.email if customer else ""
    if not to:
        raise UserError(f"invoice {reminder.invoice}: its customer has no e-mail address")
    name = f"{reminder.invoice}-{reminder.level}"
    attached = Attachment(name=f"{name}.pdf", media_type="application/pdf", data=await paper(platform, reminder))
    await platform.mailer.send(
        Mail(
            to=to,
            subject=f"{reminder.title}: {reminder.invoice}",
            text="\n\n".join(reminder.paragraphs),
            message_id=f"<reminder.{name}@{sender_domain(platform)}>",
            attachments=(attached,),
        )
    )
    return to


async def write_off(platform: Platform, number: str, why: str) -> Entry:
    """Give up what is open of an invoice or a receipt: a bad debt. Whether its VAT is taken back is for the accountant
    to decide.

    NotFound; Conflict when nothing is open.
    """
    if not why.strip():
        raise UserError("--why: say why nobody will pay")
    debt = await debt_of(platform, number)

    def decide(open_now: Decimal) -> Entry:
        if open_now <= 0:
            raise Conflict(f"{number}: found {open_now} open, expected something to give up")
        text = f"write-off {number}: {why.strip()}"
        return entry(f"write-off/{number}", book_days.today(platform), text, _given_up(debt, open_now))

    if await platform.store.invoices.get(number) is not None:
        return await platform.store.reminders.give_up(number, lambda late: decide(late.open))
    return await platform.store.bank_payments.set_off([number], lambda open_of: decide(open_of[number]))


def _given_up(debt: Debt, amount: Decimal) -> Iterator[LedgerLine]:
    yield LedgerLine(account=Account.BAD_DEBTS, amount=amount, currency=debt.currency, invoice=debt.number)
    yield LedgerLine(
        account=debt.account,
        amount=-amount,
        currency=debt.currency,
        customer_id=debt.customer_id,
        invoice=debt.number,
    )
