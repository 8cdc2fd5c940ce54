"""What was odd about a transaction is kept with it, one finding of each kind (the port)."""

from collections.abc import Collection, Sequence
from typing import Protocol

from ocpilot.metering.findings import Finding, Oddity


class TransactionFindings(Protocol):
    """Findings by transaction."""

    async def put(
        self, transaction_id: int, findings: Sequence[Finding], *, instead_of: Collection[Oddity] = ()
    ) -> None:
        """Keep them, instead of all of these kinds; one of a kind that is kept already takes its place."""

    async def of(self, transaction_id: int) -> tuple[Finding, ...]:
        """All of a transaction, by kind."""
