"""What people see of the message log: the lines of a search with their peers, one message whole and readable."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from ocpilot.app.kept.messages import Cut, Message, MessageGap, MessageLine, MessageQuery
from ocpilot.app.kept.records import Record
from ocpilot.app.partners.message_replay import why_not
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound, UserError
from ocpilot.base.texts import mark

#: Why a body is not kept as it was.
CUTS: Final = {
    Cut.SIZE: mark("only its beginning is kept"),
    Cut.SECRET: mark("not kept, it may hold a token that could not be taken out"),
    Cut.MASKED: mark("without the token that was in it"),
    Cut.LIST: mark("not kept, it is a page of a list"),
    Cut.SETTING: mark("not kept, the settings say so"),
    Cut.UNREAD: mark("not read, it was refused before"),
}
#: Bodies up to this size are laid out; a longer one is shown as it is.
_LAID_OUT = 1024 * 1024
#: Bytes of what is no text that are shown.
_BYTES_SHOWN = 512
#: What would move a terminal's cursor or reverse a page: control characters and directions of writing.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_LARGEST_ID = 2**63 - 1


class MessageRow(Record, frozen=True, kw_only=True):
    """A line with the name of its peer, None where nobody is known."""

    message: MessageLine
    peer: str | None


class MessageList(Record, frozen=True, kw_only=True):
    """Lines newest first, whether there are more, and what is missing in their time."""

    rows: tuple[MessageRow, ...]
    more: bool
    gaps: tuple[MessageGap, ...]


class MessageDetail(Record, frozen=True, kw_only=True):
    """One message: its bodies laid out for reading, why it cannot be sent again (None: it can), and when it was."""

    message: Message
    peer: str | None
    request: str
    response: str
    no_replay: str | None
    replays: tuple[MessageLine, ...]


async def found(platform: Platform, query: MessageQuery) -> MessageList:
    """The messages of a query."""
    one_more = msgspec.structs.replace(query, limit=query.limit + 1)
    lines = await platform.store.messages.find(one_more)
    shown = lines[: query.limit]
    since = shown[-1].at if len(lines) > query.limit else query.since
    names = await _names(platform)
    return MessageList(
        rows=tuple(MessageRow(message=line, peer=names.get(line.peer_id or 0)) for line in shown),
        more=len(lines) > query.limit,
        gaps=await platform.store.messages.gaps(since, _until(query)),
    )


async def detail(platform: Platform, message_id: int) -> MessageDetail:
    """One message; NotFound."""
    message = await named(platform, message_id)
    return MessageDetail(
        message=message,
        peer=(await _names(platform)).get(message.peer_id or 0),
        request=readable(message.request_body),
        response=readable(message.response_body),
        no_replay=await why_not(platform, message),
        replays=await platform.store.messages.find(MessageQuery(replay_of=message.id)),
    )


async def named(platform: Platform, message_id: int) -> Message:
    """One message; NotFound."""
    message = await platform.store.messages.get(message_id) if 0 < message_id <= _LARGEST_ID else None
    if message is None:
        raise NotFound(f"no message {message_id} in the log; it keeps {platform.settings.log.days} days")
    return message


def readable(body: bytes) -> str:
    """A body as text: JSON laid out with its numbers as they came, other text as it is, of anything else the first
    bytes in hex. Nothing in it moves a terminal's cursor."""
    try:
        text = _laid_out(body).decode()
    except UnicodeDecodeError:
        shown = body[:_BYTES_SHOWN]
        text = body.decode(errors="backslashreplace")
        if len(_UNPRINTABLE.findall(text)) + text.count("\\x") > len(text) // 10:
            text = f"({len(body)} bytes that are no text)\n{shown.hex(' ')}"
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text.replace("\r\n", "\n"))


def _laid_out(body: bytes) -> bytes:
    if body.lstrip()[:1] not in (b"{", b"[") or len(body) > _LAID_OUT:
        return body
    try:
        msgspec.json.decode(body)
        return msgspec.json.format(body, indent=2)
    except (msgspec.DecodeError, RecursionError):
        return body


def status_query(text: str) -> dict[str, object]:
    """What a person asks for as status, as fields of a MessageQuery: `4xx` or `404` of HTTP, `2003` or `2xxx` of OCPI,
    `error` for all that failed. UserError for anything else."""
    word = text.strip().lower()
    if word == "error":
        return {"failed": True}
    if re.fullmatch(r"[1-5](xx|\d\d)", word, re.ASCII):
        return {"http_status": (int(word.replace("x", "0")), int(word.replace("x", "9")))}
    if re.fullmatch(r"[1-9](xxx|\d\d\d)", word, re.ASCII):
        return {"ocpi_status": (int(word.replace("x", "0")), int(word.replace("x", "9")))}
    raise UserError(f"status: found {text!r}, expected such as 4xx, 404, 2003, 2xxx or error")


def _until(query: MessageQuery) -> datetime | None:
    return query.until if query.before is None else query.before.at


async def _names(platform: Platform) -> Mapping[int, str]:
    return {peer.id: peer.name for peer in await platform.store.peers.all()}
