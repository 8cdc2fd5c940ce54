"""What is tidied up now and then: old messages, calls to stations, stations that waited in vain, codes that were used,
links that are over, routes of a hub, changes that others cover."""

from datetime import datetime, timedelta

from ocpilot.app.hub import hub_orders
from ocpilot.app.ocpi.hub_clients import HubClients
from ocpilot.app.platform import Platform

_EVERY = timedelta(minutes=1)
#: How often the change log is looked through, and how old a change must be.
_COMPACTED = timedelta(hours=1)
#: How long a station that does not come again waits or stays refused, and a code is remembered that was used.
_NEWCOMERS = timedelta(days=30)

#: How long something is remembered that failed and then was not tried any more.
_TROUBLES = timedelta(days=1)


class Tidying:
    """Does each thing when its time has come."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._hub_clients = HubClients(platform)
        self._at: datetime | None = None
        self._compacted_at: datetime | None = None

    async def once(self) -> None:
        """Nothing, when the last time was just now."""
        now = self._platform.clock()
        if self._at is not None and now - self._at < _EVERY:
            return
        self._at = now
        store = self._platform.store
        await self._hub_clients.once()
        await store.nodes.forget_calls()
        await store.newcomers.forget(now - _NEWCOMERS)
        await store.ad_hoc.forget(now)
        await store.troubles.forget(now - _TROUBLES)
        await store.messages.drop_before(now - timedelta(days=self._platform.settings.log.days))
        await store.frames.drop_before(now - timedelta(days=self._platform.settings.log.frame_days))
        if self._platform.settings.hub is not None:
            await store.hub.forget(now - hub_orders.KEPT)
        if self._compacted_at is None or now - self._compacted_at >= _COMPACTED:
            self._compacted_at = now
            await store.changes.compact(now - _COMPACTED)
