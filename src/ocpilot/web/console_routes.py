"""Every page of the console, and what makes it. A path that another one could stand for goes first."""

from collections.abc import Mapping

from starlette.routing import BaseRoute

from ocpilot.web import (
    console,
    console_accounts,
    console_bills,
    console_books,
    console_cards,
    console_clearing,
    console_customers,
    console_held,
    console_invoices,
    console_messages,
    console_newcomers,
    console_payments,
    console_peers,
    console_plans,
    console_quality,
    console_reconciliation,
    console_sites,
    console_stations,
)
from ocpilot.web.guard import LARGEST_FORM, LARGEST_UPLOAD, Who, guarded
from ocpilot.web.reader import Handler
from ocpilot.web.site import Site

_READING: Mapping[str, Handler] = {
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
    "/console/plans": console_plans.listed,
    "/console/reconciliation": console_reconciliation.page,
    "/console/statements/{partner}.{form}": console_reconciliation.statement_file,
    "/console/statements/{partner}": console_reconciliation.statement,
    "/console/books": console_books.listed,
    "/console/books/{month}": console_books.month,
    "/console/books/{month}/{file}": console_books.file,
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
_DOING: Mapping[str, Handler] = {
    "/console/peers/invite": console_peers.invite,
    **{f"/console/peers/{{peer}}/{word}": console_peers.acting(one) for word, one in console_peers.ACTIONS.items()},
    "/console/messages/{number}/replay": console_messages.replay,
    "/console/clearing/{word}": console_clearing.act,
    "/console/transactions/{number}/release": console_held.release,
    "/console/transactions/{number}/drop": console_held.drop,
    "/console/customers/new": console_customers.add,
    "/console/customers/{number}": console_customers.change,
    "/console/customers/{number}/close": console_customers.close,
    "/console/customers/{number}/reopen": console_customers.reopen,
    "/console/customers/{number}/tokens": console_customers.give,
    "/console/customers/{number}/tokens/take": console_customers.take,
    "/console/invoices/run": console_invoices.run,
    "/console/invoices/{number}/send": console_invoices.send,
    "/console/invoices/{number}/credit": console_invoices.credit,
    "/console/payments": console_payments.take,
    "/console/payments/{payment}/match": console_payments.match,
    "/console/payments/{payment}/unmatch": console_payments.unmatch,
    "/console/payments/{payment}/refund": console_payments.refund,
    "/console/payments/{payment}/book": console_payments.book,
    "/console/payments/{payment}/drop": console_payments.drop,
    "/console/accounts/remind": console_accounts.remind,
    "/console/accounts/{number}/set-off": console_accounts.set_off,
    "/console/reminders/{invoice}/{level}": console_accounts.send_reminder,
    "/console/cards/{payment}/capture": console_cards.capture,
    "/console/cards/{payment}/release": console_cards.release,
    "/console/cards/{payment}/refund": console_cards.refund,
    "/console/books/{month}/close": console_books.close,
    "/console/station-codes": console_newcomers.make_codes,
    "/console/newcomers/{station}/approve": console_newcomers.approve,
    "/console/newcomers/{station}/refuse": console_newcomers.refuse,
    "/console/stations/{station}/{word}": console_stations.act,
}
#: Forms that take a file.
_WITH_FILE = frozenset({"/console/payments"})


def console_routes(pages: Site) -> list[BaseRoute]:
    """For people of the operator only."""
    reading = [guarded(pages, path, Who.OPERATOR, handler) for path, handler in _READING.items()]
    doing = [
        guarded(pages, path, Who.OPERATOR, handler, "POST", most=LARGEST_UPLOAD if path in _WITH_FILE else LARGEST_FORM)
        for path, handler in _DOING.items()
    ]
    return [*reading, *doing]
