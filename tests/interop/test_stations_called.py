"""Any call to a station and all it says, over a real websocket: asked by API and command, logged, kept, counted."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import pytest
from backoffice import office
from street import LOCATION, PASSWORD, gateway_of
from websockets.asyncio.client import connect

from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.kept.frames import FrameQuery
from ocpilot.app.stations import stations
from ocpilot.base.errors import StationRefused
from ocpilot.cli import station as command
from ocpilot.main.commands import parser
from ocpilot.main.station_commands import StationsOf
from ocpilot.wire.protocol import ModuleID

RESET = {"ocpp1.6": {"type": "Soft"}, "ocpp2.0.1": {"type": "OnIdle"}, "ocpp2.1": {"type": "Immediate"}}


class BareStation:
    """Says what a test wants and answers every call with `answers[action]`, a payload or (code, description)."""

    def __init__(self, socket):
        self.socket = socket
        self.answers = {}
        self.asked = []
        self._answered = {}

    async def say(self, action, payload):
        """Call the platform; its answer."""
        ident = str(len(self._answered))
        self._answered[ident] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps([2, ident, action, payload]))
        async with asyncio.timeout(10):
            return await self._answered[ident]

    async def listen(self):
        async for text in self.socket:
            kind, ident, *rest = json.loads(text)
            if kind != 2:
                self._answered[ident].set_result(rest[0])
                continue
            action, payload = rest
            self.asked.append((action, payload))
            answer = self.answers.get(action, {"status": "Accepted"})
            refused = isinstance(answer, tuple)
            await self.socket.send(json.dumps([4, ident, *answer, {}] if refused else [3, ident, answer]))


@asynccontextmanager
async def station_of(url, protocol):
    basic = base64.b64encode(f"CS1:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    async with connect(f"{url}/CS1", subprotocols=[protocol], additional_headers=headers, compression=None) as socket:
        station = BareStation(socket)
        listening = asyncio.create_task(station.listen())
        yield station
    await listening


@pytest.fixture
async def url(lade, bodies):
    """Where the station CS1 of the operator connects."""
    await lade.keep(ModuleID.LOCATIONS, bodies.location())
    one = StationConnector(evse_id=1, evse_uid="E1", ocpi_connector_id="1")
    await stations.add(
        lade.platform, "CS1", party=LOCATION.party, location_id="L1", connectors=(one,), password=PASSWORD
    )
    async with gateway_of(lade.platform) as url:
        yield url


async def logged(lade, **asked):
    await lade.platform.frames.write(lade.platform.store.frames)
    return await lade.platform.store.frames.find(FrameQuery(station_id="CS1", **asked))


@pytest.mark.parametrize("protocol", RESET)
async def test_any_call_reaches_a_station_of_any_version_and_its_answer_comes_back(lade, url, protocol):
    erp, other = await office(lade), next(one for name, one in RESET.items() if name != protocol)
    async with station_of(url, protocol) as station:
        await station.say("Heartbeat", {})
        station.answers["Reset"] = {"status": "Rejected", "customData": {"vendorId": "x"}}
        said = await erp.ask("POST", "/stations/CS1/call/Reset", RESET[protocol])
        assert (said.status, said.body) == (200, station.answers["Reset"])
        wrong = await erp.ask("POST", "/stations/CS1/call/Reset", {**other, "type": "Sideways"})
        assert (wrong.status, wrong.body["errors"][0]["path"]) == (422, "$.type")
        station.answers["ClearCache"] = ("NotSupported", "we have none")
        refused = await erp.ask("POST", "/stations/CS1/call/ClearCache", {})
        assert (refused.status, refused.body["ocpp_error"]) == (502, "NotSupported")
        assert station.asked == [("Reset", RESET[protocol]), ("ClearCache", {})]
    lost = await erp.ask("POST", "/stations/CS1/call/ClearCache", {})
    assert lost.status == 503
    assert [one.direction for one in await logged(lade, action="Reset")] == ["in", "out"]
    [failed] = await logged(lade, action="ClearCache", failed=True)
    assert "we have none" in failed.text


async def test_the_command_asks_and_prints_what_comes_back(lade, url, capsys):
    async def run(*words):
        return await command.run(parser().parse_args(["station", "call", "CS1", *words]), StationsOf(lade.platform))

    async with station_of(url, "ocpp1.6") as station:
        await station.say("Heartbeat", {})
        assert await run("Reset", '{"type":"Soft"}', "--json") == 0
        assert capsys.readouterr().out == '{"status":"Accepted"}\n'
        station.answers["ClearCache"] = ("GenericError", "no")
        with pytest.raises(StationRefused, match="the station refused ClearCache: GenericError no"):
            await run("ClearCache")


async def test_what_a_station_of_either_generation_says_about_itself_is_kept(lade, url):
    store, erp = lade.platform.store, await office(lade)
    async with station_of(url, "ocpp1.6") as station:
        await station.say("FirmwareStatusNotification", {"status": "Installing"})
        keys = [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
        station.answers["GetConfiguration"] = {"configurationKey": keys}
        await erp.ask("POST", "/stations/CS1/call/GetConfiguration", {})
        secret = {"key": "AuthorizationKey", "value": "hush-hush-hush"}
        await erp.ask("POST", "/stations/CS1/call/ChangeConfiguration", secret)
        assert station.asked[-1] == ("ChangeConfiguration", secret)
    async with station_of(url, "ocpp2.0.1") as station:
        await station.say("Heartbeat", {})
        named = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
        result = {**named, "attributeStatus": "Accepted", "attributeValue": "11000"}
        station.answers["GetVariables"] = {"getVariableResult": [result]}
        await erp.ask("POST", "/stations/CS1/call/GetVariables", {"getVariableData": [named]})
    variables = (await erp.get("/stations/CS1/variables")).body["items"]
    assert [(one["component"], one["variable"], one["value"]) for one in variables] == [
        ("", "AuthorizationKey", None),
        ("", "HeartbeatInterval", "300"),
        ("EVSE EVSE 1", "Power", "11000"),
    ]
    [notice] = await store.station_notices.of("CS1")
    assert (notice.action, notice.payload) == ("FirmwareStatusNotification", '{"status":"Installing"}')
    assert not [one for one in await logged(lade, limit=100) if "hush" in one.text]


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_status_has_its_reason_in_each_version(lade, url, protocol):
    at = "2026-11-26T10:00:00Z"
    faulted = {
        "ocpp1.6": {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure", "vendorErrorCode": "E17"},
        "ocpp2.0.1": {"evseId": 1, "connectorId": 1, "connectorStatus": "Faulted", "timestamp": at},
    }
    erp = await office(lade)
    async with station_of(url, protocol) as station:
        await station.say("StatusNotification", faulted[protocol])
        [evse] = (await erp.get("/stations/CS1")).body["evses"]
        assert (evse["status"], evse["reason"]) == ("OUTOFORDER", "fault")
        assert (evse["error"], evse["info"]) == (("GroundFailure", "E17") if protocol == "ocpp1.6" else (None, None))
