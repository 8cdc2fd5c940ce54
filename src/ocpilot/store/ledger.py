"""The ledger: append only, every entry once."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from itertools import groupby

import asyncpg

from ocpilot.app.kept.ledger_records import Balance, KeptEntry, LedgerFault, OpenInvoice
from ocpilot.base.errors import Conflict
from ocpilot.billing import ledger
from ocpilot.billing.ledger import Entry, LedgerLine
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("ledger")
#: SQLSTATE of `refuse_closed_month` (schema 0031).
_CLOSED = "OC001"


class PostgresLedger:
    """`app.kept.ledger_records.Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def book(self, entry: Entry) -> bool:
        """See the port."""
        return await book(self._database, entry)

    async def entry(self, key: str) -> KeptEntry | None:
        """See the port."""
        return next(iter(_entries(await self._database.rows(_SQL["entry"], {"key": key}))), None)

    async def of_invoice(self, number: str) -> tuple[KeptEntry, ...]:
        """See the port."""
        return tuple(_entries(await self._database.rows(_SQL["of_invoice"], {"invoice": number})))

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
        """See the port."""
        values = {
            "since": since,
            "until": until,
            "customer_id": customer_id,
            "kinds": None if kinds is None else list(kinds),
            "after": after,
            "limit": limit,
        }
        return tuple(_entries(await self._database.rows(_SQL["entries"], values)))

    async def balances(self, *, since: date | None = None, until: date | None = None) -> tuple[Balance, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["balances"], {"since": since, "until": until})
        return tuple(record_of(Balance, row) for row in rows)

    async def open_from(self) -> date:
        """See the port."""
        row = await self._database.row(_SQL["open_from"])
        return row["day"] if row and row["day"] else date.min

    async def customer_balances(self, customer_id: int) -> tuple[Balance, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["customer_balances"], {"customer_id": customer_id})
        return tuple(record_of(Balance, row) for row in rows)

    async def faults(self) -> tuple[LedgerFault, ...]:
        """See the port."""
        return tuple(record_of(LedgerFault, row) for row in await self._database.rows(_SQL["faults"]))

    async def open_invoices(self, customer_id: int | None = None) -> tuple[OpenInvoice, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["open_invoices"], {"customer_id": customer_id})
        return tuple(record_of(OpenInvoice, row) for row in rows)

    async def open_of(self, number: str) -> Decimal:
        """See the port."""
        row = await self._database.row(_SQL["open_of"], {"number": number})
        return Decimal(row["amount"]) if row else Decimal(0)


async def book(session: Session, entry: Entry) -> bool:
    """Write an entry, inside a transaction or by itself; False when one with its key is there. Conflict when its day is
    in a month that is closed."""
    checked = ledger.entry(entry.key, entry.day, entry.text, entry.lines)
    values: dict[str, object] = {
        "key": checked.key,
        "day": checked.day,
        "text": checked.text,
        "accounts": [str(line.account) for line in checked.lines],
        "amounts": [line.amount for line in checked.lines],
        "currencies": [line.currency for line in checked.lines],
        "customers": [line.customer_id for line in checked.lines],
        "invoices": [line.invoice for line in checked.lines],
    }
    try:
        return await session.row(_SQL["book"], values) is not None
    except asyncpg.PostgresError as error:
        if error.sqlstate != _CLOSED:
            raise
        raise Conflict(str(error)) from error


async def given_up_less(session: Session, invoice: str, note: str, day: date) -> None:
    """Of what was given up of an invoice so much was no bad debt as a credit note of this transaction took back
    beyond what was open."""
    row = await session.row(_SQL["open_of"], {"number": invoice})
    beside = [_line(row) for row in await session.rows(_SQL["beside"], {"number": invoice})]
    lost = [line for line in beside if line.account is ledger.Account.BAD_DEBTS]
    debt = next((line for line in beside if line.account is ledger.Account.RECEIVABLE), None)
    back = min(-row["amount"] if row else Decimal(0), sum((line.amount for line in lost), Decimal(0)))
    if debt is not None and back > 0:
        await book(session, ledger.given_up_less(debt, lost[0], back, note, day))


async def take_back(session: Session, invoice: str, day: date) -> None:
    """What was booked beside an invoice that is credited in this transaction falls with it."""
    beside = [_line(row) for row in await session.rows(_SQL["beside"], {"number": invoice})]
    if beside:
        await book(session, ledger.taken_back(invoice, day, beside))


def _entries(rows: Iterable[asyncpg.Record]) -> Iterable[KeptEntry]:
    for _, found in groupby(rows, key=lambda row: row["number"]):
        lines = list(found)
        first = lines[0]
        kept = tuple(_line(row) for row in lines)
        entry = Entry(key=first["key"], day=first["day"], text=first["text"], lines=kept)
        yield KeptEntry(number=first["number"], at=first["at"], entry=entry)


def _line(row: asyncpg.Record) -> LedgerLine:
    return LedgerLine(
        account=ledger.Account(row["account"]),
        amount=row["amount"],
        currency=row["currency"],
        customer_id=row["customer_id"],
        invoice=row["invoice"],
    )
