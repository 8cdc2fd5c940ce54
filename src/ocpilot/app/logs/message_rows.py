"""From an exchange as it went by to the message that is kept: what it was about, and nothing secret in it.

This is done when it is written, not while somebody waits for an answer.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from ocpilot.app.kept.messages import Cut, Direction, Message
from ocpilot.app.logs import message_secrets as secret
from ocpilot.app.logs.log_writing import storable
from ocpilot.app.logs.message_places import Place, place_of
from ocpilot.app.logs.message_secrets import Secrets
from ocpilot.base.lines import one_line
from ocpilot.roaming.routing import DIRECT, Route
from ocpilot.wire.protocol import ModuleID

#: Header names and values as they travel.
RawHeaders = Sequence[tuple[bytes, bytes]]
#: Versions and version details: part of the credentials module, but nothing in them is secret.
VERSIONS = "versions"

#: Characters of an address, and as many of its query, that are kept.
LONGEST_URL = 4000
_LONGEST_ID = 256
_LONGEST_TEXT = 4000
_LONGEST_HEADERS = 32_000
_BEGINNING = 400


class Exchanged(msgspec.Struct, kw_only=True, gc=False):
    """One request with its answer as it went by; nothing in it was looked into.

    `segments` are those of the URL below the module's endpoint, None: they stand in the URL after the module's name.
    `authorization` is the header that was sent, `token` the secret in it where it is known. `listed`: a list was asked
    for. The rest as in `Message`.
    """

    direction: Direction
    at: datetime
    seconds: float = 0.0
    peer_id: int | None = None
    method: str
    url: str
    query: str = ""
    version: str | None = None
    interface: str | None = None
    module: str | None = None
    segments: Sequence[str] | None = None
    route: Route = DIRECT
    request_id: str = ""
    correlation_id: str = ""
    authorization: str = ""
    token: str = ""
    listed: bool = False
    http_status: int | None = None
    ocpi_status: int | None = None
    said: str | None = None
    error: str | None = None
    request_headers: RawHeaders | Mapping[str, str] = ()
    request_body: bytes = b""
    request_size: int = 0
    request_cut: Cut | None = None
    response_headers: RawHeaders = ()
    response_body: bytes = b""
    response_size: int = 0
    response_cut: Cut | None = None
    replay_of: int | None = None


def message_of(one: Exchanged) -> Message:
    """The message that is kept of an exchange."""
    secrets = _secrets(one)
    place = _place(one)
    clean = _cleaning(secrets, one.url, one.query, place.id or "", place.sub or "", one.request_id, one.correlation_id)
    request, request_cut = _body(one, one.request_body, one.request_cut, secrets)
    response, response_cut = _body(one, one.response_body, one.response_cut, secrets)
    return Message(
        at=one.at,
        direction=one.direction,
        peer_id=one.peer_id or None,
        method=storable(one.method[:_LONGEST_ID]),
        url=_urls_masked(clean(one.url))[:LONGEST_URL],
        query=secret.masked_query(clean(one.query))[:LONGEST_URL] if one.query else "",
        version=one.version,
        interface=one.interface,
        module=place.module,
        party=place.party,
        object_id=clean(place.id)[:_LONGEST_ID] if place.id else None,
        object_sub=clean(place.sub)[:_LONGEST_ID] if place.sub else None,
        request_id=clean(one.request_id)[:_LONGEST_ID],
        correlation_id=clean(one.correlation_id)[:_LONGEST_ID],
        sender=one.route.sender.key if one.route.sender else None,
        receiver=one.route.receiver.key if one.route.receiver else None,
        seconds=one.seconds,
        http_status=one.http_status,
        ocpi_status=one.ocpi_status,
        said=_text(one.said, secrets)[:_LONGEST_TEXT] if one.said else None,
        error=_text(one.error, secrets)[:_LONGEST_TEXT] if one.error else None,
        replay_of=one.replay_of,
        request_headers=_headers(one.request_headers, secrets),
        request_body=request,
        request_size=one.request_size,
        request_cut=request_cut,
        response_headers=_headers(one.response_headers, secrets),
        response_body=response,
        response_size=one.response_size,
        response_cut=response_cut,
    )


def beginning(one: Exchanged) -> str:
    """Where the answer leads and how it begins, in one line and without secrets."""
    secrets, to = _secrets(one), _location(one)
    body, _ = _body(one, one.response_body, None, secrets)
    leads = f"leads to {_text(to, secrets)} " if to else ""
    return " ".join(one_line(leads + body.decode(errors="replace")).split())[:_BEGINNING]


def _place(one: Exchanged) -> Place:
    if one.method != "POST":
        return place_of(one.module, one.url, one.segments)
    return place_of(one.module, one.url, one.segments, body=one.request_body, location=_location(one))


def _location(one: Exchanged) -> str:
    return next((value for name, value in one.response_headers if name.lower() == b"location"), b"").decode("latin-1")


# ---- nothing secret -------------------------------------------------------------------------------------------------


def _secrets(one: Exchanged) -> Secrets:
    tokens: tuple[str, ...] = (one.token,)
    if one.module == ModuleID.CREDENTIALS:
        tokens += secret.credentials_tokens(one.request_body) + secret.credentials_tokens(one.response_body)
    return secret.secrets_of(one.authorization, *tokens)


def _body(one: Exchanged, body: bytes, cut: Cut | None, secrets: Secrets) -> tuple[bytes, Cut | None]:
    """What is kept of a body, and why it is not all of it."""
    if not body:
        return body, cut
    kept = secret.masked_credentials(body) if one.module == ModuleID.CREDENTIALS else secret.masked_body(body)
    if kept is None:
        return b"", Cut.SECRET
    masked = secrets.out_of_bytes(kept)
    return masked, cut if masked == body else cut or Cut.MASKED


def _headers(headers: RawHeaders | Mapping[str, str], secrets: Secrets) -> str:
    return _without(secret.header_lines(headers), secrets)[:_LONGEST_HEADERS]


def _text(text: str, secrets: Secrets) -> str:
    """A text that may name URLs."""
    return _urls_masked(_without(text, secrets))


def _urls_masked(text: str) -> str:
    return secret.masked_url(text) if "?" in text or "@" in text else text


def _cleaning(secrets: Secrets, *texts: str) -> Callable[[str], str]:
    """What makes these texts fit to be kept: nearly always nothing has to be done, which is seen at once for all."""
    together = "\n".join(texts)
    return _as_it_is if _without(together, secrets) == together else lambda text: _without(text, secrets)


def _as_it_is(text: str) -> str:
    return text


def _without(text: str, secrets: Secrets) -> str:
    return storable(secrets.out_of(text))
