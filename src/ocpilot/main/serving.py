"""`ocpilot serve`: one process that answers partners, stations and people, pushes, and does what is due."""

import argparse
import contextlib
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Collection, Coroutine, Iterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ocpilot.api.server import api_routes
from ocpilot.app.invoicing.invoice_worker import InvoiceWorker
from ocpilot.app.ocpi.heard import Hearing
from ocpilot.app.office.hooking import Hooking
from ocpilot.app.partners.comparing import Comparing
from ocpilot.app.partners.pulling import Puller
from ocpilot.app.partners.push import Pusher
from ocpilot.app.platform import Platform
from ocpilot.app.sites.site_sharing import SiteSharing
from ocpilot.app.stations.local_lists import StationTokenKeeper
from ocpilot.app.stations.station_tariffs import StationTariffs
from ocpilot.app.work.jobs import Jobs
from ocpilot.app.work.station_service import StationService
from ocpilot.base.settings import Settings
from ocpilot.cli.serve import PARTS, parts_of
from ocpilot.http.described import openapi_routes
from ocpilot.http.hook_sender import HttpHooks
from ocpilot.http.server import OcpiServer, ocpi_routes
from ocpilot.main.alone import run_to_end
from ocpilot.main.described_api import described
from ocpilot.main.joined import Switchboard, open_switched
from ocpilot.main.on_platform import settings_of_platform
from ocpilot.main.servers import Server, main_server, station_server
from ocpilot.ocpp.gateway import Gateway, gateway_settings
from ocpilot.ocpp.relay import Node
from ocpilot.web.routes import web_routes

log = logging.getLogger(__name__)

Work = Coroutine[object, object, None]


def run_serve(args: argparse.Namespace) -> int:
    """See `cli.serve`."""
    return run_to_end(serve(settings_of_platform(args), parts_of(args)))


async def serve(settings: Settings, parts: Collection[str] = PARTS) -> int:
    """Serve these parts until told to stop (SIGTERM, SIGINT)."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    async with open_switched(settings) as (platform, switchboard):
        gateway = await _gateway(platform, switchboard) if "ocpp" in parts else None
        server = main_server(settings, application(platform, gateway, parts), gateway)
        log.info("%s: %s (%s)", settings.name, settings.server.base_url, ", ".join(sorted(parts)))
        _look_for_cycles_less_often()
        _end_quietly(server)
        await server.serve()
        if gateway is not None:
            await platform.store.nodes.leave()
    return 0


async def _gateway(platform: Platform, switchboard: Switchboard) -> Gateway:
    """Stations may connect here, and other processes reach them."""
    service = StationService(platform)
    gateway = Gateway(service, settings=gateway_settings(platform.settings.stations), frames=platform.frames.add)
    switchboard.plug_in(gateway)
    await platform.store.nodes.hold()
    platform.background.start(service.run(), "stations heard")
    platform.background.start(Node(platform.store.nodes, gateway, service).run(), "calls of other processes")
    return gateway


def _end_quietly(server: Server) -> None:
    """The server raises the signal that ended it once more; by then our part is to close what we opened. One that comes
    before the server listens to signals ends it as well."""

    def end(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _look_for_cycles_less_often() -> None:
    """The collector goes through what many requests in flight hold every 700 objects, some two requests, and finds
    nothing: they hold no cycles. What the program itself consists of it need never go through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def application(platform: Platform, gateway: Gateway | None, parts: Collection[str] = PARTS) -> ASGIApp:
    """Everything one process serves; what runs beside the requests starts and ends with it."""
    everything = _everything(platform, gateway, parts)
    if "api" not in parts:
        return everything
    ocpi = OcpiServer(platform)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        # Partners send most requests by far and need nothing that Starlette does: for them it is passed by.
        path = scope["path"] if scope["type"] == "http" else ""
        short = path.startswith("/ocpi/") and not path.endswith("/openapi.json")
        await (ocpi if short else everything)(scope, receive, send)

    return served


def _everything(platform: Platform, gateway: Gateway | None, parts: Collection[str]) -> Starlette:
    """All routes of these parts."""

    async def healthz(_: Request) -> Response:
        await platform.store.peers.all()
        return PlainTextResponse("ok")

    @contextlib.asynccontextmanager
    async def beside(_: Starlette) -> AsyncIterator[None]:
        async with HttpHooks(platform.settings) as sender, station_server(platform.settings, gateway):
            for work, name in _workers(platform, sender, parts):
                platform.background.start(work, name)
            try:
                yield
            finally:
                await platform.background.close()

    routes: list[BaseRoute] = [Route("/healthz", healthz)]
    if gateway is not None:
        routes.append(gateway.route())
    if "api" in parts:
        routes += [*openapi_routes(platform), *ocpi_routes(platform), *api_routes(platform)]
    if "web" in parts:
        routes += web_routes(platform, described())
    return Starlette(routes=routes, lifespan=beside)


def _workers(platform: Platform, hooks: HttpHooks, parts: Collection[str]) -> Iterator[tuple[Work, str]]:
    """What runs beside the requests; of several processes with the same part one works and the others stand by."""
    yield Hearing(platform).run(), "leniencies"
    yield platform.messages.run(platform.store.messages), "messages"
    yield platform.frames.run(platform.store.frames), "frames"
    if "push" in parts:
        yield Pusher(platform).run(), "push"
        yield Hooking(platform, hooks).run(), "hooks"
    if "jobs" in parts:
        yield Jobs(platform).run(), "jobs"
        yield InvoiceWorker(platform).run(), "invoices"
        yield Puller(platform).run(), "pull"
        yield Comparing(platform).run(), "compare"
        yield SiteSharing(platform).run(), "site limits"
        yield StationTokenKeeper(platform).run(), "local lists"
        yield StationTariffs(platform).run(), "tariffs of stations"
