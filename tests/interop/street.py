"""A street: an operator whose station talks to it over a real websocket, and who charges there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import uvicorn
from starlette.applications import Starlette

from ocpilot.app.charges import sessions
from ocpilot.app.kept.charge_records import StationConnector, TransactionState
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi import accounts
from ocpilot.app.ocpi.bodies import object_in, value_of
from ocpilot.app.orders import commands
from ocpilot.app.stations import stations
from ocpilot.app.work.station_service import StationService
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.ocpp.gateway import Gateway
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.make import OcppVersion
from ocpilot.simulator.station import SimulatedStation
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import Session
from servers import running

OPERATOR = PartyId.of("SE", "LAD")
LOCATION = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1")
ALL = ("RESERVABLE", "CHARGING_PROFILE_CAPABLE", "CHARGING_PREFERENCES_CAPABLE", "REMOTE_START_STOP_CAPABLE")
PASSWORD = "sixteen-letters-"


@dataclass
class Street:
    """An operator with a station on a real websocket, a provider that knows its Location, and a driver."""

    connection: object
    station: SimulatedStation
    driver: object

    @property
    def lade(self):
        return self.connection.lade.platform

    @property
    def resa(self):
        return self.connection.resa.platform

    async def settled(self):
        """Whatever both do in the background is done."""
        for platform in (self.lade, self.resa, self.lade):
            await platform.background.drain()

    async def result_of(self, command):
        await self.settled()
        return await self.resa.store.commands.get(command.id)

    async def status(self, uid="E1"):
        key = msgspec.structs.replace(LOCATION, sub=uid)
        return object_in(await self.lade.store.locations.get(key))["status"]

    async def session(self) -> Session:
        await written(self.lade)
        [stored] = await self.lade.store.objects.newest(ModuleID.SESSIONS, 5)
        return value_of(Session, stored)

    async def known_session(self) -> StoredObject:
        """The operator's Session as a push would have brought it to the provider."""
        await written(self.lade)
        [stored] = await self.lade.store.objects.newest(ModuleID.SESSIONS, 5)
        known = msgspec.structs.replace(stored, peer_id=self.connection.lade_at_resa.id, audience=None)
        await self.resa.store.objects.put(known)
        return known

    async def reserve(self, **changes):
        until = time.now() + timedelta(hours=1)
        return await commands.reserve_now(self.resa, self.driver, LOCATION, "E1", until, **changes)

    async def play(self, seconds):
        """Time passes at the station, and here too."""
        clock = self.connection.lade.clock
        for _ in range(0, seconds, 60):
            clock.ahead += timedelta(seconds=60)
            await self.station.play(60)

    async def charge(self):
        """The driver starts at connector 1 with his app; the car is there."""
        await self.station.plug_in(1, SimulatedCar(max_kw=22, soc=10, battery_kwh=80))
        command = await commands.start_session(self.resa, self.driver, LOCATION, "E1", "1")
        assert (await self.result_of(command)).result == "ACCEPTED"
        await self.station.play(1)
        return await self.known_session()


async def written(platform) -> None:
    """The Sessions of running charges are as their meter values say, as `SessionWriting` makes them a moment later."""
    for one in await platform.store.transactions.in_state(TransactionState.OPEN):
        await sessions.write(platform, one)


@asynccontextmanager
async def gateway_of(platform) -> AsyncIterator[str]:
    gateway = Gateway(StationService(platform), frames=platform.frames.add)
    platform.stations.lines.plug_in(gateway)
    app = Starlette(routes=[gateway.route()])
    config = uvicorn.Config(app, port=0, ws="websockets-sansio", log_level="critical", lifespan="off")
    async with running(config) as port:
        try:
            yield f"ws://127.0.0.1:{port}/ocpp"
        finally:
            await gateway.close()


async def build_station(lade, bodies, *evses) -> None:
    """Station CS1 of the operator at its Location L1, a connector of it per EVSE."""
    await lade.keep(ModuleID.LOCATIONS, bodies.location(evses=list(evses)))
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    connectors = tuple(
        StationConnector(evse_id=number, evse_uid=evse["uid"], ocpi_connector_id="1")
        for number, evse in enumerate(evses, 1)
    )
    await stations.add(lade.platform, "CS1", party=OPERATOR, location_id="L1", connectors=connectors, password=PASSWORD)


@asynccontextmanager
async def station_of(lade, bodies, *evses, version=OcppVersion.V16) -> AsyncIterator[SimulatedStation]:
    """The same, played by the simulator."""
    await build_station(lade, bodies, *evses)
    async with gateway_of(lade.platform) as url:
        clock = SteppedClock(time.now())
        station = SimulatedStation(url, "CS1", PASSWORD, clock=clock, version=version, evses=len(evses))
        async with station.running():
            await station.ready()
            yield station


@asynccontextmanager
async def street_of(connection, bodies, capabilities, version=OcppVersion.V16) -> AsyncIterator[Street]:
    lade, resa = connection.lade, connection.resa
    evses = [bodies.evse(uid, capabilities=list(capabilities)) for uid in ("E1", "E2")]
    async with station_of(lade, bodies, *evses, version=version) as station:
        stored = await lade.platform.store.locations.get(LOCATION)
        await resa.platform.store.locations.put(msgspec.structs.replace(stored, peer_id=connection.lade_at_resa.id))
        driver = await accounts.create_driver(resa.platform, email="a@b.se", name="Ada", password="long enough")
        yield Street(connection, station, driver)
