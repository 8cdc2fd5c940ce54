"""Every night, at the time the settings say: what each peer lists compared with what we hold."""

import asyncio
import logging
from datetime import datetime, time, timedelta

from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.partners.compare import compare
from ocpilot.app.platform import Platform
from ocpilot.base.errors import SettingsError
from ocpilot.base.zones import zone_named

log = logging.getLogger(__name__)

_LOOK = 30.0
#: What `Changes.lead` calls this loop: no peer has this number.
_COMPARING = -2


class Comparing:
    """The loop; of several processes only one works."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._at = _time_of_day(platform.settings.roaming.compare_at)
        self._zone = zone_named(platform.settings.web.time_zone)

    async def run(self) -> None:
        """Run until cancelled."""
        while self._at is not None:
            try:
                if await self._platform.store.changes.lead(_COMPARING):
                    await self.once()
            except Exception:
                # The database may be away for a moment; a peer's own errors are in its comparison.
                log.exception("comparing failed; it goes on")
            await asyncio.sleep(_LOOK)

    async def once(self) -> None:
        """Compare every peer that has not been since it was time."""
        due = self._last_time()
        for peer in await self._platform.store.peers.all():
            if due is not None and peer.state is PeerState.REGISTERED and await self._waits(peer, due):
                await compare(self._platform, peer)

    async def _waits(self, peer: Peer, due: datetime) -> bool:
        done = await self._platform.store.comparisons.of_peer(peer.id)
        return peer.created_at < due and all(one.at < due for one in done)

    def _last_time(self) -> datetime | None:
        """When it was last time to compare."""
        if self._at is None:
            return None
        now = self._platform.clock().astimezone(self._zone)
        today = datetime.combine(now.date(), self._at, self._zone)
        return today if today <= now else datetime.combine(now.date() - timedelta(days=1), self._at, self._zone)


def _time_of_day(text: str) -> time | None:
    if not text:
        return None
    try:
        return time.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise SettingsError(f'roaming.compare_at: found {text!r}, expected a time such as "03:00", or ""') from None
