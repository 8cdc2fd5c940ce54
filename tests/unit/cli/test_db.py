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

    async def dump(self, file: Path) -> None:
        _write(file, repr(self.applied_at))

    async def restore(self, file: Path) -> None:
        self.applied_at = {"first": f"from {file.name}"}


def _write(file: Path, text: str) -> None:
    file.write_text(text)


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


async def test_a_dump_goes_into_a_file_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database, file = FakeDatabase(first=None), tmp_path / "all.dump"
    assert await run(parsed("dump", str(file)), database) == 0
    assert await run(parsed("restore", str(file)), database) == 0
    assert database.applied_at == {"first": "from all.dump"}
    assert capsys.readouterr().out == f"{file}: 15 bytes\n{file} is restored\n"


def test_an_action_is_needed() -> None:
    with pytest.raises(SystemExit):
        parsed()
