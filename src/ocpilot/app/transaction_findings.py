"""What was odd about a transaction is kept with it, one finding of each kind, and told to whoever looks at it."""

from collections.abc import Sequence
from typing import Protocol

from ocpilot.app.charge_records import Transaction
from ocpilot.app.platform import Platform
from ocpilot.metering.findings import Finding, Oddity


class TransactionFindings(Protocol):
    """Findings by transaction."""

    async def put(self, transaction_id: int, findings: Sequence[Finding]) -> None:
        """Keep them; one of a kind that is kept already takes its place."""

    async def of(self, transaction_id: int) -> tuple[Finding, ...]:
        """All of a transaction, by kind."""


async def note(platform: Platform, transaction: Transaction, kind: Oddity, found: str) -> None:
    """Keep one finding, of now."""
    finding = Finding(kind=kind, found=found, at=platform.clock())
    await platform.store.transaction_findings.put(transaction.id, (finding,))
