"""What a month in the books comes to, months that are closed, and who stores them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.ledger_records import Balance
from ocpilot.app.kept.records import Record
from ocpilot.billing.ledger import Account
from ocpilot.billing.taxes import Tax, TaxRow


class Waits(StrEnum):
    """Why a charge is not on an invoice."""

    HELD = "held"
    DISPUTED = "disputed"
    UNBILLED = "unbilled"
    UNINVOICED = "uninvoiced"


class WaitingSum(Record, frozen=True, kw_only=True):
    """CDRs that are not on an invoice: how many, and what they come to before taxes."""

    why: Waits
    currency: str
    cdrs: int
    total: Decimal


class TaxedSum(Record, frozen=True, kw_only=True):
    """What documents of a month come to, by what they are for and by tax; credit notes are taken off. `ours_to_pay`:
    we owe it (self-billed invoices, credit advices)."""

    purpose: Purpose
    ours_to_pay: bool
    currency: str
    tax: Tax
    base: Decimal
    amount: Decimal
    invoices: int


class OpenDebt(Record, frozen=True, kw_only=True):
    """What is left to be paid of an invoice, or of a receipt (`customer` is its driver), at the end of a month: above
    zero to us, below by us. `since` is the day it was booked."""

    number: str
    customer_id: int | None
    customer: str
    currency: str
    amount: Decimal
    since: date


class AgeSum(Record, frozen=True, kw_only=True):
    """What is open by age: booked at least `days` before the end of the month."""

    account: Account
    currency: str
    days: int
    invoices: int
    amount: Decimal


class MonthReport(Record, frozen=True, kw_only=True):
    """A month's closing report. `month` is its first day. `balances` are of the month, `standing` of all time to its
    end; `debts` are the oldest open ones, `ages` count all of them. `unbalanced` are currencies in which debit and
    credit differ: none ever should. `broken_seals` are invoices that were tampered with, or missing numbers."""

    month: date
    made_at: datetime
    closed: bool = False
    revenue: tuple[TaxedSum, ...]
    waiting: tuple[WaitingSum, ...]
    ages: tuple[AgeSum, ...]
    debts: tuple[OpenDebt, ...]
    unmatched: tuple[Balance, ...]
    balances: tuple[Balance, ...]
    standing: tuple[Balance, ...]
    unbalanced: tuple[str, ...]
    broken_seals: tuple[str, ...]


class ClosedMonth(Record, frozen=True, kw_only=True):
    """`report` is the MonthReport, `books` the `billing.sie.Books` of when it was closed, both as JSON text. The report
    is empty until it was made: that comes after the closing."""

    month: date
    at: datetime
    who: str
    report: str
    books: str


class Books(Protocol):
    """Storage of closed months, and what a month comes to."""

    async def close(self, month: date, at: datetime, who: str, books: str) -> None:
        """Close a month, once: whoever is booking is waited for, and nothing is booked in it or before it afterwards.
        Conflict when it is closed, or when an earlier month with entries is not."""

    async def keep_report(self, month: date, report: str) -> None:
        """Keep the report of a closed month; the first one stays."""

    async def closed(self) -> tuple[ClosedMonth, ...]:
        """Every closed month, the newest first."""

    async def closed_month(self, month: date) -> ClosedMonth | None:
        """One of them."""

    async def revenue(self, since: date, until: date) -> tuple[TaxedSum, ...]:
        """What invoices issued on these days come to."""

    async def waiting(self, until: datetime) -> tuple[WaitingSum, ...]:
        """Charges that ended before and are not on an invoice, nor on a receipt."""

    async def debts(self, until: date) -> tuple[OpenDebt, ...]:
        """What was open at the end of the day before, the oldest first."""

    async def taxes(self, numbers: Collection[str]) -> Mapping[str, tuple[TaxRow, ...]]:
        """The rows of taxes of these invoices."""

    async def entries_before(self, since: date, until: date, currency: str) -> int:
        """How many entries in this currency there are on days from `since` to before `until`."""

    async def currencies(self, since: date, until: date) -> tuple[str, ...]:
        """Those in which something was booked on these days."""
