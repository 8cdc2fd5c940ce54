"""`ocpilot invoice remind`: late invoices whose reminder is due, and the next reminder of one."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from ocpilot.app.books.reminders import DueReminder
from ocpilot.base.errors import UserError
from ocpilot.billing.reminders import Reminder
from ocpilot.cli import payment_lines
from ocpilot.cli.tables import aligned


class RemindCommands(Protocol):
    """What the platform does for this command."""

    async def due(self) -> Sequence[DueReminder]:
        """Invoices to be reminded of today."""

    async def remind(self, number: str) -> Reminder:
        """The next reminder; NotFound, Conflict when none is due."""

    async def newest(self, number: str) -> Reminder:
        """The last one that went out; NotFound."""

    async def paper(self, reminder: Reminder) -> bytes:
        """It as PDF."""

    async def mail(self, reminder: Reminder) -> str:
        """Send it by e-mail; to which address."""


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot invoice remind`."""
    parser = actions.add_parser(
        "remind",
        help="what is to be reminded of, or the next reminder of an invoice",
        description="Without NUMBER it lists the invoices whose reminder is due. With it the next reminder is written, "
        "with its fee and interest, each level once.",
        epilog="example: ocpilot invoice remind; ocpilot invoice remind F-000042 --send",
    )
    parser.add_argument("number", metavar="NUMBER", nargs="?", help="the invoice")
    parser.add_argument("--again", action="store_true", help="the last one that went out, no new one")
    parser.add_argument("--pdf", metavar="FILE", type=Path, help="write it there as PDF")
    parser.add_argument("--send", action="store_true", help="send it by e-mail")
    parser.add_argument("--config", help="settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="print JSON")


async def run(args: argparse.Namespace, reminders: RemindCommands) -> int:
    """Prints what is due, or the reminder."""
    if args.number is None:
        if args.again or args.pdf or args.send:
            raise UserError("say which invoice: ocpilot invoice remind NUMBER")
        _print_due(await reminders.due(), args.json)
        return 0
    reminder = await (reminders.newest(args.number) if args.again else reminders.remind(args.number))
    if args.pdf:
        _write(args.pdf, await reminders.paper(reminder))
    to = await reminders.mail(reminder) if args.send else None
    if args.json:
        payment_lines.print_json({**msgspec.structs.asdict(reminder), "to_pay": reminder.to_pay, "sent_to": to})
        return 0
    print(reminder.title, *reminder.paragraphs, sep="\n\n")
    if to:
        print(f"\nsent to {to}")
    return 0


def _print_due(due: Sequence[DueReminder], as_json: bool) -> None:
    rows = [
        {
            "invoice": one.late.invoice.number,
            "customer": one.late.invoice.invoice.terms.customer_number,
            "level": one.level,
            "days_late": one.days,
            "open": one.late.open,
            "currency": one.late.invoice.invoice.currency,
        }
        for one in due
    ]
    if as_json:
        payment_lines.print_json(rows)
    elif not rows:
        print("no reminder is due (which there are: billing.reminders)")
    else:
        header = ("invoice", "customer", "reminder", "days late", "open", "")
        print(*aligned([header, *(tuple(map(str, row.values())) for row in rows)]), sep="\n")


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
