"""What a process leaves that died while it held connections of stations."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from ocpilot.app.platform import Platform
from ocpilot.app.stations import stations

log = logging.getLogger(__name__)

#: How often dead processes are looked for, and how long one may be gone before its stations count as disconnected: one
#: that only lost its database connection is back by then, and stations of one that was restarted are.
_LOOK = timedelta(seconds=5)
_GRACE = timedelta(seconds=20)


class DeadNodes:
    """Stations of processes that died become disconnected; those that reconnected elsewhere are not touched."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._since: dict[int, datetime] = {}
        self._looked_at: datetime | None = None

    async def once(self) -> None:
        """Nothing, when the last look was just now."""
        now = self._platform.clock()
        if self._looked_at is not None and now - self._looked_at < _LOOK:
            return
        self._looked_at = now
        gone = await self._platform.store.nodes.gone()
        self._since = {node: self._since.get(node, now) for node in gone}
        dead = {node for node, since in self._since.items() if now - since >= _GRACE}
        if dead:
            await self._disconnect(dead)

    async def _disconnect(self, dead: Collection[int]) -> None:
        for station in await self._platform.store.stations.abandoned():
            if station.node in dead:
                log.warning("station %s: the process that held its connection is gone", station.id)
                await stations.disconnected(self._platform, station.id, station.node)
