"""Attempts to send invoices: which way, to whom, by whom and what came of it, and who stores them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.records import Record


class Way(StrEnum):
    """How an invoice travels."""

    EMAIL = "email"
    PEPPOL = "peppol"


class Sending(Record, frozen=True, kw_only=True):
    """One attempt. `who` is an account's address, or which part of the platform did it. Without `ended_at` it goes on;
    `problem` says why it failed."""

    id: int = 0
    number: str
    way: Way
    recipient: str
    who: str
    at: datetime
    ended_at: datetime | None = None
    problem: str | None = None


class Sendings(Protocol):
    """Storage of them."""

    async def begin(self, sending: Sending, stale: datetime, *, again: bool) -> Sending | None:
        """From here on nobody else sends this invoice; None when it was sent (unless `again`), or somebody else began
        to send it after `stale` and is not done. NotFound."""

    async def end(self, sending: Sending, at: datetime, problem: str | None) -> None:
        """It went out, which the invoice knows from then on, or it did not."""

    async def of(self, number: str) -> tuple[Sending, ...]:
        """Every attempt, oldest first."""

    async def problems(self, numbers: Sequence[str]) -> dict[str, str]:
        """Why the last attempt of each of these failed, where it did."""

    async def failing(self, limit: int) -> tuple[Sending, ...]:
        """Of invoices that have not gone out though it was tried, the last attempt; the newest first."""

    async def waiting(self, now: datetime, pause: timedelta, stale: datetime, limit: int) -> tuple[KeptInvoice, ...]:
        """Invoices that were not sent, were not tried for a `pause` (twice as long after each attempt more, a day at
        most), and that nobody began to send after `stale`; oldest first."""
