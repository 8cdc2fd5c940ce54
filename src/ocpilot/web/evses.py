"""The page of one EVSE, where its QR code leads, and charges of people without an account behind secret links."""

from urllib.parse import quote

from starlette.responses import Response

from ocpilot.app.attempts import Attempts
from ocpilot.app.cards import terminal_payments
from ocpilot.app.customers.driver_prices import Paying
from ocpilot.app.guests import ad_hoc, card_payments, evse_pages
from ocpilot.app.guests.evse_pages import EvsePage
from ocpilot.app.kept.card_records import PaymentState
from ocpilot.base.errors import NotFound
from ocpilot.base.texts import mark
from ocpilot.web import cards
from ocpilot.web.driver_charges import pdf
from ocpilot.web.links import evse_path
from ocpilot.web.reader import Handler, Reader
from ocpilot.web.sign_in import text

#: Starts without an account in a quarter of an hour, of one address (many people may share it) and at one EVSE.
_OF_ADDRESS = 20
_AT_EVSE = 6
_TOO_OFTEN = mark("Too many tries. Wait a quarter of an hour and try again.")
_UNKNOWN = mark("No such charger here")
_LOOK_AGAIN = mark("Compare the address with the number on the station, or search for the station.")
_OVER = mark("This link does not work")
_OVER_WHY = mark("It is wrong or too old: the link to a charge works for 30 days.")


async def evse(reader: Reader) -> Response:
    """What it is, costs and does; a start for drivers, and for anybody where the operator allows it."""
    try:
        payer = await reader.payer()
        return _page(reader, await _found(reader, payer), payer)
    except NotFound:
        return _missing(reader, _UNKNOWN, _LOOK_AGAIN)


def starting_here() -> Handler:
    """The handler of a start without an account, with its own memory of who started where."""
    addresses, evses = Attempts(_OF_ADDRESS), Attempts(_AT_EVSE)

    async def start(reader: Reader) -> Response:
        page = await _found(reader, None)
        now, client = reader.platform.clock(), reader.request.client
        address, place = client.host if client else "", str(page.point.evse.evse_id)
        if not (addresses.allowed(now, address) and evses.allowed(now, place)):
            return _page(reader, page, None, _TOO_OFTEN, 429)
        addresses.failed(now, address)
        evses.failed(now, place)
        form = await reader.request.form()
        begin = ad_hoc.start if reader.platform.cards is None else card_payments.begin
        secret = await begin(reader.platform, page, text(form, "connector") or None, reader.tongue.language)
        return reader.go(ad_hoc_path(secret))

    return start


async def starting(reader: Reader) -> Response:
    """How the payment goes, then the start; leads to the charge once there is one."""
    try:
        view = await ad_hoc.view(reader.platform, _secret(reader))
    except NotFound:
        payment = await card_payments.of_link(reader.platform, _secret(reader))
        if payment is not None:
            return cards.paying(reader, payment)
        return _missing(reader, _OVER, _OVER_WHY)
    if view.charge is not None:
        return reader.go(f"{ad_hoc_path(_secret(reader))}/charge")
    if reader.wants_part and "paying" in reader.request.query_params:
        return reader.go(ad_hoc_path(_secret(reader)))
    payment = await card_payments.of_link(reader.platform, _secret(reader))
    context = {
        "start": view.start,
        "ad_hoc": view,
        "payment": payment,
        # Once what was reserved is released nothing starts any more, whatever the station was ready for.
        "let_go": payment is not None and payment.state in {PaymentState.RELEASING, PaymentState.RELEASED},
        "back": evse_path(view.evse_id),
    }
    return reader.page("starting.html", context, part="starting_part.html")


async def charge(reader: Reader) -> Response:
    """The charge, running or finished. `stopping` names the command that shall stop it."""
    secret, asked = _secret(reader), reader.request.query_params.get("stopping")
    try:
        view = await ad_hoc.view(reader.platform, secret)
    except NotFound:
        return _missing(reader, _OVER, _OVER_WHY)
    if view.charge is None:
        return reader.go(ad_hoc_path(secret))
    stop = await ad_hoc.stopping(reader.platform, secret, asked) if asked and view.charge.running else None
    receipt_path = f"{ad_hoc_path(secret)}/receipt.pdf"
    payment = await reader.platform.store.cards.of_link(ad_hoc.hash_of(secret))
    context = {
        "charge": view.charge,
        "stop": stop,
        "ad_hoc": view,
        "receipt_path": receipt_path,
        "payment": payment,
        "invoice": None,
    }
    return reader.page("charge.html", context, part="charge_part.html")


async def stop_charge(reader: Reader) -> Response:
    """Ask the station to stop, then show the charge again."""
    command = await ad_hoc.stop(reader.platform, _secret(reader))
    return reader.go(f"{ad_hoc_path(_secret(reader))}/charge?stopping={command.id}")


async def receipt(reader: Reader) -> Response:
    """The receipt as PDF."""
    return await pdf(reader, await ad_hoc.receipt(reader.platform, _secret(reader)))


async def invoice(reader: Reader) -> Response:
    """The receipt of a charge that was paid at a terminal, where its `invoice_base_url` leads."""
    found = await terminal_payments.receipt_of(reader.platform, str(reader.request.path_params["reference"]))
    return await pdf(reader, found)


def ad_hoc_path(secret: str) -> str:
    """The link to a charge."""
    return f"/ad-hoc/{quote(secret, safe='')}"


def _secret(reader: Reader) -> str:
    return str(reader.request.path_params["secret"])


async def _found(reader: Reader, payer: Paying | None) -> EvsePage:
    return await evse_pages.find(reader.platform, reader.request.path_params["evse"], payer)


def _page(
    reader: Reader, page: EvsePage, payer: Paying | None, problem: str | None = None, status: int = 200
) -> Response:
    point = page.without_contract if page.ad_hoc and reader.account is None else page.point
    reserve = card_payments.reserve_at(reader.platform, page, None)
    context = {
        "evse": page,
        "station": page.station,
        "point": point,
        "problem": problem,
        "reserve": reserve,
        "payer": payer,
    }
    return reader.page("evse.html", context, part="evse_part.html", status=status)


def _missing(reader: Reader, title: str, advice: str) -> Response:
    return reader.page("error.html", {"title": title, "advice": advice, "details": None}, status=404)
