"""What `ocpilot station` asks of a platform, as `cli.station` states it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from ocpilot.app.guests import evse_pages
from ocpilot.app.kept.charge_records import StationQuery
from ocpilot.app.kept.frames import FrameLine, FrameList, FrameQuery
from ocpilot.app.kept.station_events import Payload
from ocpilot.app.platform import Platform
from ocpilot.app.stations import qr_codes, station_calls, station_import, station_reports, station_views, stations
from ocpilot.app.stations.qr_codes import Format
from ocpilot.app.stations.station_import import ConnectorRow, StationTaken
from ocpilot.app.stations.station_reports import StationReport
from ocpilot.app.stations.station_views import StationNow, StationPage
from ocpilot.cli import station
from ocpilot.cli.station_qr import PrintedCode
from ocpilot.main.following import MOST, follow
from ocpilot.main.on_platform import on_platform


class StationsOf:
    """`cli.station.StationCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def add(self, *, station_id: str, location_id: str, evses: Sequence[str], password: str, made: bool) -> str:
        """See `StationCommands`."""
        location = await stations.our_location(self._platform, location_id)
        await stations.add(
            self._platform,
            station_id,
            party=location.party,
            location_id=location.id,
            connectors=stations.connectors_of(evses),
            password=password,
            made=made,
        )
        base = self._platform.settings.server.base_url.replace("http", "ws", 1)
        return f"{base}/ocpp/{station_id}"

    async def take_stations(self, rows: Sequence[ConnectorRow], *, dry_run: bool) -> Sequence[StationTaken]:
        """See `cli.station_import.ImportStations`."""
        return await station_import.take(self._platform, rows, dry_run=dry_run)

    async def page(self, query: StationQuery) -> StationPage:
        """See `StationCommands`."""
        return await station_views.page(self._platform, query)

    async def one(self, station_id: str) -> StationNow:
        """See `StationCommands`."""
        return await station_views.one(self._platform, station_id)

    async def frames(self, query: FrameQuery) -> FrameList:
        """See `StationCommands`."""
        if query.station_id is not None:
            await station_views.named(self._platform, query.station_id)
        return await station_views.frames(self._platform, query)

    async def call(self, station_id: str, action: str, payload: Payload) -> Payload:
        """See `StationCommands`."""
        station = await station_views.named(self._platform, station_id)
        return await station_calls.call(self._platform, station, action, payload)

    def follow(self, query: FrameQuery) -> AsyncIterator[FrameLine]:
        """See `StationCommands`."""

        async def look(since: datetime, after_id: int) -> Sequence[FrameLine]:
            return await self._platform.store.frames.find(replace(query, since=since, after_id=after_id, limit=MOST))

        clock = self._platform.clock
        return follow(look, lambda frame: frame.id, clock, query.since or clock())

    async def codes(self, station_id: str, format_: Format) -> Sequence[PrintedCode]:
        """See `StationCommands`."""
        now = await station_views.one(self._platform, station_id)
        evses = [one.evse for one in now.evses if one.evse is not None]
        found = [(evse, evse_pages.url_of(self._platform, evse)) for evse in evses]
        return [
            PrintedCode(evse.uid, evse.evse_id or "", url, qr_codes.drawn(url, format_)) for evse, url in found if url
        ]

    async def reports(self, station_id: str | None, month: str | None) -> Sequence[StationReport]:
        """See `StationCommands`."""
        wanted = station_reports.month_of(self._platform, month)
        if station_id is None:
            found = await self._platform.store.stations.all()
        else:
            found = (await station_views.named(self._platform, station_id),)
        return [await station_reports.report(self._platform, station, wanted) for station in found]


run_station = on_platform(lambda args, platform: station.run(args, StationsOf(platform)))
