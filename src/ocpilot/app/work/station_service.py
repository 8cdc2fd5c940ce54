"""What a gateway tells the platform: `StationEvents`, each event passed to the part that knows about it."""

import asyncio
import logging
from datetime import datetime
from decimal import Decimal

import msgspec

from ocpilot.app.charges import sessions
from ocpilot.app.charges.samples import rows_of
from ocpilot.app.kept.charge_records import Station, StationConnector, TransactionState
from ocpilot.app.kept.station_events import (
    Admission,
    AuthorizationStatus,
    BootAnswer,
    BootInfo,
    EventKind,
    IdTagAnswer,
    IdToken,
    Knock,
    Payload,
    StartAnswer,
    StartEvent,
    StationCost,
    StationSample,
    StatusEvent,
    StopEvent,
    TransactionAnswer,
    TransactionEvent,
)
from ocpilot.app.kept.status_records import StatusReason, Why
from ocpilot.app.orders import reservations, station_profiles
from ocpilot.app.platform import Platform
from ocpilot.app.stations import newcomers, station_certificates, station_notices, station_security, stations
from ocpilot.app.stations.station_admission import Admissions
from ocpilot.app.transactions import running_costs, transaction_events, transactions
from ocpilot.app.transactions.running import Running, RunningTransactions
from ocpilot.app.transactions.running_costs import RunningCosts
from ocpilot.app.work.session_writing import SessionWriting
from ocpilot.base.errors import StationUnreachable
from ocpilot.wire.v230 import Status

log = logging.getLogger(__name__)

#: Seconds between two writings of when stations were heard last.
_HEARD_WRITTEN = 5.0


