"""What was odd about a transaction is kept with it, one finding of each kind (the port)."""

from collections.abc import Sequence
from typing import Protocol

from ocpilot.metering.findings import Finding


class TransactionFindings(Protocol):
    """Findings by transaction."""

    async def put(self, transaction_id: int, findings: Sequence[Finding]) -> None:
        """Keep them; one of a kind that is kept already takes its place."""

    async def of(self, transaction_id: int) -> tuple[Finding, ...]:
        """All of a transaction, by kind."""
