"""What stations know of Tokens: local lists and caches, over a socket, with the real database."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import pytest
from street import OPERATOR, PASSWORD, gateway_of
from websockets.asyncio.client import connect

from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.stations import stations
from ocpilot.app.stations.local_lists import StationTokenKeeper
from ocpilot.wire.protocol import ModuleID, Version


class Listening:
    """A station that holds a local list, as a real one does; `takes` is how many entries it takes at once."""

    def __init__(self, socket, protocol, takes, holds):
        self.socket, self.protocol, self.takes, self.holds = socket, protocol, takes, holds
        self.version, self.list, self.heard = 0, {}, []
        self.has_list = True

    async def run(self):
        async for text in self.socket:
            kind, ident, *rest = json.loads(text)
            if kind == 2:
                self.heard.append(rest[0])
                await self.socket.send(json.dumps([3, ident, self.answer(*rest)]))

    def answer(self, action, payload):
        return getattr(self, f"on_{action}")(payload)

    def on_GetConfiguration(self, payload):
        told = {"LocalAuthListEnabled": str(self.has_list), "LocalAuthListMaxLength": str(self.holds)}
        told["SendLocalListMaxLength"] = str(self.takes)
        return {"configurationKey": [{"key": key, "readonly": True, "value": told[key]} for key in payload["key"]]}

    def on_GetVariables(self, payload):
        told = {"Enabled": str(self.has_list).lower(), "ItemsPerMessage": str(self.takes)}
        return {
            "getVariableResult": [
                one | {"attributeStatus": "Accepted", "attributeValue": told[one["variable"]["name"]]}
                for one in payload["getVariableData"]
            ]
        }

    def on_ClearCache(self, _):
        return {"status": "Accepted"}

    def on_GetLocalListVersion(self, _):
        return {"listVersion" if self.protocol == "ocpp1.6" else "versionNumber": self.version}

    def on_SendLocalList(self, payload):
        entries = payload.get("localAuthorizationList", [])
        number = payload.get("listVersion", payload.get("versionNumber"))
        if number <= self.version and payload["updateType"] == "Differential":
            return {"status": "VersionMismatch"}
        assert len(entries) <= self.takes
        if payload["updateType"] == "Full":
            self.list = {}
        for one in entries:
            uid = one.get("idTag") or one["idToken"]["idToken"]
            info = one.get("idTagInfo") or one.get("idTokenInfo")
            self.list.pop(uid, None)
            if info:
                self.list[uid] = info
        self.version = number
        return {"status": "Accepted"}


@asynccontextmanager
async def listening(lade, bodies, protocol="ocpp1.6", takes=2, holds=100):
    await lade.keep(ModuleID.LOCATIONS, bodies.location())
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    connectors = (StationConnector(evse_id=1, evse_uid="E1", ocpi_connector_id="1"),)
    await stations.add(lade.platform, "CS1", party=OPERATOR, location_id="L1", connectors=connectors, password=PASSWORD)
    login = base64.b64encode(f"CS1:{PASSWORD}".encode()).decode()
    async with (
        gateway_of(lade.platform) as url,
        connect(
            f"{url}/CS1", subprotocols=[protocol], additional_headers={"Authorization": f"Basic {login}"}
        ) as socket,
        asyncio.timeout(60),
    ):
        station = Listening(socket, protocol, takes, holds)
        running = asyncio.create_task(station.run())
        while not (await lade.platform.store.stations.get("CS1")).connected:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        yield station
        running.cancel()


async def look(node):
    await StationTokenKeeper(node.platform).once()


async def cards(node, bodies, *uids, **fields):
    for uid in uids:
        await node.keep(ModuleID.TOKENS, bodies.token(uid, **fields))


async def block(node, bodies, uid):
    await node.keep(ModuleID.TOKENS, bodies.token(uid, valid=False, last_updated="2026-11-02T00:00:00Z"))


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_station_gets_the_tokens_that_need_no_answer_in_parts_and_then_what_changed(lade, bodies, protocol):
    await cards(lade, bodies, "A1", "A2", "A3", "A4", "A5", group_id="G")
    await cards(lade, bodies, "N1", whitelist="NEVER")
    await cards(lade, bodies, "O1", whitelist="ALLOWED_OFFLINE")
    async with listening(lade, bodies, protocol) as station:
        await look(lade)
        assert set(station.list) == {"A1", "A2", "A3", "A4", "A5", "O1"}
        group = {"parentIdTag": "G"} if protocol == "ocpp1.6" else {"groupIdToken": {"idToken": "G", "type": "Central"}}
        assert station.list["A1"] == {"status": "Accepted"} | group
        assert station.heard.count("SendLocalList") == 3
        await block(lade, bodies, "A2")
        await cards(lade, bodies, "B1")
        await look(lade)
        assert set(station.list) == {"A1", "A3", "A4", "A5", "O1", "B1"}
        assert station.heard.count("SendLocalList") == 4
        before = list(station.heard)
        await look(lade)
        assert station.heard == before


async def test_a_list_is_no_longer_than_the_station_says(lade, bodies):
    await cards(lade, bodies, "O1", whitelist="ALLOWED_OFFLINE")
    await cards(lade, bodies, "A1", "A2", whitelist="ALWAYS")
    await cards(lade, bodies, "A" * 21, whitelist="ALWAYS")
    async with listening(lade, bodies, holds=2) as station:
        await look(lade)
        assert set(station.list) == {"A1", "A2"}


async def test_a_station_that_lost_its_list_gets_it_whole_after_it_booted(lade, bodies):
    await cards(lade, bodies, "A1")
    async with listening(lade, bodies) as station:
        await look(lade)
        station.version, station.list = 0, {}
        await station.socket.send('[2,"1","BootNotification",{"chargePointVendor":"V","chargePointModel":"M"}]')
        while (await lade.platform.store.stations.get("CS1")).vendor is None:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        await look(lade)
        assert set(station.list) == {"A1"}


async def test_a_differential_update_that_does_not_fit_is_followed_by_a_whole_list(lade, bodies):
    await cards(lade, bodies, "A1")
    async with listening(lade, bodies) as station:
        await look(lade)
        refused = iter(["VersionMismatch"])
        take = station.on_SendLocalList
        station.on_SendLocalList = lambda payload: {"status": word} if (word := next(refused, None)) else take(payload)
        await cards(lade, bodies, "A2")
        await look(lade)
        assert set(station.list) == {"A1", "A2"}


async def test_a_station_without_a_list_is_left_alone_and_its_cache_is_cleared_when_a_token_is_blocked(lade, bodies):
    async with listening(lade, bodies) as station:
        station.has_list = False
        await cards(lade, bodies, "A1")
        await look(lade)
        station.heard.clear()
        await look(lade)
        assert station.heard == []
        await block(lade, bodies, "A1")
        await look(lade)
        assert "ClearCache" in station.heard
        assert "SendLocalList" not in station.heard
