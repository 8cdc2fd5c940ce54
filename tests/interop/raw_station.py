"""A station as a bare websocket: it says what a test wants, and answers as the test laid down."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from street import OPERATOR, PASSWORD, gateway_of
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.stations import stations
from ocpilot.wire.protocol import ModuleID, Version

PROTOCOLS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
BOOTS = {
    "ocpp1.6": {"chargePointVendor": "V", "chargePointModel": "M"},
    "ocpp2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
}
#: An answer that never comes.
SILENCE = object()


class RawStation:
    """`answers` by action: a payload, the code of an error, a function of the payload, or SILENCE."""

    def __init__(self, socket: ClientConnection, protocol: str) -> None:
        self.socket, self.protocol = socket, protocol
        self.answers: dict[str, object] = {}
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.gone = asyncio.Event()
        self._more = asyncio.Event()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[object]] = {}

    async def call(self, action, payload):
        """What the platform answers; an error is a list."""
        ident = str(next(self._numbers))
        answer = self._waiting[ident] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps([2, ident, action, payload]))
        async with asyncio.timeout(20):
            return await answer

    async def boot(self):
        return await self.call("BootNotification", BOOTS.get(self.protocol, BOOTS["ocpp2.0.1"]))

    async def was_asked(self, action, times=1):
        """The payloads of these calls, once there are so many."""
        async with asyncio.timeout(20):
            while len(found := [payload for word, payload in self.asked if word == action]) < times:
                self._more.clear()
                await self._more.wait()
        return found

    async def run(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self.socket:
                kind, ident, *rest = json.loads(text)
                if kind == 2:
                    await self._answer(ident, *rest)
                elif ident in self._waiting:
                    self._waiting[ident].set_result(rest[0] if kind == 3 else rest)
        self.gone.set()

    async def _answer(self, ident, action, payload):
        self.asked.append((action, payload))
        self._more.set()
        answer = self.answers.get(action, "NotImplemented")
        answer = answer(payload) if callable(answer) else answer
        if isinstance(answer, str):
            await self.socket.send(json.dumps([4, ident, answer, "", {}]))
        elif answer is not SILENCE:
            await self.socket.send(json.dumps([3, ident, answer]))


@asynccontextmanager
async def raw_station(
    lade, bodies, protocol: str = "ocpp2.0.1", evses: int = 2, tariff=None, **fields
) -> AsyncIterator[RawStation]:
    """Station CS1 at Location L1, connected and booted; EVSE n is `En`."""
    uids = [f"E{number}" for number in range(1, evses + 1)]
    await lade.keep(ModuleID.LOCATIONS, bodies.location(evses=[bodies.evse(uid, **fields) for uid in uids]))
    await lade.keep(ModuleID.TARIFFS, tariff or bodies.tariff(Version.V2_3_0))
    connectors = tuple(
        StationConnector(evse_id=number, evse_uid=uid, ocpi_connector_id="1") for number, uid in enumerate(uids, 1)
    )
    await stations.add(lade.platform, "CS1", party=OPERATOR, location_id="L1", connectors=connectors, password=PASSWORD)
    async with gateway_of(lade.platform) as url, joined(url, protocol) as station:
        await station.boot()
        yield station


@asynccontextmanager
async def joined(url: str, protocol: str, name: str = "CS1") -> AsyncIterator[RawStation]:
    """A connection of a station that the platform knows."""
    login = {"Authorization": "Basic " + base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()}
    async with connect(f"{url}/{name}", subprotocols=[protocol], additional_headers=login, proxy=None) as socket:
        station = RawStation(socket, protocol)
        running = asyncio.create_task(station.run())
        try:
            yield station
        finally:
            running.cancel()
