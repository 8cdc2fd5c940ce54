"""Runs that somebody asked for and that go on by themselves: how far each is, and who stores them."""

from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Record


class InvoiceRun(Record, frozen=True, kw_only=True):
    """One run. `until` and `customer` as in `ocpilot invoice run`; `rated` CDRs were worked out first; of `groups`
    (None: not counted yet) so many are `done`, the last one is `place`; `failed` of them gave no invoice, the last one
    because of `problem`."""

    id: int
    who: str
    customer: str | None
    until: datetime | None
    asked_at: datetime
    place: str = ""
    rated: int = 0
    groups: int | None = None
    done: int = 0
    written: int = 0
    failed: int = 0
    problem: str | None = None
    ended_at: datetime | None = None


class InvoiceRuns(Protocol):
    """Storage of them; of all runs one goes on at a time."""

    async def ask(self, who: str, customer: str | None, until: datetime | None, at: datetime) -> InvoiceRun | None:
        """A new one; None while another goes on."""

    async def running(self) -> InvoiceRun | None:
        """The one that goes on."""

    async def last(self) -> InvoiceRun | None:
        """The newest one."""

    async def get(self, run_id: int) -> InvoiceRun | None:
        """By id."""

    async def save(self, run: InvoiceRun) -> None:
        """How far it is."""
