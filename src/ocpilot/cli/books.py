"""`ocpilot books`: a month's closing report, closing it, and its entries for a bookkeeping program."""

import argparse
from collections.abc import Sequence
from typing import Protocol

from ocpilot.app.kept.book_records import ClosedMonth, MonthReport
from ocpilot.base import time
from ocpilot.billing.report import Report
from ocpilot.cli.reconcile_lines import json_text
from ocpilot.cli.report_lines import report_text
from ocpilot.cli.writing import write_out


class BookCommands(Protocol):
    """What the platform does for `ocpilot books`."""

    async def report(self, month: str) -> tuple[MonthReport, Report]:
        """The closing report of a month, closed or not, and the same on paper."""

    async def close(self, month: str) -> tuple[MonthReport, Report]:
        """Close it for good."""

    async def closed(self) -> Sequence[ClosedMonth]:
        """Every closed month."""

    async def export(self, month: str, form: str, currency: str | None) -> bytes:
        """Its entries as SIE or CSV."""

    def pdf(self, report: Report, made: MonthReport) -> bytes:
        """The report as PDF."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot books report|close|list|export`."""
    parser = subparsers.add_parser("books", help="report on a month, close it, export its entries")
    actions = parser.add_subparsers(dest="action", required=True)
    for word, about in (
        ("report", "a month's closing report: revenue, open and unbilled, ledger"),
        ("close", "close a month: nothing is booked in it any more"),
    ):
        one = actions.add_parser(word, help=about, epilog=f"example: ocpilot books {word} --month 2026-11")
        one.add_argument("--month", metavar="YYYY-MM", required=True, help="the month")
        one.add_argument("--pdf", metavar="FILE", help="write the report to this file")
        one.add_argument("--json", action="store_true", help="print JSON")
        one.add_argument("--config", help="settings file (TOML)")
    listing = actions.add_parser("list", help="months that are closed", epilog="example: ocpilot books list")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.add_argument("--config", help="settings file (TOML)")
    export = actions.add_parser(
        "export",
        help="a month's entries for a bookkeeping program",
        epilog="example: ocpilot books export --month 2026-11 --format sie --output 2026-11.si",
    )
    export.add_argument("--month", metavar="YYYY-MM", required=True, help="the month")
    export.add_argument("--format", choices=("sie", "csv"), default="sie", help="SIE 4I unless given")
    export.add_argument("--currency", metavar="CODE", help="which entries, where there are several currencies")
    export.add_argument("--output", metavar="FILE", help="where to (else standard output)")
    export.add_argument("--config", help="settings file (TOML)")
    return parser


async def run(args: argparse.Namespace, books: BookCommands) -> int:
    """Prints or writes what was asked."""
    match args.action:
        case "list":
            _print_closed(await books.closed(), args.json)
        case "export":
            write_out(args.output, await books.export(args.month, args.format, args.currency))
        case word:
            found, report = await (books.close(args.month) if word == "close" else books.report(args.month))
            if args.pdf:
                write_out(args.pdf, books.pdf(report, found))
            print(json_text(found) if args.json else report_text(report))
    return 0


def _print_closed(months: Sequence[ClosedMonth], as_json: bool) -> None:
    if as_json:
        print(json_text([{"month": f"{one.month:%Y-%m}", "at": time.write(one.at), "who": one.who} for one in months]))
    elif not months:
        print("no month is closed yet; close one with: ocpilot books close --month 2026-11")
    for one in () if as_json else months:
        print(f"{one.month:%Y-%m}  closed {time.write(one.at)} by {one.who}")
