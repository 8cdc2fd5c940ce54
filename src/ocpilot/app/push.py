"""Push: one worker per peer reads the change log from its cursor and sends the newest state of what changed.

What failed waits in the peer's retry set with back-off; CDRs are sent until they are acknowledged. A worker that dies
sends again what it was sending: every call is idempotent.
"""

import asyncio
import logging
import random
from collections.abc import Callable

from ocpilot.app.platform import Platform
from ocpilot.app.push_worker import PushWorker, wants_push

log = logging.getLogger(__name__)

#: Seconds between two looks at the list of peers.
_LOOK = 0.5


class Pusher:
    """Keeps one worker running per registered peer that wants pushes."""

    def __init__(self, platform: Platform, chance: Callable[[], float] = random.random) -> None:
        self._platform = platform
        self._chance = chance
        self._workers: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Run until cancelled. New peers are picked up within a second, others are let go."""
        try:
            while True:
                try:
                    await self._look()
                except Exception:
                    # The database may be away for a moment; nothing but this loop would start the workers again.
                    log.exception("push: the list of peers cannot be read; tried again")
                await asyncio.sleep(_LOOK)
        finally:
            for task in self._workers.values():
                task.cancel()
            await asyncio.gather(*self._workers.values(), return_exceptions=True)

    async def _look(self) -> None:
        wanted = {peer.id: peer for peer in await self._platform.store.peers.all() if wants_push(peer)}
        for peer_id in self._workers.keys() - wanted.keys():
            self._workers.pop(peer_id).cancel()
        for peer_id, peer in wanted.items():
            if self._is_idle(peer_id, peer.name) and await self._platform.store.changes.lead(peer_id):
                worker = PushWorker(self._platform, peer_id, self._chance)
                self._workers[peer_id] = asyncio.create_task(worker.run(), name=f"push to {peer.name}")

    def _is_idle(self, peer_id: int, name: str) -> bool:
        """Whether nobody here pushes to this peer; a worker that failed is reported and replaced."""
        task = self._workers.get(peer_id)
        if task is None:
            return True
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            log.error("pushing to %s failed and starts again", name, exc_info=error)
        return task.done()
