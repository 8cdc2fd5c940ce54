"""Invoice runs that go on by themselves."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ocpilot.app.kept.invoice_run_records import InvoiceRun
from ocpilot.store.pool import NOTHING, Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import record_of

_SQL = load("invoice_runs")


class PostgresInvoiceRuns:
    """`app.kept.invoice_run_records.InvoiceRuns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, who: str, customer: str | None, until: datetime | None, at: datetime) -> InvoiceRun | None:
        """See the port."""
        return await self._one(_SQL["ask"], {"who": who, "customer": customer, "until": until, "at": at})

    async def running(self) -> InvoiceRun | None:
        """See the port."""
        return await self._one(_SQL["running"], NOTHING)

    async def last(self) -> InvoiceRun | None:
        """See the port."""
        return await self._one(_SQL["last"], NOTHING)

    async def get(self, run_id: int) -> InvoiceRun | None:
        """See the port."""
        return await self._one(_SQL["get"], {"id": run_id})

    async def save(self, run: InvoiceRun) -> None:
        """See the port."""
        await self._database.row(_SQL["save"], msgspec.structs.asdict(run))

    async def _one(self, statement: Statement, values: Mapping[str, object]) -> InvoiceRun | None:
        row = await self._database.row(statement, values)
        return record_of(InvoiceRun, row) if row else None
