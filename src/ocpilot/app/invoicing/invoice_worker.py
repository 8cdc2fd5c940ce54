"""What happens to invoices by itself: runs that were asked for, and sending where the settings say so."""

import asyncio
import logging
from datetime import datetime, timedelta

from ocpilot.app.invoicing import invoice_runs, sending
from ocpilot.app.platform import Platform

log = logging.getLogger(__name__)

#: Seconds between two looks.
_LOOK = 1.0
#: What `Changes.lead` calls this loop: no peer has this number.
_INVOICES = -32
_SWEEP = timedelta(minutes=1)
_WHO = "ocpilot"


class InvoiceWorker:
    """The loop; of several processes only one works."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._looked_at: datetime | None = None

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
        """The run that was asked for, then, whatever became of that, a page of what waits to be sent."""
        try:
            await invoice_runs.go_on(self._platform)
        finally:
            if self._platform.settings.billing.automatic_sending:
                await self._send()

    async def _send(self) -> None:
        """Looked for now and then only when there was nothing: very much may be waiting that cannot be sent."""
        now = self._platform.clock()
        if self._looked_at is not None and now - self._looked_at < _SWEEP:
            return
        tried = await sending.send_some(self._platform, _WHO)
        self._looked_at = None if tried else now
