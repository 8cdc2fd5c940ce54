"""What a command says to whoever calls it in a wrong way, and that it leaves nothing behind."""

import argparse
import io
import re
import socket
import sys
from collections.abc import Iterator

import pytest

from ocpilot.base.errors import UserError
from ocpilot.cli import account
from ocpilot.main.commands import parser, run

#: Defaults that go without saying.
NOTHING = (None, False, 0, "", "==SUPPRESS==", [], ())
PARTY = '[[parties]]\ncountry_code = "SE"\nparty_id = "LAD"\nname = "Lade"\n'


@pytest.mark.parametrize("command", [["peer", "list"], ["invoice", "list"], ["serve"]])
def test_a_command_without_its_settings_file_says_so_and_makes_no_database(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(command) == 1
    assert "no settings file was named (--config FILE)" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_role_that_does_not_exist_is_named_with_those_that_do(tmp_path, capsys):
    config = tmp_path / "platform.toml"
    config.write_text(PARTY + 'role = "CP"\n')
    assert run(["serve", "--config", str(config)]) == 1
    assert "role: found 'CP', expected one of CPO, EMSP, HUB" in capsys.readouterr().err


def test_a_party_that_is_none_is_refused_with_what_one_looks_like(tmp_path, capsys):
    config = tmp_path / "platform.toml"
    config.write_text(PARTY.replace('"SE"', '"SWE"') + 'role = "CPO"\n')
    assert run(["serve", "--config", str(config)]) == 1
    assert "found SWE/LAD, expected two letters and three letters or digits, such as SE/LAD" in capsys.readouterr().err


async def test_where_nobody_can_be_asked_for_a_password_it_is_said_how_to_give_one(monkeypatch):
    monkeypatch.delenv("OCPILOT_PASSWORD", raising=False)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    args = parser("account").parse_args(["account", "add", "operator", "a@example.org"])
    with pytest.raises(UserError, match="expected a terminal or OCPILOT_PASSWORD"):
        await account.run(args, accounts=None)


def test_a_logo_whose_kind_nobody_can_tell_is_refused(tmp_path, capsys):
    config = tmp_path / "platform.toml"
    config.write_text(PARTY + 'role = "CPO"\nlogo = "https://lade.example/logo"\n')
    assert run(["serve", "--config", str(config)]) == 1
    assert "logo: found 'https://lade.example/logo', expected a URL that ends with .png" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["mock", "demo"])
def test_a_port_that_is_taken_is_named(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run([command, "--port", str(port)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ocpilot: ")
    assert not error.startswith("ocpilot: :")
    assert str(port) in error


def test_without_a_command_all_of_them_are_listed(capsys):
    assert run([]) == 2
    assert "run a platform: partners, stations, drivers, operators" in capsys.readouterr().err


def test_the_help_of_actions_says_where_their_examples_are(capsys):
    with pytest.raises(SystemExit):
        run(["account", "--help"])
    assert "`ocpilot account ACTION --help` shows examples of each." in capsys.readouterr().out


def leaves(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    inner = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    for action in inner:
        for child in action.choices.values():
            yield from leaves(child)
    if not inner:
        yield parser


@pytest.mark.parametrize("command", list(leaves(parser())), ids=lambda command: command.prog)
def test_the_help_of_a_command_has_an_example_and_says_what_is_taken_when_nothing_is_said(command):
    assert re.search(r"example|such as", command.format_help())
    assert [one.dest for one in command._actions if not one.help] == []
    silent = [one.dest for one in command._actions if one.default not in NOTHING and not tells(one)]
    assert silent == []


def tells(option: argparse.Action) -> bool:
    text = option.help or ""
    return any(word in text for word in ("(", "default", "left out", "unless"))
