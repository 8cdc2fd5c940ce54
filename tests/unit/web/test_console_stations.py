"""The console's pages about stations: found, seen as they are, asked for things at a distance."""

import json
import re
from datetime import timedelta

import pytest

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.frames import FrameDirection, FrameLine
from ocpilot.app.kept.messages import MessageGap
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.station_events import CallAnswer
from ocpilot.app.kept.station_notice_records import StationNotice, StationVariable
from ocpilot.app.kept.status_records import StatusChange, StatusReason
from ocpilot.base.errors import StationTimeout
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Status

from .conftest import CPO, NOW

STATION = "/console/stations/VASTERAS-ERIKSLUND"
IN, OUT, NOTE, FAULT = FrameDirection


@pytest.fixture
def platform(office):
    return office[0]


async def test_stations_show_their_connection_and_their_chargers(console):
    words = (await console.get("/console/stations")).words
    assert re.search(r"BORLANGE-KUPOLEN Borlänge Kupolen Away .{5,30} In use Available", words)
    away = (await console.get("/console/stations?away=1")).text
    assert away.count('<tr id="s-') == 4


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("text=borlange", 1),
        ("text=laddbox", 26),
        ("text=nowhere", 0),
        ("connection=connected", 22),
        ("connection=sideways", 26),
        ("status=RESERVED", 0),
        ("status=nonsense", 26),
        ("location=VASTERAS-ERIKSLUND", 1),
        ("text=%00", 26),
    ],
)
async def test_stations_are_found_by_what_is_asked(console, query, found):
    page = await console.get(f"/console/stations?{query}")
    assert page.text.count('<tr id="s-') == found
    assert ("No such stations" in page.words) == (found == 0)


async def test_stations_come_in_pages(console, monkeypatch):
    monkeypatch.setattr("ocpilot.web.console_stations._PAGE", 10)
    page = await console.get("/console/stations?text=laddbox")
    onward = re.search(r'href="\?(text=laddbox&amp;after=[^"]+)"', page.text).group(1).replace("&amp;", "&")
    following = await console.get(f"/console/stations?{onward}")
    assert following.text.count('<tr id="s-') == 10
    assert 'href="?text=laddbox"' in following.text
    assert not set(re.findall(r'<tr id="(s-[^"]+)"', page.text)) & set(re.findall(r'id="(s-[^"]+)"', following.text))


async def test_the_list_and_a_station_are_kept_up_to_date_by_their_living_parts(console):
    for path, part in (("/console/stations?text=borlange", "stations"), (STATION, "station")):
        answer = await console.get(path, HX_Request="true")
        assert answer.text.lstrip().startswith(f'<div class="stack" id="{part}" hx-get="{path}"')
        assert "<html" not in answer.text


async def test_a_station_shows_what_it_said_about_itself_and_why_its_chargers_are_what_they_are(console, platform):
    key = ObjectKey(module=ModuleID.LOCATIONS, party=CPO, id="VASTERAS-ERIKSLUND", sub="VASTERAS-ERIKSLUND-2")
    change = StatusChange(
        at=NOW - timedelta(hours=3),
        status=Status.OUTOFORDER,
        reason=StatusReason.FAULT,
        code="GroundFailure",
        info="E17",
    )
    await platform.store.status_history.add(key, change)
    firmware = StationNotice(action="FirmwareStatusNotification", at=NOW, payload='{"status":"Installing"}')
    for notice in (StationNotice(action="FirmwareStatusNotification", at=NOW, payload="nonsense"), firmware):
        await platform.store.station_notices.add("VASTERAS-ERIKSLUND", notice)
    words = (await console.get(STATION)).words
    assert "Laddbox LB-22" in words
    assert "2 VASTERAS-ERIKSLUND-2 CCS In use fault GroundFailure E17" in words
    assert "Firmware update Installing" in words
    assert "Uptime and earnings" in words
    assert (await console.get("/console/stations/NOWHERE")).status == 404


async def test_what_runs_at_a_station_is_shown_and_can_be_stopped(console, platform):
    running, _ = await platform.store.transactions.start(
        Transaction(
            station_id="VASTERAS-ERIKSLUND",
            evse_id=1,
            party=CPO,
            location_id="VASTERAS-ERIKSLUND",
            evse_uid="VASTERAS-ERIKSLUND-1",
            ocpi_connector_id="1",
            session_id="session-9-1",
            id_tag="04AABBCC",
            cdr_token=None,
            auth_method="WHITELIST",
            accepted=True,
            meter_start_wh=1000,
            started_at=NOW,
            dedupe="running",
        )
    )
    page = await console.get(STATION)
    assert f"{running.id} 1 04AABBCC" in page.words
    stopped = await console.post(f"{STATION}/stop", {"transaction": str(running.id)})
    assert "RemoteStopTransaction: the station answered Accepted." in stopped.words
    assert platform.stations.asked == [("VASTERAS-ERIKSLUND", "RemoteStopTransaction", {"transactionId": running.id})]


