"""Thousands of stations in one process: one EVSE each, real time, ready-made frames, and no task of their own.

They are not built on the classes of the `ocpp` package (see `fleet.py` for those), but keep its rules: one call in
flight, transaction messages in order until acknowledged, again after a lost connection. What a platform asks of them
is answered NotSupported.
"""

import asyncio
import base64
import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import msgspec
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI, parse_uri

from ocpilot.base import time
from ocpilot.simulator.clock import SimClock
from ocpilot.simulator.fleet import FleetPlan, FleetReport, StationReport, Totals
from ocpilot.simulator.lean_frames import NUMBER, LeanFrames, frames_of
from ocpilot.simulator.ledger import Ledger, total
from ocpilot.simulator.make import OcppVersion

_KW = (3.7, 7.4, 11.0, 11.0, 11.0)
#: Seconds of real time: for an answer, between two looks for missing ones, and to end.
_ANSWER_WITHIN = 30.0
_LOOK = 5.0
_LAST_WORDS = 30.0
_HEARTBEAT = 300.0
#: Refusals that say "not now".
_NOT_NOW = ("InternalError", "GenericError")
_decode = msgspec.json.Decoder().decode


class Said(msgspec.Struct, frozen=True):
    """A call that waits for its turn or answer. `durable` outlives a lost connection."""

    action: str
    payload: str
    durable: bool


