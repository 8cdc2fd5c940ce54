"""`ocpilot simulate`: what the stations are told, and what is refused before anything is tried."""

import argparse
import json

import pytest

from ocpilot.base.errors import UserError
from ocpilot.cli import simulate

URL = ("--url", "ws://127.0.0.1:1/ocpp/")
CARD = ("--card", "TAG-1")


class Told:
    """Remembers the options, says a line and reports."""

    def __init__(self) -> None:
        self.options = None

    def faults(self):
        return [("drop", "The connection is lost.")]

    async def simulate(self, options, say):
        self.options = options
        say("a line")
        return {"total": {"energy_wh": 11}}


async def told(*words: str) -> tuple[int, simulate.SimulateOptions | None]:
    parser = argparse.ArgumentParser()
    simulate.add_parser(parser.add_subparsers())
    commands = Told()
    code = await simulate.run(parser.parse_args(["simulate", *words]), commands)
    return code, commands.options


async def test_stations_are_named_or_numbered():
    _, named = await told("CP-1", "CP-2", *URL, *CARD)
    assert (named.ids, named.url, named.versions) == (("CP-1", "CP-2"), "ws://127.0.0.1:1/ocpp", ("1.6",))
    _, made = await told("--stations", "3", "--first", "2501", "--prefix", "X", *URL, *CARD)
    assert made.ids == ("X2501", "X2502", "X2503")


async def test_versions_take_turns():
    _, two = await told("A", "--version", "2.1", "--version", "1.6", *URL, *CARD)
    assert two.versions == ("2.1", "1.6")
    _, all_of_them = await told("A", "--mix", *URL, *CARD)
    assert all_of_them.versions == ("1.6", "2.0.1", "2.1")


async def test_the_password_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("OCPILOT_PASSWORD", "secret")
    assert (await told("A", *URL, *CARD))[1].password == "secret"


async def test_progress_is_for_people_and_json_for_programs(capsys):
    assert (await told("A", *URL, *CARD))[0] == 0
    assert capsys.readouterr().out == "a line\n"
    await told("A", "--json", *URL, *CARD)
    assert json.loads(capsys.readouterr().out) == {"total": {"energy_wh": 11}}


async def test_faults_are_listed(capsys):
    assert await told("--faults") == (0, None)
    assert capsys.readouterr().out == "drop               The connection is lost.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("A", *CARD), "--url is missing"),
        (("A", *URL), "--card is missing"),
        ((*URL, *CARD), "name the stations"),
        (("A", "--stations", "2", *URL, *CARD), "not both"),
        (("A", "--speed", "0", *URL, *CARD), "--speed: found 0.0, expected more than 0"),
        (("A", "--meter-interval", "-1", *URL, *CARD), "--meter-interval: found -1.0"),
        (("A", "--dc", "2", *URL, *CARD), "--dc: found 2.0, expected a share"),
        (("A", "--lean", "--fault", "drop", *URL, *CARD), "--lean stations have one EVSE"),
    ],
)
async def test_what_makes_no_run_is_refused(words, said):
    with pytest.raises(UserError, match=said):
        await told(*words)
