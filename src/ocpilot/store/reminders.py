"""Reminders of invoices that are late, each with its ledger entry."""

from collections.abc import Sequence

import msgspec

from ocpilot.app.kept.reminder_records import GivingUp, LateInvoice, Reminding
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.billing.ledger import Entry
from ocpilot.billing.reminders import Reminder
from ocpilot.store.invoices import kept_of
from ocpilot.store.ledger import book
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import load

_SQL = load("reminders")
_REMINDER = msgspec.json.Decoder(Reminder)


class PostgresReminders:
    """`app.kept.reminder_records.Reminders`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open_invoices(self) -> Sequence[LateInvoice]:
        """See the port."""
        return [
            LateInvoice(invoice=kept_of(row), open=row["open"], sent=tuple(map(_REMINDER.decode, row["bodies"] or ())))
            for row in await self._database.rows(_SQL["open_invoices"])
        ]

    async def of(self, number: str) -> tuple[Reminder, ...]:
        """See the port."""
        return await _of(self._database, number)

    async def add(self, number: str, decide: Reminding) -> Reminder:
        """See the port."""
        async with self._database.transaction() as session:
            reminder, entry = decide(await _locked(session, number))
            body = msgspec.json.encode(reminder).decode()
            values = {"number": number, "level": reminder.level, "body": body}
            if await session.row(_SQL["add"], values) is None:
                raise Conflict(f"reminder {reminder.level} of {number} went out already")
            if entry.lines:
                await book(session, entry)
            return reminder

    async def give_up(self, number: str, decide: GivingUp) -> Entry:
        """See the port."""
        async with self._database.transaction() as session:
            entry = decide(await _locked(session, number))
            if not await book(session, entry):
                raise Conflict(f"{number} was written off before")
            return entry


async def _locked(session: Session, number: str) -> LateInvoice:
    row = await session.row(_SQL["lock"], {"number": number})
    left = await session.row(_SQL["open_of"], {"number": number})
    if row is None or left is None:
        raise NotFound(f"no invoice {number}")
    return LateInvoice(invoice=kept_of(row), open=left["amount"], sent=await _of(session, number))


async def _of(session: Session, number: str) -> tuple[Reminder, ...]:
    return tuple(_REMINDER.decode(row["body"]) for row in await session.rows(_SQL["of"], {"number": number}))
