"""What happens to invoices by itself: runs that were asked for, and sending where the settings say so."""

import asyncio
import logging

from ocpilot.app import invoice_runs, sending
from ocpilot.app.platform import Platform

log = logging.getLogger(__name__)

#: Seconds between two looks.
_LOOK = 1.0
#: What `Changes.lead` calls this loop: no peer has this number.
_INVOICES = -32
_WHO = "ocpilot"


class InvoiceWorker:
    """The loop; of several processes only one works."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            try:
                if await self._platform.store.changes.lead(_INVOICES):
                    await self.once()
            except Exception:
                # The database may be away for a moment; what cannot be written or sent says so itself.
                log.exception("invoices: the store failed; they go on")
            await asyncio.sleep(_LOOK)

    async def once(self) -> None:
        """The run that was asked for, then a page of what waits to be sent."""
        await invoice_runs.go_on(self._platform)
        if self._platform.settings.billing.automatic_sending:
            await sending.send_some(self._platform, _WHO)
