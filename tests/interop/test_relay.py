"""Several processes on one database: a call reaches the station wherever its connection is, and who dies is noticed."""

import asyncio
import contextlib
import json
from datetime import timedelta

import pytest
import uvicorn
from starlette.applications import Starlette
from street import LOCATION, OPERATOR, PASSWORD
from websockets.exceptions import ConnectionClosed

from bare_station import bare_station
from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.ocpi.bodies import object_in
from ocpilot.app.platform import Platform
from ocpilot.app.stations import stations
from ocpilot.app.stations.dead_nodes import DeadNodes
from ocpilot.app.work.station_service import StationService
from ocpilot.base import time
from ocpilot.base.errors import StationTimeout, StationUnreachable
from ocpilot.main.joined import Switchboard
from ocpilot.ocpp.calls import StationCaller
from ocpilot.ocpp.gateway import Gateway, GatewaySettings
from ocpilot.ocpp.relay import Node, RelayedLines
from ocpilot.ocpp.rpc import RpcLimits
from ocpilot.store.postgres import store_at
from ocpilot.wire.protocol import ModuleID
from servers import running


class Process:
    """What a process with a gateway consists of."""

    def __init__(self, platform, gateway, node, task, url):
        self.platform, self.gateway, self.node, self.task, self.url = platform, gateway, node, task, url

    @contextlib.asynccontextmanager
    async def station(self, ident="CS1"):
        async with bare_station(self.url, ident, PASSWORD) as station:
            async with asyncio.timeout(10):
                while (await self.row(ident)).node != self.platform.store.nodes.number:  # noqa: ASYNC110 - in the database
                    await asyncio.sleep(0.005)
            yield station

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event to set
                await asyncio.sleep(0.005)

    async def goes(self):
        """Its line is lost; it looks again when a test says so."""
        self.task.cancel()
        await self.platform.store.nodes.close()

    async def row(self, ident="CS1"):
        return await self.platform.store.stations.get(ident)

    async def status(self):
        return object_in(await self.platform.store.locations.get(LOCATION_E1))["status"]


LOCATION_E1 = type(LOCATION)(module=LOCATION.module, party=LOCATION.party, id=LOCATION.id, sub="E1")


@pytest.fixture
def process(lade, database_url, bodies):
    """Starts one more process of the operator."""

    @contextlib.asynccontextmanager
    async def start(call_timeout=5.0):
        async with store_at(database_url, pool=4) as store:
            switchboard = Switchboard(RelayedLines(store.nodes))
            platform = Platform(
                settings=lade.platform.settings,
                clock=time.now,
                store=store,
                partners=lade.platform.partners,
                stations=StationCaller(switchboard),
                sealing=lade.platform.sealing,
            )
            service = StationService(platform)
            gateway = Gateway(service, settings=GatewaySettings(limits=RpcLimits(call_timeout=call_timeout)))
            switchboard.plug_in(gateway)
            node = Node(store.nodes, gateway, service)
            await store.nodes.hold()
            task = asyncio.create_task(node.run())
            config = uvicorn.Config(
                Starlette(routes=[gateway.route()]),
                ws="websockets-sansio",
                port=0,
                log_level="critical",
                lifespan="off",
            )
            async with running(config) as port:
                try:
                    yield Process(platform, gateway, node, task, f"ws://127.0.0.1:{port}/ocpp")
                finally:
                    await gateway.close()
                    task.cancel()

    return start


@pytest.fixture(autouse=True)
async def known(lade, bodies):
    """Station CS1 of the operator."""
    await lade.keep(ModuleID.LOCATIONS, bodies.location())
    connectors = (StationConnector(evse_id=1, evse_uid="E1", ocpi_connector_id="1"),)
    await stations.add(lade.platform, "CS1", party=OPERATOR, location_id="L1", connectors=connectors, password=PASSWORD)


def caller_at(platform):
    """Calls of a process without a gateway, such as a command line."""
    return StationCaller(Switchboard(RelayedLines(platform.store.nodes)))


async def test_a_call_from_another_process_reaches_the_station_and_its_answer_comes_back(process):
    async with process() as one, process() as other, one.station() as station:
        asked = asyncio.create_task(other.platform.stations.call("CS1", "GetConfiguration", {"key": ["a"]}))
        assert await station.answers({"configurationKey": [], "unknownKey": ["a"]}) == (
            "GetConfiguration",
            {"key": ["a"]},
        )
        assert (await asked).payload == {"configurationKey": [], "unknownKey": ["a"]}


async def test_a_process_without_a_gateway_calls_stations_too(process, lade):
    calls = caller_at(lade.platform)
    assert not await calls.is_connected("CS1")
    async with process() as one, one.station() as station:
        assert await calls.is_connected("CS1")
        unlocked = asyncio.create_task(calls.unlock("CS1", 1))
        assert (await station.answers({"status": "Unlocked"}))[0] == "UnlockConnector"
        assert await unlocked == "Unlocked"


async def test_a_refusal_comes_back_as_the_refusal_it_was(process, lade):
    async with process() as one, one.station() as station:
        asked = asyncio.create_task(caller_at(lade.platform).call("CS1", "Reset", {"type": "Soft"}))
        _, ident, _, _ = await station.read()
        await station.socket.send(json.dumps([4, ident, "NotSupported", "no such thing", {}]))
        answer = await asked
        assert (answer.error, answer.description) == ("NotSupported", "no such thing")


