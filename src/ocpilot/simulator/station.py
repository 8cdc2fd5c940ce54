"""A simulated station: a real client of a central system, in OCPP 1.6, 2.0.1 or 2.1.

What people and cars do is called (`plug_in`, `present_token`, `unplug`); `play` lets time pass. With a `SteppedClock`
an hour passes at once, with every message at its right time; with a `SimClock` as fast as that runs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import cast

from ocpilot.simulator import versions
from ocpilot.simulator.agenda import Agenda
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.charging import ACCEPTED, Charging, Outbox, Sockets
from ocpilot.simulator.clock import StationClock
from ocpilot.simulator.device import Device
from ocpilot.simulator.evse import SimulatedEvse
from ocpilot.simulator.faults import FaultPlan
from ocpilot.simulator.ledger import Ledger
from ocpilot.simulator.link import Address, StationLink
from ocpilot.simulator.make import IdToken, OcppVersion, StationMake
from ocpilot.simulator.orders import Orders, Surroundings
from ocpilot.simulator.own_time import OwnTime
from ocpilot.simulator.signing import Signer
from ocpilot.simulator.speech import Message, Payload

_NO_FAULTS = FaultPlan({}, 0, "")


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
        version: OcppVersion = OcppVersion.V16,
        evses: int = 1,
        power_kw: float = 22.0,
        make: StationMake | None = None,
        plan: FaultPlan = _NO_FAULTS,
        car_for_remote_start: Callable[[], SimulatedCar] | None = None,
    ) -> None:
        self.id = station_id
        self.clock = clock
        self.version = version
        self.plan = plan
        self.ledger = Ledger()
        make = make or StationMake()
        own = OwnTime(plan, clock())
        for fault in own.faults:
            self.ledger.fault(fault)
        signer = Signer(station_id, make.vendor, make.model) if make.signed else None
        self._car_for_remote_start = car_for_remote_start
        self._boot_reason = "PowerUp"
        self._heartbeat_interval = make.heartbeat or 300.0
        self._next_heartbeat = clock()
        self._agenda = Agenda(clock)
        self._connecting: asyncio.Task[None] | None = None
        self._loose: set[asyncio.Task[None]] = set()
        self._speech = versions.speech(version, make, own.stamp, signer)
        sockets = Sockets(evses, power_kw, make.dc)
        outbox = Outbox(self._tell, self._online)
        self.charging = Charging(self._speech, make, clock, sockets, outbox, ledger=self.ledger, signer=signer)
        self.orders = Orders(self.charging, self._surroundings())
        device = Device(self.charging, signer)
        reactions = versions.reactions(version, self.orders, device, own.stamp)
        self.link = StationLink(
            Address(url, station_id, password, version),
            make,
            reactions=reactions,
            greet=self._greet,
            ledger=self.ledger,
        )

    @property
    def evses(self) -> dict[int, SimulatedEvse]:
        """By number, from 1."""
        return self.charging.evses

    @property
    def energy_wh(self) -> int:
        """What really flowed until now, in ended charges and in those that run."""
        running = sum(evse.meter.counted_wh - each.began_wh for evse, each in self.charging.running())
        return self.ledger.energy_wh + running

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected, and again when the connection is lost, until the block ends."""
        self.connect()
        try:
            yield
        finally:
            await self.disconnect()

    def connect(self) -> None:
        """Connect, and again when the connection is lost, until `disconnect`."""
        self._connecting = asyncio.create_task(self.link.run())

    async def disconnect(self) -> None:
        """Leave, whatever is still to be told."""
        if self._connecting is not None:
            await self.link.leave()
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
            self._connecting = None

    async def ready(self) -> None:
        """Return when the server has accepted the station."""
        await self.link.ready.wait()

    async def plug_in(self, evse_id: int, car: SimulatedCar | None = None) -> None:
        """A driver plugs a car in. With an authorized token waiting the charge begins."""
        evse = self.evses[evse_id]
        self.charging.flow(evse)
        evse.car = car or SimulatedCar()
        self.charging.plugged_in(evse)
        await self.link.delivered()

    async def present_token(self, value: str, evse_id: int | None = None, kind: str = "ISO14443") -> str:
        """A driver holds a token to the reader: starts or stops a charge. The authorization status."""
        token = IdToken(value, kind)
        charging = self.charging.charging_with(value, evse_id)
        if charging is not None:
            self.charging.end(charging, "Local", token)
            await self.link.delivered()
            return ACCEPTED
        evse = self.charging.free(evse_id, value)
        status = await self._authorize(token)
        if status == ACCEPTED and evse is not None:
            self.charging.start_or_wait(evse, token)
        await self.link.delivered()
        return status

    async def unplug(self, evse_id: int) -> None:
        """The driver takes the cable; a charge that runs ends."""
        self.charging.unplugged(self.evses[evse_id])
        await self.link.delivered()

    async def reboot(self, reason: str = "Unknown") -> None:
        """The station starts again; charges go on. `reason` is a word of 2.x."""
        self._boot_reason = reason
        await self.link.hang_up()
        self.link.call_again()

    async def lose_power(self, seconds: float) -> None:
        """Nothing works for a while. That charges have ended is told once it does again."""
        await self.link.hang_up()
        for evse, _ in list(self.charging.running()):
            self.charging.end(evse, "PowerLoss")
        await self.clock.sleep(seconds)
        self._boot_reason = "PowerUp"
        self.link.call_again()

    async def play(self, seconds: float) -> None:
        """Let `seconds` of simulated time pass."""
        end = self.clock() + timedelta(seconds=seconds)
        while (now := self.clock()) < end:
            due = min([end, self._next_heartbeat, *self.charging.next_due(), *self._agenda.next_due()])
            await self.clock.sleep(min((due - now).total_seconds(), self.clock.grain))
            self._pass_time(self.clock())
            await self.link.delivered()

    async def run(self) -> None:
        """Live until cancelled. Needs a clock that runs by itself."""
        while True:
            await self.play(3600.0)

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            later=self._agenda.put,
            reboot=self._reboot_soon,
            heartbeat=self._beat,
            boot=lambda: self.charging.tell(self._speech.boot("Triggered")),
            car_comes=self._car_comes,
            undelivered=lambda: self.link.undelivered,
        )

    async def _greet(self) -> bool:
        """Boot, then report every EVSE; False when the server does not take us."""
        if self._boot_reason or self.charging.make.boot_on_reconnect:
            if not await self._boot(self._boot_reason or "Unknown"):
                return False
            self._boot_reason = ""
        whole = self._speech.whole_status(self.clock())
        if whole is not None:
            await self.link.ask(whole)
        for evse in self.evses.values():
            await self.link.ask(self._speech.status(evse, self.clock()))
        return True

    async def _boot(self, reason: str) -> bool:
        answer = await self.link.ask(self._speech.boot(reason))
        if answer is None or answer["status"] != ACCEPTED:
            return False
        told = float(cast(int, answer["interval"]))
        self._heartbeat_interval = self.charging.make.heartbeat or told or self._heartbeat_interval
        self._next_heartbeat = self.clock() + timedelta(seconds=self._heartbeat_interval)
        return True

    async def _authorize(self, token: IdToken) -> str:
        """What the server says; without one, what the station may decide itself (1.6, 3.5)."""
        answer: Payload | None = await self.link.ask(self._speech.authorize(token))
        if answer is not None:
            return self._speech.authorization(answer)
        known = self.orders.tokens.get(token.value)
        return known or (ACCEPTED if self.charging.make.offline_starts else "Invalid")

    def _tell(self, message: Message) -> None:
        self.link.tell(message)

    def _online(self) -> bool:
        return self.link.ready.is_set()

    def _pass_time(self, now: datetime) -> None:
        self.charging.pass_time(now)
        self._agenda.pass_time(now)
        if self._next_heartbeat <= now:
            self._next_heartbeat = now + timedelta(seconds=self.charging.make.heartbeat or self._heartbeat_interval)
            self._beat()

    def _beat(self) -> None:
        self.charging.tell(self._speech.heartbeat())

    def _reboot_soon(self, reason: str) -> None:
        task = asyncio.create_task(self._reboot_when_told(reason))
        self._loose.add(task)
        task.add_done_callback(self._loose.discard)

    async def _reboot_when_told(self, reason: str) -> None:
        await self.link.delivered()
        await self.reboot(reason)

    def _car_comes(self, evse: SimulatedEvse) -> None:
        if evse.car is None and self._car_for_remote_start is not None:
            evse.car = self._car_for_remote_start()
