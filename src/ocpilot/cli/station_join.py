"""`ocpilot station waiting|approve|refuse|invite`: stations that nobody added."""

import argparse
import json
from collections.abc import Sequence
from typing import Protocol

#: What `station.run` leaves to this file.
ACTIONS = ("waiting", "approve", "refuse", "invite")


class JoinCommands(Protocol):
    """What the platform does for these commands."""

    async def waiting(self) -> Sequence[dict[str, str | None]]:
        """Every station that waits: id, vendor, model, serial, firmware, remote, first_seen, last_seen."""

    async def approve(self, station_id: str, location_id: str, evses: Sequence[str]) -> None:
        """It is ours from now on, and its connectors 1, 2 ... are these EVSEs."""

    async def refuse(self, station_id: str) -> None:
        """It must stay away."""

    async def invite(self, location_id: str, evses: Sequence[str], count: int, days: float) -> Sequence[str]:
        """Codes with which stations join, and the URL they connect to as the last one."""


def add_parsers(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The commands."""
    waiting = actions.add_parser(
        "waiting",
        help="stations that connected and that nobody added",
        epilog="example: ocpilot station waiting --json",
    )
    waiting.add_argument("--json", action="store_true", help="one JSON list")
    approve = actions.add_parser(
        "approve",
        help="let a waiting station in",
        epilog="example: ocpilot station approve CP-7 --location LOC1 --evse LOC1-1 --evse LOC1-2",
    )
    refuse = actions.add_parser(
        "refuse", help="send a waiting station away for good", epilog="example: ocpilot station refuse CP-7"
    )
    for each in (approve, refuse):
        each.add_argument("id", help="the station's OCPP identity")
    invite = actions.add_parser(
        "invite",
        help="make one-time codes with which stations join",
        description="A station that nobody added joins with a code as its password, and gets another one at once.",
        epilog="example: ocpilot station invite --location LOC1 --evse LOC1-1 --evse LOC1-2 --count 2",
    )
    invite.add_argument(
        "--count", type=int, default=1, help="codes (1), each for one station with its share of the EVSEs"
    )
    invite.add_argument("--days", type=float, default=14, help="days until they are worth nothing (14)")
    for each in (approve, invite):
        each.add_argument("--location", required=True, help="id of the Location it stands at")
        each.add_argument("--evse", action="append", required=True, help="uid of the EVSE of connector 1, then 2 ...")
    for each in (waiting, approve, refuse, invite):
        each.add_argument("--config", help="settings file (TOML)")


async def run(args: argparse.Namespace, join: JoinCommands) -> int:
    """One of them."""
    if args.action == "waiting":
        _show(await join.waiting(), as_json=args.json)
    elif args.action == "approve":
        await join.approve(args.id, args.location, tuple(args.evse))
        print(f"{args.id} is one of ours now")
    elif args.action == "refuse":
        await join.refuse(args.id)
        print(f"{args.id} is sent away from now on")
    else:
        *codes, url = await join.invite(args.location, tuple(args.evse), args.count, args.days)
        print(f"a station joins at {url} with its id as user and a code as password; each is shown this once")
        print("\n".join(codes))
    return 0


def _show(stations: Sequence[dict[str, str | None]], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(stations, indent=2))
    elif not stations:
        print("no station waits")
    for one in () if as_json else stations:
        what = " ".join(word for word in (one["vendor"], one["model"], one["serial"]) if word) or "has not booted yet"
        print("  ".join([str(one["id"]).ljust(20), str(one["remote"]).ljust(16), f"since {one['first_seen']}", what]))
