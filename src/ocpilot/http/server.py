"""The OCPI server: who asks, what for, one envelope for every outcome."""

import logging
from collections.abc import Mapping
from time import perf_counter
from urllib.parse import quote

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from ocpilot.app.credentials import identify
from ocpilot.app.exchange import LARGEST_BODY, Answer, Call
from ocpilot.app.heard import handled
from ocpilot.app.platform import Platform
from ocpilot.app.records import Peer, PeerState
from ocpilot.app.secrets import hash_token
from ocpilot.base.errors import Conflict, InvalidObject, MethodNotAllowed, NotAuthorized, OcpilotError, TooLarge
from ocpilot.base.ids import new_id
from ocpilot.http.routes import Resource, Router
from ocpilot.roaming import routing
from ocpilot.roaming.tokens import candidates
from ocpilot.wire import codec, envelope
from ocpilot.wire.protocol import SUPPORTED, ModuleID, Version

access_log = logging.getLogger("ocpilot.http.access")
log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-ID"
CORRELATION_ID = "X-Correlation-ID"
_LONGEST_ID = 128
_LONGEST_MESSAGE = 4000
#: Bytes of a body over the limit that are read to the end before it is refused.
_MOST_READ = 16 * LARGEST_BODY


def ocpi_routes(platform: Platform) -> list[BaseRoute]:
    """Everything under `/ocpi`, also what does not exist: that gets an envelope too."""
    server = OcpiServer(platform)
    return [Route("/ocpi", server), Route("/ocpi/{rest:anything}", server)]


class _Anything(Convertor[str]):
    """The rest of a path; Starlette's own `path` ends at a line break, which an id may hold."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        """As it is."""
        return value

    def to_string(self, value: str) -> str:
        """As it is."""
        return value


register_url_convertor("anything", _Anything())


class Exchange:
    """One request on its way: what the log says of it and the ids that its response carries."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.started = perf_counter()
        self.request_id = _id(request.headers.get(REQUEST_ID))
        self.correlation_id = _id(request.headers.get(CORRELATION_ID))
        self.route = routing.read(request.headers)
        self.peer: Peer | None = None
        self.row: Resource | None = None

    def headers(self) -> dict[str, str]:
        """The ids of the request and the way back (transport_and_format, "Unique message IDs", "Message Routing")."""
        written = {REQUEST_ID: self.request_id, CORRELATION_ID: self.correlation_id}
        if self.row is None or self.row.module in routing.UNROUTED:
            return written
        return written | routing.headers(self.route.back())

    def log(self, http_status: int, status_code: int) -> None:
        """One line without any token: the row's path, not the URL, which may hold a driver's."""
        access_log.info(
            "peer=%s method=%s path=%s http=%d ocpi=%d ms=%.1f request_id=%s",
            self.peer.name if self.peer else "-",
            self.request.method,
            "/".join(self.row.template) if self.row else "-",
            http_status,
            status_code,
            (perf_counter() - self.started) * 1000,
            self.request_id,
        )


class OcpiServer:
    """ASGI application for one platform's OCPI interfaces."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._router = Router(party.role for party in platform.settings.parties)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(Request(scope, receive))
        try:
            answer = await self._answer(exchange)
        except ClientDisconnect:
            exchange.log(499, 0)
            return
        except OcpilotError as error:
            answer = refusal(error)
        except Exception:
            # The outermost place: whatever it was, the peer gets an envelope and we get the trace.
            log.exception("request %s failed", exchange.request_id)
            answer = Answer(http_status=500, status_code=3000, message=f"our fault, request {exchange.request_id}")
        exchange.log(answer.http_status, answer.status_code)
        await self._response(exchange, answer)(scope, receive, send)

    async def _answer(self, exchange: Exchange) -> Answer:
        request = exchange.request
        token, limited = await self._authenticate(exchange)
        row, path = self._router.match(_raw_path(request))
        exchange.row = row
        if limited and row.module is not ModuleID.CREDENTIALS:
            raise NotAuthorized("this token only opens versions and credentials")
        handler = row.handler(request.method)
        if exchange.peer is None:
            raise NotAuthorized("no peer")
        call = Call(
            peer=exchange.peer,
            credentials_token=token,
            limited=limited,
            method=request.method,
            version=Version(path.get("version", SUPPORTED[0])),
            module=row.module,
            interface=row.interface,
            path={name: value for name, value in path.items() if name != "version"},
            query=dict(request.query_params),
            body=await _body(request),
            url=self._platform.settings.server.base_url + _raw_path(request).rstrip("/"),
            request_id=exchange.request_id,
            correlation_id=exchange.correlation_id,
            sender=exchange.route.sender,
            receiver=exchange.route.receiver,
            came_at=self._platform.clock(),
        )
        return await handled(self._platform, handler, call)

    async def _authenticate(self, exchange: Exchange) -> tuple[str, bool]:
        """The token as it was meant, and whether it is limited; NotAuthorized for an unknown or suspended one."""
        tokens = candidates(exchange.request.headers.get("Authorization"))
        found = await identify(self._platform, [hash_token(token) for token in tokens])
        if found is None:
            raise NotAuthorized("unknown credentials token")
        peer, index, limited = found
        exchange.peer = peer
        if peer.state is PeerState.SUSPENDED:
            raise NotAuthorized("this connection is suspended")
        return tokens[index], limited

    def _response(self, exchange: Exchange, answer: Answer) -> Response:
        body = envelope.response(answer.data, answer.status_code, answer.message, now=self._platform.clock())
        headers = exchange.headers() | dict(answer.headers)
        return Response(body, answer.http_status, headers, media_type="application/json")


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


async def _body(request: Request) -> bytes:
    """The body. One over the limit is read and forgotten, else its sender would see a lost connection and no answer."""
    chunks, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LARGEST_BODY:
            chunks += chunk
        elif size > _MOST_READ:
            break
    if size > LARGEST_BODY:
        raise TooLarge(f"body: found more than {LARGEST_BODY} bytes")
    return bytes(chunks)


def _raw_path(request: Request) -> str:
    """The path as it was sent: an id may hold a percent-encoded slash."""
    raw: bytes | None = request.scope.get("raw_path")
    return quote(request.url.path) if raw is None else raw.decode("latin-1")


def _id(sent: str | None) -> str:
    """The id that came, when it is one, else a new one."""
    usable = sent is not None and 0 < len(sent) <= _LONGEST_ID and sent.isascii() and sent.isprintable()
    return sent if usable and sent is not None else new_id()
