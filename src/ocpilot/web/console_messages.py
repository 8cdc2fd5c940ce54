"""The operator console: the messages between us and our peers, and sending one of ours again."""

from collections.abc import Mapping
from urllib.parse import urlencode

from msgspec.structs import replace as with_changes
from starlette.responses import Response

from ocpilot.app.kept.messages import Direction, MessageQuery
from ocpilot.app.logs.message_rows import VERSIONS
from ocpilot.app.partners import message_replay, message_views
from ocpilot.base.errors import NotFound, UserError
from ocpilot.base.texts import mark
from ocpilot.web.moments import moment_in
from ocpilot.web.reader import Reader
from ocpilot.wire.protocol import ModuleID

_PAGE = 50
#: Fields of the form, each a parameter of the page's address.
_FIELDS = ("peer", "direction", "module", "object", "status", "correlation", "request", "since", "until")
_MODULES = (VERSIONS, *sorted((str(one) for one in ModuleID), key=str.lower))
_BAD_STATUS = mark("Status: write such as 4xx, 404, 2003, 2xxx or error.")


async def messages(reader: Reader) -> Response:
    """The newest messages that the form asks for."""
    form = {name: reader.request.query_params.get(name, "").strip() for name in _FIELDS}
    problem, shown = None, None
    try:
        shown = await message_views.found(reader.platform, await _query(reader, form))
    except UserError as error:
        problem = str(error)
    asked = {name: value for name, value in form.items() if value}
    onward = None
    if shown is not None and shown.more:
        onward = urlencode({**asked, "before": str(shown.rows[-1].message.id)})
    context = {
        "form": form,
        "asked": bool(asked),
        "peers": await reader.platform.store.peers.all(),
        "modules": _MODULES,
        "problem": problem,
        "shown": shown,
        "onward": onward,
    }
    return reader.page("console/messages.html", context, status=400 if problem else 200)


async def message(reader: Reader) -> Response:
    """One message with its headers and bodies."""
    detail = await message_views.detail(reader.platform, _number(reader.request.path_params["number"]))
    return reader.page("console/message.html", {"detail": detail, "cuts": message_views.CUTS})


async def replay(reader: Reader) -> Response:
    """Send a message again; the page of the new one says what came of it."""
    found = await message_views.named(reader.platform, _number(reader.request.path_params["number"]))
    return reader.go(f"/console/messages/{await message_replay.replay(reader.platform, found)}")


async def _query(reader: Reader, form: Mapping[str, str]) -> MessageQuery:
    zone = reader.platform.settings.web.time_zone
    before = reader.request.query_params.get("before", "")
    query = MessageQuery(
        peer_id=_peer_id(form["peer"]),
        direction=Direction(form["direction"]) if form["direction"] in set(Direction) else None,
        module=form["module"] if form["module"] in _MODULES else None,
        object_id=_text(form["object"]),
        correlation_id=_text(form["correlation"]),
        request_id=_text(form["request"]),
        since=moment_in(form["since"], zone),
        until=moment_in(form["until"], zone),
        before=await message_views.named(reader.platform, _number(before)) if before else None,
        limit=_PAGE,
    )
    if not form["status"]:
        return query
    try:
        return with_changes(query, **message_views.status_query(form["status"]))
    except UserError:
        raise UserError(_BAD_STATUS) from None


def _text(given: str) -> str | None:
    """What PostgreSQL takes as text; a NUL is in no id."""
    return given.replace("\0", "").encode(errors="replace").decode() or None


def _peer_id(given: str) -> int | None:
    """A number, 0 for nobody known; nonsense counts as not asked."""
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


def _number(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise NotFound(f"no message {given!r}")
    return int(given)
