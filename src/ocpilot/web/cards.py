"""Paying by card before a charge, the page of the provider that is built in, and messages of providers."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from ocpilot.app.cards import played_cards
from ocpilot.app.guests import ad_hoc, card_payments
from ocpilot.app.kept.card_ports import CardState, PlayedPayment
from ocpilot.app.kept.card_records import CardPayment
from ocpilot.app.platform import Platform
from ocpilot.base.errors import CardError, NotAuthorized, TooLarge
from ocpilot.web.links import evse_path
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text

_LONGEST = 256 * 1024


def paying(reader: Reader, payment: CardPayment) -> Response:
    """How far the payment before a charge has come."""
    until = payment.created_at + ad_hoc.KEPT
    context = {"payment": payment, "until": until, "back": evse_path(payment.evse_id)}
    return reader.page("paying.html", context, part="paying_part.html")


# ---- the provider that is built in ---------------------------------------------------------------------------------


async def test_card(reader: Reader) -> Response:
    """Where a driver enters the number of a test card."""
    return _played(reader, await played_cards.payment(reader.platform, _reference(reader)))


async def pay_with_test_card(reader: Reader) -> Response:
    """He entered one."""
    number = text(await reader.request.form(), "number")
    return _played(reader, await played_cards.pay(reader.platform, _reference(reader), number))


async def confirm_test_card(reader: Reader) -> Response:
    """He answered his bank."""
    yes = text(await reader.request.form(), "answer") == "yes"
    return _played(reader, await played_cards.answer(reader.platform, _reference(reader), yes=yes))


def _played(reader: Reader, payment: PlayedPayment) -> Response:
    """Back to us once there is nothing left to do."""
    if payment.state is not CardState.OPEN:
        return reader.go(payment.order.return_url.removeprefix(reader.platform.settings.server.base_url))
    return reader.page("test_card.html", {"payment": payment, "cards": played_cards.CARDS})


def _reference(reader: Reader) -> str:
    return str(reader.request.path_params["reference"])


# ---- messages of a provider ----------------------------------------------------------------------------------------


def provider_says(platform: Platform) -> Callable[[Request], Awaitable[Response]]:
    """POST by the provider, who proves himself by a signature. It is sent again until it is answered with 200."""

    async def hear(request: Request) -> Response:
        signature = request.headers.get("stripe-signature") or request.headers.get("signature", "")
        try:
            await card_payments.heard(platform, await _body(request), signature)
        except NotAuthorized:
            return PlainTextResponse("wrong signature", 400)
        except TooLarge:
            return PlainTextResponse("too large", 413)
        except CardError:
            return PlainTextResponse("later", 503)
        return PlainTextResponse("ok")

    return hear


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST:
            raise TooLarge(f"a message of more than {_LONGEST} bytes")
    return body
