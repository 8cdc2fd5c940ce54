"""Our side of the connection: a small server that the platform calls back, and that takes what it sends."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from ocpilot.base import time
from ocpilot.base.errors import BadJson, NotAuthorized, TooLarge
from ocpilot.base.ids import PartyId, new_id
from ocpilot.roaming.offers import offered
from ocpilot.roaming.tokens import candidates
from ocpilot.wire import codec, paging
from ocpilot.wire.codec import Body, Context
from ocpilot.wire.protocol import CANONICAL, PROTOCOLS, InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, Credentials, CredentialsRole, Endpoint, Role, VersionDetails

_NAME = "OCPIlot conformance check"
#: Results of what we asked come below this path.
_RESULTS = "results"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A call of the platform that came with a token we gave out."""

    method: str
    path: str
    authorization: str = field(repr=False)


@dataclass(frozen=True)
class Said:
    """What we answer."""

    data: object = None
    http: int = 200
    code: int = 1000
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Us:
    """Who we are to the platform. `versions` are those we list; `broken`: we answer everything with HTTP 500."""

    base_url: str
    party: PartyId
    roles: tuple[Role, ...] = ()
    versions: tuple[str, ...] = ()
    tokens: set[str] = field(default_factory=set, repr=False)
    broken: bool = False
    seen: list[Seen] = field(default_factory=list)
    _results: dict[str, asyncio.Future[object]] = field(default_factory=dict)

    @property
    def versions_url(self) -> str:
        """Where the platform begins."""
        return f"{self.base_url}/ocpi/versions"

    def credentials(self, token: str, version: Version) -> Body:
        """Our credentials object of a version."""
        owner = {"country_code": self.party.country_code, "party_id": self.party.party_id}
        roles = tuple(
            CredentialsRole(role=role, business_details=BusinessDetails(name=_NAME), **owner) for role in self.roles
        )
        ours = Credentials(token=token, url=self.versions_url, roles=roles)
        return codec.convert(Credentials, codec.body_of(ours), CANONICAL, version, Context(party=self.party)).body

    def endpoints(self, version: Version) -> tuple[Endpoint, ...]:
        """What we offer in a version: everything of our roles; each module once where endpoints have no role."""
        row = PROTOCOLS[version]
        ours = sorted(one for one in offered(self.roles) if one[0] in row.modules)
        if not row.roles:
            ours = [one for one in ours if one[1] is InterfaceRole.SENDER or (one[0], InterfaceRole.SENDER) not in ours]
        base = f"{self.base_url}/ocpi/{version}"
        listed = [
            Endpoint(identifier=module, role=role, url=f"{base}/{role.lower()}/{module}") for module, role in ours
        ]
        credentials = Endpoint(
            identifier=ModuleID.CREDENTIALS, role=InterfaceRole.SENDER, url=f"{base}/{ModuleID.CREDENTIALS}"
        )
        return (credentials, *listed)

    # ---- results ---------------------------------------------------------------------------------------------------

    def expect(self, version: Version) -> tuple[str, asyncio.Future[object]]:
        """A new response_url, and what will be sent there."""
        ident = new_id()
        self._results[ident] = asyncio.get_running_loop().create_future()
        return f"{self.base_url}/ocpi/{version}/{_RESULTS}/{ident}", self._results[ident]

    # ---- the server ------------------------------------------------------------------------------------------------

    async def answer(self, request: web.Request) -> web.Response:
        """Every request of the platform."""
        if self.broken:
            return web.Response(status=500, text="out of order, on purpose")
        said = self._said(request, await request.read())
        envelope: Body = {"status_code": said.code, "timestamp": time.write(time.now())}
        if said.data is not None:
            envelope["data"] = said.data
        ids = {name: request.headers.get(name) or new_id() for name in ("X-Request-ID", "X-Correlation-ID")}
        return web.Response(
            body=codec.dumps(envelope),
            status=said.http,
            headers={**ids, **said.headers},
            content_type="application/json",
        )

    def _said(self, request: web.Request, body: bytes) -> Said:
        authorization = request.headers.get("Authorization", "")
        try:
            known = self.tokens.intersection(candidates(authorization))
        except NotAuthorized:
            known = set()
        if not known:
            return Said(http=401, code=2001)
        self.seen.append(Seen(method=request.method, path=request.path, authorization=authorization))
        segments = request.path.strip("/").split("/")[1:]
        if segments == ["versions"]:
            return Said([{"version": one, "url": f"{self.base_url}/ocpi/{one}"} for one in self.versions])
        if not segments or segments[0] not in PROTOCOLS or segments[0] not in self.versions:
            return Said(http=404, code=2001)
        return self._in_version(request.method, Version(segments[0]), segments[1:], body, known.pop())

    def _in_version(self, method: str, version: Version, segments: list[str], body: bytes, token: str) -> Said:
        match segments:
            case []:
                listed = codec.body_of(VersionDetails(version=version, endpoints=self.endpoints(version)))
                return Said(codec.convert(VersionDetails, listed, CANONICAL, version).body)
            case ["credentials"]:
                return Said(self.credentials(token, version)) if method == "GET" else Said(http=405, code=2000)
            case ["results", ident]:
                return self._take(ident, body)
            case [_, module, *below]:
                return _functional(method, module, below)
        return Said(http=404, code=2001)

    def _take(self, ident: str, body: bytes) -> Said:
        waiting = self._results.get(ident)
        if waiting is None:
            return Said(http=404, code=2001)
        if not waiting.done():
            try:
                waiting.set_result(codec.loads(body))
            except (BadJson, TooLarge):
                return Said(http=400, code=2001)
        return Said()


def _functional(method: str, module: str, below: list[str]) -> Said:
    """We have no objects, take all that come, and can be asked for nothing."""
    if below[1:] == ["authorize"]:
        return Said(http=404, code=2004)
    if module in (ModuleID.COMMANDS, ModuleID.CHARGING_PROFILES) and method != "GET":
        return Said({"result": "NOT_SUPPORTED", "timeout": 30})
    if method == "GET":
        return (
            Said(http=404, code=2000) if below else Said([], headers=paging.headers(total=0, limit=100, next_url=None))
        )
    return Said()


@contextlib.asynccontextmanager
async def listening(us: Us, bound: socket.socket) -> AsyncIterator[None]:
    """We answer on this socket until the block ends."""
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{rest:.*}", us.answer)
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    await web.SockSite(runner, bound).start()
    try:
        yield
    finally:
        await runner.cleanup()