class LeanStation(asyncio.Protocol):
    """Speaks by itself once `connect` was called."""

    __slots__ = (
        "_begin_wh",
        "_card",
        "_frames",
        "_heartbeat",
        "_in_flight",
        "_key",
        "_measuring",
        "_outbox",
        "_protocol",
        "_sent_at",
        "_seq",
        "_serial",
        "_since",
        "_transport",
        "_waits",
        "_watts",
        "_wh",
        "accepted",
        "charging",
        "fleet",
        "id",
        "ledger",
        "number",
        "version",
    )

    def __init__(self, fleet: "LeanFleet", station_id: str, version: OcppVersion) -> None:
        self.fleet = fleet
        self.id = station_id
        self.version = version
        self.ledger = Ledger()
        self.accepted = False
        self.charging = False
        self.number = -1
        self._frames: LeanFrames = fleet.frames[version]
        self._outbox: deque[Said] = deque()
        self._in_flight = False
        self._serial = 0
        self._sent_at = 0.0
        self._protocol: ClientProtocol | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._measuring: asyncio.TimerHandle | None = None
        self._waits = fleet.plan.make.backoff.waits()
        self._wh = 1000.0
        self._begin_wh = 1000
        self._watts = 0
        self._since = 0.0
        self._card = ""
        self._key = ""
        self._seq = 0

    @property
    def undelivered(self) -> int:
        """How many calls wait."""
        return len(self._outbox)

    @property
    def running_wh(self) -> int:
        """What has flowed in the charge that runs."""
        return self._register() - self._begin_wh if self.charging else 0

    async def connect(self) -> None:
        """Try once; another try is planned when it fails."""
        uri = self.fleet.uri
        try:
            await self.fleet.loop.create_connection(lambda: self, uri.host, uri.port, ssl=True if uri.secure else None)
        except OSError:
            self._again()

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        fleet = self.fleet
        self._transport = transport  # type: ignore[assignment]  # a stream's transport can write
        path = fleet.uri.path.rstrip("/")
        uri = WebSocketURI(fleet.uri.secure, fleet.uri.host, fleet.uri.port, f"{path}/{self.id}", "")
        self._protocol = ClientProtocol(uri, subprotocols=[Subprotocol(self.version.subprotocol)])
        request = self._protocol.connect()
        if fleet.plan.password is not None:
            login = base64.b64encode(f"{self.id}:{fleet.plan.password}".encode()).decode()
            request.headers["Authorization"] = f"Basic {login}"
        self._protocol.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Frames, or the rest of the handshake."""
        protocol = self._protocol
        if protocol is None:
            return
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Response):
                if protocol.state is State.OPEN:
                    self._opened()
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._heard(bytes(event.data))
        self._flush()
        if protocol.close_expected() and self._transport is not None:
            self._transport.close()

    def eof_received(self) -> None:
        """The other side has gone."""
        if self._protocol is not None:
            with suppress(InvalidHandshake):
                self._protocol.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever the reason
        """What is durable waits for the next connection."""
        self.accepted = self._in_flight = False
        self._protocol = self._transport = None
        self._outbox = deque(each for each in self._outbox if each.durable)
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        self._again()

    # ---- what the station says

    def look(self, now: float) -> None:
        """Give up a connection on which no answer comes."""
        if self._in_flight and now - self._sent_at > _ANSWER_WITHIN and self._transport is not None:
            self._transport.abort()

    def end(self) -> None:
        """The car leaves now, or never comes."""
        if self._measuring is not None:
            self._measuring.cancel()
        if self.charging:
            self._stop()

    def leave(self) -> None:
        """Close the connection."""
        if self._protocol is not None and self._protocol.state is State.OPEN:
            self._protocol.send_close()
            self._flush()
        if self._transport is not None:
            self._transport.close()

    def _again(self) -> None:
        if not self.fleet.over:
            self.fleet.loop.call_later(next(self._waits), self.fleet.connect, self)

    def _opened(self) -> None:
        self.ledger.connections += 1
        self._outbox.appendleft(Said(*self._frames.boot(self.id), durable=False))
        self._next()

    def _booted(self, answer: dict[str, object]) -> None:
        if answer.get("status") != "Accepted":
            self.leave()
            return
        self.accepted = True
        self._waits = self.fleet.plan.make.backoff.waits()
        self._say(self._frames.status(self.charging, self.fleet.stamp()), durable=False)
        self._heartbeat = self._in(self.fleet.chance.uniform(0, self.fleet.heartbeat), self._beat)
        if self._measuring is None:
            minutes = self.fleet.chance.expovariate(1.0 / self.fleet.plan.habits.between)
            self._measuring = self._in(minutes * 60.0, self._arrive)

    def _beat(self) -> None:
        self._heartbeat = self._in(self.fleet.heartbeat, self._beat)
        if self.accepted:
            self._say(("Heartbeat", "{}"), durable=False)

    def _arrive(self) -> None:
        """A car comes, the driver's card is read, and it charges."""
        fleet = self.fleet
        self._card = fleet.chance.choice(fleet.plan.habits.cards)
        self._key = f"{self.id}-{self.ledger.transactions}-{fleet.chance.getrandbits(48):012x}"[:36]
        self._watts = round(1000 * fleet.chance.choice(_KW))
        self._since, self._begin_wh, self._seq = fleet.passed(), round(self._wh), 1
        self.charging = True
        if self.accepted:
            self._say(self._frames.authorize(self._card), durable=False)
        self._say(self._frames.started(self._card, self._begin_wh, fleet.stamp(), self._key))
        self._say(self._frames.status(True, fleet.stamp()), durable=False)
        stay = fleet.chance.lognormvariate(0.0, 0.5) * fleet.plan.habits.stay * 60.0
        self._measuring = self._in(fleet.plan.make.meter_interval, self._measure, fleet.passed() + stay)

    def _measure(self, until: float) -> None:
        fleet = self.fleet
        if fleet.passed() >= until:
            self._stop()
            return
        self._say(self._frames.metered(self._register(), self._watts, fleet.stamp(), self._key, self._seq))
        self._seq += 1
        self._measuring = self._in(fleet.plan.make.meter_interval, self._measure, until)

    def _stop(self) -> None:
        fleet, wh = self.fleet, self._register()
        self._say(self._frames.ended(wh, fleet.stamp(), self._key, self._seq))
        self._say(self._frames.status(False, fleet.stamp()), durable=False)
        self.charging = False
        self._wh = float(wh)
        self.ledger.transactions += 1
        self.ledger.energy_wh += wh - self._begin_wh
        charges = fleet.plan.habits.charges
        if charges is None or self.ledger.transactions < charges:
            minutes = fleet.chance.expovariate(1.0 / fleet.plan.habits.between)
            self._measuring = self._in(minutes * 60.0, self._arrive)
        else:
            fleet.done += 1

    def _register(self) -> int:
        return round(self._wh + self._watts * (self.fleet.passed() - self._since) / 3600.0)

    def _in(self, seconds: float, act: Callable[..., None], *args: object) -> asyncio.TimerHandle:
        return self.fleet.loop.call_later(seconds / self.fleet.plan.speed, act, *args)

    def _say(self, said: tuple[str, str], durable: bool = True) -> None:
        if durable or self.accepted:
            self._outbox.append(Said(*said, durable=durable))
            self._next()

    def _next(self) -> None:
        """One call in flight; before it is accepted a station says only who it is."""
        if self._in_flight or not self._outbox or self._protocol is None or self._protocol.state is not State.OPEN:
            return
        said = self._outbox[0]
        if not self.accepted and said.action != "BootNotification":
            return
        payload = said.payload.replace(NUMBER, str(self.number)) if NUMBER in said.payload else said.payload
        self._serial += 1
        self._protocol.send_text(f'[2,"{self._serial}","{said.action}",{payload}]'.encode())
        self._in_flight, self._sent_at = True, self.fleet.loop.time()
        self.ledger.sent += 1
        self._flush()

    def _heard(self, text: bytes) -> None:
        try:
            kind, ident, *rest = _decode(text)
        except (msgspec.DecodeError, ValueError, TypeError):
            return
        if kind == 2:
            self.ledger.heard += 1
            if self._protocol is not None:
                self._protocol.send_text(b'[4,%s,"NotSupported","a lean station",{}]' % msgspec.json.encode(ident))
        elif self._in_flight and ident == str(self._serial):
            self._answered(kind, rest)

    def _answered(self, kind: int, rest: list[object]) -> None:
        self._in_flight = False
        said = self._outbox[0]
        if kind == 4:
            self.ledger.refused += 1
            if said.durable and rest[0] in _NOT_NOW:
                self._in(1.0, self._next)
                return
            self._outbox.popleft()
        else:
            self.ledger.answered += 1
            self._outbox.popleft()
            answer = rest[0]
            if said.action == "BootNotification" and isinstance(answer, dict):
                self._booted(answer)
            elif said.action == "StartTransaction" and isinstance(answer, dict):
                self.number = answer["transactionId"]
        self._next()

    def _flush(self) -> None:
        if self._protocol is not None and self._transport is not None and not self._transport.is_closing():
            for data in self._protocol.data_to_send():
                if data:
                    self._transport.write(data)


