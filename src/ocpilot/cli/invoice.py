"""`ocpilot invoice`: writes what is due, lists, shows and sends invoices, takes one back."""

import argparse
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import msgspec

from ocpilot.app.invoicing.invoicing import Due
from ocpilot.app.invoicing.sending import Outcome, Sent
from ocpilot.app.kept.bill_records import BillItem, KeptInvoice, Listed
from ocpilot.base.errors import UserError
from ocpilot.cli import invoice_lines, invoice_remind

#: How many invoices a line of progress stands for.
_STEP = 100


class InvoiceCommands(Protocol):
    """What the platform does for `ocpilot invoice`."""

    def until(self, day: str | None) -> datetime | None:
        """The end of a day of the books' calendar, `2026-11-30`; UserError when it is none."""

    async def rate(self) -> int:
        """Work out what is billed of all CDRs that may be, and monthly fees; how many CDRs."""

    async def due(self, until: datetime | None, customer: str | None) -> Sequence[Due]:
        """What a run would write."""

    def run(self, until: datetime | None, customer: str | None) -> AsyncIterator[tuple[KeptInvoice, int, int]]:
        """Write it: each invoice, with how many are done of how many."""

    async def list(
        self, customer: str | None, month: str | None, limit: int, *, only_open: bool, only_unsent: bool
    ) -> Sequence[Listed]:
        """The newest invoices."""

    async def show(self, number: str) -> tuple[Listed, Sequence[BillItem]]:
        """One with all that is on it; NotFound."""

    async def document(self, number: str, kind: str) -> bytes:
        """It as `pdf`, `xml` or `factur-x`; NotFound."""

    async def send(self, number: str, *, again: bool) -> Sent:
        """Send one; NotFound."""

    def send_all(self) -> AsyncIterator[Sent]:
        """Send all that was not sent."""

    async def credit(self, number: str, why: str, *, again: bool, charges: Sequence[str]) -> KeptInvoice:
        """A credit note for all of it, or for some charges; NotFound, Conflict."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot invoice ACTION`."""
    parser = subparsers.add_parser("invoice", help="write, list, show, send and credit invoices")
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser(
        "run",
        help="write every invoice that is due",
        description="Weeks and months that are over, of every customer. It may be stopped at any moment and run again: "
        "it goes on where it was, and nothing is ever billed twice.",
        epilog="example: ocpilot invoice run --dry-run; a last one of a customer who leaves: "
        "ocpilot invoice run --customer 10017 --until 2026-11-26",
    )
    run.add_argument("--until", metavar="DAY", help="also what is not over yet, up to and with this day")
    run.add_argument("--customer", metavar="NUMBER", help="of this customer only")
    run.add_argument("--dry-run", action="store_true", help="only say what would be written")
    listed = actions.add_parser("list", help="the newest invoices", epilog="example: ocpilot invoice list --open")
    listed.add_argument("--customer", metavar="NUMBER", help="of this customer only")
    listed.add_argument("--month", metavar="MONTH", help="only those issued in this month, such as 2026-11")
    listed.add_argument("--unsent", action="store_true", help="only those that were not sent")
    listed.add_argument("--open", action="store_true", help="only those that are not paid in full")
    listed.add_argument("--limit", metavar="N", type=int, default=50, help="at most so many (50)")
    show = actions.add_parser(
        "show",
        help="one invoice, or its documents",
        epilog="example: ocpilot invoice show F-000042 --pdf F-000042.pdf --xml F-000042.xml",
    )
    show.add_argument("number", help="its number")
    show.add_argument("--pdf", metavar="FILE", type=Path, help="write the paper there")
    show.add_argument("--xml", metavar="FILE", type=Path, help="write the e-invoice there (UBL, Peppol BIS Billing 3)")
    show.add_argument("--factur-x", metavar="FILE", type=Path, help="write the paper with the XML (CII) inside there")
    send = actions.add_parser(
        "send",
        help="send invoices by e-mail or to the Peppol outbox",
        description="Each goes the way its customer wants it, once. What cannot be sent says why and keeps no other.",
        epilog="example: ocpilot invoice send --all; once more on purpose: ocpilot invoice send F-000042 --again",
    )
    send.add_argument("numbers", metavar="NUMBER", nargs="*", help="the invoices")
    send.add_argument("--all", action="store_true", help="everything that was not sent")
    send.add_argument("--again", action="store_true", help="also those that were sent before")
    credit = actions.add_parser(
        "credit",
        help="take an invoice, or charges of it, back with a credit note",
        epilog='example: ocpilot invoice credit F-000042 --why "wrong address" --again; '
        'only one charge of it: ocpilot invoice credit F-000042 --charge C-2041 --why "the station was broken"',
    )
    credit.add_argument("--charge", metavar="CDR", action="append", default=[], help="only this charge; several times")
    credit.add_argument("number", help="the invoice")
    credit.add_argument("--why", required=True, help="the reason, as it stands on the credit note")
    credit.add_argument("--again", action="store_true", help="what was on it is billed again by the next run")
    invoice_remind.add_parser(actions)
    for action in (run, listed, show, send, credit):
        action.add_argument("--config", help="settings file (TOML)")
        action.add_argument("--json", action="store_true", help="print JSON")
    return parser


