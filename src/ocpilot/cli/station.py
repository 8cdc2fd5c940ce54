"""`ocpilot station`: charging stations of ours, what they are and were, what they and we say to each other."""

import argparse
import os
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from ocpilot.app import passwords
from ocpilot.app.kept.charge_records import StationQuery
from ocpilot.app.kept.frames import FrameDirection, FrameLine, FrameList, FrameQuery
from ocpilot.app.kept.station_events import Payload
from ocpilot.app.stations.station_reports import StationReport
from ocpilot.app.stations.station_views import StationNow, StationPage
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.cli import station_import, station_join, station_lines, station_message, station_qr, station_simulate
from ocpilot.cli.log import moment
from ocpilot.cli.options import add_action
from ocpilot.wire import codec
from ocpilot.wire.v230 import Status


class StationCommands(station_import.ImportStations, station_qr.PrintCodes, Protocol):
    """What the platform does for this command."""

    async def add(self, *, station_id: str, location_id: str, evses: Sequence[str], password: str, made: bool) -> str:
        """A new station whose connectors 1, 2 ... are these EVSEs; returns the URL it connects to. `made`: nobody chose
        the password, it is chance."""

    async def page(self, query: StationQuery) -> StationPage:
        """Stations by id."""

    async def one(self, station_id: str) -> StationNow:
        """A station; NotFound."""

    async def frames(self, query: FrameQuery) -> FrameList:
        """Frames, newest first; NotFound for a station that is not there."""

    def follow(self, query: FrameQuery) -> AsyncIterator[FrameLine]:
        """Frames from now on, as they are written, without end."""

    async def call(self, station_id: str, action: str, payload: Payload) -> Payload:
        """What the station answers. InvalidObject with all that is wrong with the payload; StationRefused,
        StationUnreachable, StationTimeout, NotFound."""

    async def reports(self, station_id: str | None, month: str | None) -> Sequence[StationReport]:
        """Uptime and earnings of one station or all in a month (`2026-11`), the present one when None."""


_LOG_EXAMPLES = """\
examples:
  ocpilot station log CP-7 --since 2h                  what CP-7 and we said in the last two hours
  ocpilot station log CP-7 --action StopTransaction    only that, with the answers
  ocpilot station log --failed --since 1d              errors, lost and refused connections of all stations
  ocpilot station log CP-7 --follow                    as it happens, until Ctrl-C
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot station add|import|list|show|call|message|log|uptime|qr|waiting|approve|refuse|invite|simulate`."""
    parser = subparsers.add_parser("station", help="charging stations: add, let in, list, look into, simulate")
    actions = parser.add_subparsers(dest="action", required=True)
    _add_parser(actions)
    _list_parser(actions)
    show = add_action(actions, "show", "one station with its EVSEs", "ocpilot station show CP-7")
    show.add_argument("id", metavar="ID", help="its OCPP identity")
    call = add_action(
        actions, "call", "send any OCPP call to a station", 'ocpilot station call CP-7 Reset \'{"type":"OnIdle"}\''
    )
    call.add_argument("id", metavar="ID", help="its OCPP identity")
    call.add_argument("ocpp_action", metavar="ACTION", help="such as Reset or GetVariables")
    call.add_argument("payload", metavar="JSON", nargs="?", default="{}", help="the payload; {} when left out")
    _log_parser(actions)
    uptime = add_action(
        actions,
        "uptime",
        "how much of a month it could be used, and earnings",
        "ocpilot station uptime --month 2026-10",
    )
    uptime.add_argument("id", metavar="ID", nargs="?", help="of this station; of all when left out")
    uptime.add_argument("--month", metavar="M", help="such as 2026-10; the present month when left out")
    station_import.add_parser(actions)
    station_qr.add_parser(actions)
    station_join.add_parsers(actions)
    station_message.add_parser(actions)
    station_simulate.add_parser(actions)
    return parser


def _add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add = actions.add_parser(
        "add",
        help="let a station connect by OCPP",
        epilog="example: ocpilot station add CP-7 --location LOC1 --evse LOC1-1 --evse LOC1-2",
    )
    add.add_argument("id", help="the station's OCPP identity, the last part of its URL")
    add.add_argument("--location", required=True, help="id of the Location it stands at")
    add.add_argument("--evse", action="append", required=True, help="uid of the EVSE of connector 1, then 2 ...")
    add.add_argument("--config", help="settings file (TOML)")


