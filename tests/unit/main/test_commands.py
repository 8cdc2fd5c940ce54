"""The command line finds what does each command, and reads one command as it reads all."""

import argparse
import subprocess
import sys

import pytest

from ocpilot.main import commands


def below(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands of a parser, or the actions of a command."""
    found = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(found[0].choices) if found else {}


ALL = below(commands.parser())
NAMED = [(name, action) for name, one in ALL.items() for action in below(one) or [None]]


@pytest.mark.parametrize(("command", "action"), NAMED)
def test_each_command_and_action_is_done_by_something(command, action):
    assert callable(commands._work(argparse.Namespace(command=command, action=action)))


@pytest.mark.parametrize("command", ALL)
def test_one_command_alone_is_read_as_among_all(command):
    [(name, alone)] = below(commands.parser(command)).items()
    assert name == command
    assert alone.format_help() == ALL[command].format_help()


def test_every_row_of_the_table_is_a_command_or_an_action_of_one():
    words = {f"{command} {action or ''}".strip() for command, action in NAMED} | set(ALL)
    # `cdr check --stored` is an action that nobody writes.
    assert set(commands._DONE) - words == {"cdr check-stored"}


def test_a_command_without_database_does_not_wait_for_the_server_to_be_imported():
    program = "import sys; from ocpilot.main import run; run(['schema', '--list']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "ocpilot.wire.schema" in loaded
    assert not loaded & {"asyncpg", "aiohttp", "starlette", "ocpilot.main.joined"}
