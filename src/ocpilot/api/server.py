"""The server of the API: whose key, may it, how often; every outcome is JSON. Cookies mean nothing here."""

import logging
from collections.abc import Mapping
from time import monotonic

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from ocpilot.api import problems
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.once import once
from ocpilot.api.openapi import document
from ocpilot.api.rate import Rate
from ocpilot.api.router import match
from ocpilot.api.table import PREFIX
from ocpilot.app.kept.api_ports import ApiKey
from ocpilot.app.ocpi.exchange import LARGEST_BODY
from ocpilot.app.office import api_keys
from ocpilot.app.platform import Platform
from ocpilot.base.errors import MissingParameter, NotAuthorized, OcpilotError, TooLarge
from ocpilot.base.rest_of_path import REST
from ocpilot.wire.codec import dumps

log = logging.getLogger(__name__)

_BEARER = "bearer "
#: Where people also look for stations.
_SHORT = "/api/stations"
_ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def api_routes(platform: Platform) -> list[BaseRoute]:
    """`/api/openapi.json` and all under `/api/v1`, whose root leads to the page about it, also what does not exist;
    stations are under `/api/stations` too."""

    async def described(_: Request) -> Response:
        made = document(platform.settings.server.base_url, platform.settings.name)
        return Response(dumps(made), media_type="application/json")

    async def to_its_page(_: Request) -> Response:
        return RedirectResponse("/api")

    server = ApiServer(platform)
    pages = [Route(path, to_its_page) for path in (PREFIX, f"{PREFIX}/")]
    served = [Route(path, server) for path in (f"{PREFIX}/{REST}", _SHORT, f"{_SHORT}/{REST}")]
    return [Route("/api/openapi.json", described), *pages, *served]


class ApiServer:
    """ASGI application."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._rate = Rate(platform.settings.api.requests_per_minute, monotonic)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        base_url = self._platform.settings.server.base_url
        try:
            reply = await self._answer(request)
        except ClientDisconnect:
            return
        except OcpilotError as error:
            reply = problems.problem(error, base_url)
        except Exception:
            # The outermost place: whatever it was, the back office gets a problem and we get the trace.
            log.exception("%s %s failed", request.method, request.url.path)
            reply = problems.said(500, "it has been noted", base_url)
        headers = {"Content-Type": "application/json", **_ALWAYS, **reply.headers}
        if reply.body is None:
            del headers["Content-Type"]
        await Response(reply.body, reply.status, headers)(scope, receive, send)

    async def _answer(self, request: Request) -> Reply:
        key = await self._key(request.headers.get("authorization", ""))
        self._rate.take(key.id)
        path = _raw_path(request.scope)
        endpoint, variables = match(request.method, path)
        api_keys.require(key, endpoint.scope)
        call = ApiCall(
            platform=self._platform,
            key=key,
            method=request.method,
            url=self._platform.settings.server.base_url + path,
            path=variables,
            query=_query(request),
            headers=_headers(request),
            body=await _body(request),
        )
        reply = await once(call, endpoint.handler)
        log.info("key=%s method=%s path=%s http=%d", key.name, call.method, endpoint.path, reply.status)
        known = call.headers.get("if-none-match", "").removeprefix("W/")
        if call.method == "GET" and known and known == reply.headers.get("ETag"):
            return Reply(status=304, headers=reply.headers)
        return reply

    async def _key(self, header: str) -> ApiKey:
        if header[: len(_BEARER)].lower() != _BEARER:
            raise NotAuthorized("Authorization: expected `Bearer ocpi_...`, an API key (ocpilot api-key add)")
        return await api_keys.identify(self._platform, header[len(_BEARER) :].strip())


def _query(request: Request) -> Mapping[str, str]:
    """The parameters of the URL; MissingParameter when one has what no text of ours can have."""
    query = dict(request.query_params)
    for name, value in query.items():
        if "\0" in value:
            raise MissingParameter(f"{name[:20]}: found a NUL character, expected a text without one")
    return query


def _headers(request: Request) -> Mapping[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}


async def _body(request: Request) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LARGEST_BODY:
            raise TooLarge(f"body: found more than {LARGEST_BODY} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _raw_path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    path: str = scope["path"]
    sent = path if raw is None else raw.decode("latin-1").partition("?")[0]
    return sent if sent.startswith(PREFIX) else PREFIX + sent.removeprefix("/api")
