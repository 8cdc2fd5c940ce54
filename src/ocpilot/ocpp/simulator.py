"""A simulated OCPP 1.6 station for demo and tests: an independent client on a real websocket.

What people and cars do is called (`plug_in`, `present_token`, `unplug`); `play` lets time pass. With a `SteppedClock`
an hour passes at once, with every message at its right time; with a `SimClock` as fast as that runs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from typing import cast

import msgspec

from ocpilot.app.station_events import Payload
from ocpilot.base import time
from ocpilot.ocpp.sim_clock import StationClock
from ocpilot.ocpp.simulated_car import SimulatedCar
from ocpilot.ocpp.simulated_connector import RunningTransaction, SimulatedConnector, SimulatedReservation
from ocpilot.ocpp.simulated_limit import SimulatedLimit
from ocpilot.ocpp.station_link import Backoff, Message, Reaction, StationLink

_ACCEPTED = "Accepted"
_REJECTED = "Rejected"
#: How long `play` sleeps at most before it looks again: a remote start may have come meanwhile.
_GRAIN = 5.0


class StationMake(msgspec.Struct, frozen=True, kw_only=True):
    """What the station says it is, and its habits. Times in seconds of simulated time."""

    vendor: str = "OCPIlot"
    model: str = "Simulated 22"
    serial: str = "SIM-0001"
    firmware: str = "1.0"
    meter_interval: float = 60.0
    connection_timeout: float = 120.0
    offline_starts: bool = True
    boot_on_reconnect: bool = False
    backoff: Backoff = Backoff()


class SimulatedStation:
    """`url` is the server's, without the station id: `ws://127.0.0.1:8000/ocpp`.

    `car_for_remote_start` brings a car when a remote start comes and none stands there; without it none comes.
    """

    def __init__(
        self,
        url: str,
        station_id: str,
        password: str | None,
        *,
        clock: StationClock,
        connectors: int = 1,
        power_kw: float = 22.0,
        make: StationMake | None = None,
        car_for_remote_start: Callable[[], SimulatedCar] | None = None,
    ) -> None:
        self.id = station_id
        self.clock = clock
        self.connectors = {
            each: SimulatedConnector(each, power_kw, clock(), register_wh=1000.0 * each)
            for each in range(1, connectors + 1)
        }
        self._make = make or StationMake()
        self._car_for_remote_start = car_for_remote_start
        self._booted = False
        self._heartbeat_interval = 300.0
        self._next_heartbeat = clock()
        reactions = {
            "RemoteStartTransaction": self._remote_start,
            "RemoteStopTransaction": self._remote_stop,
            "UnlockConnector": self._unlock,
            "ReserveNow": self._reserve,
            "CancelReservation": self._cancel_reservation,
            "SetChargingProfile": self._set_limit,
            "ClearChargingProfile": self._clear_limit,
            "GetCompositeSchedule": self._composite_schedule,
        }
        self.link = StationLink(
            url, station_id, password, reactions=reactions, greet=self._greet, backoff=self._make.backoff
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected, and again when the connection is lost, until the block ends."""
        connecting = asyncio.create_task(self.link.run())
        try:
            yield
        finally:
            connecting.cancel()
            with suppress(asyncio.CancelledError):
                await connecting

    async def ready(self) -> None:
        """Return when the server has accepted the station."""
        await self.link.ready.wait()

    async def plug_in(self, connector_id: int, car: SimulatedCar | None = None) -> None:
        """A driver plugs a car in. With an authorized tag waiting the charge begins."""
        connector = self.connectors[connector_id]
        connector.flow(self.clock())
        connector.car = car or SimulatedCar()
        if connector.authorized is None:
            self._report(connector, connector.idle_status())
        else:
            self._begin(connector, connector.authorized)
        await self.link.delivered()

    async def present_token(self, id_tag: str, connector_id: int | None = None) -> str:
        """A driver holds a token to the reader: starts or stops a charge. The authorization status."""
        charging = self._charging_with(id_tag, connector_id)
        if charging is not None:
            self._end(charging, "Local", id_tag)
            await self.link.delivered()
            return _ACCEPTED
        connector = self._free(connector_id, id_tag)
        status = await self._authorize(id_tag)
        if status == _ACCEPTED and connector is not None:
            self._start_or_wait(connector, id_tag)
        await self.link.delivered()
        return status

    async def unplug(self, connector_id: int) -> None:
        """The driver takes the cable; a charge that runs ends."""
        connector = self.connectors[connector_id]
        if connector.transaction is not None:
            self._end(connector, "EVDisconnected")
        connector.car = None
        self._report(connector, connector.idle_status())
        await self.link.delivered()

    async def play(self, seconds: float) -> None:
        """Let `seconds` of simulated time pass."""
        end = self.clock() + timedelta(seconds=seconds)
        while (now := self.clock()) < end:
            due = min(end, self._next_due())
            await self.clock.sleep(min((due - now).total_seconds(), _GRAIN))
            self._pass_time(self.clock())
            await self.link.delivered()

    async def run(self) -> None:
        """Live until cancelled. Needs a clock that runs by itself."""
        while True:
            await self.play(3600.0)

    async def _greet(self) -> bool:
        """Boot, then report every connector; False when the server does not take us."""
        if not self._booted or self._make.boot_on_reconnect:
            self._booted = await self._boot()
        if not self._booted:
            return False
        for connector_id in (0, *self.connectors):
            await self.link.ask("StatusNotification", self._status_payload(connector_id))
        return True

    async def _boot(self) -> bool:
        make = self._make
        answer = await self.link.ask(
            "BootNotification",
            {
                "chargePointVendor": make.vendor,
                "chargePointModel": make.model,
                "chargePointSerialNumber": make.serial,
                "firmwareVersion": make.firmware,
            },
        )
        if answer is None or answer["status"] != _ACCEPTED:
            return False
        self._heartbeat_interval = float(cast(int, answer["interval"])) or self._heartbeat_interval
        self._next_heartbeat = self.clock() + timedelta(seconds=self._heartbeat_interval)
        return True

    def _status_payload(self, connector_id: int) -> Payload:
        status = self.connectors[connector_id].status if connector_id else "Available"
        return {
            "connectorId": connector_id,
            "status": status,
            "errorCode": "NoError",
            "timestamp": time.write(self.clock()),
        }

    def _report(self, connector: SimulatedConnector, status: str) -> None:
        if connector.status != status:
            connector.status = status
            payload = self._status_payload(connector.id)
            self.link.tell(Message(action="StatusNotification", payload=lambda: payload, durable=False))

    async def _authorize(self, id_tag: str) -> str:
        """What the server says; without one, what the station may decide itself (1.6, 3.5)."""
        answer = await self.link.ask("Authorize", {"idTag": id_tag})
        if answer is None:
            return _ACCEPTED if self._make.offline_starts else "Invalid"
        return str(cast(Payload, answer["idTagInfo"])["status"])

    def _free(self, connector_id: int | None, id_tag: str) -> SimulatedConnector | None:
        """A connector where a charge may start, rather the reserved one, rather one with a car."""
        chosen = [
            each for each in self.connectors.values() if each.free_for(id_tag) and connector_id in (None, each.id)
        ]
        return min(chosen, key=lambda each: (each.reservation is None, each.car is None), default=None)

    def _charging_with(self, id_tag: str, connector_id: int | None) -> SimulatedConnector | None:
        for each in self.connectors.values():
            if each.transaction and each.transaction.id_tag == id_tag and connector_id in (None, each.id):
                return each
        return None

    def _start_or_wait(self, connector: SimulatedConnector, id_tag: str) -> None:
        if connector.car is not None:
            self._begin(connector, id_tag)
            return
        connector.authorized = id_tag
        connector.until = self.clock() + timedelta(seconds=self._make.connection_timeout)
        self._report(connector, "Preparing")

    def _begin(self, connector: SimulatedConnector, id_tag: str) -> None:
        now = self.clock()
        connector.flow(now)
        connector.authorized = connector.until = None
        next_sample = now + timedelta(seconds=self._make.meter_interval)
        transaction = RunningTransaction(id_tag, now, next_sample, connector.sample(now, "Transaction.Begin"))
        connector.transaction = transaction
        payload: Payload = {
            "connectorId": connector.id,
            "idTag": id_tag,
            "meterStart": connector.meter_wh,
            "timestamp": time.write(now),
        }
        if connector.reservation is not None:
            payload["reservationId"] = connector.reservation.id
            connector.reservation = None

        def acknowledged(answer: Payload) -> None:
            transaction.id = cast(int, answer["transactionId"])
            refused = cast(Payload, answer["idTagInfo"])["status"] != _ACCEPTED
            if refused and connector.transaction is transaction:
                self._end(connector, "DeAuthorized")

        self.link.tell(Message(action="StartTransaction", payload=lambda: payload, acknowledged=acknowledged))
        self._report(connector, connector.charging_status(now))

    def _end(self, connector: SimulatedConnector, reason: str, id_tag: str | None = None) -> None:
        """StopTransaction now; the car still stands there."""
        transaction, now = connector.transaction, self.clock()
        if transaction is None:
            return
        connector.flow(now)
        data = [transaction.begin, connector.sample(now, "Transaction.End")]
        connector.transaction = connector.limit = None
        payload: Payload = {
            "meterStop": connector.meter_wh,
            "timestamp": time.write(now),
            "reason": reason,
            "transactionData": data,
        }
        if id_tag is not None:
            payload["idTag"] = id_tag
        self._tell_of(transaction, "StopTransaction", payload)
        self._report(connector, "Finishing")

    def _tell_of(self, transaction: RunningTransaction, action: str, payload: Payload) -> None:
        """The transaction's id may be known only when the message's turn comes."""
        self.link.tell(Message(action=action, payload=lambda: payload | {"transactionId": transaction.id or -1}))

    def _next_due(self) -> datetime:
        samples = [each.transaction.next_sample for each in self.connectors.values() if each.transaction]
        return min([self._next_heartbeat, *samples])

    def _pass_time(self, now: datetime) -> None:
        for connector in self.connectors.values():
            connector.flow(now)
            if connector.transaction is not None:
                self._meter(connector, connector.transaction, now)
            elif connector.until is not None and connector.until <= now:
                connector.authorized = connector.until = None
                self._report(connector, connector.idle_status())
            if connector.reservation is not None and connector.reservation.until <= now:
                self._free_again(connector)
        if self._next_heartbeat <= now:
            self._next_heartbeat = now + timedelta(seconds=self._heartbeat_interval)
            self.link.tell(Message(action="Heartbeat", payload=dict, durable=False))

    def _meter(self, connector: SimulatedConnector, transaction: RunningTransaction, now: datetime) -> None:
        if transaction.next_sample <= now:
            transaction.next_sample = now + timedelta(seconds=self._make.meter_interval)
            sample = connector.sample(now, "Sample.Periodic")
            self._tell_of(transaction, "MeterValues", {"connectorId": connector.id, "meterValue": [sample]})
        self._report(connector, connector.charging_status(now))

    def _free_again(self, connector: SimulatedConnector) -> None:
        connector.reservation = None
        if connector.transaction is None and connector.authorized is None:
            self._report(connector, connector.idle_status())

    def _remote_start(self, payload: Payload) -> Reaction:
        connector = self._free(cast(int | None, payload.get("connectorId")), str(payload["idTag"]))
        if connector is None:
            return Reaction({"status": _REJECTED})
        if connector.car is None and self._car_for_remote_start is not None:
            connector.car = self._car_for_remote_start()
        return Reaction({"status": _ACCEPTED}, partial(self._start_or_wait, connector, str(payload["idTag"])))

    def _remote_stop(self, payload: Payload) -> Reaction:
        wanted = payload["transactionId"]
        for connector in self.connectors.values():
            if connector.transaction is not None and connector.transaction.id == wanted:
                return Reaction({"status": _ACCEPTED}, partial(self._end, connector, "Remote"))
        return Reaction({"status": _REJECTED})

    def _unlock(self, payload: Payload) -> Reaction:
        connector = self.connectors.get(cast(int, payload["connectorId"]))
        if connector is None:
            return Reaction({"status": "NotSupported"})
        return Reaction({"status": "Unlocked"}, partial(self._end, connector, "UnlockCommand"))

    def _reserve(self, payload: Payload) -> Reaction:
        """A reservation of the same id is replaced (5.13)."""
        number, id_tag = cast(int, payload["reservationId"]), str(payload["idTag"])
        connector = self.connectors.get(cast(int, payload["connectorId"]))
        if connector is None:
            return Reaction({"status": _REJECTED})
        if connector.status in ("Faulted", "Unavailable"):
            return Reaction({"status": connector.status})
        mine = connector.reservation is not None and connector.reservation.id == number
        if not mine and (connector.reservation is not None or not connector.free_for(id_tag)):
            return Reaction({"status": "Occupied"})
        reservation = SimulatedReservation(number, id_tag, time.parse(str(payload["expiryDate"])))
        return Reaction({"status": _ACCEPTED}, partial(self._keep_free, connector, reservation))

    def _keep_free(self, connector: SimulatedConnector, reservation: SimulatedReservation) -> None:
        for other in self._reserved_as(reservation.id):
            self._free_again(other)
        connector.reservation = reservation
        self._report(connector, connector.idle_status())

    def _cancel_reservation(self, payload: Payload) -> Reaction:
        for connector in self._reserved_as(cast(int, payload["reservationId"])):
            return Reaction({"status": _ACCEPTED}, partial(self._free_again, connector))
        return Reaction({"status": _REJECTED})

    def _reserved_as(self, number: int) -> list[SimulatedConnector]:
        return [each for each in self.connectors.values() if each.reservation and each.reservation.id == number]

    def _set_limit(self, payload: Payload) -> Reaction:
        """Only profiles of a running transaction are taken (5.16.2 "TxProfile")."""
        connector = self.connectors.get(cast(int, payload["connectorId"]))
        profile = cast(Payload, payload["csChargingProfiles"])
        running = connector.transaction if connector else None
        if connector is None or running is None or running.id != profile.get("transactionId"):
            return Reaction({"status": _REJECTED})
        connector.flow(self.clock())
        connector.limit = SimulatedLimit(profile, running.began)
        return Reaction({"status": _ACCEPTED})

    def _clear_limit(self, payload: Payload) -> Reaction:
        for connector in self.connectors.values():
            if connector.limit is not None and payload.get("id") in (None, connector.limit.id):
                connector.flow(self.clock())
                connector.limit = None
                return Reaction({"status": _ACCEPTED})
        return Reaction({"status": "Unknown"})

    def _composite_schedule(self, payload: Payload) -> Reaction:
        connector = self.connectors.get(cast(int, payload["connectorId"]))
        if connector is None:
            return Reaction({"status": _REJECTED})
        answer: Payload = {"status": _ACCEPTED, "connectorId": connector.id}
        if connector.limit is not None:
            now, seconds = self.clock(), cast(int, payload["duration"])
            answer["scheduleStart"] = time.write(now)
            answer["chargingSchedule"] = connector.limit.composite(now, seconds, connector.power_kw)
        return Reaction(answer)
