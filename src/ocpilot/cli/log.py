"""`ocpilot log`: the messages between us and other platforms, searched, shown whole, sent again."""

import argparse
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from ocpilot.app.kept.messages import Direction, MessageQuery
from ocpilot.app.partners.message_views import MessageDetail, MessageList, MessageRow, status_query
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.cli.log_lines import print_detail, print_list, print_row

_AGO = re.compile(r"(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_EXAMPLES = """\
examples:
  ocpilot log --since 2h --status error          what failed in the last two hours
  ocpilot log --peer partner --module sessions   what one peer and we said about Sessions
  ocpilot log --object 4f1a-77                   everything about one CDR, Session, Location ...
  ocpilot log --follow                           as it happens, until Ctrl-C
  ocpilot log show 4711                          one message with headers and bodies
  ocpilot log replay 4711                        send it again
"""


class LogCommands(Protocol):
    """What the platform does for this command."""

    async def query(self, peer: str | None, query: MessageQuery) -> MessageQuery:
        """The query for the peer of this name (`-` for messages of nobody known); NotFound."""

    async def find(self, query: MessageQuery) -> MessageList:
        """Messages, newest first."""

    def follow(self, query: MessageQuery) -> AsyncIterator[MessageRow]:
        """Messages from now on, as they are written, without end."""

    async def show(self, message_id: int) -> MessageDetail:
        """One message; NotFound."""

    async def replay(self, message_id: int) -> MessageDetail:
        """Send a message of ours again; the new message. UserError says why it must not be."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot log`, `ocpilot log show|replay`."""
    about = "the messages between us and other platforms, newest first"
    parser = subparsers.add_parser(
        "log",
        help=about,
        description=about,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--peer", metavar="NAME", help="of this peer; - for those of nobody we know")
    parser.add_argument("--object", metavar="ID", help="about the object of this id")
    parser.add_argument("--module", metavar="M", help="of this module, such as sessions or versions")
    parser.add_argument("--correlation", metavar="ID", help="with this X-Correlation-ID")
    parser.add_argument("--request", metavar="ID", help="with this X-Request-ID")
    parser.add_argument("--status", metavar="S", help="answered with 4xx or 404 (HTTP), 2xxx or 2003 (OCPI), or error")
    parser.add_argument("--direction", choices=[str(one) for one in Direction], help="in: asked by a peer; out: by us")
    parser.add_argument("--since", metavar="T", help="not before 2h (30s, 15m, 7d) ago, or a date or time (UTC)")
    parser.add_argument("--until", metavar="T", help="before then")
    parser.add_argument("--limit", metavar="N", type=int, default=50, help="at most so many (50)")
    parser.add_argument("--follow", action="store_true", help="print new ones as they come, until Ctrl-C")
    _common(parser)
    actions = parser.add_subparsers(dest="action", metavar="show|replay")
    for name, help_ in (("show", "one message with headers and bodies"), ("replay", "send a message of ours again")):
        action = actions.add_parser(name, help=help_, description=f"{help_}, such as: ocpilot log {name} 4711")
        action.add_argument("id", metavar="ID", type=int, help="the number at the beginning of its line")
        _common(action)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="print JSON, a message per line")


async def run(args: argparse.Namespace, log: LogCommands) -> int:
    """Do what is asked; the exit code, 1 when a message that was sent again failed."""
    if args.action == "show":
        print_detail(await log.show(args.id), as_json=args.json)
        return 0
    if args.action == "replay":
        sent = await log.replay(args.id)
        print_detail(sent, as_json=args.json)
        return 1 if sent.message.failed else 0
    query = await log.query(args.peer, _query(args, time.now()))
    if args.follow:
        async for row in log.follow(query):
            print_row(row, as_json=args.json)
        return 0
    print_list(await log.find(query), as_json=args.json)
    return 0


def _query(args: argparse.Namespace, now: datetime) -> MessageQuery:
    if args.limit < 1:
        raise UserError(f"--limit: found {args.limit}, expected 1 or more")
    query = MessageQuery(
        direction=Direction(args.direction) if args.direction else None,
        module=args.module,
        object_id=args.object,
        correlation_id=args.correlation,
        request_id=args.request,
        since=moment(args.since, now) if args.since else None,
        until=moment(args.until, now) if args.until else None,
        limit=args.limit,
    )
    return msgspec.structs.replace(query, **status_query(args.status)) if args.status else query


def moment(text: str, now: datetime) -> datetime:
    """A moment a person writes: `2h` ago, `2026-11-26`, `2026-11-26T10:00`, in UTC unless it says otherwise."""
    ago = _AGO.fullmatch(text)
    try:
        if ago:
            return now - timedelta(**{_UNITS[ago.group(2)]: int(ago.group(1))})
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserError(f"found {text!r}, expected such as 2h, 2026-11-26 or 2026-11-26T10:00") from None
