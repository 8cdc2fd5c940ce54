"""The OCPI server: who asks, what for, one envelope for every outcome.

It speaks ASGI itself: objects for requests and responses would cost as much as all of its own work.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from ocpilot.app.hub import hub_routing
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.logs.message_rows import RawHeaders
from ocpilot.app.ocpi import access_point
from ocpilot.app.ocpi.exchange import LARGEST_BODY, Answer, Call
from ocpilot.app.ocpi.heard import handled
from ocpilot.app.ocpi.visibility import acting
from ocpilot.app.partners.credentials import identify
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import hash_token
from ocpilot.base.errors import (
    Conflict,
    DatabaseAway,
    InvalidObject,
    MethodNotAllowed,
    NotAuthorized,
    NotFound,
    OcpilotError,
    TooLarge,
)
from ocpilot.base.rest_of_path import REST
from ocpilot.http.access import AccessLog
from ocpilot.http.contents import crossing_of
from ocpilot.http.incoming import Exchange, raw
from ocpilot.http.routes import Router
from ocpilot.roaming.tokens import candidates
from ocpilot.wire import codec, envelope, paging
from ocpilot.wire.protocol import SUPPORTED, ModuleID, Version

log = logging.getLogger(__name__)


_LONGEST_MESSAGE = 4000
#: Characters of an Authorization header whose hashes are remembered: a token has 64 at most, Base64 makes them 88.
_LONGEST_KNOWN = 128
#: Bytes of a body over the limit that are read to the end before it is refused.
_MOST_READ = 16 * LARGEST_BODY


def ocpi_routes(platform: Platform) -> list[BaseRoute]:
    """Everything under `/ocpi`, also what does not exist: that gets an envelope too."""
    server = OcpiServer(platform)
    return [Route("/ocpi", server), Route(f"/ocpi/{REST}", server)]


#: While the database is away nothing can be kept: the peer is to ask again.
_AWAY = Answer(
    http_status=503, status_code=3000, message="nothing can be stored for now, ask again", headers={"Retry-After": "5"}
)


class OcpiServer:
    """ASGI application for one platform's OCPI interfaces."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._router = Router(party.role for party in platform.settings.parties)
        self._access = AccessLog()
        self._is_hub = platform.settings.hub is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, self._platform.clock())
        try:
            answer = await self._answer(exchange, scope, receive)
        except ClientDisconnect:
            self._access.add(exchange.line(499, 0))
            self._note(exchange, error="the connection was lost before the request was read")
            return
        except OcpilotError as error:
            answer = refusal(error)
        except DatabaseAway as error:
            log.error("request %s: %s", exchange.request_id, error)
            answer = _AWAY
        except Exception:
            # The outermost place: whatever it was, the peer gets an envelope and we get the trace.
            log.exception("request %s failed", exchange.request_id)
            answer = Answer(http_status=500, status_code=3000, message=f"our fault, request {exchange.request_id}")
        self._access.add(exchange.line(answer.http_status, answer.status_code))
        await self._send(exchange, answer, send)

    async def _answer(self, exchange: Exchange, scope: Scope, receive: Receive) -> Answer:
        token, limited = await self._authenticate(exchange)
        row, path = self._router.match(exchange.url_path)
        exchange.row = row
        if limited and row.module is not ModuleID.CREDENTIALS:
            raise NotAuthorized(_limits(exchange.peer))
        handler = row.handler(exchange.method)
        if exchange.peer is None:
            raise NotAuthorized("no peer")
        if self._is_hub:
            handler = hub_routing.behind(handler, crossing_of(row, exchange.method, path))
        exchange.version = Version(path.pop("version", SUPPORTED[0]))
        exchange.body = await _body(receive)
        call = Call(
            peer=acting(exchange.peer, exchange.route.sender),
            credentials_token=token,
            limited=limited,
            method=exchange.method,
            version=exchange.version,
            module=row.module,
            interface=row.interface,
            path=path,
            query=_query(scope),
            body=exchange.body,
            url=self._platform.settings.server.base_url + exchange.url_path.rstrip("/"),
            request_id=exchange.request_id,
            correlation_id=exchange.correlation_id,
            sender=exchange.route.sender,
            receiver=exchange.route.receiver,
            came_at=self._platform.clock(),
        )
        answer = await handled(self._platform, handler, access_point.reading(self._platform.settings, call))
        if answer.answered_by is not None:
            exchange.route = msgspec.structs.replace(exchange.route, receiver=answer.answered_by)
        return answer

    async def _authenticate(self, exchange: Exchange) -> tuple[str, bool]:
        """The token as it was meant, and whether it is limited; NotAuthorized for an unknown or suspended one."""
        header = exchange.sent.get("authorization", "")
        tokens, hashes = _known(header) if len(header) <= _LONGEST_KNOWN else _hashed(header)
        found = await identify(self._platform, hashes)
        if found is None:
            raise NotAuthorized("unknown credentials token")
        peer, index, limited = found
        exchange.peer = peer
        if peer.state is PeerState.SUSPENDED:
            raise NotAuthorized("this connection is suspended")
        return tokens[index], limited

    async def _send(self, exchange: Exchange, answer: Answer, send: Send) -> None:
        body = envelope.response(answer.data, answer.status_code, answer.message, now=self._platform.clock())
        headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
            *exchange.headers(),
            *raw(answer.headers),
        ]
        self._note(exchange, answer, headers, body)
        await send({"type": "http.response.start", "status": answer.http_status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _note(
        self,
        exchange: Exchange,
        answer: Answer | None = None,
        headers: RawHeaders = (),
        body: bytes = b"",
        *,
        error: str | None = None,
    ) -> None:
        """Add it to the message log; without an answer `error` says why."""
        if exchange.row is None:
            with suppress(NotFound):
                # It was refused before anybody looked for what it asks.
                exchange.row, _ = self._router.match(exchange.url_path)
        noted = exchange.noted()
        noted.error = error
        if answer is not None:
            noted.http_status, noted.ocpi_status, noted.said = answer.http_status, answer.status_code, answer.message
            noted.response_headers, noted.response_body = headers, body
            noted.listed = exchange.method == "GET" and paging.TOTAL in answer.headers
        self._platform.messages.add(noted)


def _limits(peer: Peer | None) -> str:
    """Why a token opens no more than versions and credentials, and how its user gets one that does."""
    if peer is None or peer.state is PeerState.INVITED:
        return "this token only opens versions and credentials: register with it (POST of credentials)"
    return (
        "this token was replaced and only opens versions and credentials: use the one that replaced it, "
        "or get another (PUT of credentials)"
    )


def _hashed(header: str) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """The tokens that an Authorization header may mean, and the hashes they are known by."""
    tokens = candidates(header)
    return tokens, tuple(hash_token(token) for token in tokens)


_known = lru_cache(maxsize=1024)(_hashed)


def refusal(error: OcpilotError) -> Answer:
    """The answer that an error of ours becomes (base/errors.py)."""
    headers: Mapping[str, str] = {}
    data = None
    if isinstance(error, MethodNotAllowed):
        headers = {"Allow": ", ".join(error.allowed)}
    if isinstance(error, InvalidObject):
        data = codec.dumps([{"path": p.path, "found": p.found, "expected": p.expected} for p in error.problems])
    if error.fault == "ours":
        log.error("%s: %s", type(error).__name__, error)
    return Answer(
        http_status=200 if isinstance(error, Conflict) else error.http_status,
        status_code=error.ocpi_status,
        message=str(error)[:_LONGEST_MESSAGE],
        data=data,
        headers=headers,
    )


async def _body(receive: Receive) -> bytes:
    """The body. One over the limit is read and forgotten, else its sender would see a lost connection and no answer."""
    chunks: list[bytes] = []
    size, more = 0, True
    while more and size <= _MOST_READ:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks.append(chunk)
        more = message.get("more_body", False)
    if size > LARGEST_BODY:
        raise TooLarge(f"body: found more than {LARGEST_BODY} bytes")
    return b"".join(chunks)


def _query(scope: Scope) -> dict[str, str]:
    """The parameters of the URL; of one that came twice the last counts."""
    text: bytes = scope["query_string"]
    return dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True)) if text else {}
