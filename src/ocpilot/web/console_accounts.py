"""The operator console: accounts of the books, what customers owe, who is reminded, and one customer's account."""

from starlette.responses import Response

from ocpilot.app import ledger_views, reminders
from ocpilot.base.errors import Conflict, OcpilotError, UserError
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text


async def listed(reader: Reader) -> Response:
    """Balances, customers with something open, and reminders that are due."""
    return await _list(reader)


async def shown(reader: Reader) -> Response:
    """All of one customer: invoices, payments, what is open."""
    account = await ledger_views.customer_account(reader.platform, reader.request.path_params["number"])
    return reader.page("console/account.html", {"account": account})


async def remind(reader: Reader) -> Response:
    """The next reminder of an invoice: its words, to be sent."""
    number = text(await reader.request.form(), "invoice").strip()
    try:
        reminder = await reminders.remind(reader.platform, number)
    except (Conflict, UserError) as error:
        return await _list(reader, problem=error)
    return reader.page("console/reminder.html", {"reminder": reminder})


async def _list(reader: Reader, problem: OcpilotError | None = None) -> Response:
    context = {
        "balances": await reader.platform.store.ledger.balances(),
        "debtors": await ledger_views.debtors(reader.platform),
        "due": await reminders.due(reader.platform),
        "faults": await ledger_views.faults(reader.platform) if "check" in reader.request.query_params else None,
        "problem": str(problem) if problem else None,
    }
    return reader.page("console/accounts.html", context, status=400 if problem else 200)
