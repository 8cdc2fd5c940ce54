"""What a gateway tells the platform: `StationEvents`, each event passed to the part that knows about it."""

from datetime import datetime

from ocpilot.app import reservations, stations, transactions
from ocpilot.app.charge_records import Station
from ocpilot.app.platform import Platform
from ocpilot.app.station_events import (
    AuthorizationStatus,
    BootAnswer,
    BootInfo,
    IdTagAnswer,
    StartAnswer,
    StartEvent,
    StationSample,
    StopEvent,
)
from ocpilot.base.errors import StationUnreachable
from ocpilot.wire.v230 import Status


class StationService:
    """Implements `StationEvents` for one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        #: What each connector said last, for stations that say nothing after a reconnect.
        self._said: dict[tuple[str, int], Status] = {}

    async def authenticate(self, station_id: str, password: str | None, remote: str) -> bool:  # noqa: ARG002 - protocol
        """See `StationEvents`."""
        return await stations.authenticate(self._platform, station_id, password)

    async def connected(self, station_id: str, protocol: str) -> None:
        """See `StationEvents`. Its EVSEs are again what they were, until they say something else."""
        await stations.connected(self._platform, station_id, protocol)
        station = await self._platform.store.stations.get(station_id)
        for connector in station.connectors if station else ():
            status = self._said.get((station_id, connector.connector_id))
            if await self._platform.store.transactions.open_on(station_id, connector.connector_id) is not None:
                status = Status.CHARGING
            if station is not None and status is not None:
                await stations.set_evse_status(self._platform, stations.evse_key(station, connector.evse_uid), status)

    async def disconnected(self, station_id: str) -> None:
        """See `StationEvents`."""
        await stations.disconnected(self._platform, station_id)

    async def booted(self, station_id: str, info: BootInfo) -> BootAnswer:
        """See `StationEvents`."""
        return await stations.booted(self._platform, station_id, info)

    async def heartbeat(self, station_id: str) -> datetime:
        """See `StationEvents`."""
        return await stations.heartbeat(self._platform, station_id)

    async def status(  # noqa: PLR0917 - as the protocol says
        self,
        station_id: str,
        connector_id: int,
        status: str,
        error_code: str,  # noqa: ARG002 - protocol
        at: datetime | None,
        info: str | None,  # noqa: ARG002 - protocol
    ) -> None:
        """See `StationEvents`."""
        station = await self._platform.store.stations.get(station_id)
        word = stations.status_of(status)
        if station is None or word is None:
            return
        connector = stations.connector_of(station, connector_id)
        if connector is None:
            await stations.whole_station(self._platform, station, word)
            if word in stations.WHOLE:
                numbers = [one.connector_id for one in station.connectors]
                await reservations.broken(self._platform, station, numbers, word)
            return
        self._said[station_id, connector_id] = word
        await stations.set_evse_status(self._platform, stations.evse_key(station, connector.evse_uid), word)
        if word in stations.WHOLE:
            await reservations.broken(self._platform, station, [connector_id], word)
        await transactions.state_changed(self._platform, station, connector_id, status, at)

    async def authorize(self, station_id: str, id_tag: str) -> IdTagAnswer:
        """See `StationEvents`."""
        station = await self._platform.store.stations.get(station_id)
        if station is None:
            return IdTagAnswer(status=AuthorizationStatus.INVALID)
        return await transactions.authorize_tag(self._platform, station, id_tag)

    async def start(self, station_id: str, event: StartEvent) -> StartAnswer:
        """See `StationEvents`."""
        return await transactions.start(self._platform, await self._station(station_id), event)

    async def meter_values(
        self, station_id: str, connector_id: int, transaction_id: int | None, samples: tuple[StationSample, ...]
    ) -> None:
        """See `StationEvents`."""
        station = await self._station(station_id)
        await transactions.meter_values(self._platform, station, connector_id, transaction_id, samples)

    async def stop(self, station_id: str, event: StopEvent) -> IdTagAnswer | None:
        """See `StationEvents`."""
        return await transactions.stop(self._platform, await self._station(station_id), event)

    async def _station(self, station_id: str) -> Station:
        station = await self._platform.store.stations.get(station_id)
        if station is None:
            raise StationUnreachable(f"station {station_id} was removed while it was connected")
        return station
