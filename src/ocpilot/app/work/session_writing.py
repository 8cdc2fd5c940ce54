"""Sessions of running charges follow their meter values: soon when little goes on, and never at the cost of stations.

What a station says is on disk before it is answered; its Session is written anew a moment later, by one worker that
rests longer than it works. With few charges that is at once; with thousands the Session that waits longest is next.
"""

import asyncio
import logging
import time

from ocpilot.app.cards.reserved_amounts import ReservedAmounts
from ocpilot.app.charges import sessions
from ocpilot.app.platform import Platform
from ocpilot.base.errors import DatabaseAway

log = logging.getLogger(__name__)

#: Rest per time of work: at most a quarter of the process goes into it.
_REST = 3.0
#: What a slow database makes of it: nobody waits longer for the next Session.
_LONGEST_REST = 0.5

#: Between two tries while the database is away.
_AWAY_REST = 1.0


class SessionWriting:
    """Which transactions have said something since their Session was written."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._reserved = ReservedAmounts(platform)
        self._due: dict[int, None] = {}
        self._touched = asyncio.Event()

    def touch(self, transaction_id: int) -> None:
        """Its Session is to be written anew."""
        self._due[transaction_id] = None
        self._touched.set()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._touched.wait()
            began = time.perf_counter()
            await self._write_next()
            await asyncio.sleep(min((time.perf_counter() - began) * _REST, _LONGEST_REST))

    async def drain(self) -> None:
        """Write all that is due now."""
        while self._due:
            await self._write_next()

    async def _write_next(self) -> None:
        number = next(iter(self._due), None)
        if number is None:
            self._touched.clear()
            return
        del self._due[number]
        try:
            transaction = await self._platform.store.transactions.get(number)
            if transaction is not None:
                await sessions.write(self._platform, transaction)
                await self._reserved.watch(transaction)
        except DatabaseAway as error:
            self._due.setdefault(number)
            log.warning("sessions wait for the database: %s", error)
            await asyncio.sleep(_AWAY_REST)
        except Exception:
            log.exception(
                "the session of transaction %d could not be written; its next meter value tries again", number
            )
