"""A platform with real ports: PostgreSQL, the OCPI client, the stations of this process."""

import contextlib
from collections.abc import AsyncIterator

from ocpilot.app.kept.mailing import NoMailer
from ocpilot.app.kept.station_events import Payload
from ocpilot.app.logs.frame_log import FrameLog
from ocpilot.app.logs.message_log import MessageLog
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base import time
from ocpilot.base.errors import StationUnreachable
from ocpilot.base.settings import Settings
from ocpilot.http.client import HttpPartners
from ocpilot.mail.smtp import SmtpMailer
from ocpilot.main.card_providers import card_provider
from ocpilot.ocpp.call_check import OcppSchemas
from ocpilot.ocpp.calls import Lines, StationCaller
from ocpilot.ocpp.frames import CallError, CallResult
from ocpilot.ocpp.gateway import Gateway
from ocpilot.ocpp.relay import RelayedLines
from ocpilot.ocpp.version import OcppVersion
from ocpilot.store.postgres import open_store


class Switchboard:
    """`Lines` to the stations of the gateway of this process, and to those of other processes.

    The gateway tells the platform what happens and the platform calls stations through the gateway: one of the two has
    to exist first, and this is the plug between them.
    """

    def __init__(self, elsewhere: Lines | None = None) -> None:
        self._gateway: Gateway | None = None
        self._elsewhere = elsewhere

    def plug_in(self, gateway: Gateway) -> None:
        """From now on calls to its stations go to this gateway."""
        self._gateway = gateway

    async def call(self, station_id: str, action: str, payload: Payload) -> CallResult | CallError:
        """See `Lines`."""
        return await self._reach(station_id).call(station_id, action, payload)

    async def version_of(self, station_id: str) -> OcppVersion:
        """See `Lines`."""
        return await self._reach(station_id).version_of(station_id)

    async def is_connected(self, station_id: str) -> bool:
        """See `Lines`."""
        here = self._gateway is not None and self._gateway.holds(station_id)
        return here or (self._elsewhere is not None and await self._elsewhere.is_connected(station_id))

    def _reach(self, station_id: str) -> Lines:
        if self._gateway is not None and (self._elsewhere is None or self._gateway.holds(station_id)):
            return self._gateway
        if self._elsewhere is None:
            raise StationUnreachable(f"{station_id}: no station is connected to this process")
        return self._elsewhere


async def follow_members(platform: Platform) -> None:
    """A hub or access point hears of what peers send, so that it is pushed on."""
    changes = platform.store.changes
    await (changes.follow("hub") if platform.settings.passing else changes.unfollow("hub"))


@contextlib.asynccontextmanager
async def open_platform(settings: Settings) -> AsyncIterator[Platform]:
    """The platform of these settings with its database and client; the database schema is the newest."""
    async with open_switched(settings) as (platform, _):
        yield platform


@contextlib.asynccontextmanager
async def open_switched(settings: Settings) -> AsyncIterator[tuple[Platform, Switchboard]]:
    """The same, and where a gateway of this process is plugged in."""
    sealing = Seal(settings)
    messages = MessageLog(settings.log)
    async with (
        open_store(settings) as store,
        HttpPartners(settings, sealing, messages, store.peers.noticed) as partners,
        card_provider(settings, store.played_payments) as cards,
    ):
        switchboard = Switchboard(RelayedLines(store.nodes, settings.stations.call_timeout))
        platform = Platform(
            settings=settings,
            clock=time.now,
            store=store,
            partners=partners,
            stations=StationCaller(switchboard),
            sealing=sealing,
            mailer=SmtpMailer(settings.mail) if settings.mail.host else NoMailer(),
            cards=cards,
            messages=messages,
            frames=FrameLog(settings.log),
            call_schemas=OcppSchemas(),
        )
        await follow_members(platform)
        try:
            yield platform, switchboard
        finally:
            await platform.background.close()
            await messages.write(store.messages)
            await platform.frames.write(store.frames)
