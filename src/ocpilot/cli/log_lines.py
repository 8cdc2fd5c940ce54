"""Messages of the log as `ocpilot log` prints them: a line each, one whole, or JSON."""

import msgspec

from ocpilot.app.kept.messages import Cut, Direction, Message, MessageGap
from ocpilot.app.partners.message_views import CUTS, MessageDetail, MessageList, MessageRow
from ocpilot.base import time
from ocpilot.base.ids import shown_party


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


def print_list(found: MessageList, *, as_json: bool) -> None:
    """Messages, what is missing among them, and how to see more."""
    for row in found.rows:
        print_row(row, as_json=as_json)
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


def print_row(row: MessageRow, *, as_json: bool) -> None:
    """One message, at once: somebody may follow."""
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
    return "/".join(filter(None, (_party(one.party), one.object_id, one.object_sub)))


def _party(key: str | None) -> str | None:
    return shown_party(key) if key else None


def print_detail(detail: MessageDetail, *, as_json: bool) -> None:
    """One message whole."""
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
        "parties": f"{_party(one.sender) or '-'} to {_party(one.receiver) or '-'}"
        if one.sender or one.receiver
        else None,
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
        print(f"\n  body, {size} bytes" + (f", {CUTS[cut]}" if cut else ""))
    elif cut:
        print(f"\n  body {CUTS[cut]}")
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
        party=_party(one.party),
        object_id=one.object_id,
        object_sub=one.object_sub,
        request_id=one.request_id,
        correlation_id=one.correlation_id,
        sender=_party(one.sender),
        receiver=_party(one.receiver),
        replay_of=one.replay_of,
    )
