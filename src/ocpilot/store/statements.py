"""What is between us and a partner."""

from collections.abc import Collection
from datetime import date

from ocpilot.app.kept.reconciliation_records import Span, StatementInvoice, StatementRow
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("statements")


class PostgresStatements:
    """`app.kept.reconciliation_records.Statements`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(self, span: Span) -> tuple[StatementRow, ...]:
        """See the port."""
        values = {"since": span.since, "until": span.until, "parties": list(span.parties or ())}
        return tuple(record_of(StatementRow, row) for row in await self._database.rows(_SQL["rows"], values))

    async def documents(self, parties: Collection[str], since: date, until: date) -> tuple[StatementInvoice, ...]:
        """See the port."""
        values = {"parties": list(parties), "since": since, "until": until}
        return tuple(record_of(StatementInvoice, row) for row in await self._database.rows(_SQL["documents"], values))
