"""`ocpilot price`: what a CDR or Session costs by a Tariff, line by line and why. No database, no network."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ocpilot.base import formats
from ocpilot.base.errors import OcpilotError, UserError
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import Translate, languages, mark, translator
from ocpilot.billing.check import Verdict, check_cdr, check_session
from ocpilot.billing.words import difference_text
from ocpilot.pricing import Amount, PricedCharge
from ocpilot.pricing.sentences import Row, rows, sentences
from ocpilot.wire.codec import loads, read
from ocpilot.wire.fields import Wire
from ocpilot.wire.kinds import guess_version, kind_of
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.v230 import CDR, Session, Tariff

_EPILOG = """\
A CDR is compared with its own totals. Without --tariff the tariffs in the CDR are used.

examples:
  ocpilot price --tariff tariff.json --cdr cdr.json --zone Europe/Stockholm
  ocpilot price --cdr cdr.json --language sv
  ocpilot price --tariff day.json night.json --session session.json --json

exit status: 0 the numbers agree, 1 they differ or the price is not known, 2 wrong usage.
"""

T = TypeVar("T", bound=Wire)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot price`."""
    parser = subparsers.add_parser(
        "price",
        help="price a CDR or session by a tariff and say why",
        description="Prices a CDR or Session by the method of the standard and prints every line with its reason.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--tariff", nargs="+", default=[], metavar="FILE", help="tariffs: one object or a list per file"
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--cdr", metavar="FILE", help="a CDR; - is standard input")
    what.add_argument("--session", metavar="FILE", help="a Session; - is standard input")
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version")
    parser.add_argument("--zone", default="UTC", metavar="Z", help="the Location's time zone, such as Europe/Stockholm")
    parser.add_argument("--language", choices=languages(), default="en", help="of the explanations")
    parser.add_argument("--json", action="store_true", help="write the whole verdict as JSON")
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints the price and the comparison; 1 when they differ, 2 when a file or option is wrong."""
    try:
        verdict = _verdict(args)
    except OcpilotError as error:
        print(f"ocpilot price: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(msgspec.json.encode(verdict).decode())
    else:
        for line in _report(verdict, translator(args.language), args.language):
            print(line)
    return 0 if verdict.agrees else 1


def _verdict(args: argparse.Namespace) -> Verdict:
    version = Version(args.version) if args.version else None
    zone = _zone(args.zone)
    tariffs = [tariff for name in args.tariff for tariff in _objects(Tariff, name, version)]
    if args.cdr:
        return check_cdr(_one(CDR, args.cdr, version), tariffs or None, zone)
    return check_session(_one(Session, args.session, version), tariffs, zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        raise UserError(f"--zone {name}: no such time zone; write one such as Europe/Stockholm") from None


def _one(cls: type[T], name: str, version: Version | None) -> T:
    found = _objects(cls, name, version)
    if len(found) != 1:
        raise UserError(f"{name}: found {len(found)} objects, expected one {cls.__name__}")
    return found[0]


def _objects(cls: type[T], name: str, version: Version | None) -> list[T]:
    """The objects in a file: one, a list, or an OCPI answer with either as its data."""
    try:
        content = loads(sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes())
        if isinstance(content, dict) and "data" in content and "status_code" in content:
            content = content["data"]
        bodies = content if isinstance(content, list) else [content]
        return [_read(cls, body, version) for body in bodies]
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}") from None
    except OcpilotError as error:
        raise UserError(f"{name}: {error}") from None


def _read(cls: type[T], body: object, version: Version | None) -> T:
    if not isinstance(body, dict):
        raise UserError(f"found {type(body).__name__}, expected a {cls.__name__}")
    return read(cls, version or guess_version(kind_of(cls), body), body).value


def _report(verdict: Verdict, translate: Translate, locale: str) -> Iterator[str]:
    priced = verdict.ours
    if priced.total is None:
        yield sentences(priced, translate, locale)[-1]
    else:
        yield from _table(priced, priced.total.amount, translate, locale)
    for finding in priced.findings:
        yield f"! {finding}"
    yield ""
    for difference in verdict.differences:
        yield difference_text(difference, translate, locale)
    if verdict.agrees:
        yield translate(mark("All numbers agree."))


def _table(priced: PricedCharge, total: Amount, translate: Translate, locale: str) -> Iterator[str]:
    """The lines as columns, the notes of each below it."""
    found = rows(priced, translate, locale)
    header = [translate(text) for text in (mark("What"), mark("Quantity"), mark("Unit price"), mark("VAT rate"))]
    header += [translate(text) for text in (mark("Excl. VAT"), mark("VAT"), mark("Incl. VAT"))]
    cells = [header, *(_cells(row, priced.currency, locale) for row in found)]
    cells.append([translate(mark("Total")), "", "", "", *_sides(total, priced.currency, locale)])
    aligned = list(_aligned(cells))
    yield aligned[0]
    for row, line in zip(found, aligned[1:], strict=False):
        yield line
        yield from (f"    {text}" for text in row.notes)
    yield aligned[-1]


def _cells(row: Row, currency: str, locale: str) -> list[str]:
    rate = "–" if row.vat is None else formats.percent(row.vat, locale)
    return [row.label, row.quantity, row.unit_price, rate, *_sides(row.amount, currency, locale)]


def _sides(amount: Amount, currency: str, locale: str) -> list[str]:
    return [_money(value, currency, locale) for value in (amount.excl, amount.vat, amount.incl)]


def _money(value: Decimal | None, currency: str, locale: str) -> str:
    return "–" if value is None else formats.fixed(value, locale, HALF_UP.decimals_for(currency))


def _aligned(table: Sequence[Sequence[str]]) -> Iterable[str]:
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        first, *others = (
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()