async def test_what_a_station_answers_is_said_whole(console, platform):
    platform.stations.answer = CallAnswer(payload={"status": "Rejected", "why": "<b>busy</b>"})
    page = await console.post(f"{STATION}/reset", {"kind": "later"})
    assert "Reset: the station answered Rejected." in page.words
    assert "&lt;b&gt;busy&lt;/b&gt;" in page.text
    platform.stations.answer = CallAnswer(error="NotSupported", description="no such thing")
    assert (
        "Reset: the station refused: NotSupported no such thing." in (await console.post(f"{STATION}/reset", {})).words
    )
    platform.stations.answer = StationTimeout("station V did not answer Reset in time")
    assert (
        "Reset: the station did not answer in time. It may still do it."
        in (await console.post(f"{STATION}/reset", {})).words
    )
    asked = len(platform.stations.asked)
    assert "Choose an EVSE." in (await console.post(f"{STATION}/unlock", {"evse": "many"})).words
    assert "The number of a card is missing." in (await console.post(f"{STATION}/start", {})).words
    assert (await console.post(f"{STATION}/dance", {})).status == 404
    assert (await console.post(f"{STATION}/reset", {}, csrf="wrong")).status == 400
    assert len(platform.stations.asked) == asked


async def test_the_messages_of_a_station_are_filtered_and_laid_out(console, platform):
    at = NOW - timedelta(minutes=5)
    heard = [
        (NOTE, None, "connected: ocpp1.6", False),
        (IN, "DataTransfer", '[2,"1","DataTransfer",{"n":1.50,"x":"<i>"}]', False),
        (OUT, "DataTransfer", '[3,"1",{"status":"Accepted"}]', False),
        (IN, None, "[2,", True),
    ]
    await platform.store.frames.add(
        [
            FrameLine(
                at=at + timedelta(seconds=number),
                station_id="VASTERAS-ERIKSLUND",
                direction=direction,
                action=action,
                message_id="1",
                text=text,
                size=len(text),
                failed=failed,
            )
            for number, (direction, action, text, failed) in enumerate(heard)
        ]
    )
    await platform.store.frames.add_gap(MessageGap(began_at=at, ended_at=at, count=7))
    page = await console.get(f"{STATION}/messages")
    assert page.text.count('<tr id="f-') == 4
    assert "7 messages between" in page.words
    assert '"n": 1.50' in page.text.replace("&#34;", '"')
    assert "<i>" not in page.text
    for query, found in (
        ("action=datatransfer", 2),
        ("direction=note", 1),
        ("failed=1", 1),
        ("since=2036-01-01T10:00", 0),
        ("direction=up&action=%00", 4),
        ("before=nonsense", 4),
    ):
        assert (await console.get(f"{STATION}/messages?{query}")).text.count('<tr id="f-') == found
    assert (await console.get(f"{STATION}/messages?since=noon")).status == 400
    part = await console.get(f"{STATION}/messages?failed=1", HX_Request="true")
    assert part.text.lstrip().startswith('<div class="stack" id="frames" hx-get="')
    assert (await console.get("/console/stations/NOWHERE/messages")).status == 404


async def test_messages_come_in_pages(console, platform, monkeypatch):
    monkeypatch.setattr("ocpilot.web.console_stations._PAGE", 2)
    await platform.store.frames.add(
        [
            FrameLine(
                at=NOW - timedelta(seconds=number // 2),
                station_id="VASTERAS-ERIKSLUND",
                direction=NOTE,
                action=None,
                message_id=None,
                text=f"note {number}",
                size=6,
            )
            for number in range(5)
        ]
    )
    query, seen = "?direction=note", []
    while query:
        page = await console.get(f"{STATION}/messages{query}")
        seen += re.findall(r"note (\d)", page.words)
        onward = re.search(r'class="more"><a class="button" href="([^"]+)"', page.text)
        query = onward.group(1).replace("&amp;", "&") if onward else None
    assert sorted(seen) == ["0", "1", "2", "3", "4"]


async def test_the_configuration_is_read_shown_and_changed(console, platform):
    assert "Nothing is known yet" in (await console.get(f"{STATION}/configuration")).words
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "AuthorizationKey", "readonly": False, "value": "hush"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    ]
    platform.stations.answer = CallAnswer(payload={"configurationKey": keys})
    page = await console.post(f"{STATION}/read", {})
    assert "GetConfiguration: the station answered." in page.words
    assert "HeartbeatInterval" in page.words
    shown = await console.get(f"{STATION}/configuration")
    assert "hush" not in shown.text
    assert shown.text.count('name="value"') == 2
    platform.stations.answer = CallAnswer(payload={"status": "Accepted"})
    changed = await console.post(f"{STATION}/set", {"named": '{"key":"HeartbeatInterval"}', "value": "60"})
    assert "ChangeConfiguration: the station answered Accepted." in changed.words
    assert 'value="60"' in changed.text
    assert platform.stations.asked[-1][1:] == ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"})
    assert "No such variables" in (await console.get(f"{STATION}/configuration?text=zzz")).words
    assert "This action does not exist." in (await console.post(f"{STATION}/set", {"named": "{"})).words


async def test_a_variable_of_the_device_model_is_named_with_its_component(console, platform):
    variable = StationVariable(
        component="OCPPCommCtrlr",
        variable="HeartbeatInterval",
        value="300",
        writable=True,
        unit="s",
        named=json.dumps({"component": {"name": "OCPPCommCtrlr"}}),
        at=NOW,
    )
    await platform.store.station_notices.learn("VASTERAS-ERIKSLUND", [variable])
    assert "OCPPCommCtrlr HeartbeatInterval" in (await console.get(f"{STATION}/configuration")).words
