"""A platform with real ports: PostgreSQL, the OCPI client, the stations of this process."""

import contextlib
from collections.abc import AsyncIterator

from ocpilot.app.message_log import MessageLog
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.app.station_events import ActiveProfileAnswer, StationCalls, StationReservation
from ocpilot.base import time
from ocpilot.base.errors import StationUnreachable
from ocpilot.base.settings import Settings
from ocpilot.http.client import HttpPartners
from ocpilot.store.postgres import open_store
from ocpilot.wire.v230 import ChargingProfile, ChargingRateUnit


class Switchboard:
    """`StationCalls` for whatever gateway is plugged in; a process without one reaches no station.

    The gateway tells the platform what happens and the platform calls stations through the gateway: one of the two has
    to exist first, and this is the plug between them.
    """

    def __init__(self) -> None:
        self._gateway: StationCalls | None = None

    def plug_in(self, gateway: StationCalls) -> None:
        """From now on calls go to this gateway."""
        self._gateway = gateway

    async def remote_start(self, station_id: str, connector_id: int | None, id_tag: str) -> str:
        """See `StationCalls`."""
        return await self._reach(station_id).remote_start(station_id, connector_id, id_tag)

    async def remote_stop(self, station_id: str, transaction_id: int) -> str:
        """See `StationCalls`."""
        return await self._reach(station_id).remote_stop(station_id, transaction_id)

    async def unlock(self, station_id: str, connector_id: int) -> str:
        """See `StationCalls`."""
        return await self._reach(station_id).unlock(station_id, connector_id)

    async def reserve(self, station_id: str, reservation: StationReservation) -> str:
        """See `StationCalls`."""
        return await self._reach(station_id).reserve(station_id, reservation)

    async def cancel_reservation(self, station_id: str, reservation_id: int) -> str:
        """See `StationCalls`."""
        return await self._reach(station_id).cancel_reservation(station_id, reservation_id)

    async def set_charging_profile(
        self, station_id: str, connector_id: int, transaction_id: int, profile: ChargingProfile
    ) -> str:
        """See `StationCalls`."""
        gateway = self._reach(station_id)
        return await gateway.set_charging_profile(station_id, connector_id, transaction_id, profile)

    async def clear_charging_profile(self, station_id: str, transaction_id: int) -> str:
        """See `StationCalls`."""
        return await self._reach(station_id).clear_charging_profile(station_id, transaction_id)

    async def active_charging_profile(
        self, station_id: str, connector_id: int, seconds: int, unit: ChargingRateUnit
    ) -> ActiveProfileAnswer:
        """See `StationCalls`."""
        return await self._reach(station_id).active_charging_profile(station_id, connector_id, seconds, unit)

    def is_connected(self, station_id: str) -> bool:
        """See `StationCalls`."""
        return self._gateway is not None and self._gateway.is_connected(station_id)

    def _reach(self, station_id: str) -> StationCalls:
        if self._gateway is None:
            raise StationUnreachable(f"{station_id}: no station is connected to this process")
        return self._gateway


async def follow_members(platform: Platform) -> None:
    """A hub hears of what its members send, so that it is pushed on."""
    changes = platform.store.changes
    await (changes.follow("hub") if platform.settings.hub else changes.unfollow("hub"))


@contextlib.asynccontextmanager
async def open_platform(settings: Settings) -> AsyncIterator[Platform]:
    """The platform of these settings with its database and client; the database schema is the newest."""
    sealing = Seal(settings)
    messages = MessageLog(settings.log)
    async with (
        open_store(settings) as store,
        HttpPartners(settings, sealing, messages, store.peers.noticed) as partners,
    ):
        platform = Platform(
            settings=settings,
            clock=time.now,
            store=store,
            partners=partners,
            stations=Switchboard(),
            sealing=sealing,
            messages=messages,
        )
        await follow_members(platform)
        try:
            yield platform
        finally:
            await platform.background.close()
            await messages.write(store.messages)
