"""The ledger as it is kept: append only, every entry once, and what is still open."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.billing.ledger import Account, Entry


class KeptEntry(Record, frozen=True, kw_only=True):
    """An entry with its number, and when it was written."""

    number: int
    at: datetime
    entry: Entry


class OpenInvoice(Record, frozen=True, kw_only=True):
    """What is left to be paid of an invoice: above zero to us, below by us."""

    number: str
    customer_id: int
    currency: str
    amount: Decimal


class Balance(Record, frozen=True, kw_only=True):
    """Sums of an account in a currency. `amount` is `debit` minus `credit`."""

    account: Account
    currency: str
    debit: Decimal
    credit: Decimal

    @property
    def amount(self) -> Decimal:
        """Above zero: debit."""
        return self.debit - self.credit


class LedgerFault(Record, frozen=True, kw_only=True):
    """What contradicts itself: `entry` that does not balance or is `empty`, an `invoice` that is booked otherwise than
    it says, `unmatched` money that is no payment's. `about` names it."""

    what: str
    about: str
    found: Decimal
    expected: Decimal
    currency: str


class Ledger(Protocol):
    """Storage of it. No method changes or removes an entry: another entry puts it right."""

    async def book(self, entry: Entry) -> bool:
        """Write an entry; False when one with its key is there. Unbalanced when it does not balance, Conflict when its
        day is in a month that is closed (`app/kept/book_records.py`)."""

    async def entry(self, key: str) -> KeptEntry | None:
        """By what it is of."""

    async def of_invoice(self, number: str) -> tuple[KeptEntry, ...]:
        """Every entry that an invoice is in, by number."""

    async def entries(
        self,
        *,
        since: date | None = None,
        until: date | None = None,
        customer_id: int | None = None,
        kinds: Collection[str] | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> tuple[KeptEntry, ...]:
        """By number; days from `since` to before `until`, those that concern a customer, those whose key has one of
        these `kinds` before its first `/`."""

    async def balances(self, *, since: date | None = None, until: date | None = None) -> tuple[Balance, ...]:
        """Every account; only days from `since` to before `until`."""

    async def open_from(self) -> date:
        """The first day that is in no closed month."""

    async def customer_balances(self, customer_id: int) -> tuple[Balance, ...]:
        """What stands on each account in a customer's name."""

    async def faults(self) -> tuple[LedgerFault, ...]:
        """Whatever in the books contradicts itself, or an invoice, or a payment."""

    async def open_invoices(self, customer_id: int | None = None) -> tuple[OpenInvoice, ...]:
        """Invoices that are not paid in full, by number."""

    async def open_of(self, number: str) -> Decimal:
        """What is left to be paid of one, zero when it is settled."""
