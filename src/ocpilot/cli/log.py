"""`ocpilot log`: the messages between us and other platforms, searched, shown whole, sent again."""

import argparse
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from ocpilot.app.message_views import MessageDetail, MessageList, MessageRow, status_query
from ocpilot.app.messages import Cut, Direction, Message, MessageGap, MessageQuery
from ocpilot.base import time
from ocpilot.base.errors import UserError

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
_CUTS = {
    Cut.SIZE: "only its beginning is kept",
    Cut.SECRET: "not kept: it may hold a token that could not be taken out",
    Cut.MASKED: "without the token that was in it",
    Cut.LIST: "not kept: a page of a list",
    Cut.SETTING: "not kept: the settings say so",
    Cut.UNREAD: "not read: it was refused before",
}


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


class LineRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message as JSON, times as OCPI writes them; with headers and bodies when it is shown whole."""

    id: int
    at: str
    direction: str
    peer: str | None
    method: str
    url: str
    query: str
    http_status: int | None
    ocpi_status: int | None
    message: str | None
    error: str | None
    milliseconds: float
    version: str | None
    module: str | None
    interface: str | None
    party: str | None
    object_id: str | None
    object_sub: str | None
    request_id: str
    correlation_id: str
    sender: str | None
    receiver: str | None
    replay_of: int | None
    request: "Side | None" = None
    response: "Side | None" = None


class Side(msgspec.Struct, kw_only=True):
    """Headers as lines; `body` as text; `cut` says why it is not what was sent, whose size was `size` bytes."""

    headers: list[str]
    body: str
    size: int
    cut: str | None


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
        _print_detail(await log.show(args.id), as_json=args.json)
        return 0
    if args.action == "replay":
        sent = await log.replay(args.id)
        _print_detail(sent, as_json=args.json)
        return 1 if sent.message.failed else 0
    query = await log.query(args.peer, _query(args, time.now()))
    if args.follow:
        async for row in log.follow(query):
            _print_row(row, as_json=args.json)
        return 0
    _print_list(await log.find(query), as_json=args.json)
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


# ---- printing --------------------------------------------------------------------------------------------------------


def _print_list(found: MessageList, *, as_json: bool) -> None:
    for row in found.rows:
        _print_row(row, as_json=as_json)
    if as_json:
        return
    for gap in found.gaps:
        print(_gap_line(gap))
    if not found.rows:
        print("no such messages in the log")
    elif found.more:
        last = time.write(found.rows[-1].message.at)
        print(f"more: --limit {2 * len(found.rows)}, or --until {last}")


def _gap_line(gap: MessageGap) -> str:
    span = f"between {time.write(gap.began_at)} and {time.write(gap.ended_at)}"
    return f"missing: {gap.count} messages {span}, the database was away"


def _print_row(row: MessageRow, *, as_json: bool) -> None:
    print(msgspec.json.encode(_as_json(row)).decode() if as_json else line_of(row), flush=True)


def line_of(row: MessageRow) -> str:
    """One message on one line."""
    one = row.message
    answer = f"{one.http_status or '-'} {one.ocpi_status or '-'}"
    about = " ".join(filter(None, (one.module, _object(row))))
    said = one.error or (one.said if one.failed else None)
    return "  ".join(
        filter(
            None,
            (
                f"{one.id:>7}",
                f"{time.write(one.at):<24}",
                f"{one.direction:<3}",
                f"{row.peer or '-':<16}",
                f"{one.method:<6}",
                f"{answer:<8}",
                f"{one.seconds * 1000:6.0f} ms",
                about or one.url,
                one.query and f"?{one.query}",
                said and said.replace("\n", " ")[:200],
                f"(again: {one.replay_of})" if one.replay_of else None,
            ),
        )
    )


def _object(row: MessageRow) -> str:
    one = row.message
    return "/".join(filter(None, (one.party, one.object_id, one.object_sub)))


def _print_detail(detail: MessageDetail, *, as_json: bool) -> None:
    one = detail.message
    row = MessageRow(message=one, peer=detail.peer)
    if as_json:
        shown = _as_json(row)
        shown.request = _side(one.request_headers, detail.request, one.request_size, one.request_cut)
        shown.response = _side(one.response_headers, detail.response, one.response_size, one.response_cut)
        print(msgspec.json.encode(shown).decode())
        return
    for line in _facts(detail):
        print(line)
    _print_side("request", one.request_headers, detail.request, one.request_size, one.request_cut)
    if one.http_status is not None:
        _print_side("answer", one.response_headers, detail.response, one.response_size, one.response_cut)


def _facts(detail: MessageDetail) -> list[str]:
    one = detail.message
    peer, us = detail.peer or "somebody unknown", "us"
    asked, answering = (peer, us) if one.direction is Direction.IN else (us, peer)
    facts = {
        "message": f"{one.id}, {time.write(one.at)}, {one.seconds * 1000:.0f} ms",
        "from": f"{asked} to {answering}" + (f", OCPI {one.version}" if one.version else ""),
        "asked": f"{one.method} {one.url}" + (f"?{one.query}" if one.query else ""),
        "answered": _answered(one),
        "error": one.error,
        "about": " ".join(filter(None, (one.module, _object(MessageRow(message=one, peer=None))))),
        "request id": one.request_id,
        "correlation": one.correlation_id,
        "parties": f"{one.sender or '-'} to {one.receiver or '-'}" if one.sender or one.receiver else None,
        "again": f"of message {one.replay_of}" if one.replay_of else None,
        "sent again": ", ".join(str(again.id) for again in detail.replays),
    }
    return [f"{name:<12} {value}" for name, value in facts.items() if value]


def _answered(one: Message) -> str:
    if one.http_status is None:
        return "no answer"
    ocpi = "no OCPI" if one.ocpi_status is None else f"OCPI {one.ocpi_status} {one.said or ''}".rstrip()
    return f"HTTP {one.http_status}, {ocpi}"


def _print_side(name: str, headers: str, body: str, size: int, cut: Cut | None) -> None:
    print(f"\n{name}")
    for line in headers.splitlines():
        print(f"  {line}")
    if size:
        print(f"\n  body, {size} bytes" + (f", {_CUTS[cut]}" if cut else ""))
    elif cut:
        print(f"\n  body {_CUTS[cut]}")
    for line in body.splitlines():
        print(f"  {line}")


def _side(headers: str, body: str, size: int, cut: Cut | None) -> Side:
    return Side(headers=headers.splitlines(), body=body, size=size, cut=cut)


def _as_json(row: MessageRow) -> LineRow:
    one = row.message
    return LineRow(
        id=one.id,
        at=time.write(one.at),
        direction=one.direction,
        peer=row.peer,
        method=one.method,
        url=one.url,
        query=one.query,
        http_status=one.http_status,
        ocpi_status=one.ocpi_status,
        message=one.said,
        error=one.error,
        milliseconds=round(one.seconds * 1000, 1),
        version=one.version,
        module=one.module,
        interface=one.interface,
        party=one.party,
        object_id=one.object_id,
        object_sub=one.object_sub,
        request_id=one.request_id,
        correlation_id=one.correlation_id,
        sender=one.sender,
        receiver=one.receiver,
        replay_of=one.replay_of,
    )
