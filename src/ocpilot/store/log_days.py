"""A log in PostgreSQL: a table with a partition per day (UTC), written by COPY. There is no default partition: the
writer makes the days it needs, and days are dropped whole."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import asyncpg

from ocpilot.app.kept.messages import MessageGap
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

#: Most days that one call makes place for.
_MOST_DAYS = 400
_SQL = load("log_days")


class LogDays:
    """The days of one table, whose rows have these columns."""

    def __init__(self, database: Database, table: str, columns: Sequence[str]) -> None:
        self._database = database
        self._table = table
        self._columns = columns
        self._days: set[date] = set()

    async def add(self, rows: Collection[Sequence[object]], moments: Iterable[datetime]) -> None:
        """Write rows of these moments, all or none. BadRequest when one cannot be stored."""
        days = {at.astimezone(UTC).date() for at in moments}
        await self._make(days - self._days)
        try:
            await self._database.copy(self._table, self._columns, rows)
        except asyncpg.CheckViolationError:
            # A day that was there is gone: another process dropped it.
            self._days.clear()
            await self._make(days)
            await self._database.copy(self._table, self._columns, rows)

    async def prepare(self, first: datetime, last: datetime) -> None:
        """Make place for the days from `first` to `last`."""
        start = first.astimezone(UTC).date()
        count = min((last.astimezone(UTC).date() - start).days + 1, _MOST_DAYS)
        await self._make({start + timedelta(days=number) for number in range(count)})

    async def add_gap(self, gap: MessageGap) -> None:
        """Note that some are missing."""
        values = {"log": self._table, "began_at": gap.began_at, "ended_at": gap.ended_at, "count": gap.count}
        await self._database.rows(_SQL["add_gap"], values)

    async def gaps(self, since: datetime | None, until: datetime | None) -> tuple[MessageGap, ...]:
        """What is missing within a time, newest first."""
        values = {"log": self._table, "since": since, "until": until}
        return tuple(record_of(MessageGap, row) for row in await self._database.rows(_SQL["gaps"], values))

    async def drop_before(self, moment: datetime) -> int:
        """Drop the days that ended before `moment`; how many."""
        day = moment.astimezone(UTC).date()
        row = await self._database.row(_SQL["drop_before"], {"log": self._table, "day": day})
        self._days = {one for one in self._days if one >= day}
        return int(row["dropped"]) if row else 0

    async def _make(self, days: set[date]) -> None:
        if days:
            await self._database.rows(_SQL["days"], {"log": self._table, "days": sorted(days)})
            self._days |= days
