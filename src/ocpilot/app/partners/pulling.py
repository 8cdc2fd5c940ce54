"""Catching up by itself: everything of a peer once after its registration, and what it changed since now and then, and
when it answers again after a silence.

Pushes bring most of it sooner; a pull brings what got lost on the way (transport_and_format, "Pull and Push").
"""

import asyncio
import logging
import random
from datetime import datetime, timedelta

from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.partners.pull import PullWish, pull, wanted
from ocpilot.app.platform import Platform
from ocpilot.roaming.retry import BackOff, is_over, pause

log = logging.getLogger(__name__)

_LOOK = 1.0
#: What `Changes.lead` calls this loop: no peer has this number.
_PULLING = -1
#: Clocks of two platforms differ, and a page takes its time: fetch a little more than what is new.
_OVERLAP = timedelta(minutes=10)


def since_last_pull(peer: Peer, now: datetime) -> datetime | None:
    """From when on, by its own clock, a peer is asked what it changed; None for everything, also when our own clock was
    ahead at the last pull."""
    behind = timedelta(seconds=peer.detected.clock_behind or 0)
    return None if peer.pulled_at is None or _is_ahead(peer.pulled_at, now) else peer.pulled_at - _OVERLAP - behind


def _is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether our clock was ahead when this moment was now, by more than machines differ."""
    return moment - now > _OVERLAP


class Puller:
    """The loop; of several processes only one works. A peer that fails waits with growing pauses."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._pauses: dict[int, tuple[int, datetime]] = {}
        roaming = platform.settings.roaming
        self._back_off = BackOff(first=roaming.retry_first, longest=roaming.retry_longest)
        self._interval = timedelta(seconds=roaming.pull_interval)

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            try:
                if await self._platform.store.changes.lead(_PULLING):
                    await self.once()
            except Exception:
                # The database may be away for a moment; a peer's own errors are in the summary of its pull.
                log.exception("pulling failed; it goes on")
            await asyncio.sleep(_LOOK)

    async def once(self) -> None:
        """Pull every peer whose time has come."""
        for peer in await self._platform.store.peers.all():
            if wanted(self._platform, peer) and self._is_due(peer):
                await self._pull(peer)

    def _is_due(self, peer: Peer) -> bool:
        now = self._platform.clock()
        _, not_before = self._pauses.get(peer.id, (0, now))
        own = peer.profile.pull_interval
        interval = self._interval if own is None else timedelta(seconds=own)
        if not is_over(not_before, now):
            return False
        if peer.pulled_at is None or _is_ahead(peer.pulled_at, now):
            return True
        returned = peer.returned_at is not None and peer.pulled_at < peer.returned_at <= now
        return returned or now - peer.pulled_at >= interval

    async def _pull(self, peer: Peer) -> None:
        since = since_last_pull(peer, self._platform.clock())
        summary = await pull(self._platform, peer, wish=PullWish(since=since, by_itself=True))
        if summary.complete:
            self._pauses.pop(peer.id, None)
            return
        failures = self._pauses.get(peer.id, (0, None))[0] + 1
        seconds = pause(failures, self._back_off, random.random())  # noqa: S311 - spreads load, hides nothing
        self._pauses[peer.id] = failures, self._platform.clock() + timedelta(seconds=seconds)
