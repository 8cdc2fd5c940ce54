"""`ocpilot station` on a platform: lists, one station, its frames, its months, for people and for programs."""

import json
from datetime import timedelta

import pytest

from ocpilot.app.kept.frames import FrameDirection, FrameLine
from ocpilot.app.kept.messages import MessageGap
from ocpilot.app.kept.station_events import BootInfo, StatusEvent
from ocpilot.base.errors import NotFound, UserError
from ocpilot.cli import station as command
from ocpilot.main import following
from ocpilot.main.commands import parser
from ocpilot.main.station_commands import StationsOf

from ..transactions.test_charging import status

IN, OUT, NOTE, FAULT = FrameDirection


@pytest.fixture
def run(operator, capsys):
    """Runs a command line and gives back what it printed."""

    async def ran(*words):
        assert await command.run(parser().parse_args(["station", *words]), StationsOf(operator.platform)) == 0
        return capsys.readouterr().out

    return ran


def frame(world, seconds, direction, text, station="S1", **fields):
    return FrameLine(
        at=world.now + timedelta(seconds=seconds),
        station_id=station,
        direction=direction,
        action=fields.pop("action", "Heartbeat"),
        message_id="1",
        text=text,
        size=len(text),
        **fields,
    )


async def some_frames(world):
    await world.store.frames.add(
        [
            frame(world, 0, NOTE, "connected: ocpp1.6", action=None),
            frame(world, 1, IN, '[2,"1","Heartbeat",{}]'),
            frame(world, 2, OUT, '[3,"1",{}]'),
            frame(world, 3, FAULT, "refused: 401", station="S9", action=None, failed=True),
        ]
    )


async def test_stations_are_listed_by_what_is_asked(operator, run):
    await operator.service.connected("S1", "ocpp1.6")
    await status(operator, "Faulted")
    await operator.service.booted("S1", BootInfo(vendor="Alfa", model="Wallbox 3"))
    for words in ((), ("--connected",), ("--location", "l1"), ("--text", "wallBOX"), ("--status", "OUTOFORDER")):
        lines = (await run("list", *words)).splitlines()
        assert lines[1].split("  ")[0] == "S1"
        assert "1 AVAILABLE, 1 OUTOFORDER" in lines[1]
    for words in (("--away",), ("--location", "L2"), ("--text", "beta"), ("--status", "RESERVED"), ("--after", "S1")):
        assert await run("list", *words) == "no such stations; ocpilot station add lets one in\n"
    with pytest.raises(UserError, match="--limit: found 0"):
        await run("list", "--limit", "0")


async def test_a_long_list_says_where_it_goes_on(operator, run):
    await run("add", "S2", "--location", "L1", "--evse", "E2")
    assert (await run("list", "--limit", "1")).splitlines()[-1] == "more: --after S1"
    [shown] = (await run("list", "--after", "S1", "--json")).splitlines()
    assert json.loads(shown)["id"] == "S2"


async def test_one_station_is_shown_with_its_evses_since_when_and_why(operator, run):
    await operator.service.connected("S1", "ocpp1.6")
    fault = StatusEvent(
        evse_id=1,
        status="Faulted",
        error_code="GroundFailure",
        at=operator.now,
        info="hot",
        vendor_error_code="E17",
    )
    await operator.service.status("S1", fault)
    text = await run("show", "S1")
    assert "station     S1, of SE*LAD, at L1" in text or "station     S1, of SE/LAD, at L1" in text
    assert "EVSE 1      E1, OUTOFORDER, since 2026-11-23T08:00:00Z, fault: GroundFailure, E17 hot" in text
    shown = json.loads(await run("show", "S1", "--json"))
    assert shown["evses"][0] == {
        "number": 1,
        "evse_uid": "E1",
        "connector_id": "1",
        "status": "OUTOFORDER",
        "reason": "fault",
        "error": "GroundFailure",
        "info": "E17 hot",
        "since": "2026-11-23T08:00:00Z",
        "tariff": None,
    }
    with pytest.raises(NotFound, match="no station S9"):
        await run("show", "S9")


async def test_the_log_is_filtered_and_says_whose_when_it_is_of_all(operator, run):
    await some_frames(operator)
    assert (await run("log", "S1")).splitlines() == [
        '2026-11-23T08:00:02Z      <-  [3,"1",{}]',
        '2026-11-23T08:00:01Z      ->  [2,"1","Heartbeat",{}]',
        "2026-11-23T08:00:00Z      --  connected: ocpp1.6",
    ]
    assert len((await run("log", "S1", "--action", "heartbeat")).splitlines()) == 2
    assert len((await run("log", "S1", "--direction", "in")).splitlines()) == 1
    assert "S9                !!  refused: 401" in await run("log", "--failed")
    assert "more: --limit 2, or --until 2026-11-23T08:00:02Z" in await run("log", "S1", "--limit", "1")
    assert await run("log", "S1", "--until", "2026-11-20") == "no such messages in the log\n"
    [shown] = (await run("log", "--failed", "--json")).splitlines()
    assert json.loads(shown)["frame"] == "refused: 401"
    with pytest.raises(NotFound):
        await run("log", "S9")


async def test_what_is_missing_in_the_log_is_said(operator, run):
    await operator.store.frames.add_gap(MessageGap(began_at=operator.now, ended_at=operator.now, count=7))
    assert "missing: 7 messages between" in await run("log", "S1")


async def test_following_brings_every_frame_once(operator, monkeypatch):
    monkeypatch.setattr(following, "_LOOK", 0.01)
    await some_frames(operator)
    asked = parser().parse_args(["station", "log", "S1", "--follow", "--since", "2026-11-23"])
    followed = StationsOf(operator.platform).follow(command._frames_asked(asked, operator.now))
    assert [(await anext(followed)).text[:6] for _ in range(3)] == ["connec", '[2,"1"', '[3,"1"']
    await operator.store.frames.add([frame(operator, 4, IN, '[2,"9","Heartbeat",{}]')])
    assert (await anext(followed)).text == '[2,"9","Heartbeat",{}]'
    await followed.aclose()


async def test_a_month_of_every_station_is_a_line(operator, run):
    await operator.token()
    await status(operator, "Available")
    await operator.charge()
    operator.passes(3600)
    await operator.jobs.once()
    month, head, line = (await run("uptime")).splitlines()
    assert (month, head.split()[0]) == ("2026-11", "station")
    assert line.split()[:3] == ["S1", "100.00%", "100.00%"]
    assert line.endswith("40.00 SEK (10.0 kWh, 1 charges)")
    shown = json.loads(await run("uptime", "S1", "--month", "2026-11", "--json"))
    assert (shown["uptime"]["uptime"], shown["earned"]) == (
        1.0,
        [{"currency": "SEK", "charges": 1, "kwh": "10.0", "cost": "40.00"}],
    )
    assert (await run("uptime", "--month", "2026-10")).splitlines()[2].split()[:3] == ["S1", "-", "-"]
