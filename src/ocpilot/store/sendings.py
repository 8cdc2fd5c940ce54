"""Attempts to send invoices."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.sending_records import Sending
from ocpilot.base.errors import NotFound
from ocpilot.store.invoices import kept_of
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("sendings")


class PostgresSendings:
    """`app.kept.sending_records.Sendings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, sending: Sending, stale: datetime, *, again: bool) -> Sending | None:
        """See the port."""
        async with self._database.transaction() as session:
            invoice = await session.row(_SQL["lock"], {"number": sending.number})
            if invoice is None:
                raise NotFound(f"no invoice {sending.number}")
            if invoice["sent_at"] is not None and not again:
                return None
            row = await session.row(_SQL["begin"], {**msgspec.structs.asdict(sending), "stale": stale})
            return record_of(Sending, row) if row else None

    async def end(self, sending: Sending, at: datetime, problem: str | None) -> None:
        """See the port."""
        values = {"id": sending.id, "number": sending.number, "at": at, "problem": problem}
        await self._database.row(_SQL["end"], values)

    async def of(self, number: str) -> tuple[Sending, ...]:
        """See the port."""
        return tuple(record_of(Sending, row) for row in await self._database.rows(_SQL["of"], {"number": number}))

    async def problems(self, numbers: Sequence[str]) -> dict[str, str]:
        """See the port."""
        rows = await self._database.rows(_SQL["problems"], {"numbers": numbers})
        return {row["number"]: row["problem"] for row in rows if row["problem"]}

    async def failing(self, limit: int) -> tuple[Sending, ...]:
        """See the port."""
        return tuple(record_of(Sending, row) for row in await self._database.rows(_SQL["failing"], {"limit": limit}))

    async def waiting(self, now: datetime, pause: timedelta, stale: datetime, limit: int) -> tuple[KeptInvoice, ...]:
        """See the port."""
        asked = {"now": now, "pause": pause, "stale": stale, "limit": limit}
        return tuple(kept_of(row) for row in await self._database.rows(_SQL["waiting"], asked))
