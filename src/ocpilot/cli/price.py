"""`ocpilot price`: what a CDR or Session costs by a Tariff, line by line and why. No database, no network."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import formats
from ocpilot.base.errors import InvalidObject, OcpilotError, UserError
from ocpilot.base.money import HALF_UP, RoundingPolicy
from ocpilot.base.texts import Translate, languages, mark, translator
from ocpilot.base.zones import UTC
from ocpilot.billing.structure import of_periods
from ocpilot.billing.trials import looks_at_clock
from ocpilot.cli.charges import Charge, charge_in, items_in, tariffs_in
from ocpilot.cli.options import PRECISION, add_pricing_options, time_zone
from ocpilot.cli.price_json import EXACT, PriceDocument, document
from ocpilot.cli.tables import aligned
from ocpilot.pricing import Amount, PricedCharge, price
from ocpilot.pricing.sentences import Row, rows, sentences
from ocpilot.pricing.stories import of_looks
from ocpilot.pricing.trace import Sum
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.v230 import CDR, Session, Tariff

_EPILOG = """\
CDR and Tariffs may be of any OCPI version. Without --tariff the Tariffs in the CDR are used. `ocpilot cdr check` says
whether the totals of a CDR are right.

examples:
  ocpilot price --cdr cdr.json --time-zone Europe/Stockholm
  ocpilot price --cdr cdr.json --tariff day.json --tariff night.json --json
  ocpilot price --session session.json --tariff tariffs.json --language sv

