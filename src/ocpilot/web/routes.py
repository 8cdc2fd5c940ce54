"""Every page, whose it is, and what makes it."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import BaseRoute, Mount, Route

from ocpilot.app.platform import Platform
from ocpilot.app.secrets import derived_key
from ocpilot.base.errors import OcpilotError
from ocpilot.base.money_settings import CardProviderName
from ocpilot.web import (
    cards,
    driver_charges,
    driver_stations,
    error_pages,
    evses,
    sign_in,
)
from ocpilot.web.api_page import ApiDescribed, api_page
from ocpilot.web.console_routes import console_routes
from ocpilot.web.guard import Who, guarded
from ocpilot.web.headers import SecurityHeaders, content_security_policy
from ocpilot.web.site import Site, site
from ocpilot.web.static_files import STATIC, KeptFiles

_FORTNIGHT = 14 * 24 * 3600


def web_routes(platform: Platform, api: ApiDescribed | None = None) -> list[BaseRoute]:
    """All pages of this platform as one route that takes every path; it goes last in the table of the server. `api` is
    what the page about it tells."""
    pages = site(platform)
    settings = platform.settings
    https = settings.server.base_url.startswith("https:")
    session = Middleware(
        SessionMiddleware,
        secret_key=derived_key(settings, "web session cookies").hex(),
        session_cookie="ocpilot_session",
        max_age=_FORTNIGHT,
        same_site="lax",
        https_only=https,
    )
    app = Starlette(
        routes=[_static(), *_routes(pages), *([_about(pages, api)] if api else [])],
        middleware=[session],
        exception_handlers={
            OcpilotError: error_pages.failed(pages),
            HTTPException: error_pages.failed(pages),
            Exception: error_pages.broken(pages),
        },
    )
    return [Mount("/", app=SecurityHeaders(app, content_security_policy(settings.web.map_style_url), https))]


def _routes(pages: Site) -> list[BaseRoute]:
    anyone = [
        guarded(pages, "/", Who.ANYONE, driver_stations.start),
        guarded(pages, "/sign-in", Who.ANYONE, sign_in.sign_in_page),
        guarded(pages, "/sign-in", Who.ANYONE, sign_in.signing_in(), "POST"),
        guarded(pages, "/sign-out", Who.ANYONE, sign_in.sign_out, "POST"),
        guarded(pages, "/language", Who.ANYONE, sign_in.choose_language, "POST"),
        guarded(pages, "/evse/{evse}", Who.ANYONE, evses.evse),
        guarded(pages, "/evse/{evse}", Who.ANYONE, evses.starting_here(), "POST"),
        guarded(pages, "/ad-hoc/{secret}", Who.ANYONE, evses.starting),
        guarded(pages, "/ad-hoc/{secret}/charge", Who.ANYONE, evses.charge),
        guarded(pages, "/ad-hoc/{secret}/charge", Who.ANYONE, evses.stop_charge, "POST"),
        guarded(pages, "/ad-hoc/{secret}/receipt.pdf", Who.ANYONE, evses.receipt),
        guarded(pages, "/invoices/{reference}", Who.ANYONE, evses.invoice),
    ]
    return [*anyone, *_of_cards(pages), *(_of_drivers(pages) if pages.serves_drivers else []), *console_routes(pages)]


def _of_cards(pages: Site) -> list[BaseRoute]:
    """The page of the provider that is built in, where it is the one; messages of any provider, which are signed."""
    platform, page = pages.platform, "/test-cards/{reference}"
    if platform.settings.cards.provider is CardProviderName.NONE:
        return []
    hook: BaseRoute = Route("/cards/webhook", cards.provider_says(platform), methods=["POST"])
    if platform.settings.cards.provider is not CardProviderName.TEST:
        return [hook]
    return [
        hook,
        guarded(pages, page, Who.ANYONE, cards.test_card),
        guarded(pages, page, Who.ANYONE, cards.pay_with_test_card, "POST"),
        guarded(pages, f"{page}/answer", Who.ANYONE, cards.confirm_test_card, "POST"),
    ]


def _about(pages: Site, api: ApiDescribed) -> BaseRoute:
    return guarded(pages, "/api", Who.ANYONE, api_page(api))


def _of_drivers(pages: Site) -> list[BaseRoute]:
    charge = "/charges/{country}/{party}/{session:path}"
    return [
        guarded(pages, "/stations.json", Who.ANYONE, driver_stations.map_points),
        guarded(pages, "/stations/{country}/{party}/{location:path}", Who.ANYONE, driver_stations.station),
        guarded(pages, "/starts", Who.DRIVER, driver_charges.start_charge, "POST"),
        guarded(pages, "/starts/{command}", Who.DRIVER, driver_charges.starting),
        guarded(pages, "/charges", Who.DRIVER, driver_charges.charges),
        guarded(pages, charge, Who.DRIVER, driver_charges.charge),
        guarded(pages, charge, Who.DRIVER, driver_charges.stop_charge, "POST"),
        guarded(pages, "/receipts/{number}.pdf", Who.DRIVER, driver_charges.receipt),
        guarded(pages, "/account/invoices", Who.DRIVER, driver_charges.invoices),
        guarded(pages, "/account/invoices/{number}.pdf", Who.DRIVER, driver_charges.invoice),
        guarded(pages, "/account", Who.DRIVER, driver_charges.account),
    ]


def _static() -> Mount:
    return Mount("/static", app=GZipMiddleware(KeptFiles(directory=STATIC), compresslevel=4))
