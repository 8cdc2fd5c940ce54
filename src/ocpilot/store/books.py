"""Closed months, and what a month in the books comes to."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

import msgspec

from ocpilot.app.kept.book_records import ClosedMonth, OpenDebt, TaxedSum, WaitingSum
from ocpilot.base.errors import Conflict
from ocpilot.billing.taxes import Tax, TaxRow
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("books")
_TAXES = msgspec.json.Decoder(tuple[TaxRow, ...])


class PostgresBooks:
    """`app.kept.book_records.Books`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def close(self, month: date, at: datetime, who: str, books: str) -> None:
        """See the port."""
        async with self._database.transaction() as session:
            await session.row(_SQL["lock_books"])
            newest = await session.row(_SQL["newest_closed"])
            if newest is not None and newest["month"] is not None and newest["month"] >= month:
                raise Conflict(f"the books are closed to {newest['month']:%Y-%m}; found {month:%Y-%m}")
            before = await session.row(_SQL["open_before"], {"month": month})
            if before is not None and before["day"] is not None:
                raise Conflict(f"{before['day']:%Y-%m} has entries and is not closed; close it before {month:%Y-%m}")
            await session.row(_SQL["close"], {"month": month, "at": at, "who": who, "books": books})

    async def keep_report(self, month: date, report: str) -> None:
        """See the port."""
        await self._database.row(_SQL["keep_report"], {"month": month, "report": report})

    async def closed(self) -> tuple[ClosedMonth, ...]:
        """See the port."""
        return tuple(record_of(ClosedMonth, row) for row in await self._database.rows(_SQL["closed"]))

    async def closed_month(self, month: date) -> ClosedMonth | None:
        """See the port."""
        row = await self._database.row(_SQL["closed_month"], {"month": month})
        return record_of(ClosedMonth, row) if row else None

    async def revenue(self, since: date, until: date) -> tuple[TaxedSum, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["revenue"], {"since": since, "until": until})
        return tuple(record_of(TaxedSum, row, tax=msgspec.convert(dict(row), Tax)) for row in rows)

    async def waiting(self, until: datetime) -> tuple[WaitingSum, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["waiting"], {"until": until})
        return tuple(record_of(WaitingSum, row) for row in rows)

    async def debts(self, until: date) -> tuple[OpenDebt, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["debts"], {"until": until})
        return tuple(record_of(OpenDebt, row) for row in rows)

    async def taxes(self, numbers: Collection[str]) -> Mapping[str, tuple[TaxRow, ...]]:
        """See the port."""
        rows = await self._database.rows(_SQL["taxes"], {"numbers": list(numbers)})
        return {row["number"]: _TAXES.decode(row["taxes"]) for row in rows}

    async def entries_before(self, since: date, until: date, currency: str) -> int:
        """See the port."""
        values = {"since": since, "until": until, "currency": currency}
        row = await self._database.row(_SQL["entries_before"], values)
        return int(row["found"]) if row else 0

    async def currencies(self, since: date, until: date) -> tuple[str, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["currencies"], {"since": since, "until": until})
        return tuple(row["currency"] for row in rows)
