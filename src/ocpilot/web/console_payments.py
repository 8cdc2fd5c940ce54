"""The operator console: payments of bank files, what they may be for, and what a person decides about them."""

from collections.abc import Awaitable, Callable
from decimal import Decimal, InvalidOperation

from starlette.datastructures import UploadFile
from starlette.responses import Response

from ocpilot.app.books import bank_payments, held_payments, payment_views
from ocpilot.app.books.bank_payments import Taken
from ocpilot.base.errors import BadRequest, Conflict, InvalidObject, NotFound, OcpilotError, UserError
from ocpilot.base.problem import Problem
from ocpilot.base.texts import mark
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text

_PAGE = 50
_MOST_SHOWN = 5000
#: Problems of a broken file that are shown.
_MOST_PROBLEMS = 20
_NO_FILE = mark("Choose a file first.")
_NO_AMOUNT = mark("The amount is no number such as 125.50.")
_NO_NUMBER = mark("That is no number of a payment.")


async def listed(reader: Reader) -> Response:
    """The newest payments, or those that wait, and the form for a file."""
    return await _list(reader)


async def take(reader: Reader) -> Response:
    """A file of the bank: all that is new in it, or all that is wrong with it."""
    given = (await reader.request.form()).get("file")
    if not isinstance(given, UploadFile) or not given.filename:
        return await _list(reader, problem=_NO_FILE)
    try:
        taken = await bank_payments.take_file(
            reader.platform, given.filename[-200:], await given.read(), reader.known.email
        )
    except InvalidObject as error:
        return await _list(reader, problems=error.problems, name=error.what)
    except BadRequest as error:
        return await _list(reader, problem=str(error))
    return await _list(reader, taken=taken)


async def shown(reader: Reader) -> Response:
    """One payment with what became of it."""
    return await _one(reader)


async def match(reader: Reader) -> Response:
    """It is for an invoice."""
    form = await reader.request.form()
    number, amount = text(form, "invoice").strip(), text(form, "amount").strip().replace(",", ".")
    left = _amount(text(form, "left"))

    async def act(payment_id: int) -> object:
        wanted, who = _amount(amount), reader.known.email
        return await bank_payments.match(reader.platform, payment_id, number, wanted, who, left=left)

    return await _acted(reader, act)


async def unmatch(reader: Reader) -> Response:
    """It was for another one."""
    why = text(await reader.request.form(), "why").strip()

    async def act(payment_id: int) -> object:
        return await bank_payments.unmatch(reader.platform, payment_id, why, reader.known.email)

    return await _acted(reader, act)


async def refund(reader: Reader) -> Response:
    """What is left of it was paid back."""
    by = text(await reader.request.form(), "by").strip()

    async def act(payment_id: int) -> object:
        return await bank_payments.refund(reader.platform, payment_id, _number(by) if by else None, reader.known.email)

    return await _acted(reader, act)


async def book(reader: Reader) -> Response:
    """It was held, and is money of its own."""

    async def act(payment_id: int) -> object:
        return await bank_payments.book(reader.platform, payment_id, reader.known.email)

    return await _acted(reader, act)


async def drop(reader: Reader) -> Response:
    """It is the same as another one."""
    why = text(await reader.request.form(), "why").strip()

    async def act(payment_id: int) -> object:
        return await held_payments.drop(reader.platform, payment_id, why, reader.known.email)

    return await _acted(reader, act)


async def _acted(reader: Reader, act: Callable[[int], Awaitable[object]]) -> Response:
    payment_id = _asked(reader)
    try:
        await act(payment_id)
    except (UserError, Conflict, NotFound) as error:
        return await _one(reader, problem=error)
    return reader.go(f"/console/payments/{payment_id}")


async def _list(
    reader: Reader,
    *,
    taken: Taken | None = None,
    problem: str | None = None,
    problems: tuple[Problem, ...] = (),
    name: str = "",
) -> Response:
    """The page; `show` counts how many are wanted."""
    query = reader.request.query_params
    unmatched, most = query.get("which") == "open", _PAGE
    if query.get("show", "").isdecimal() and len(query["show"]) < 6:
        most = min(int(query["show"]), _MOST_SHOWN)
    views = await payment_views.listed(reader.platform, unmatched=unmatched, limit=most + 1)
    context = {
        "files": await reader.platform.store.bank_payments.files(),
        "views": views[:most],
        "next": most + _PAGE if len(views) > most else None,
        "unmatched": unmatched,
        "taken": taken,
        "settled": sum(not one.open for one in taken.new) if taken else 0,
        "problem": problem,
        "problems": problems[:_MOST_PROBLEMS],
        "more_problems": max(len(problems) - _MOST_PROBLEMS, 0),
        "name": name,
    }
    return reader.page("console/payments.html", context, status=400 if problem or problems else 200)


async def _one(reader: Reader, problem: OcpilotError | None = None) -> Response:
    view = await payment_views.shown(reader.platform, _asked(reader))
    context = {"view": view, "problem": str(problem) if problem else None}
    return reader.page("console/payment.html", context, status=400 if problem else 200)


def _asked(reader: Reader) -> int:
    number: str = reader.request.path_params["payment"]
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise NotFound(f"no payment {number}")
    return int(number)


def _number(given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise UserError(_NO_NUMBER)
    return int(given)


def _amount(given: str) -> Decimal | None:
    if not given:
        return None
    try:
        amount = Decimal(given)
    except InvalidOperation:
        raise UserError(_NO_AMOUNT) from None
    if not amount.is_finite() or abs(amount.adjusted()) > 12:
        raise UserError(_NO_AMOUNT)
    return amount
