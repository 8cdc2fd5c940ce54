"""`ocpilot ledger`: accounts, entries, a customer's account, and whether the books hold."""

import argparse
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from ocpilot.app.books.ledger_views import CustomerAccount
from ocpilot.app.kept.ledger_records import Balance, KeptEntry, LedgerFault
from ocpilot.base.errors import UserError
from ocpilot.cli import payment_lines
from ocpilot.cli.options import add_action
from ocpilot.cli.payment import amount_of


class LedgerCommands(Protocol):
    """What the platform does for this command."""

    async def balances(self, since: date | None, until: date | None) -> Sequence[Balance]:
        """Every account, of days from `since` to before `until`."""

    async def entries(self, since: date | None, until: date | None, after: int, limit: int) -> Sequence[KeptEntry]:
        """Entries by number."""

    async def customer(self, number: str) -> CustomerAccount:
        """A customer's account; NotFound."""

    async def faults(self) -> Sequence[LedgerFault]:
        """What does not hold."""

    async def set_off(self, number: str, other: str, amount: Decimal | None) -> str:
        """Take two invoices off each other; how much that was, with its currency."""

    async def write_off(self, number: str, why: str) -> str:
        """Give up what is open of an invoice; what that was, with its currency."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot ledger balances|entries|customer|check|write-off|set-off`."""
    parser = subparsers.add_parser("ledger", help="the books: accounts, entries, what a customer owes")
    actions = parser.add_subparsers(dest="action", required=True)
    balances = add_action(
        actions, "balances", "every account with its sums", "ocpilot ledger balances --since 2026-11-01"
    )
    entries = add_action(actions, "entries", "entries in order", "ocpilot ledger entries --since 2026-11-01 --json")
    for one in (balances, entries):
        one.add_argument("--since", metavar="DAY", help="the first day, such as 2026-11-01")
        one.add_argument("--until", metavar="DAY", help="the day after the last one")
    entries.add_argument("--after", metavar="N", type=int, default=0, help="only those with a higher number")
    entries.add_argument("--limit", metavar="N", type=int, default=100, help="at most so many (100)")
    customer = add_action(actions, "customer", "a customer's account", "ocpilot ledger customer 10001")
    customer.add_argument("number", metavar="NUMBER", help="number of the customer")
    add_action(actions, "check", "whether all of it holds", "ocpilot ledger check")
    lost = add_action(
        actions,
        "write-off",
        "give up an invoice or a receipt: a bad debt",
        'ocpilot ledger write-off F-000123 --why "bankrupt"',
    )
    lost.add_argument("invoice", metavar="INVOICE", help="number of the invoice or receipt")
    lost.add_argument("--why", required=True, help="why nobody will pay")
    _set_off_parser(actions)
    return parser


def _set_off_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    example = "ocpilot ledger set-off K-000002 F-000123"
    parser = add_action(actions, "set-off", "take what we owe a customer off what he owes us", example)
    parser.add_argument("invoice", metavar="INVOICE", help="one of them, such as a credit note")
    parser.add_argument("other", metavar="OTHER", help="the other one, of the same customer")
    parser.add_argument("--amount", metavar="AMOUNT", help="only so much (else all that can be)")


async def run(args: argparse.Namespace, ledger: LedgerCommands) -> int:
    """Print what is asked; 1 when the check finds something."""
    match args.action:
        case "balances":
            found = await ledger.balances(_day("--since", args.since), _day("--until", args.until))
            payment_lines.print_balances(found, args.json)
        case "entries":
            days = (_day("--since", args.since), _day("--until", args.until))
            payment_lines.print_entries(await ledger.entries(*days, args.after, args.limit), args.json)
        case "customer":
            payment_lines.print_account(await ledger.customer(args.number), args.json)
        case "write-off":
            lost = await ledger.write_off(args.invoice, args.why)
            if args.json:
                payment_lines.print_json({"invoice": args.invoice, "written_off": lost})
            else:
                print(f"{args.invoice}: {lost} written off")
        case "set-off":
            taken = await ledger.set_off(args.invoice, args.other, amount_of(args.amount))
            if args.json:
                payment_lines.print_json({"invoices": [args.invoice, args.other], "set_off": taken})
            else:
                print(f"{taken} of {args.invoice} and {args.other} set off")
        case _:
            faults = await ledger.faults()
            payment_lines.print_faults(faults, args.json)
            return 1 if faults else 0
    return 0


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option}: found {text!r}, expected a day such as 2026-11-01") from None
