"""`ocpilot reconcile`: every charge from Session to payment, partners' records and invoices, and statements."""

import argparse
import csv
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Protocol

from ocpilot.app import months
from ocpilot.app.books.partner_invoices import Received
from ocpilot.app.books.reconciliation import Reconciled
from ocpilot.app.books.statements import Statement
from ocpilot.app.kept.reconciliation_records import PartnerInvoice, RecordCheck
from ocpilot.base.errors import UserError
from ocpilot.billing.report import Report, report_csv
from ocpilot.cli import reconcile_lines
from ocpilot.cli.reading import lines_of
from ocpilot.cli.report_lines import report_text
from ocpilot.cli.writing import write_out

#: Columns of a file of invoices; the last six may be missing or empty.
_COLUMNS = ("partner", "number", "net", "vat", "currency", "day", "due", "month")


class ReconcileCommands(Protocol):
    """What the platform does for `ocpilot reconcile`."""

    async def check(self, month: str | None, partner: str | None) -> Reconciled:
        """The four-way check; None is the month that is over, and all partners."""

    async def records(self, limit: int) -> Sequence[RecordCheck]:
        """Partners' records against our books, the newest first."""

    async def receive(self, received: Received) -> PartnerInvoice:
        """Register an invoice that a partner wrote."""

    async def statement(self, partner: str, month: str | None) -> tuple[Statement, Report]:
        """A partner's month, and the same on paper."""

    def pdf(self, report: Report, made: Statement) -> bytes:
        """The statement as PDF."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot reconcile [ACTION]`."""
    parser = subparsers.add_parser(
        "reconcile",
        help="check every charge from Session to payment; partners' records, invoices and statements",
        epilog="example: ocpilot reconcile --month 2026-11 --partner Resa --csv open.csv",
    )
    _add_month(parser)
    parser.add_argument("--partner", metavar="NAME", help="only with this partner: its name, or a party such as SE/RES")
    parser.add_argument("--csv", metavar="FILE", help="write every finding to this file too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--config", help="settings file (TOML)")
    actions = parser.add_subparsers(dest="action", required=False, metavar="ACTION")
    _add_records(actions)
    _add_receive(actions)
    _add_statement(actions)
    return parser


