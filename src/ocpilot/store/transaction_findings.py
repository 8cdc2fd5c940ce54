"""What was odd about transactions."""

from collections.abc import Collection, Sequence

from ocpilot.metering.findings import Finding, Oddity
from ocpilot.store.pool import Database
from ocpilot.store.queries import load

_SQL = load("transaction_findings")


class PostgresTransactionFindings:
    """`app.kept.transaction_findings.TransactionFindings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self, transaction_id: int, findings: Sequence[Finding], *, instead_of: Collection[Oddity] = ()
    ) -> None:
        """See the port."""
        values: dict[str, object] = {
            "id": transaction_id,
            "gone": [str(kind) for kind in instead_of if all(one.kind is not kind for one in findings)],
            "kinds": [str(one.kind) for one in findings],
            "founds": [one.found for one in findings],
            "times": [one.at for one in findings],
            "mores": [one.more for one in findings],
        }
        await self._database.row(_SQL["put"], values)

    async def of(self, transaction_id: int) -> tuple[Finding, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["of"], {"id": transaction_id})
        return tuple(
            Finding(kind=Oddity(row["kind"]), found=row["found"], at=row["at"], more=row["more"]) for row in rows
        )
