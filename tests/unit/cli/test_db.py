"""`ocpilot db` against a database that only remembers."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pytest

from ocpilot.cli.db import add_parser, run


class FakeDatabase:
    def __init__(self, **applied_at: str | None) -> None:
        self.applied_at = applied_at

    async def status(self) -> Sequence[tuple[str, str | None]]:
        return tuple(self.applied_at.items())

    async def upgrade(self) -> Sequence[str]:
        waiting = [name for name, at in self.applied_at.items() if at is None]
        self.applied_at = dict.fromkeys(self.applied_at, "now")
        return waiting


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return parser.parse_args(["db", *words])


async def test_status_lists_every_file_and_fails_when_one_waits(capsys: pytest.CaptureFixture[str]) -> None:
    args = parsed("status", "--config", "a.toml")
    assert args.config == Path("a.toml")
    assert await run(args, FakeDatabase(first="2026-11-23T12:00:00Z", second=None)) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["first", "applied", "2026-11-23T12:00:00Z"], ["second", "waits"]]


async def test_upgrade_names_what_it_applied_and_then_has_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    database = FakeDatabase(first="2026-11-23T12:00:00Z", second=None)
    assert await run(parsed("upgrade"), database) == 0
    assert await run(parsed("upgrade"), database) == 0
    assert capsys.readouterr().out == "applied second\nnothing to do\n"
    assert await run(parsed("status"), database) == 0


def test_an_action_is_needed() -> None:
    with pytest.raises(SystemExit):
        parsed()
