"""Texts on a station's screen by `ocpilot station message`, over a socket."""

import argparse

import pytest
from raw_station import raw_station

from ocpilot.base.errors import UserError
from ocpilot.cli import station_message
from ocpilot.main.message_commands import Messages

ACCEPTED = {"status": "Accepted"}


@pytest.fixture(params=["ocpp2.0.1", "ocpp2.1"])
async def station(request, lade, bodies):
    async with raw_station(lade, bodies, request.param) as station:
        yield station


async def run(node, *words):
    """The command, and its exit code."""
    parser = argparse.ArgumentParser()
    station_message.add_parser(parser.add_subparsers(dest="action"))
    return await station_message.run(parser.parse_args(["message", "CS1", *words]), Messages(node.platform))


async def test_a_text_is_shown_until_a_time_and_taken_away(lade, station, capsys):
    station.answers |= {"SetDisplayMessage": ACCEPTED, "ClearDisplayMessage": {"status": "Unknown"}}
    assert await run(lade, "Stängt", "--language", "sv", "--priority", "always", "--until", "2099-12-24") == 0
    [asked] = await station.was_asked("SetDisplayMessage")
    number = asked["message"].pop("id")
    assert asked["message"] == {
        "priority": "AlwaysFront",
        "endDateTime": "2099-12-24T00:00:00Z",
        "message": {"format": "UTF8", "language": "sv", "content": "Stängt"},
    }
    assert await run(lade, "--clear", str(number)) == 1
    assert capsys.readouterr().out == f"message {number}: Accepted\nmessage {number}: Unknown\n"
    assert await station.was_asked("ClearDisplayMessage") == [{"id": number}]


async def test_what_a_station_shows_is_listed_when_it_has_told_it(lade, station, capsys):
    shown = {"id": 7, "priority": "NormalCycle", "message": {"format": "UTF8", "content": "Hej"}}
    station.answers["GetDisplayMessages"] = ACCEPTED

    async def tell():
        [asked] = await station.was_asked("GetDisplayMessages")
        await station.call("NotifyDisplayMessages", {"messageInfo": [shown], "requestId": asked["requestId"]})

    lade.platform.background.start(tell(), "a station that tells")
    assert await run(lade, "--list", "--json") == 0
    assert '"content":"Hej"' in capsys.readouterr().out.replace(" ", "")


async def test_a_station_that_shows_nothing_says_so(lade, station, capsys):
    station.answers["GetDisplayMessages"] = {"status": "Unknown"}
    assert await run(lade, "--list") == 0
    assert capsys.readouterr().err == "it shows nothing\n"


async def test_a_station_of_1_6_has_no_such_messages(lade, bodies):
    async with raw_station(lade, bodies, "ocpp1.6") as station:
        with pytest.raises(UserError, match=r"station CS1 speaks OCPP 1\.6, which has no messages for screens"):
            await run(lade, "Hej")
        assert station.asked == []


@pytest.mark.parametrize(("words", "why"), [(["Hej", "--until", "2020-01-01"], "which is over"), ([" "], "the text")])
async def test_what_nobody_could_read_is_refused(lade, words, why):
    with pytest.raises(UserError, match=why):
        await run(lade, *words)