class LeanFleet:
    """As `fleet.Fleet`, for thousands. Truth is counted by station; single charges are not kept."""

    def __init__(self, plan: FleetPlan, say: Callable[[Totals], None]) -> None:
        self.plan = plan
        self.loop = asyncio.get_running_loop()
        self.uri = parse_uri(plan.url)
        self.chance = random.Random(plan.seed)  # noqa: S311 - a draw, no secret
        self.heartbeat = plan.make.heartbeat or _HEARTBEAT
        self.frames = {version: frames_of(version) for version in OcppVersion}
        self.over = False
        self.done = 0
        self.stations = [
            LeanStation(self, station_id, plan.versions[number % len(plan.versions)])
            for number, station_id in enumerate(plan.ids)
        ]
        self._say = say
        self._clock = SimClock(plan.start, plan.speed)
        self._began = self.loop.time()
        self._stamped = (-1.0, "")
        self._connecting: set[asyncio.Task[None]] = set()

    async def run(self) -> FleetReport:
        """See `fleet.Fleet.run`."""
        with suppress(asyncio.CancelledError):
            await self._live()
        for station in self.stations:
            station.end()
        with suppress(asyncio.CancelledError, TimeoutError):
            async with asyncio.timeout(_LAST_WORDS):
                while any(station.undelivered for station in self.stations):  # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(0.1)
        report = self._report()
        self.over = True
        for station in self.stations:
            station.leave()
        return report

    def connect(self, station: LeanStation) -> None:
        """In a task, which is kept until it is done."""
        task = self.loop.create_task(station.connect())
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def passed(self) -> float:
        """Simulated seconds since the start."""
        return (self.loop.time() - self._began) * self.plan.speed

    def stamp(self) -> str:
        """The present moment; made once for a hundredth of a second."""
        now = self.loop.time()
        if now - self._stamped[0] > 0.01:
            self._stamped = (now, time.write(self._clock()))
        return self._stamped[1]

    def totals(self) -> Totals:
        """Now."""
        ledger = total([each.ledger for each in self.stations])
        return Totals(
            seconds=round(self.loop.time() - self._began),
            stations=len(self.stations),
            connected=sum(each.accepted for each in self.stations),
            charging=sum(each.charging for each in self.stations),
            energy_wh=ledger.energy_wh + sum(each.running_wh for each in self.stations),
            ledger=ledger,
        )

    async def _live(self) -> None:
        end = None if self.plan.minutes is None else self._began + self.plan.minutes * 60.0 / self.plan.speed
        for number, station in enumerate(self.stations):
            self.loop.call_later(number / self.plan.connects, self.connect, station)
        looked = told = self.loop.time()
        while (end is None or self.loop.time() < end) and self.done < len(self.stations):
            await asyncio.sleep(0.1)
            now = self.loop.time()
            if now - told >= 1.0:
                told = now
                self._say(self.totals())
            if now - looked >= _LOOK:
                looked = now
                for station in self.stations:
                    station.look(now)

    def _report(self) -> FleetReport:
        return FleetReport(
            seconds=round(self.loop.time() - self._began, 1),
            total=total([each.ledger for each in self.stations]),
            stations=[
                StationReport(id=each.id, version=each.version, undelivered=each.undelivered, ledger=each.ledger)
                for each in self.stations
            ],
        )
