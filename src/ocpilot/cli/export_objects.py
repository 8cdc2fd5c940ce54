"""`ocpilot export`: objects as JSON Lines, a file for each module, with a manifest that counts them."""

import argparse
import hashlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from ocpilot.app.office.listing import OURS
from ocpilot.app.office.moving import MODULES, Filter, Line
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli.reading import Progress
from ocpilot.wire.protocol import SUPPORTED, ModuleID, Version

MANIFEST = "manifest.json"
_EPILOG = """\
examples:
  ocpilot export --out november --since 2026-11-01
  ocpilot export --module cdrs --owner peers --out - | gzip > cdrs.jsonl.gz
"""


class ExportCommands(Protocol):
    """What the platform does for this command."""

    def lines(self, module: ModuleID, which: Filter) -> AsyncIterator[Line]:
        """All objects of a module, oldest change first."""


class ExportedFile(msgspec.Struct, kw_only=True):
    """A file, how many objects it holds, and the SHA-256 of its bytes in hex."""

    file: str
    module: str
    objects: int
    sha256: str


class Manifest(msgspec.Struct, kw_only=True):
    """What was exported. It names no time: the same objects make the same bytes."""

    ocpi: str
    owner: str
    party: str | None
    since: str | None
    files: list[ExportedFile]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot export`."""
    parser = subparsers.add_parser(
        "export",
        help="write objects as JSON Lines",
        description="Writes objects as JSON Lines, one file for each module, and a manifest.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder, or - for the output in one stream")
    parser.add_argument("--module", action="append", choices=[str(one) for one in MODULES], help="may be repeated")
    parser.add_argument("--owner", default=OURS, metavar="WHO", help="ours (default), peers, or the name of a peer")
    parser.add_argument("--party", metavar="P", help="only objects of this party, such as SE/LAD")
    parser.add_argument("--since", metavar="DATE", help="only what changed at this time (UTC) or later")
    parser.add_argument(
        "--version",
        choices=[str(one) for one in SUPPORTED],
        default=str(SUPPORTED[0]),
        help="the OCPI version (%(default)s)",
    )
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")
    return parser


async def run(args: argparse.Namespace, commands: ExportCommands) -> int:
    """Writes what was asked for; 1 when an object could not be written."""
    which = Filter(owner=args.owner, party=_party(args.party), since=_since(args.since), version=Version(args.version))
    modules = [module for module in MODULES if not args.module or module in args.module]
    export = _Export(commands, which)
    if args.out == "-":
        for module in modules:
            await export.write(module, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return export.status
    folder = _folder(args.out)
    files = [await export.file(module, folder) for module in modules]
    manifest = Manifest(
        ocpi=args.version,
        owner=args.owner,
        party=str(which.party) if which.party else None,
        since=time.write(which.since) if which.since else None,
        files=files,
    )
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    _say(files, folder)
    return export.status


class _Export:
    """`status` is 1 once an object could not be written."""

    def __init__(self, commands: ExportCommands, which: Filter) -> None:
        self._commands = commands
        self._which = which
        self._progress = Progress()
        self.status = 0

    async def file(self, module: ModuleID, folder: Path) -> ExportedFile:
        """A whole file or none: it has its name when it is complete."""
        path = folder / f"{module}.jsonl"
        part = path.with_suffix(".part")
        with ExitStack() as stack:
            count, digest = await self.write(module, stack.enter_context(part.open("wb")))
        part.replace(path)
        return ExportedFile(file=path.name, module=str(module), objects=count, sha256=digest)

    async def write(self, module: ModuleID, out: BinaryIO) -> tuple[int, str]:
        """How many objects, and the SHA-256 of their lines."""
        count, digest = 0, hashlib.sha256()
        async for line in self._commands.lines(module, self._which):
            if line.error is not None:
                self._progress.hide()
                print(f"{module} {line.key.party} {line.key.id}: {line.error}", file=sys.stderr)
                self.status = 1
                continue
            out.write(line.text + b"\n")
            digest.update(line.text + b"\n")
            count += 1
            self._progress.step(f"{module}: {count}")
        self._progress.hide()
        return count, digest.hexdigest()


def _folder(name: str) -> Path:
    folder = Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _say(files: Sequence[ExportedFile], folder: Path) -> None:
    for one in files:
        print(f"{folder / one.file}: {one.objects}")


def _party(text: str | None) -> PartyId | None:
    try:
        return None if text is None else PartyId.parse(text)
    except ValueError as error:
        raise UserError(str(error)) from error


def _since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return time.parse(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError as error:
        raise UserError(f"--since: found {text!r}, expected such as 2026-11-01 or 2026-11-01T06:00:00Z") from error
