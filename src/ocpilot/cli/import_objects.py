"""`ocpilot import FILE...`: objects of ours from JSON Lines; the good ones are taken, the others written aside."""

import argparse
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

import msgspec

from ocpilot.app.office.moving import Taken
from ocpilot.cli.reading import Progress, lines_of
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.texts import texts

_EPILOG = """\
examples:
  ocpilot import --dry-run november/*.jsonl
  ocpilot import november/locations.jsonl
"""


class ImportCommands(Protocol):
    """What the platform does for this command."""

    def take(
        self, lines: Iterable[tuple[int | None, bytes]], version: Version | None, *, dry_run: bool
    ) -> AsyncIterator[Taken]:
        """Keep every object; what is wrong with one stops no other."""


class Imported(msgspec.Struct, kw_only=True):
    """What became of a file: objects taken by module, and how many were not."""

    file: str
    taken: dict[str, int]
    rejected: int
    rejected_file: str | None


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot import`."""
    parser = subparsers.add_parser(
        "import",
        help="take over our own objects from JSON Lines",
        description="Takes over Locations, Tariffs, Tokens, Sessions and CDRs of ours, line by line.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="+", help="JSON Lines, one object, a list, or an OCPI answer; - is the input")
    parser.add_argument("--version", choices=[str(one) for one in SUPPORTED], help="guessed per object when not given")
    parser.add_argument("--dry-run", action="store_true", help="only say what is wrong; keep and write nothing")
    parser.add_argument("--json", action="store_true", help="print what became of each file as JSON")
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")
    return parser


async def run(args: argparse.Namespace, commands: ImportCommands) -> int:
    """Takes each file; 1 when an object of any was rejected."""
    version = Version(args.version) if args.version else None
    done = [await _file(name, version, args.dry_run, commands) for name in args.file]
    if args.json:
        print(msgspec.json.encode(done).decode())
    else:
        for one in done:
            _say(one, args.dry_run)
    return 1 if any(one.rejected for one in done) else 0


async def _file(name: str, version: Version | None, dry_run: bool, commands: ImportCommands) -> Imported:
    taken: Counter[str] = Counter()
    progress = Progress()
    with _Aside("import" if name == "-" else name, dry_run=dry_run) as aside:
        async for one in commands.take(texts(lines_of(name)), version, dry_run=dry_run):
            if one.key is not None:
                taken[one.key.module] += 1
                progress.step(f"{name}: {taken.total()}")
                continue
            progress.hide()
            _complain(name, one)
            aside.add(one.text)
    progress.hide()
    return Imported(file=name, taken=dict(taken), rejected=aside.count, rejected_file=aside.written)


class _Aside:
    """`FILE.rejected`, which is there once something is rejected."""

    def __init__(self, name: str, *, dry_run: bool) -> None:
        self._path = Path(f"{name}.rejected")
        self._dry_run = dry_run
        self._file: BinaryIO | None = None
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def written(self) -> str | None:
        """The name of the file, when there is one."""
        return None if self._file is None else str(self._path)

    def add(self, text: bytes) -> None:
        """One line more."""
        self.count += 1
        if self._dry_run:
            return
        self._file = self._file or self._path.open("wb")
        self._file.write(text.strip() + b"\n")


def _complain(name: str, one: Taken) -> None:
    place = name if one.line is None else f"{name}:{one.line}"
    for problem in one.problems:
        print(f"{place}: {problem}", file=sys.stderr)


def _say(one: Imported, dry_run: bool) -> None:
    counts = ", ".join(f"{count} {module}" for module, count in sorted(one.taken.items())) or "nothing"
    print(f"{one.file}: {counts} {'would be ' if dry_run else ''}taken, {one.rejected} rejected")
    if one.rejected_file:
        print(f"  rejected lines are in {one.rejected_file}: mend them and import that file")