def _list_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    listing = add_action(actions, "list", "stations by id", "ocpilot station list --away --location LOC1")
    listing.add_argument("--location", metavar="ID", help="at this Location")
    listing.add_argument("--text", metavar="T", help="with this in the id, vendor, model or serial number")
    listing.add_argument("--status", choices=[str(one) for one in Status], help="with an EVSE in this status")
    connection = listing.add_mutually_exclusive_group()
    connection.add_argument("--connected", action="store_true", help="those that are connected")
    connection.add_argument("--away", action="store_true", help="those that are not")
    listing.add_argument("--after", metavar="ID", default="", help="those after this id")
    listing.add_argument("--limit", metavar="N", type=int, default=100, help="at most so many (100)")


def _log_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    log = add_action(actions, "log", "OCPP messages of a station, newest first", _LOG_EXAMPLES)
    log.add_argument("id", metavar="ID", nargs="?", help="of this station; of all when left out")
    log.add_argument("--action", dest="ocpp_action", metavar="A", help="of this action, with the answers")
    log.add_argument(
        "--direction",
        choices=[str(one) for one in FrameDirection],
        help="in: from the station, out: from us; note and fault: what became of the connection",
    )
    log.add_argument("--failed", action="store_true", help="errors and faults only")
    log.add_argument("--since", metavar="T", help="not before 2h (30s, 15m, 7d) ago, or a date or time (UTC)")
    log.add_argument("--until", metavar="T", help="before then")
    log.add_argument("--limit", metavar="N", type=int, default=50, help="at most so many (50)")
    log.add_argument("--follow", action="store_true", help="print new ones as they come, until Ctrl-C")


async def run(args: argparse.Namespace, stations: StationCommands) -> int:
    """Do what is asked; the exit code."""
    match args.action:
        case "add":
            await _add(args, stations)
        case "import":
            return await station_import.run(args, stations)
        case "list":
            station_lines.print_stations(await stations.page(_stations_asked(args)), as_json=args.json)
        case "show":
            station_lines.print_station(await stations.one(args.id), as_json=args.json)
        case "call":
            answer = await stations.call(args.id, args.ocpp_action, _payload(args.payload))
            print(station_lines.payload_text(answer, as_json=args.json))
        case "qr":
            return await station_qr.run(args, stations)
        case "uptime":
            station_lines.print_reports(await stations.reports(args.id, args.month), as_json=args.json)
        case _:
            await _log(args, stations)
    return 0


async def _add(args: argparse.Namespace, stations: StationCommands) -> None:
    """The password comes from OCPILOT_PASSWORD or is made and shown once."""
    chosen = os.environ.get("OCPILOT_PASSWORD")
    password = chosen or passwords.made_key()
    if not args.id.isprintable() or "/" in args.id:
        raise UserError(f"{args.id!r} cannot be the last part of a URL")
    url = await stations.add(
        station_id=args.id, location_id=args.location, evses=tuple(args.evse), password=password, made=not chosen
    )
    print(f"the station connects to {url}\nuser {args.id}, password {password} (shown this once)")


async def _log(args: argparse.Namespace, stations: StationCommands) -> None:
    query = _frames_asked(args, time.now())
    if not args.follow:
        station_lines.print_frames(await stations.frames(query), as_json=args.json, named=args.id is None)
        return
    async for frame in stations.follow(query):
        station_lines.print_frame(frame, as_json=args.json, named=args.id is None)


def _payload(text: str) -> Payload:
    value = codec.loads(text.encode())
    if not isinstance(value, dict):
        raise UserError(f"the payload: found {text[:40]}, expected a JSON object")
    return value


def _stations_asked(args: argparse.Namespace) -> StationQuery:
    return StationQuery(
        location_id=args.location,
        text=args.text,
        connected=True if args.connected else False if args.away else None,
        status=args.status,
        after=args.after,
        limit=_limit(args),
    )


def _frames_asked(args: argparse.Namespace, now: datetime) -> FrameQuery:
    return FrameQuery(
        station_id=args.id,
        direction=FrameDirection(args.direction) if args.direction else None,
        action=args.ocpp_action,
        failed=args.failed,
        since=moment(args.since, now) if args.since else None,
        until=moment(args.until, now) if args.until else None,
        limit=_limit(args),
    )


def _limit(args: argparse.Namespace) -> int:
    limit: int = args.limit
    if limit < 1:
        raise UserError(f"--limit: found {limit}, expected 1 or more")
    return limit
