"""`ocpilot price-series`: prices of energy by the hour, which plans may follow."""

import argparse
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ocpilot.app.customers.price_table import COLUMNS, points_of
from ocpilot.app.kept.plan_records import Gap, Imported, Series
from ocpilot.base import time
from ocpilot.billing.spot import PricePoint
from ocpilot.cli.csv_table import csv_lines
from ocpilot.cli.reading import read_file
from ocpilot.cli.tables import aligned

_IMPORT = """\
Columns: time (ISO 8601 with its offset) and price (of a kWh, without VAT); others are left alone. A price holds until
the next one, an hour at most; every 15, 30 or 60 minutes. The same file again changes nothing.

    time,price
    2026-11-26T13:00:00+01:00,0.8123
    2026-11-26T14:00:00+01:00,0.7950

examples:
  ocpilot price-series import SE3 prices.csv --currency SEK
  ocpilot price-series import SE3 nordpool.csv --currency EUR --per-mwh
"""


class PriceCommands(Protocol):
    """What the platform does for this command."""

    async def import_prices(self, name: str, currency: str, points: Sequence[PricePoint]) -> Imported:
        """Keep prices."""

    async def all(self) -> Sequence[Series]:
        """All series."""

    async def show(self, name: str) -> tuple[Series, Sequence[Gap]]:
        """One, and where it lacks prices."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot price-series import|list|show`."""
    parser = subparsers.add_parser("price-series", help="prices of energy by the hour")
    actions = parser.add_subparsers(dest="action", required=True)
    taking = actions.add_parser(
        "import",
        help="keep prices from a table (CSV)",
        epilog=_IMPORT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    taking.add_argument("name", metavar="NAME", help="name of the series")
    taking.add_argument("file", help="CSV in UTF-8, with commas or semicolons; - is the input")
    taking.add_argument("--currency", required=True, metavar="C", help="of the prices, such as SEK")
    taking.add_argument("--per-mwh", action="store_true", help="prices are per MWh")
    listing = actions.add_parser("list", help="all price series", epilog="example: ocpilot price-series list")
    show = actions.add_parser(
        "show",
        help="from when to when a series has prices, and where it lacks them",
        epilog="example: ocpilot price-series show SE3",
    )
    show.add_argument("name", metavar="NAME", help="name of the series")
    for action in (taking, listing, show):
        action.add_argument("--config", metavar="FILE", help="settings file (TOML)")
        action.add_argument("--json", action="store_true", help="print JSON")
    return parser


async def run(args: argparse.Namespace, prices: PriceCommands) -> int:
    """Do `args.action`."""
    match args.action:
        case "import":
            lines = csv_lines(read_file(args.file), COLUMNS, None)
            points = points_of(lines, per=1000 if args.per_mwh else 1)
            _print_imported(await prices.import_prices(args.name, args.currency, points), args)
            if not args.json:
                _print_gaps((await prices.show(args.name))[1])
        case "show":
            series, gaps = await prices.show(args.name)
            if args.json:
                print(_json({**msgspec.to_builtins(series), "gaps": gaps}))
            else:
                print(*aligned([_row(series)], left=True), sep="\n")
                _print_gaps(gaps)
        case _:
            _print_all(await prices.all(), args.json)
    return 0


def _print_imported(imported: Imported, args: argparse.Namespace) -> None:
    if args.json:
        print(_json(imported))
    else:
        print(f"{args.name}: {imported.added} new prices, {imported.changed} changed, {imported.same} as they were")


def _print_gaps(gaps: Sequence[Gap]) -> None:
    for gap in gaps:
        print(f"  no price from {time.write(gap.since)} until {time.write(gap.until)}")


def _print_all(series: Sequence[Series], as_json: bool) -> None:
    if as_json:
        print(_json(series))
    elif not series:
        print("no price series yet: `ocpilot price-series import NAME FILE.csv` makes one")
    else:
        print(*aligned([("series", "currency", "from", "until", "prices"), *map(_row, series)], left=True), sep="\n")


def _row(series: Series) -> tuple[str, ...]:
    first = time.write(series.first) if series.first else "-"
    until = time.write(series.until) if series.until else "-"
    return series.name, series.currency, first, until, str(series.points)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