def _add_month(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--month", metavar="YYYY-MM", help="the month (else the last one that is over)")


def _add_records(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    records = actions.add_parser(
        "records",
        help="what partners' InvoiceReconciliationRecords come to in our books",
        epilog="example: ocpilot reconcile records --json",
    )
    records.add_argument("--limit", metavar="N", type=int, default=20, help="at most so many (20)")
    records.add_argument("--json", action="store_true", help="print JSON")
    records.add_argument("--config", help="settings file (TOML)")


def _add_receive(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    receive = actions.add_parser(
        "receive",
        help="register an invoice that a partner wrote, and book it",
        epilog="example: ocpilot reconcile receive 2026-17 --partner Lade --vat-rate 25; many at once: "
        f"--file invoices.csv with the columns {','.join(_COLUMNS)}",
    )
    receive.add_argument("number", nargs="?", help="its number, as it stands on the invoice and its record")
    receive.add_argument("--partner", metavar="NAME", help="who wrote it: a name, or a party such as SE/LAD")
    receive.add_argument("--net", metavar="AMOUNT", help="what it asks for before VAT (else what its CDRs come to)")
    receive.add_argument("--vat", metavar="AMOUNT", help="its VAT")
    receive.add_argument("--vat-rate", metavar="PERCENT", help="its VAT in per cent, instead")
    receive.add_argument("--currency", metavar="CODE", help="its currency (else that of its CDRs)")
    receive.add_argument("--day", metavar="DATE", help="its date (else today)")
    receive.add_argument("--due", metavar="DATE", help="when it is to be paid")
    receive.add_argument(
        "--month",
        metavar="YYYY-MM",
        help="it is for all CDRs of this month that are on no other (partners without records)",
    )
    receive.add_argument("--anyway", action="store_true", help="it is right, though our books say otherwise")
    receive.add_argument("--file", metavar="CSV", help="many of them; - is standard input")
    receive.add_argument("--json", action="store_true", help="print JSON")
    receive.add_argument("--config", help="settings file (TOML)")


def _add_statement(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    statement = actions.add_parser(
        "statement",
        help="what is between us and a partner in a month",
        epilog="example: ocpilot reconcile statement Resa --month 2026-11 --format pdf --output resa.pdf",
    )
    statement.add_argument("partner", help="its name, or a party such as SE/RES")
    _add_month(statement)
    statement.add_argument("--format", choices=("text", "json", "csv", "pdf"), default="text", help="text unless given")
    statement.add_argument("--output", metavar="FILE", help="where to (else standard output)")
    statement.add_argument("--config", help="settings file (TOML)")


async def run(args: argparse.Namespace, books: ReconcileCommands) -> int:
    """Prints what was asked; 1 when a check found something open, or a record has CDRs we do not agree with."""
    match args.action:
        case "records":
            found = await books.records(args.limit)
            reconcile_lines.print_records(found, args.json)
            return 1 if any(one.is_open for one in found) else 0
        case "receive":
            done = [await books.receive(one) for one in _received(args)]
            reconcile_lines.print_received(done, args.json)
        case "statement":
            await _statement(args, books)
        case _:
            checked = await books.check(args.month, args.partner)
            reconcile_lines.print_check(checked, args.json)
            if args.csv:
                write_out(args.csv, reconcile_lines.findings_csv(checked.findings).encode())
            return 1 if checked.open else 0
    return 0


async def _statement(args: argparse.Namespace, books: ReconcileCommands) -> None:
    found, report = await books.statement(args.partner, args.month)
    match args.format:
        case "pdf":
            written = books.pdf(report, found)
        case "csv":
            written = report_csv(report).encode()
        case "json":
            written = f"{reconcile_lines.json_text(found)}\n".encode()
        case _:
            written = report_text(report).encode()
    write_out(args.output, written)


def _received(args: argparse.Namespace) -> Iterator[Received]:
    if args.file:
        yield from _of_file(args.file, args.anyway)
        return
    if not args.number or not args.partner:
        raise UserError("found no NUMBER and --partner, expected both, or --file")
    yield Received(
        partner=args.partner,
        number=args.number,
        currency=args.currency,
        net=_amount("--net", args.net),
        tax=_amount("--vat", args.vat),
        tax_rate=_amount("--vat-rate", args.vat_rate),
        day=_day("--day", args.day),
        due=_day("--due", args.due),
        month=months.parse(args.month) if args.month else None,
        anyway=args.anyway,
    )


def _of_file(name: str, anyway: bool) -> Iterator[Received]:
    rows = csv.DictReader(line.decode("utf-8-sig") for line in lines_of(name))
    if not {"partner", "number"} <= set(rows.fieldnames or ()):
        raise UserError(f"{name}: found the columns {rows.fieldnames}, expected {', '.join(_COLUMNS)}")
    for place, row in enumerate(rows, start=2):
        where = f"{name}, line {place}, "
        yield Received(
            partner=row["partner"],
            number=row["number"],
            currency=row.get("currency") or None,
            net=_amount(f"{where}net", row.get("net")),
            tax=_amount(f"{where}vat", row.get("vat")),
            day=_day(f"{where}day", row.get("day")),
            due=_day(f"{where}due", row.get("due")),
            month=months.parse(row["month"]) if row.get("month") else None,
            anyway=anyway,
        )


def _amount(where: str, text: str | None) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise UserError(f"{where}: found {text!r}, expected an amount such as 1234.50")
    return amount


def _day(where: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UserError(f"{where}: found {text!r}, expected a day such as 2026-11-30") from None