async def run(args: argparse.Namespace, invoices: InvoiceCommands) -> int:
    """Prints what was written or asked for."""
    match args.action:
        case "run":
            await _run(args, invoices)
        case "list":
            if args.limit < 1:
                raise UserError(f"--limit: found {args.limit}, expected 1 or more")
            found = await invoices.list(
                args.customer, args.month, args.limit, only_open=args.open, only_unsent=args.unsent
            )
            invoice_lines.print_list(found, as_json=args.json)
        case "show":
            await _show(args, invoices)
        case "send":
            return await _send(args, invoices)
        case _:
            kept = await invoices.credit(args.number, args.why, again=args.again, charges=args.charge)
            invoice_lines.print_written([kept], as_json=args.json)
    return 0


async def _run(args: argparse.Namespace, invoices: InvoiceCommands) -> None:
    until = invoices.until(args.until)
    rated = await invoices.rate()
    if rated:
        print(f"{rated} CDRs: worked out what is billed", file=sys.stderr)
    if args.dry_run:
        invoice_lines.print_due(await invoices.due(until, args.customer), as_json=args.json)
        return
    totals = invoice_lines.Totals()
    async for kept, done, count in invoices.run(until, args.customer):
        totals.add(kept)
        if args.json:
            print(msgspec.json.encode(invoice_lines.written(kept)).decode())
        if totals.count % _STEP == 0:
            print(f"{totals.count} invoices, {done} of {count} customers", file=sys.stderr)
    if not args.json:
        invoice_lines.print_totals(totals)


async def _show(args: argparse.Namespace, invoices: InvoiceCommands) -> None:
    wanted = {"pdf": args.pdf, "xml": args.xml, "factur-x": args.factur_x}
    for kind, path in wanted.items():
        if path is not None:
            path.write_bytes(await invoices.document(args.number, kind))
            print(f"{path}: {kind} of {args.number}", file=sys.stderr)
    if not any(wanted.values()):
        invoice_lines.print_one(*await invoices.show(args.number), as_json=args.json)


async def _send(args: argparse.Namespace, invoices: InvoiceCommands) -> int:
    """1 when one of them did not go out."""
    if bool(args.numbers) == args.all or (args.all and args.again):
        raise UserError("invoice send: expected either numbers, maybe with --again, or --all")
    count: Counter[Outcome] = Counter()
    async for sent in invoices.send_all() if args.all else _each(args, invoices):
        count[sent.outcome] += 1
        invoice_lines.print_sent(sent, as_json=args.json)
        if count.total() % _STEP == 0:
            print(f"{count.total()} invoices, {count[Outcome.FAILED]} could not be sent", file=sys.stderr)
    if not args.json and args.all:
        invoice_lines.print_all_sent(count)
    return 1 if count[Outcome.FAILED] else 0


async def _each(args: argparse.Namespace, invoices: InvoiceCommands) -> AsyncIterator[Sent]:
    for number in args.numbers:
        yield await invoices.send(number, again=args.again)
