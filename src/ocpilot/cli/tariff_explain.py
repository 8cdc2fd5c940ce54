"""`ocpilot tariff explain`: a tariff in plain words, and a table of the week when times matter."""

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.base.texts import Translate, languages, translator
from ocpilot.cli.options import time_zone
from ocpilot.cli.tables import aligned
from ocpilot.cli.tariff_files import tariffs_in
from ocpilot.pricing.faults import tariff_faults
from ocpilot.pricing.sentences import describe_tariff
from ocpilot.pricing.week_words import WeekTable, week_table
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.v230 import Tariff

_EPILOG = """\
examples:
  ocpilot tariff explain tariff.json
  ocpilot tariff explain --language sv --time-zone Europe/Stockholm tariffs.json

exit status: 0 done, 1 an object is no tariff, 2 wrong usage.
"""


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff in words. `week` is there when days or times matter."""

    id: str
    currency: str
    sentences: tuple[str, ...]
    week: WeekTable | None


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot tariff explain`."""
    parser = subparsers.add_parser(
        "explain",
        help="a tariff in plain words",
        description="Says what a tariff costs in plain words, and when in the week, as a driver pays it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="a JSON or JSON Lines file; - is standard input")
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version")
    parser.add_argument("--language", choices=languages(), default="en", help="of the words (%(default)s)")
    parser.add_argument(
        "--time-zone",
        default="UTC",
        metavar="Z",
        help="the Location's, such as Europe/Stockholm: for its validity (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="write a JSON list of the tariffs")
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints every tariff of the file; 1 when an object is none, 2 when the file cannot be read."""
    try:
        return _run(args, time_zone(args.time_zone))
    except UserError as error:
        print(f"ocpilot tariff explain: {error}", file=sys.stderr)
        return 2


def _run(args: argparse.Namespace, zone: ZoneInfo) -> int:
    explained: list[Explained] = []
    failed, now, translate = False, time.now(), translator(args.language)
    for found in tariffs_in(args.file, Version(args.version) if args.version else None, now):
        wrong = found.wrong or "; ".join(map(str, tariff_faults(found.tariff) if found.tariff else ()))
        if wrong or found.tariff is None:
            failed = True
            print(f"{found.where}: {wrong}", file=sys.stderr)
            continue
        explained.append(_explained(found.tariff, now.astimezone(zone), zone, translate, args.language))
        if not args.json:
            for line in _lines(explained[-1]):
                print(line)
    if args.json:
        print(msgspec.json.encode(explained).decode())
    return 1 if failed else 0


def _explained(tariff: Tariff, now: datetime, zone: ZoneInfo, translate: Translate, locale: str) -> Explained:
    return Explained(
        id=tariff.id,
        currency=tariff.currency,
        sentences=tuple(describe_tariff(tariff, translate, zone, locale)),
        week=week_table(tariff, now.date(), translate, locale),
    )


def _lines(explained: Explained) -> Iterator[str]:
    yield f"{explained.id} ({explained.currency})"
    yield from (f"  {sentence}" for sentence in explained.sentences)
    if explained.week is not None:
        yield ""
        yield from (f"  {line}" for line in _table(explained.week))
    yield ""


def _table(week: WeekTable) -> Iterator[str]:
    """The days are named once, at their first time."""
    rows = [[week.days, week.time, *week.columns]]
    before = ""
    for row in week.rows:
        rows.append(["" if row.days == before else row.days, f"{row.start}–{row.end}", *row.prices])
        before = row.days
    return aligned(rows, left=True)
