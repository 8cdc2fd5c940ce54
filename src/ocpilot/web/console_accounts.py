"""The operator console: accounts of the books, what customers owe, who is reminded, and one customer's account."""

from urllib.parse import quote

from starlette.responses import Response

from ocpilot.app.books import ledger_views, reminders, setting_off
from ocpilot.base.errors import Conflict, NotFound, OcpilotError, UserError
from ocpilot.billing.reminders import Reminder
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text

#: Receipts that nobody pays which a page shows, the oldest first.
_RECEIPTS = 200


async def listed(reader: Reader) -> Response:
    """Balances, customers with something open, and reminders that are due."""
    return await _list(reader)


async def shown(reader: Reader) -> Response:
    """All of one customer: invoices, payments, what is open."""
    return await _one(reader)


async def set_off(reader: Reader) -> Response:
    """What we owe him on one invoice is taken off what he owes us on another."""
    form = await reader.request.form()
    number, other = text(form, "number").strip(), text(form, "other").strip()
    try:
        await setting_off.between(reader.platform, number, other, None)
    except (Conflict, NotFound) as error:
        return await _one(reader, problem=error)
    return reader.go(f"/console/accounts/{quote(reader.request.path_params['number'], safe='')}")


async def _one(reader: Reader, problem: OcpilotError | None = None) -> Response:
    account = await ledger_views.customer_account(reader.platform, reader.request.path_params["number"])
    context = {"account": account, "problem": str(problem) if problem else None}
    return reader.page("console/account.html", context, status=problem.http_status if problem else 200)


async def remind(reader: Reader) -> Response:
    """The next reminder of an invoice."""
    number = text(await reader.request.form(), "invoice").strip()
    try:
        reminder = await reminders.remind(reader.platform, number)
    except (Conflict, UserError, NotFound) as error:
        return await _list(reader, problem=error)
    return reader.go(f"/console/reminders/{quote(reminder.invoice, safe='')}/{reminder.level}")


async def reminder(reader: Reader) -> Response:
    """One that went out: its words, to be sent."""
    return reader.page("console/reminder.html", {"reminder": await _reminder(reader), "sent_to": None, "problem": None})


async def send_reminder(reader: Reader) -> Response:
    """By e-mail."""
    found, to, problem = await _reminder(reader), None, None
    try:
        to = await reminders.mail(reader.platform, found)
    except OcpilotError as error:
        problem = str(error)
    context = {"reminder": found, "sent_to": to, "problem": problem}
    return reader.page("console/reminder.html", context, status=400 if problem else 200)


async def reminder_pdf(reader: Reader) -> Response:
    """The same on paper."""
    pdf = await reminders.paper(reader.platform, await _reminder(reader))
    return Response(pdf, media_type="application/pdf")


async def _reminder(reader: Reader) -> Reminder:
    place = reader.request.path_params
    if not (place["level"].isascii() and place["level"].isdecimal() and len(place["level"]) < 4):
        raise NotFound(f"no reminder {place['level']}")
    return await reminders.of_invoice(reader.platform, place["invoice"], int(place["level"]))


async def _list(reader: Reader, problem: OcpilotError | None = None) -> Response:
    context = {
        "balances": await reader.platform.store.ledger.balances(),
        "debtors": await ledger_views.debtors(reader.platform),
        "receipts": (await ledger_views.open_receipts(reader.platform))[:_RECEIPTS],
        "due": await reminders.due(reader.platform),
        "faults": await ledger_views.faults(reader.platform) if "check" in reader.request.query_params else None,
        "problem": str(problem) if problem else None,
    }
    return reader.page("console/accounts.html", context, status=400 if problem else 200)
