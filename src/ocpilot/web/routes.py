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
from ocpilot.base.settings import CardProviderName
from ocpilot.web import (
    cards,
    console,
    console_accounts,
    console_bills,
    console_cards,
    console_clearing,
    console_customers,
    console_held,
    console_invoices,
    console_messages,
    console_newcomers,
    console_payments,
    console_peers,
    console_quality,
    console_sites,
    console_stations,
    driver_charges,
    driver_stations,
    error_pages,
    evses,
    sign_in,
)
from ocpilot.web.api_page import ApiDescribed, api_page
from ocpilot.web.guard import LARGEST_UPLOAD, Who, guarded
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
    return [*anyone, *_of_cards(pages), *(_of_drivers(pages) if pages.serves_drivers else []), *_of_operators(pages)]


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


def _of_operators(pages: Site) -> list[BaseRoute]:
    table = {
        "/console": console.overview,
        "/console/stations": console_stations.listed,
        "/console/stations/{station}/messages": console_stations.messages,
        "/console/stations/{station}/configuration": console_stations.configuration,
        "/console/stations/{station}/qr-{number}.{format}": console_stations.qr_code,
        "/console/stations/{station}": console_stations.shown,
        "/console/newcomers": console_newcomers.listed,
        "/console/newcomers/{station}": console_newcomers.shown,
        "/console/station-codes": console_newcomers.codes,
        "/console/sites": console_sites.listed,
        "/console/sites/{country}/{party}/{id:path}": console_sites.shown,
        "/console/sessions": console.sessions,
        "/console/sessions/{country}/{party}/{id:path}": console.session,
        "/console/transactions": console.transactions,
        "/console/transactions/{number}": console_held.transaction,
        "/console/cdrs": console_bills.cdrs,
        "/console/cdrs/{country}/{party}/{id:path}": console_bills.cdr,
        "/console/invoices": console_invoices.listed,
        "/console/invoices/due": console_invoices.due,
        "/console/invoices/{number}": console_invoices.shown,
        "/console/invoices/{number}/{kind}": console_invoices.document,
        "/console/cards": console_cards.listed,
        "/console/cards/{payment}": console_cards.shown,
        "/console/clearing": console_clearing.queue,
        "/console/customers": console_customers.listed,
        "/console/customers/new": console_customers.new,
        "/console/customers/{number}": console_customers.shown,
        "/console/hub": console_bills.hub,
        "/console/payments": console_payments.listed,
        "/console/payments/{payment}": console_payments.shown,
        "/console/accounts": console_accounts.listed,
        "/console/accounts/{number}": console_accounts.shown,
        "/console/reminders/{invoice}/{level}.pdf": console_accounts.reminder_pdf,
        "/console/reminders/{invoice}/{level}": console_accounts.reminder,
        "/console/peers": console_peers.listed,
        "/console/peers/{peer}": console_peers.shown,
        "/console/peers/{peer}/quality": console_quality.page,
        "/console/peers/{peer}/quality.csv": console_quality.table,
        "/console/messages": console_messages.messages,
        "/console/messages/{number}": console_messages.message,
    }
    reading = [guarded(pages, path, Who.OPERATOR, handler) for path, handler in table.items()]
    invite = guarded(pages, "/console/peers/invite", Who.OPERATOR, console_peers.invite, "POST")
    doing = [
        guarded(pages, f"/console/peers/{{peer}}/{word}", Who.OPERATOR, console_peers.acting(action), "POST")
        for word, action in console_peers.ACTIONS.items()
    ]
    again = guarded(pages, "/console/messages/{number}/replay", Who.OPERATOR, console_messages.replay, "POST")
    act = guarded(pages, "/console/stations/{station}/{word}", Who.OPERATOR, console_stations.act, "POST")
    decide = guarded(pages, "/console/clearing/{word}", Who.OPERATOR, console_clearing.act, "POST")
    held = [
        guarded(pages, f"/console/transactions/{{number}}/{word}", Who.OPERATOR, handler, "POST")
        for word, handler in (("release", console_held.release), ("drop", console_held.drop))
    ]
    money = [
        guarded(pages, "/console/payments", Who.OPERATOR, console_payments.take, "POST", most=LARGEST_UPLOAD),
        guarded(pages, "/console/payments/{payment}/match", Who.OPERATOR, console_payments.match, "POST"),
        guarded(pages, "/console/payments/{payment}/unmatch", Who.OPERATOR, console_payments.unmatch, "POST"),
        guarded(pages, "/console/payments/{payment}/refund", Who.OPERATOR, console_payments.refund, "POST"),
        guarded(pages, "/console/accounts/remind", Who.OPERATOR, console_accounts.remind, "POST"),
        guarded(pages, "/console/reminders/{invoice}/{level}", Who.OPERATOR, console_accounts.send_reminder, "POST"),
    ]
    paying = [
        guarded(pages, f"/console/cards/{{payment}}/{word}", Who.OPERATOR, handler, "POST")
        for word, handler in (
            ("capture", console_cards.capture),
            ("release", console_cards.release),
            ("refund", console_cards.refund),
        )
    ]
    invoices = [
        guarded(pages, "/console/invoices/run", Who.OPERATOR, console_invoices.run, "POST"),
        guarded(pages, "/console/invoices/{number}/send", Who.OPERATOR, console_invoices.send, "POST"),
        guarded(pages, "/console/invoices/{number}/credit", Who.OPERATOR, console_invoices.credit, "POST"),
    ]
    letting_in = [
        guarded(pages, "/console/station-codes", Who.OPERATOR, console_newcomers.make_codes, "POST"),
        guarded(pages, "/console/newcomers/{station}/approve", Who.OPERATOR, console_newcomers.approve, "POST"),
        guarded(pages, "/console/newcomers/{station}/refuse", Who.OPERATOR, console_newcomers.refuse, "POST"),
    ]
    return [
        *reading,
        *_customers(pages),
        invite,
        *doing,
        again,
        decide,
        *held,
        *invoices,
        *paying,
        *letting_in,
        *money,
        act,
    ]


def _customers(pages: Site) -> list[BaseRoute]:
    return [
        guarded(pages, f"/console/customers/{path}", Who.OPERATOR, handler, "POST")
        for path, handler in (
            ("new", console_customers.add),
            ("{number}", console_customers.change),
            ("{number}/tokens", console_customers.give),
            ("{number}/tokens/take", console_customers.take),
        )
    ]


def _static() -> Mount:
    return Mount("/static", app=GZipMiddleware(KeptFiles(directory=STATIC), compresslevel=4))
