"""Push: one worker per peer reads the change log from its cursor and sends the newest state of what changed.

What failed waits in the peer's retry set with back-off; CDRs are sent until they are acknowledged. A worker that dies
sends again what it was sending: every call is idempotent.
"""

import random
from collections.abc import Callable, Mapping

from ocpilot.app.partners.push_states import ReadEvses
from ocpilot.app.partners.push_worker import PushWorker, wants_push
from ocpilot.app.platform import Platform
from ocpilot.app.readers import Readers


class Pusher(Readers):
    """Keeps one worker running per registered peer that wants pushes."""

    def __init__(self, platform: Platform, chance: Callable[[], float] = random.random) -> None:
        async def wanted() -> Mapping[int, str]:
            return {peer.id: peer.name for peer in await platform.store.peers.all() if wants_push(peer)}

        evses = ReadEvses(platform)
        super().__init__(platform, "push to", wanted, lambda number: PushWorker(platform, number, chance, evses).run())
