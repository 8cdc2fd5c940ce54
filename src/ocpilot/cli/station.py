"""`ocpilot station add|list|simulate`: charging stations of ours and the EVSEs their connectors are."""

import argparse
import os
import secrets
from collections.abc import Sequence
from typing import Protocol

from ocpilot.base.errors import UserError
from ocpilot.cli import station_join, station_simulate


class StationCommands(Protocol):
    """What the platform does for this command."""

    async def add(self, *, station_id: str, location_id: str, evses: Sequence[str], password: str, made: bool) -> str:
        """A new station whose connectors 1, 2 ... are these EVSEs; returns the URL it connects to. `made`: nobody chose
        the password, it is chance."""

    async def rows(self) -> Sequence[tuple[str, str, str, str]]:
        """(id, Location, connected or not, last seen) of every station."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot station add|list|simulate`."""
    parser = subparsers.add_parser("station", help="add, list, let in and simulate charging stations")
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser(
        "add",
        help="let a station connect by OCPP",
        epilog="example: ocpilot station add CP-7 --location LOC1 --evse LOC1-1 --evse LOC1-2",
    )
    add.add_argument("id", help="the station's OCPP identity, the last part of its URL")
    add.add_argument("--location", required=True, help="id of the Location it stands at")
    add.add_argument("--evse", action="append", required=True, help="uid of the EVSE of connector 1, then 2 ...")
    add.add_argument("--config", help="settings file (TOML)")
    listing = actions.add_parser("list", help="every station, and whether it is connected")
    listing.add_argument("--config", help="settings file (TOML)")
    station_join.add_parsers(actions)
    station_simulate.add_parser(actions)
    return parser


async def run(args: argparse.Namespace, stations: StationCommands) -> int:
    """The password comes from OCPILOT_PASSWORD or is made and shown once."""
    if args.action == "list":
        for row in await stations.rows():
            print("  ".join(part.ljust(20) for part in row).rstrip())
        return 0
    chosen = os.environ.get("OCPILOT_PASSWORD")
    password = chosen or secrets.token_hex(10)
    if not args.id.isprintable() or "/" in args.id:
        raise UserError(f"{args.id!r} cannot be the last part of a URL")
    url = await stations.add(
        station_id=args.id, location_id=args.location, evses=tuple(args.evse), password=password, made=not chosen
    )
    print(f"the station connects to {url}\nuser {args.id}, password {password} (shown this once)")
    return 0