exit status: 0 there is a price, 1 there is none (the reasons are printed), 2 wrong usage.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot price`."""
    parser = subparsers.add_parser(
        "price",
        help="price a CDR or session by a tariff and say why",
        description="Prices a CDR or Session by the method of the standard and prints every line with its reason.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--cdr", metavar="FILE", help="a CDR; - is standard input")
    what.add_argument("--session", metavar="FILE", help="a Session; - is standard input")
    add_pricing_options(parser)
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version")
    parser.add_argument("--language", choices=languages(), default="en", help="of the explanations (%(default)s)")
    parser.add_argument("--trace", action="store_true", help="tell when which price held, and why the others did not")
    parser.add_argument("--json", action="store_true", help="write totals, lines and trace as one JSON object")
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints the price; 1 when there is none, 2 when a file or option is wrong."""
    with localcontext(prec=PRECISION):
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    translate = translator(args.language)
    try:
        priced = _priced(args)
    except InvalidObject as error:
        reasons = [f"{error.what}: {problem}" for problem in error.problems]
        return _no_price(args, PriceDocument(reasons=tuple(reasons)))
    except OcpilotError as error:
        print(f"ocpilot price: {error}", file=sys.stderr)
        return 2
    found = priced.document(translate, args.language)
    if args.json:
        print(msgspec.json.encode(found).decode())
    else:
        for line in priced.report(translate, args.language, trace=args.trace):
            print(line)
        _say(found.reasons)
    return 0 if found.total_cost else 1


def _no_price(args: argparse.Namespace, found: PriceDocument) -> int:
    if args.json:
        print(msgspec.json.encode(found).decode())
    else:
        _say(found.reasons)
    return 1


def _say(reasons: Sequence[str]) -> None:
    for reason in reasons:
        print(f"ocpilot price: {reason}", file=sys.stderr)


class Priced(msgspec.Struct, frozen=True, kw_only=True):
    """A charge with its exact price, its rounded one, and what is to be said about them."""

    charge: Charge
    tariffs: Sequence[Tariff]
    exact: PricedCharge
    rounded: PricedCharge
    warnings: tuple[str, ...]
    reasons: tuple[str, ...]

    def document(self, translate: Translate, locale: str) -> PriceDocument:
        """For programs."""
        exact, rounded = (_credited(one, self.charge) for one in (self.exact, self.rounded))
        return document(exact, rounded, self.warnings, self.reasons, translate, locale)

    def report(self, translate: Translate, locale: str, *, trace: bool) -> Iterator[str]:
        """For people."""
        priced = _credited(self.rounded, self.charge)
        if priced.total is None:
            yield sentences(priced, translate, locale)[-1]
        else:
            yield from _table(priced, priced.total.amount, translate, locale)
        if trace:
            yield from ("", *of_looks(priced, self.tariffs, translate, locale))
        yield from (f"! {warning}" for warning in self.warnings)


def _priced(args: argparse.Namespace) -> Priced:
    """UserError for wrong usage, InvalidObject for an object that cannot be priced."""
    version = Version(args.version) if args.version else None
    zone = time_zone(args.time_zone) if args.time_zone else None
    given = tariffs_in(args.tariff, version)
    charge = _one(CDR, args.cdr, version) if args.cdr else _one(Session, args.session, version)
    tariffs = given or charge.tariffs
    exact = _price(charge, tariffs, zone, EXACT, expired=args.reservation_expired)
    return Priced(
        charge=charge,
        tariffs=tariffs,
        exact=exact,
        rounded=_price(charge, tariffs, zone, HALF_UP, expired=args.reservation_expired),
        warnings=tuple(_warnings(charge, exact, tariffs, zone)),
        reasons=tuple(_reasons(exact, tariffs)),
    )


def _one(cls: type[CDR] | type[Session], name: str, version: Version | None) -> Charge:
    found = list(items_in(name))
    if len(found) != 1:
        raise UserError(f"{name}: found {len(found)} objects, expected one {cls.__name__}")
    where, item = found[0]
    return charge_in(cls, item, version, where)


def _price(
    charge: Charge, tariffs: Sequence[Tariff], zone: ZoneInfo | None, rounding: RoundingPolicy, *, expired: bool
) -> PricedCharge:
    return price(
        charge.periods,
        tariffs,
        start=charge.start,
        end=charge.end,
        zone=zone or charge.zone or UTC,
        currency=charge.currency,
        rounding=rounding,
        expired=expired,
    )


def _credited(priced: PricedCharge, charge: Charge) -> PricedCharge:
    """Of a Credit CDR the total cost is negative, and only that (mod_cdrs, "Credit CDRs")."""
    if not charge.is_credit or priced.total is None:
        return priced
    return msgspec.structs.replace(priced, total=_negative(priced.total))


def _negative(total: Sum) -> Sum:
    amount, taxes = total.amount, total.taxes
    return Sum(
        amount=Amount(excl=_minus(amount.excl), vat=_minus(amount.vat), incl=_minus(amount.incl)),
        taxes=tuple(msgspec.structs.replace(tax, amount=-tax.amount) for tax in taxes),
    )


def _minus(value: Decimal | None) -> Decimal | None:
    return None if value is None else -value


def _warnings(charge: Charge, priced: PricedCharge, tariffs: Sequence[Tariff], zone: ZoneInfo | None) -> Iterator[str]:
    """What makes a price doubtful."""
    yield from map(str, charge.problems)
    yield from map(str, priced.findings)
    yield from (str(one.problem) for one in of_periods(charge.periods, charge.start, charge.end))
    if zone is None and any(map(looks_at_clock, tariffs)):
        taken = charge.zone or UTC
        yield f"no time zone is given: the times of the Tariff are taken as those of {taken.key}"
    if priced.total is not None and priced.total.amount.vat is None:
        yield "the VAT is not known: a price component has none, so no amount after taxes can be given"
    yield from dict.fromkeys(_missing(priced))
    if charge.is_credit:
        yield "a Credit CDR: its total cost is negative, its parts and lines are those of the CDR it takes back"


def _missing(priced: PricedCharge) -> Iterator[str]:
    for look in priced.looks:
        for passed in look.passed:
            if "missing" in passed.because.values:
                what = passed.because.code.removesuffix("_RANGE").lower()
                yield f"$.charging_periods[{look.period}]: no {what} was measured, so restrictions on it do not match"


def _reasons(priced: PricedCharge, tariffs: Sequence[Tariff]) -> Iterator[str]:
    """Why there is no price."""
    if priced.total is not None:
        if priced.total.amount == Amount():
            yield "prices with taxes and prices without cannot be added up, as a rate is not known"
        return
    if not tariffs:
        yield "no Tariff is given, and there is none in the CDR: give one with --tariff FILE"
    elif not any(one.currency.upper() == priced.currency.upper() for one in tariffs):
        yield f"no Tariff is in {priced.currency}, the currency of the charge"
    else:
        yield from map(str, priced.findings)


def _table(priced: PricedCharge, total: Amount, translate: Translate, locale: str) -> Iterator[str]:
    """The lines as columns, the notes of each below it."""
    found = rows(priced, translate, locale)
    header = [translate(text) for text in (mark("What"), mark("Quantity"), mark("Unit price"), mark("VAT rate"))]
    header += [translate(text) for text in (mark("Excl. VAT"), mark("VAT"), mark("Incl. VAT"))]
    cells = [header, *(_cells(row, priced.currency, locale) for row in found)]
    cells.append([translate(mark("Total")), "", "", "", *_sides(total, priced.currency, locale)])
    lines = list(aligned(cells))
    yield lines[0]
    for row, line in zip(found, lines[1:], strict=False):
        yield line
        yield from (f"    {text}" for text in row.notes)
    yield lines[-1]


def _cells(row: Row, currency: str, locale: str) -> list[str]:
    rate = "–" if row.vat is None else formats.percent(row.vat, locale)
    return [row.label, row.quantity, row.unit_price, rate, *_sides(row.amount, currency, locale)]


def _sides(amount: Amount, currency: str, locale: str) -> list[str]:
    return [_money(value, currency, locale) for value in (amount.excl, amount.vat, amount.incl)]


def _money(value: Decimal | None, currency: str, locale: str) -> str:
    return "–" if value is None else formats.fixed(value, locale, HALF_UP.decimals_for(currency))
