"""The mock's HTTP side: who asks, what for, and an answer with the faults that hit."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from datetime import timedelta, timezone
from urllib.parse import unquote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ocpilot.base import time
from ocpilot.base.errors import BadJson, MethodNotAllowed, NotAuthorized, NotFound, OcpilotError
from ocpilot.base.ids import new_id
from ocpilot.mock import lists, orders, owned, registration
from ocpilot.mock.exchange import Asked, Reply, refusal
from ocpilot.mock.faults import RETRY_AFTER, SLOW_SECONDS, Fault
from ocpilot.mock.partner import Partner, R, S, Seen
from ocpilot.roaming import routing
from ocpilot.roaming.tokens import candidates
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version

REQUEST_ID = "X-Request-ID"
CORRELATION_ID = "X-Correlation-ID"


class MockServer:
    """ASGI application of one partner."""

    def __init__(self, partner: Partner) -> None:
        self._partner = partner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope.get("raw_path", b"").decode("latin-1")
        segments = tuple(unquote(part) for part in path.strip("/").split("/"))
        self._partner.seen.append(Seen(request.method, path, dict(request.headers)))
        functional = len(segments) > 3
        early = await self._instead() if functional else None
        if early is None:
            try:
                reply = await self._reply(request, segments)
            except ClientDisconnect:
                return
            early = self._response(request, reply, functional=functional)
        await early(scope, receive, send)

    async def _instead(self) -> Response | None:
        """What a functional module answers instead of an answer."""
        hits = self._partner.faults.hits
        if hits(Fault.SLOW):
            await asyncio.sleep(SLOW_SECONDS)
        if hits(Fault.RATE_LIMIT):
            return Response(b"slow down", 429, {"Retry-After": str(RETRY_AFTER)})
        return Response(b"our fault", 500) if hits(Fault.SERVER_ERROR) else None

    async def _reply(self, request: Request, segments: tuple[str, ...]) -> Reply:
        try:
            return await self._answer(request, segments)
        except OcpilotError as error:
            return self._wrongly(request, error) or refusal(error)

    def _wrongly(self, request: Request, error: OcpilotError) -> Reply | None:
        """What a refusal becomes by a fault that hits."""
        hits = self._partner.faults.hits
        if isinstance(error, NotAuthorized) and hits(Fault.WRONG_TOKEN_IS_403):
            return Reply(http=403, code=error.ocpi_status, message=str(error))
        if isinstance(error, BadJson) and hits(Fault.BROKEN_JSON_IS_500):
            return Reply(http=500, code=3000)
        unknown = isinstance(error, NotFound) and request.method == "GET" and hits(Fault.EVERYTHING_FOUND)
        if unknown or (isinstance(error, MethodNotAllowed) and hits(Fault.ANY_METHOD)):
            return Reply()
        if error.http_status == 200 and hits(Fault.HTTP_FOR_REFUSALS):
            return Reply(http=400, code=error.ocpi_status, message=str(error))
        if error.ocpi_status == 2001 and error.http_status == 200 and hits(Fault.STATUS_2000):
            return Reply(code=2000, message=str(error))
        return None

    async def _answer(self, request: Request, segments: tuple[str, ...]) -> Reply:
        partner = self._partner
        token, limited = self._authenticate(request)
        if segments == ("ocpi", "versions"):
            return registration.versions(partner)
        version = _version(partner, segments)
        if len(segments) == 2:
            return registration.details(partner, version)
        if segments[2:] == ("credentials",):
            asked = await _asked(request, version, ModuleID.CREDENTIALS, S, ())
            return await registration.credentials(partner, asked, token)
        if limited and not partner.faults.hits(Fault.TOKEN_A_OPENS_ALL):
            raise NotAuthorized("this token only opens versions and credentials")
        module, interface = _interface(partner, version, segments)
        return _functional(partner, await _asked(request, version, module, interface, segments[4:]))

    def _authenticate(self, request: Request) -> tuple[str, bool]:
        """The token as it was meant, and whether it only opens versions and credentials."""
        connection, hits = self._partner.connection, self._partner.faults.hits
        if hits(Fault.ANY_TOKEN):
            return connection.token or connection.token_a, connection.token is None
        tokens = self._tokens(request)
        if hits(Fault.OLD_TOKEN_LIVES) and connection.replaced in tokens:
            return connection.replaced or "", False
        if connection.token is not None and connection.token in tokens:
            return connection.token, False
        if (connection.token is None or hits(Fault.TOKEN_A_OPENS_ALL)) and connection.token_a in tokens:
            return connection.token_a, True
        raise NotAuthorized("unknown credentials token")

    def _tokens(self, request: Request) -> tuple[str, ...]:
        """What the Authorization header may mean."""
        header, hits = request.headers.get("Authorization"), self._partner.faults.hits
        if header is None and hits(Fault.TOKENLESS):
            return (self._partner.connection.token or self._partner.connection.token_a,)
        found = candidates(header)
        return found[-1:] if hits(Fault.PLAIN_TOKEN) else found

    # ---- the response ----------------------------------------------------------------------------------------------

    def _response(self, request: Request, reply: Reply, *, functional: bool) -> Response:
        hits = self._partner.faults.hits
        headers = {**self._ids(request), **reply.headers}
        if functional and not hits(Fault.NO_ROUTING):
            headers |= routing.headers(routing.read(request.headers).back())
        if hits(Fault.HTML) and functional:
            return Response(b"<html><body>Welcome</body></html>", 200, headers, media_type="text/html")
        body = codec.dumps(self._envelope(reply, functional=functional))
        if hits(Fault.CUT_JSON) and functional:
            body = body[: len(body) // 2]
        kind = "text/plain" if hits(Fault.NO_CONTENT_TYPE) else "application/json"
        return Response(body, reply.http, headers, media_type=kind)

    def _ids(self, request: Request) -> dict[str, str]:
        hits = self._partner.faults.hits
        request_id = request.headers.get(REQUEST_ID) or new_id()
        correlation_id = request.headers.get(CORRELATION_ID) or new_id()
        ids = {CORRELATION_ID: new_id() if hits(Fault.NO_CORRELATION_ID) else correlation_id}
        return ids if hits(Fault.NO_REQUEST_ID) else ids | {REQUEST_ID: request_id}

    def _envelope(self, reply: Reply, *, functional: bool) -> object:
        hits = self._partner.faults.hits
        if functional and hits(Fault.NO_ENVELOPE):
            return reply.data
        code: object = str(reply.code) if functional and hits(Fault.STATUS_CODE_TEXT) else reply.code
        now = time.now()
        local = now.astimezone(timezone(timedelta(hours=2))).isoformat(timespec="seconds")
        written: dict[str, object] = {"data": reply.data} if reply.data is not None else {}
        if not (functional and hits(Fault.NO_STATUS_CODE)):
            written["status_code"] = code
        written["status_message"] = 7 if hits(Fault.MESSAGE_IS_NUMBER) else reply.message
        if not hits(Fault.NO_TIMESTAMP):
            written["timestamp"] = local if hits(Fault.LOCAL_TIMESTAMP) else time.write(now)
        return written


def _version(partner: Partner, segments: tuple[str, ...]) -> Version:
    if len(segments) < 2 or segments[0] != "ocpi" or segments[1] not in partner.versions:
        raise NotFound("no such resource")
    return Version(segments[1])


def _interface(partner: Partner, version: Version, segments: tuple[str, ...]) -> tuple[ModuleID, InterfaceRole]:
    for module, interface in partner.interfaces(version):
        if segments[2:4] == (interface.lower(), module):
            return module, interface
    raise NotFound("no such resource")


async def _asked(
    request: Request, version: Version, module: ModuleID, interface: InterfaceRole, segments: tuple[str, ...]
) -> Asked:
    return Asked(
        method=request.method,
        version=version,
        module=module,
        interface=interface,
        segments=segments,
        query=dict(request.query_params),
        body=await request.body(),
        url=str(request.url.replace(query="")),
    )


def _functional(partner: Partner, asked: Asked) -> Reply:
    """The one place that says who answers what."""
    if asked.module in (ModuleID.COMMANDS, ModuleID.CHARGING_PROFILES):
        if asked.interface is S:
            return orders.result(partner, asked)
        return orders.command(partner, asked) if asked.module is ModuleID.COMMANDS else orders.profile(partner, asked)
    return owned.owned(partner, asked) if asked.interface is R else _sender(partner, asked)


def _sender(partner: Partner, asked: Asked) -> Reply:
    match asked.module, asked.segments:
        case _, ():
            return lists.listed(partner, asked)
        case ModuleID.TOKENS, (_, "authorize"):
            return orders.authorize(partner, asked)
        case ModuleID.SESSIONS, (_, "charging_preferences"):
            return owned.preferences(partner, asked)
        case ModuleID.LOCATIONS, (_,) | (_, _) | (_, _, _):
            return lists.one(partner, asked)
    raise NotFound("no such resource")


def application(partner: Partner) -> Starlette:
    """Everything the mock serves."""
    server = MockServer(partner)
    return Starlette(routes=[Route("/{rest:path}", server)])


class _Quiet(uvicorn.Server):
    """Leaves signals to the one who started us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """See `uvicorn.Server`."""
        yield


@contextlib.asynccontextmanager
async def serving(partner: Partner, bound: socket.socket) -> AsyncIterator[None]:
    """The partner answers on this socket until the block ends."""
    config = uvicorn.Config(
        application(partner), log_config=None, access_log=False, lifespan="off", server_header=False
    )
    server = _Quiet(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has a flag, no event
        await asyncio.sleep(0.005)
    try:
        yield
    finally:
        await partner.close()
        server.should_exit = True
        server.force_exit = True
        await task
