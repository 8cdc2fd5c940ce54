"""`ocpilot serve`: one process that answers partners, stations and people, pushes, and does what is due."""

import contextlib
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ocpilot.api.server import api_routes
from ocpilot.app.charging import StationService
from ocpilot.app.comparing import Comparing
from ocpilot.app.heard import Hearing
from ocpilot.app.hooking import Hooking
from ocpilot.app.jobs import Jobs
from ocpilot.app.local_lists import StationTokenKeeper
from ocpilot.app.platform import Platform
from ocpilot.app.pulling import Puller
from ocpilot.app.push import Pusher
from ocpilot.app.site_sharing import SiteSharing
from ocpilot.base.errors import SettingsError
from ocpilot.base.settings import Settings
from ocpilot.http.described import openapi_routes
from ocpilot.http.hook_sender import HttpHooks
from ocpilot.http.server import OcpiServer, ocpi_routes
from ocpilot.main.described_api import described
from ocpilot.main.joined import Switchboard, open_platform
from ocpilot.ocpp.gateway import Gateway
from ocpilot.ocpp.rpc import MAX_MESSAGE
from ocpilot.web.routes import web_routes

log = logging.getLogger(__name__)

#: Seconds that requests in flight get to finish when we are asked to stop.
_GRACE = 10


async def serve(settings: Settings) -> int:
    """Serve until told to stop (SIGTERM, SIGINT)."""
    if not settings.parties:
        raise SettingsError("parties: found none, expected at least one, see docs/settings.md")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    switchboard = Switchboard()
    async with open_platform(settings, switchboard) as platform:
        service = StationService(platform)
        gateway = Gateway(service, frames=platform.frames.add)
        switchboard.plug_in(gateway)
        platform.background.start(service.run(), "stations heard")
        server = uvicorn.Server(_uvicorn(settings, application(platform, gateway)))
        log.info("%s: %s", settings.name, settings.server.base_url)
        _end_quietly()
        _look_for_cycles_less_often()
        await server.serve()
    return 0


def _end_quietly() -> None:
    """The server raises the signal that ended it once more; by then our part is to close what we opened."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)


def _look_for_cycles_less_often() -> None:
    """The collector goes through what many requests in flight hold every 700 objects, some two requests, and finds
    nothing: they hold no cycles. What the program itself consists of it need never go through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def application(platform: Platform, gateway: Gateway) -> ASGIApp:
    """Everything one process serves; what runs beside the requests starts and ends with it."""
    ocpi, everything = OcpiServer(platform), _everything(platform, gateway)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        # Partners send most requests by far and need nothing that Starlette does: for them it is passed by.
        path = scope["path"] if scope["type"] == "http" else ""
        short = path.startswith("/ocpi/") and not path.endswith("/openapi.json")
        await (ocpi if short else everything)(scope, receive, send)

    return served


def _everything(platform: Platform, gateway: Gateway) -> Starlette:
    """All routes."""

    async def healthz(_: Request) -> Response:
        await platform.store.peers.all()
        return PlainTextResponse("ok")

    @contextlib.asynccontextmanager
    async def beside(_: Starlette) -> AsyncIterator[None]:
        platform.background.start(Pusher(platform).run(), "push")
        platform.background.start(Jobs(platform).run(), "jobs")
        platform.background.start(StationTokenKeeper(platform).run(), "local lists")
        platform.background.start(Puller(platform).run(), "pull")
        platform.background.start(SiteSharing(platform).run(), "site limits")
        platform.background.start(Comparing(platform).run(), "compare")
        platform.background.start(Hearing(platform).run(), "leniencies")
        platform.background.start(platform.messages.run(platform.store.messages), "messages")
        platform.background.start(platform.frames.run(platform.store.frames), "frames")
        async with HttpHooks(platform.settings) as sender:
            platform.background.start(Hooking(platform, sender).run(), "hooks")
            try:
                yield
            finally:
                await gateway.close()
                await platform.background.close()

    machines = [Route("/healthz", healthz), gateway.route(), *openapi_routes(platform), *ocpi_routes(platform)]
    routes = [*machines, *api_routes(platform), *web_routes(platform, described())]
    return Starlette(routes=routes, lifespan=beside)


def _uvicorn(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.server.host,
        port=settings.server.port,
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE,
        ws_per_message_deflate=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_GRACE,
    )