class StationService:
    """Implements `StationEvents` for one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._admissions = Admissions(platform)
        #: When each station was heard last, not yet written.
        self._heard: dict[str, datetime] = {}
        self._running = RunningTransactions()
        self.sessions = SessionWriting(platform)
        self._costs = RunningCosts(platform)

    async def run(self) -> None:
        """What goes on beside the stations' messages, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.sessions.run())
            tasks.create_task(self._write_heard())

    async def _write_heard(self) -> None:
        """Write down now and then when stations were heard last."""
        while True:
            await asyncio.sleep(_HEARD_WRITTEN)
            heard, self._heard = self._heard, {}
            try:
                await self._platform.store.stations.seen(heard)
            except Exception:
                log.exception("when %d stations were heard last could not be written", len(heard))

    async def authenticate(self, knock: Knock) -> Admission:
        """See `StationEvents`."""
        return await self._admissions.of(knock)

    async def connected(self, station_id: str, protocol: str) -> None:
        """See `StationEvents`. Its EVSEs are again what they were, until they say something else."""
        self._running.forget(station_id)
        await stations.connected(self._platform, station_id, protocol)
        await self._platform.store.site_limits.doubt(station_id)
        station = await self._platform.store.stations.get(station_id)
        for connector in station.connectors if station else ():
            if station is not None:
                await self._as_before(station, connector)

    async def _as_before(self, station: Station, connector: StationConnector) -> None:
        """What the station said last of an EVSE: many say nothing after a reconnect."""
        key = stations.evse_key(station, connector.evse_uid)
        if await self._platform.store.transactions.open_on(station.id, connector.evse_id) is not None:
            await stations.set_evse_status(self._platform, key, Status.CHARGING, Why(reason=StatusReason.SESSION))
            return
        said = await self._platform.store.status_history.said_last(key, connected=True)
        if said is not None:
            why = Why(reason=said.reason, code=said.code, info=said.info, said_at=said.said_at)
            await stations.set_evse_status(self._platform, key, said.status, why)

    async def disconnected(self, station_id: str) -> None:
        """See `StationEvents`."""
        self._running.forget(station_id)
        await stations.disconnected(self._platform, station_id)

    async def booted(self, station_id: str, info: BootInfo) -> BootAnswer:
        """See `StationEvents`."""
        self._costs.booted(station_id)
        await self._platform.store.local_lists.doubt(station_id)
        await self._platform.store.site_limits.doubt(station_id)
        await self._platform.store.station_tariffs.forget(station_id)
        self._running.forget(station_id)
        answer = await stations.booted(self._platform, station_id, info)
        if answer.accepted and await self._platform.store.newcomers.next_password(station_id) is not None:
            work = newcomers.replace_password(self._platform, station_id)
            self._platform.background.start(work, f"password of {station_id}")
        station = await self._platform.store.stations.get(station_id)
        if station is not None:
            await transactions.booted(self._platform, station)
        if answer.accepted:
            work = station_profiles.again(self._platform, station_id)
            self._platform.background.start(work, f"charging profiles of {station_id}")
        return answer

    async def heartbeat(self, station_id: str) -> datetime:
        """See `StationEvents`."""
        return self._hear(station_id)

    async def status(self, station_id: str, event: StatusEvent) -> None:
        """See `StationEvents`."""
        self._hear(station_id)
        self._running.forget(station_id)
        station = await self._platform.store.stations.get(station_id)
        word = stations.status_of(event.status)
        if station is None or word is None:
            return
        why = stations.why_of(event)
        connector = stations.connector_of(station, event.evse_id, event.connector_id)
        if connector is None and event.evse_id:
            log.warning("%s: connector %d is %s, and none of the station", station_id, event.evse_id, event.status)
            return
        if connector is None:
            await stations.whole_station(self._platform, station, word, why)
            if word in stations.WHOLE:
                numbers = [one.evse_id for one in station.connectors]
                await reservations.broken(self._platform, station, numbers, word)
            return
        await stations.set_evse_status(self._platform, stations.evse_key(station, connector.evse_uid), word, why)
        if word in stations.WHOLE:
            await reservations.broken(self._platform, station, [event.evse_id], word)
        await transactions.state_changed(self._platform, station, event.evse_id, event.status, event.at)

    async def authorize(self, station_id: str, token: IdToken) -> IdTagAnswer:
        """See `StationEvents`."""
        station = await self._platform.store.stations.get(station_id)
        if station is None:
            return IdTagAnswer(status=AuthorizationStatus.INVALID)
        return await transactions.authorize_tag(self._platform, station, token)

    async def start(self, station_id: str, event: StartEvent) -> StartAnswer:
        """See `StationEvents`."""
        self._running.forget(station_id)
        return await transactions.start(self._platform, await self._station(station_id), event)

    async def meter_values(
        self, station_id: str, evse_id: int, transaction_id: int | None, samples: tuple[StationSample, ...]
    ) -> None:
        """See `StationEvents`."""
        now = self._hear(station_id)
        known = self._running.get(station_id, transaction_id)
        if known is not None:
            await self._platform.store.transactions.add_samples(rows_of(known.transaction_id, samples, now))
            self.sessions.touch(known.transaction_id)
            return
        station = await self._station(station_id)
        found = await transactions.meter_values(self._platform, station, evse_id, transaction_id, samples)
        if found is None:
            return
        self.sessions.touch(found.id)
        if found.id == transaction_id and found.state == TransactionState.OPEN:
            self._running.note(station_id, found.id, Running(found.id))

    async def stop(self, station_id: str, event: StopEvent) -> IdTagAnswer | None:
        """See `StationEvents`."""
        self._running.forget(station_id)
        return await transactions.stop(self._platform, await self._station(station_id), event)

    async def transaction_event(self, station_id: str, event: TransactionEvent) -> TransactionAnswer:
        """See `StationEvents`."""
        self._hear(station_id)
        only_values = event.kind is EventKind.UPDATED and event.token is None and event.remote_start_id is None
        known = self._running.get(station_id, (event.station_key, event.evse_id)) if only_values else None
        if known is not None:
            self._costs.goes_on(station_id, event.station_key)
            return await self._values(station_id, event, known)
        self._running.forget(station_id)
        found, answer = await transaction_events.take(self._platform, await self._station(station_id), event)
        if only_values and found.state == TransactionState.OPEN:
            self._running.note(station_id, (event.station_key, event.evse_id), Running(found.id, event.state))
        if event.kind is not EventKind.ENDED:
            self.sessions.touch(found.id)
            self._costs.goes_on(station_id, event.station_key)
            return answer
        self._costs.over(station_id, event.station_key)
        return msgspec.structs.replace(answer, total_cost=await self._cost(found.id, event.cost))

    async def _cost(self, transaction_id: int, shown: StationCost | None) -> Decimal | None:
        """What an ended charge comes to by what is known now, beside what its station shows."""
        ended = await self._platform.store.transactions.get(transaction_id)
        if ended is None:
            return None
        await sessions.write(self._platform, ended)
        if shown is not None:
            await running_costs.compare(self._platform, ended, shown)
        return await running_costs.cost_of(self._platform, ended)

    async def _values(self, station_id: str, event: TransactionEvent, known: Running) -> TransactionAnswer:
        """Meter values and charging state of a transaction that is known and open."""
        rows = transaction_events.rows_of(self._platform, known.transaction_id, event, known.state)
        await self._platform.store.transactions.add_samples(rows)
        self.sessions.touch(known.transaction_id)
        if event.state not in (None, known.state):
            name = (event.station_key, event.evse_id)
            self._running.note(station_id, name, Running(known.transaction_id, event.state))
        return TransactionAnswer()

    async def sign_certificate(self, station_id: str, csr: str, kind: str | None) -> str | None:
        """See `StationEvents`."""
        self._hear(station_id)
        return await station_certificates.sign(self._platform, station_id, csr, kind)

    async def reservation_ended(self, station_id: str, number: int, *, expired: bool) -> None:
        """See `StationEvents`."""
        self._hear(station_id)
        await reservations.ended_by_station(self._platform, station_id, number, expired=expired)

    async def security(self, station_id: str, what: str) -> None:
        """See `StationEvents`."""
        await station_security.happened(self._platform, station_id, what)

    async def notice(self, station_id: str, action: str, payload: Payload) -> None:
        """See `StationEvents`."""
        self._hear(station_id)
        await station_notices.notice(self._platform, station_id, action, payload)

    def _hear(self, station_id: str) -> datetime:
        now = self._platform.clock()
        self._heard[station_id] = now
        return now

    async def _station(self, station_id: str) -> Station:
        station = await self._platform.store.stations.get(station_id)
        if station is None:
            raise StationUnreachable(f"station {station_id} was removed while it was connected")
        return station
