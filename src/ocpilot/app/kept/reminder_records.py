"""Invoices that are late, reminders that went out, and who stores them."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.records import Record
from ocpilot.billing.ledger import Entry
from ocpilot.billing.reminders import Reminder


class LateInvoice(Record, frozen=True, kw_only=True):
    """An invoice of which something is open, and the reminders of it in order."""

    invoice: KeptInvoice
    open: Decimal
    sent: tuple[Reminder, ...]


#: Decides about an invoice under a lock: its next reminder, and the entry of what that costs.
Reminding = Callable[[LateInvoice], tuple[Reminder, Entry]]
#: Decides about an invoice under a lock: the entry that gives up what is open.
GivingUp = Callable[[LateInvoice], Entry]


class Reminders(Protocol):
    """Storage of them: each level once per invoice."""

    async def open_invoices(self) -> Sequence[LateInvoice]:
        """Invoices to be paid to us of which something is open, oldest first."""

    async def of(self, number: str) -> tuple[Reminder, ...]:
        """Reminders of an invoice, in order."""

    async def add(self, number: str, decide: Reminding) -> Reminder:
        """Keep the next one, with its entry, in one transaction. NotFound; Conflict when that level is there."""

    async def give_up(self, number: str, decide: GivingUp) -> Entry:
        """Book that what is open is lost, with nobody settling it meanwhile. NotFound; Conflict when it was booked."""
