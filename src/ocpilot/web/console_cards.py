"""The operator console: card payments, which of them need a person, and what he decides."""

from decimal import Decimal, InvalidOperation

from starlette.responses import Response

from ocpilot.app.cards import terminal_payments
from ocpilot.app.guests import card_payments
from ocpilot.app.kept.card_records import MOVES, PaymentState
from ocpilot.base.errors import UserError
from ocpilot.web.console import more, number
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text

_PAGE = 50
_MOST = 1000


async def listed(reader: Reader) -> Response:
    """The newest payments, those at terminals too, and before all those that need a person."""
    shown = number(reader, "show", _PAGE, _MOST)
    platform = reader.platform
    rows = await card_payments.all_of(platform, shown)
    context = {
        "rows": rows,
        "needing": await card_payments.all_of(platform, _MOST, needing=True),
        "terminals": await terminal_payments.newest(platform, shown),
        "more": more(len(rows), shown),
    }
    return reader.page("console/cards.html", context)


async def shown(reader: Reader) -> Response:
    """One payment with every step."""
    payment = await card_payments.named(reader.platform, _id(reader))
    steps = await reader.platform.store.cards.steps(payment.id)
    can = {
        "capture": payment.state is PaymentState.CAPTURING,
        "release": PaymentState.RELEASING in MOVES[payment.state],
        "refund": payment.state is PaymentState.PAID,
        "refund_again": payment.state is PaymentState.REFUNDING and bool(payment.needs),
    }
    return reader.page("console/card.html", {"payment": payment, "steps": steps, "can": can})


async def capture(reader: Reader) -> Response:
    """Try again now."""
    await card_payments.capture(reader.platform, _id(reader), reader.known.email)
    return _back(reader)


async def release(reader: Reader) -> Response:
    """Take nothing."""
    why = text(await reader.request.form(), "why")
    await card_payments.release(reader.platform, _id(reader), why or "released by a person", reader.known.email)
    return _back(reader)


async def refund(reader: Reader) -> Response:
    """Give some of it back, or all that is left."""
    form = await reader.request.form()
    amount, seen = _amount(text(form, "amount")), text(form, "version")
    version = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else None
    why, who = text(form, "why"), reader.known.email
    await card_payments.refund(reader.platform, _id(reader), amount, why, who, version=version)
    return _back(reader)


def _amount(given: str) -> Decimal | None:
    try:
        return Decimal(given.replace(",", ".")) if given.strip() else None
    except InvalidOperation as error:
        raise UserError(f"amount: found {given!r}, expected a number such as 12.50") from error


def _id(reader: Reader) -> str:
    return str(reader.request.path_params["payment"])


def _back(reader: Reader) -> Response:
    return reader.go(f"/console/cards/{_id(reader)}")
