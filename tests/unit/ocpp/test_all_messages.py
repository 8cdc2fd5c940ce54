"""Every message of the three versions: what stations may send is answered as its schema wants it, the rest is ours.

The one list of all of them, with what we do, is the table in docs/guides/ocpp.md.
"""

import asyncio
import json
from functools import cache
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest

from ocpilot.ocpp.v2 import V21, V201
from ocpilot.ocpp.v16 import V16

VERSIONS = {"1.6": V16(), "2.0.1": V201(), "2.1": V21()}
GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "ocpp.md"
NOW = "2026-11-23T08:00:00Z"


@cache
def names(package):
    return {entry.name.removesuffix(".json") for entry in files("ocpp").joinpath(package, "schemas").iterdir()}


def schema(package, name):
    return json.loads(files("ocpp").joinpath(package, "schemas", f"{name}.json").read_text("utf-8-sig"))


def request_schema(package, action):
    return schema(package, f"{action}Request" if f"{action}Request" in names(package) else action)


def actions(package):
    """What the version has, by its schemas."""
    return {name.removesuffix("Request") for name in names(package) if not name.endswith("Response")}


def smallest(part, whole):
    """The smallest value that fits a schema."""
    if "$ref" in part:
        part = whole["definitions"][part["$ref"].rpartition("/")[2]]
    if "enum" in part:
        return part["enum"][0]
    match part["type"]:
        case "object":
            return {key: smallest(part["properties"][key], whole) for key in part.get("required", ())}
        case "array":
            return [smallest(part["items"], whole) for _ in range(part.get("minItems", 1))]
    text = NOW if part.get("format") == "date-time" else "A"
    return {"string": text, "boolean": True}.get(part["type"], 1)


def rows():
    """The table of the guide: action -> (versions, who sends it, what we do)."""
    _, _, table = GUIDE.read_text().partition("## Every message")
    lines = [line for line in table.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    cells = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {action.strip("`"): (versions.split(", "), sender, done) for action, versions, sender, done in cells}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_guide_names_every_message_of_the_version(version):
    spoken = VERSIONS[version]
    named = {action for action, (versions, _, _) in rows().items() if version in versions}
    assert named == actions(spoken.schemas)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_message_that_stations_may_send_has_a_row_and_no_other(version):
    spoken = VERSIONS[version]
    by_stations = {
        action for action, (versions, sender, _) in rows().items() if version in versions and sender != "platform"
    }
    assert by_stations == set(spoken.handlers) | set(spoken.sent)


def calls():
    return [(version, action) for version, spoken in VERSIONS.items() for action in sorted(spoken.handlers)]


@pytest.mark.parametrize(("version", "action"), calls())
@pytest.mark.parametrize("custom", [{}, {"customData": {"vendorId": "V", "more": [1]}}, {"customData": {"more": 1}}])
async def test_its_answer_fits_the_schema_and_what_we_only_keep_is_kept_unchanged(served, version, action, custom):
    spoken = VERSIONS[version]
    wanted = request_schema(spoken.schemas, action)
    payload = smallest(wanted, wanted)
    async with served.connect(subprotocols=(spoken.subprotocol,)) as socket:
        await socket.send(json.dumps([2, "1", action, payload | custom]))
        async with asyncio.timeout(10):
            kind, _, answer = json.loads(await socket.recv())
    assert kind == 3
    jsonschema_rs.validate(schema(spoken.schemas, f"{action}Response"), answer)
    kept = [heard for heard in served.platform.heard if heard[0] == "notice"]
    known = custom if version != "1.6" and custom.get("customData", {}).get("vendorId") else {}
    as_it_came = [("notice", action, payload | known)] if rows()[action][2].startswith("kept") else []
    assert kept == as_it_came


async def test_what_a_station_streams_is_kept_and_not_answered(served):
    stream = {"id": 1, "pending": 0, "basetime": NOW, "data": [{"t": 0, "v": "7"}]}
    async with served.connect(subprotocols=("ocpp2.1",)) as socket:
        for action, payload in (
            ("NotifyPeriodicEventStream", stream),
            ("Dance", {}),
            ("NotifyPeriodicEventStream", {}),
        ):
            await socket.send(json.dumps([6, "1", action, payload]))
        await socket.send('[5,"9","GenericError","what?",{}]')
        await socket.send('[2,"2","Heartbeat",{}]')
        async with asyncio.timeout(10):
            assert json.loads(await socket.recv())[:2] == [3, "2"]
    assert ("notice", "NotifyPeriodicEventStream", stream) in served.platform.heard


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_older_versions_know_no_unanswered_messages(served, protocol):
    async with served.connect(subprotocols=(protocol,)) as socket:
        await socket.send('[6,"1","Heartbeat",{}]')
        await socket.send('[2,"2","Heartbeat",{}]')
        async with asyncio.timeout(10):
            assert json.loads(await socket.recv())[:2] == [3, "2"]
    assert served.platform.words().count("heartbeat") == 1


@pytest.mark.parametrize(("protocol", "told"), [("ocpp2.0.1", False), ("ocpp2.1", True)])
async def test_a_station_of_21_is_told_that_its_answer_is_none(served, protocol, told):
    async with served.connect(subprotocols=(protocol,)) as socket, asyncio.timeout(10):
        asked = asyncio.create_task(served.calls.call("CS1", "GetLocalListVersion", {}))
        _, ident, *_ = json.loads(await socket.recv())
        await socket.send(json.dumps([3, ident, {}]))
        if told:
            assert json.loads(await socket.recv())[:3] == [5, ident, "FormatViolation"]
        assert (await asked).payload == {}


@pytest.mark.parametrize(("word", "expired"), [("Expired", True), ("Removed", False)])
async def test_a_reservation_that_a_station_ends_reaches_the_platform(served, word, expired):
    async with served.connect(subprotocols=("ocpp2.0.1",)) as socket, asyncio.timeout(10):
        payload = {"reservationId": 7, "reservationUpdateStatus": word}
        await socket.send(json.dumps([2, "1", "ReservationStatusUpdate", payload]))
        assert json.loads(await socket.recv()) == [3, "1", {}]
    assert ("reservation_ended", 7, expired) in served.platform.heard
