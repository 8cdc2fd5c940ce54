"""`ocpilot load FILE...`: Locations, Tariffs and Tokens of our own from files of OCPI objects."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from ocpilot.cli.reading import read_file


class LoadCommands(Protocol):
    """What the platform does for this command."""

    async def load(self, path: str, data: bytes, version: str | None, audience: str | None) -> Sequence[str]:
        """Store every object of a file, one line for each; with a problem anywhere nothing is stored. `audience` is the
        party it is for, `*` everybody, None whom it was for."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot load`."""
    parser = subparsers.add_parser(
        "load",
        help="take over our own Locations and Tariffs from OCPI files",
        epilog="example: ocpilot load --config platform.toml tariffs.json locations.json",
    )
    parser.add_argument("file", nargs="+", type=Path, help="JSON: one object, a list, or an OCPI envelope")
    parser.add_argument("--version", help="OCPI version of the files (2.2.1 or 2.3.0); guessed when not given")
    parser.add_argument(
        "--for",
        dest="audience",
        metavar="CC/PID",
        help="the one party that may see these objects, such as DE/ABC; '*' makes them everybody's again",
    )
    parser.add_argument("--config", help="settings file (TOML)")
    return parser


async def run(args: argparse.Namespace, commands: LoadCommands) -> int:
    """Prints what was stored, one line an object."""
    for path in args.file:
        for line in await commands.load(str(path), read_file(str(path)), args.version, args.audience):
            print(line)
    return 0
