"""One platform in two processes on one database: a station on one, a command through the other, and kill -9."""

import asyncio
import json
import os
import sys

import aiohttp
import pytest
from told import SITE
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bare_station import bare_station
from ocpilot.base.errors import StationUnreachable
from ocpilot.demo import people
from ocpilot.demo.pair import eventually
from ocpilot.demo.platforms import free_port, write_platform
from ocpilot.main.joined import open_platform


class Part:
    """A process of the platform that does only some of it."""

    def __init__(self, process, url):
        self.process, self.url = process, url

    async def status_of(self, path):
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            return response.status

    async def ends(self, *, kill):
        if self.process.returncode is None:
            (self.process.kill if kill else self.process.terminate)()
        return await asyncio.wait_for(self.process.wait(), 20)


async def started(platform, *parts):
    port = free_port()
    only = [word for part in parts for word in ("--only", part)]
    command = [sys.executable, "-m", "ocpilot", "serve", *only, "--config", str(platform.config)]
    environment = os.environ | {"OCPILOT_SERVER_PORT": str(port)}
    with (platform.settings.data_dir / f"{'-'.join(parts)}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)
    part = Part(process, f"http://127.0.0.1:{port}")

    async def healthy():
        assert process.returncode is None, log.name
        try:
            return await part.status_of("/healthz") == 200
        except aiohttp.ClientError:
            return False

    await eventually(f"{parts} is there", healthy)
    return part


@pytest.fixture
async def operator(tmp_path):
    """The settings of an operator, its network, and its database, which runs as long as the test."""
    platform = write_platform(tmp_path, name="Lade", party_id="LAD", role="CPO", port=free_port(), cdr_delay=0.3)
    async with open_platform(platform.settings) as opened:
        await people.settle_operator(opened)
        yield platform, opened


def station_at(part):
    return bare_station(part.url.replace("http", "ws", 1) + "/ocpp", SITE, people.STATION_PASSWORD)


async def test_each_process_does_its_part_and_a_command_reaches_a_station_of_another(operator):
    settings, look = operator
    stations = await started(settings, "ocpp")
    others = await started(settings, "api", "web", "push", "jobs")
    try:
        assert [await stations.status_of(path) for path in ("/", "/ocpi/versions", "/api")] == [404, 404, 404]
        assert [await others.status_of(path) for path in ("/", "/ocpi/versions", "/api")] == [200, 401, 200]
        async with station_at(stations) as station:
            assert await station.boot() == "Accepted"
            asked = asyncio.create_task(look.stations.call(SITE, "TriggerMessage", {"requestedMessage": "Heartbeat"}))
            assert (await station.answers({"status": "Accepted"}))[0] == "TriggerMessage"
            assert (await asked).payload == {"status": "Accepted"}
            await stations.ends(kill=True)
            with pytest.raises(StationUnreachable):
                await look.stations.call(SITE, "Reset", {"type": "Soft"})

        async def noticed():
            row = await look.store.stations.get(SITE)
            return not row.connected and row.node is None

        await eventually("the others notice", noticed, seconds=60)
    finally:
        await stations.ends(kill=True)
        assert await others.ends(kill=False) == 0


async def test_a_process_that_is_told_to_stop_finishes_its_calls_and_takes_no_new_station(operator):
    settings, look = operator
    part = await started(settings, "ocpp")
    url = part.url.replace("http", "ws", 1) + "/ocpp"
    try:
        async with station_at(part) as station:
            assert await station.boot() == "Accepted"
            asked = asyncio.create_task(look.stations.call(SITE, "Reset", {"type": "Soft"}))
            _, ident, _, _ = await station.read()
            part.process.terminate()
            await eventually("new stations are sent away", lambda: refused(url))
            await station.send(json.dumps([3, ident, {"status": "Accepted"}]))
            assert (await asked).payload == {"status": "Accepted"}
            with pytest.raises(ConnectionClosed) as closed:
                await station.read()
            assert closed.value.rcvd.code == 1001
        assert await asyncio.wait_for(part.process.wait(), 20) == 0
    finally:
        await part.ends(kill=True)


async def refused(url):
    try:
        async with bare_station(url, "OTHER", "sixteen-letters-"):
            return False
    except InvalidStatus as refusal:
        return refusal.response.status_code == 503