async def test_a_silent_station_times_out_for_who_asks_from_elsewhere(process, lade):
    async with process(call_timeout=0.05) as one, one.station():
        with pytest.raises(StationTimeout, match="station CS1 did not answer Reset in time"):
            await caller_at(lade.platform).call("CS1", "Reset", {"type": "Soft"})


async def test_a_station_that_nobody_holds_is_unreachable_from_everywhere(process, lade):
    async with process():
        with pytest.raises(StationUnreachable, match="station CS1 is not connected"):
            await caller_at(lade.platform).unlock("CS1", 1)


async def test_who_waits_for_a_process_that_dies_learns_it_soon(process, lade):
    async with process() as one, one.station() as station:
        asked = asyncio.create_task(caller_at(lade.platform).call("CS1", "Reset", {"type": "Soft"}))
        await station.read()
        await one.goes()
        with pytest.raises(StationUnreachable, match="the process that held its connection is gone"):
            await asked


async def test_no_call_is_left_behind(process, lade, database_url):
    async with process() as one, one.station() as station:
        asked = asyncio.create_task(caller_at(lade.platform).unlock("CS1", 1))
        await station.answers({"status": "Unlocked"})
        await asked
    assert await lade.platform.store.nodes.calls() == []


async def test_a_station_that_connects_elsewhere_is_closed_here_and_stays_connected(process):
    async with process() as one, process() as other, one.station() as older:
        assert await older.boot() == "Accepted"
        async with other.station() as newer:
            with pytest.raises(ConnectionClosed) as closed:
                await older.read()
            assert closed.value.rcvd.reason == "a newer connection of this station took over"
            await one.until(lambda: not one.gateway.holds("CS1"))
            row = await other.row()
            assert (row.connected, row.node) == (True, other.platform.store.nodes.number)
            assert (await newer.call("Heartbeat", {}))[0] == 3


async def test_stations_of_a_process_that_died_become_disconnected_and_their_evses_unknown(process, lade):
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    dead = DeadNodes(lade.platform)
    async with process() as one, one.station() as station:
        await station.call("StatusNotification", status)
        await dead.once()
        await one.goes()
        lade.clock.ahead += timedelta(seconds=6)
        await dead.once()
        assert (await one.row()).connected, "it may only have lost its database connection"
        lade.clock.ahead += timedelta(seconds=21)
        await dead.once()
        assert (await one.row()).connected is False
        assert await one.status() == "UNKNOWN"


async def test_a_station_that_reconnected_is_not_touched_when_its_old_process_counts_as_dead(process, lade):
    dead = DeadNodes(lade.platform)
    async with process() as one, process() as other, one.station():
        await one.goes()
        await dead.once()
        async with other.station():
            lade.clock.ahead += timedelta(seconds=21)
            await dead.once()
            assert (await other.row()).connected


async def test_a_process_that_lost_its_line_claims_its_stations_again(process, lade):
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    async with process() as one, one.station() as station:
        await station.call("StatusNotification", status)
        before = one.platform.store.nodes.number
        await one.goes()
        await stations.disconnected(lade.platform, "CS1", before)
        assert await one.status() == "UNKNOWN"
        await one.node.once()
        row = await one.row()
        assert (row.connected, row.node) == (True, one.platform.store.nodes.number)
        assert await one.status() == "AVAILABLE"


async def test_a_process_that_lost_its_line_lets_go_of_a_station_that_went_elsewhere_meanwhile(process):
    async with process() as one, process() as other, one.station() as older:
        await one.goes()
        async with other.station():
            await one.node.once()
            with pytest.raises(ConnectionClosed):
                await older.read()
            assert (await other.row()).node == other.platform.store.nodes.number


async def test_a_shut_down_answers_what_was_asked_before_it_closes(process, lade):
    async with process() as one, one.station() as station:
        asked = asyncio.create_task(caller_at(lade.platform).unlock("CS1", 1))
        _, ident, _, _ = await station.read()
        closing = asyncio.create_task(one.gateway.close())
        await asyncio.sleep(0)
        await station.socket.send(json.dumps([3, ident, {"status": "Unlocked"}]))
        assert await asked == "Unlocked"
        await closing
        with pytest.raises(ConnectionClosed) as closed:
            await station.read()
        assert closed.value.rcvd.code == 1001


async def test_stations_of_a_process_that_ended_in_an_orderly_way_are_not_connected(process, lade):
    async with process() as one, one.station():
        assert (await lade.platform.store.stations.get("CS1")).connected
        await one.gateway.close()
        await one.platform.store.nodes.leave()
        kept = await lade.platform.store.stations.get("CS1")
    # which process had it stays written: by that it is found if it does not come back
    assert (kept.connected, kept.node) == (False, one.platform.store.nodes.number)


async def test_a_station_that_went_to_another_process_stays_connected_when_the_first_one_ends(process, lade):
    async with process() as one, process() as other, one.station(), other.station():
        await one.platform.store.nodes.leave()
        assert (await lade.platform.store.stations.get("CS1")).connected
