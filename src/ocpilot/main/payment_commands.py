"""What `ocpilot payment`, `ocpilot ledger` and `ocpilot invoice remind` ask of a platform."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from ocpilot.app.books import bank_payments, held_payments, ledger_views, payment_views, reminders, setting_off
from ocpilot.app.books.bank_payments import Taken
from ocpilot.app.books.ledger_views import CustomerAccount
from ocpilot.app.books.payment_views import PaymentView
from ocpilot.app.books.reminders import DueReminder
from ocpilot.app.kept.ledger_records import Balance, KeptEntry, LedgerFault
from ocpilot.app.platform import Platform
from ocpilot.billing.ledger import Account
from ocpilot.billing.reminders import Reminder
from ocpilot.cli import invoice_remind, ledger, payment
from ocpilot.main.on_platform import on_platform

#: Who did what is done by a command.
_WHO = "command"


class PaymentsOf:
    """`cli.payment.PaymentCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def take(self, name: str, data: bytes) -> Taken:
        """See `PaymentCommands`."""
        return await bank_payments.take_file(self._platform, name, data, _WHO)

    async def listed(self, *, unmatched: bool, limit: int) -> Sequence[PaymentView]:
        """See `PaymentCommands`."""
        return await payment_views.listed(self._platform, unmatched=unmatched, limit=limit)

    async def doubled(self, limit: int) -> Sequence[PaymentView]:
        """See `PaymentCommands`."""
        return await payment_views.doubled(self._platform, limit)

    async def of_invoice(self, number: str) -> Sequence[PaymentView]:
        """See `PaymentCommands`."""
        return await payment_views.of_invoice(self._platform, number)

    async def show(self, payment_id: int) -> PaymentView:
        """See `PaymentCommands`."""
        return await payment_views.shown(self._platform, payment_id)

    async def match(self, payment_id: int, number: str, amount: Decimal | None) -> None:
        """See `PaymentCommands`."""
        await bank_payments.match(self._platform, payment_id, number, amount, _WHO)

    async def unmatch(self, payment_id: int, why: str) -> None:
        """See `PaymentCommands`."""
        await bank_payments.unmatch(self._platform, payment_id, why, _WHO)

    async def refund(self, payment_id: int, by: int | None) -> None:
        """See `PaymentCommands`."""
        await bank_payments.refund(self._platform, payment_id, by, _WHO)

    async def book(self, payment_id: int) -> None:
        """See `PaymentCommands`."""
        await bank_payments.book(self._platform, payment_id, _WHO)

    async def drop(self, payment_id: int, why: str) -> None:
        """See `PaymentCommands`."""
        await held_payments.drop(self._platform, payment_id, why, _WHO)


class LedgerOf:
    """`cli.ledger.LedgerCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def balances(self, since: date | None, until: date | None) -> Sequence[Balance]:
        """See `LedgerCommands`."""
        return await self._platform.store.ledger.balances(since=since, until=until)

    async def entries(self, since: date | None, until: date | None, after: int, limit: int) -> Sequence[KeptEntry]:
        """See `LedgerCommands`."""
        return await self._platform.store.ledger.entries(since=since, until=until, after=after, limit=limit)

    async def customer(self, number: str) -> CustomerAccount:
        """See `LedgerCommands`."""
        return await ledger_views.customer_account(self._platform, number)

    async def faults(self) -> Sequence[LedgerFault]:
        """See `LedgerCommands`."""
        return await ledger_views.faults(self._platform)

    async def set_off(self, number: str, other: str, amount: Decimal | None) -> str:
        """See `LedgerCommands`."""
        entry = await setting_off.between(self._platform, number, other, amount)
        return f"{abs(entry.lines[0].amount)} {entry.lines[0].currency}"

    async def write_off(self, number: str, why: str) -> str:
        """See `LedgerCommands`."""
        entry = await reminders.write_off(self._platform, number, why)
        lost = next(line for line in entry.lines if line.account is Account.BAD_DEBTS)
        return f"{lost.amount} {lost.currency}"


class RemindersOf:
    """`cli.invoice_remind.RemindCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def due(self) -> Sequence[DueReminder]:
        """See `RemindCommands`."""
        return await reminders.due(self._platform)

    async def remind(self, number: str) -> Reminder:
        """See `RemindCommands`."""
        return await reminders.remind(self._platform, number)

    async def newest(self, number: str) -> Reminder:
        """See `RemindCommands`."""
        return await reminders.newest(self._platform, number)

    async def paper(self, reminder: Reminder) -> bytes:
        """See `RemindCommands`."""
        return await reminders.paper(self._platform, reminder)

    async def mail(self, reminder: Reminder) -> str:
        """See `RemindCommands`."""
        return await reminders.mail(self._platform, reminder)


run_payment = on_platform(lambda args, platform: payment.run(args, PaymentsOf(platform)))
run_ledger = on_platform(lambda args, platform: ledger.run(args, LedgerOf(platform)))
run_remind = on_platform(lambda args, platform: invoice_remind.run(args, RemindersOf(platform)))
