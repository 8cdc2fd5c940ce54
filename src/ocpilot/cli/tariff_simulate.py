"""`ocpilot tariff simulate`: what a planned charge will cost by tariffs, and when it would cost least."""

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.base.texts import languages, translator
from ocpilot.cli.options import time_zone
from ocpilot.cli.tariff_files import tariffs_in
from ocpilot.cli.tariff_tables import Estimates, Words, compared, explained, over_time
from ocpilot.pricing.compiled import CompiledTariff, compiled
from ocpilot.pricing.estimate import Estimate, estimate, series
from ocpilot.pricing.faults import tariff_faults
from ocpilot.pricing.planned import PlannedCharge
from ocpilot.pricing.power_curve import PowerPoint
from ocpilot.pricing.trace import Amount, PriceLine
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.v230 import ChargingPeriod

_EPILOG = """\
One tariff: its price line by line. Several: one line each. --series: the same charge begun at every step.
A curve is minutes and kW, which change evenly from point to point; with --kwh the charge ends when it has so much.

examples:
  ocpilot tariff simulate --tariff tariff.json --kwh 30 --kw 11 --start 2026-11-26T18:00 --time-zone Europe/Stockholm
  ocpilot tariff simulate --tariff mine.json theirs.json --curve 0:50,20:150,40:60 --park 20
  ocpilot tariff simulate --tariff tariff.json --kwh 30 --kw 11 --series 15m --over week --time-zone Europe/Stockholm

exit status: 0 done, 1 a price is not known, 2 wrong usage.
"""

_DAYS = {"day": 1, "week": 7}


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """One estimate in JSON. Without `total` the price is not known; `per_kwh` holds the tax as far as that is known."""

    tariff_id: str
    currency: str
    start: datetime
    charged: datetime
    end: datetime
    kwh: Decimal
    total: Amount | None
    per_kwh: Decimal | None


class Explained(Simulated, frozen=True, kw_only=True):
    """The charge that was asked for: with every line, its reasons, and the Charging Periods."""

    lines: tuple[PriceLine, ...]
    periods: tuple[ChargingPeriod, ...]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot tariff simulate`."""
    parser = subparsers.add_parser(
        "simulate",
        help="what a planned charge will cost, by one tariff or several, now or over the week",
        description="Prices a charge that has not begun, by the method of the standard.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--tariff", nargs="+", required=True, metavar="FILE", help="tariffs: JSON or JSON Lines; - is standard input")
    add("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version of the tariffs")
    add("--kwh", type=_number, metavar="KWH", help="the energy of the charge")
    add("--kw", type=_number, metavar="KW", help="the power of the charge")
    add("--curve", type=_points, metavar="MIN:KW,...", help="the power over time instead")
    add("--park", type=_number, default=Decimal(0), metavar="MIN", help="how long the car stays after it")
    add("--reserve", type=_number, default=Decimal(0), metavar="MIN", help="how long the EVSE is reserved before it")
    add(
        "--volts",
        type=_number,
        metavar="V",
        help="between a phase and neutral, or of the battery; else 230 for AC, 400 for DC",
    )
    add(
        "--start",
        type=_moment,
        metavar="TIME",
        help="when it begins, by the clock of the time zone; else now",
    )
    add(
        "--time-zone",
        default="UTC",
        metavar="Z",
        help="the Location's time zone, such as Europe/Stockholm (%(default)s)",
    )
    add("--series", type=_step, metavar="STEP", help="begin it at every step, such as 15m or 1h")
    add("--over", choices=list(_DAYS), default="day", help="how long the series is (%(default)s)")
    add("--language", choices=languages(), default="en", help="of the words (%(default)s)")
    add("--json", action="store_true", help="write one JSON object")
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints the estimates; 1 when a price is not known, 2 when a file or option is wrong."""
    try:
        zone = time_zone(args.time_zone)
        plan = _plan(args, zone)
        tariffs = _tariffs(args)
        estimates = [estimate(plan, tariff, zone) for tariff in tariffs]
        begun = [
            list(series(plan, one, zone, step=args.series, days=_DAYS[args.over])) for one in tariffs if args.series
        ]
    except UserError as error:
        print(f"ocpilot tariff simulate: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(_json(estimates, begun).decode())
    else:
        _print(estimates, begun, Words(translator(args.language), args.language, zone))
    return 1 if any(one.cost is None for one in estimates) else 0


def _print(estimates: Estimates, begun: Sequence[Estimates], words: Words) -> None:
    if begun:
        lines = over_time(begun, words)
    else:
        lines = compared(estimates, words) if len(estimates) > 1 else explained(estimates[0], words)
    for line in lines:
        print(line)


def _json(estimates: Estimates, begun: Sequence[Estimates]) -> bytes:
    asked = [
        Explained(**msgspec.structs.asdict(_simulated(one)), lines=one.priced.lines, periods=one.periods)
        for one in estimates
    ]
    return msgspec.json.encode({"estimates": asked, "series": [[_simulated(one) for one in row] for row in begun]})


def _simulated(one: Estimate) -> Simulated:
    return Simulated(
        tariff_id=one.tariff.id,
        currency=one.tariff.currency,
        start=one.plan.start,
        charged=one.plan.charged,
        end=one.plan.end,
        kwh=one.plan.curve.kwh,
        total=one.cost,
        per_kwh=one.per_kwh,
    )


def _tariffs(args: argparse.Namespace) -> list[CompiledTariff]:
    found = [
        one for name in args.tariff for one in tariffs_in(name, args.version and Version(args.version), time.now())
    ]
    for one in found:
        if one.tariff is None:
            raise UserError(f"{one.where}: {one.wrong}")
        for fault in tariff_faults(one.tariff):
            raise UserError(f"{one.where}: {fault}")
    tariffs = [compiled(one.tariff) for one in found if one.tariff is not None]
    if not tariffs:
        raise UserError("--tariff: found no tariff in the files")
    return tariffs


def _plan(args: argparse.Namespace, zone: ZoneInfo) -> PlannedCharge:
    if (args.kw is None) is (args.curve is None) or (args.kw is not None and args.kwh is None):
        raise UserError("expected --kwh and --kw, or --curve with or without --kwh")
    plan = PlannedCharge(
        start=_start(args, zone),
        power=args.curve or (PowerPoint(Decimal(0), args.kw),),
        kwh=args.kwh,
        parked=timedelta(minutes=float(args.park)),
        reserved=timedelta(minutes=float(args.reserve)),
        volts=args.volts,
    )
    _ = plan.curve
    return plan


def _start(args: argparse.Namespace, zone: ZoneInfo) -> datetime:
    """As the clock of the zone shows it; now, to the minute, and for a series to the hour."""
    start: datetime | None = args.start
    if start is not None:
        return start if start.tzinfo else start.replace(tzinfo=zone)
    now = time.now().replace(second=0, microsecond=0)
    return now.replace(minute=0) if args.series else now


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not number.is_finite() or not 0 <= number < 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1000000")
    return number


def _points(text: str) -> tuple[PowerPoint, ...]:
    pairs = [pair.partition(":") for pair in text.split(",")]
    return tuple(PowerPoint(_number(minutes), _number(kw)) for minutes, _, kw in pairs)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-26T18:00") from None


def _step(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,4})(m|min|h)", text)
    if match is None or not int(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no step such as 15m or 1h")
    return timedelta(hours=int(match[1])) if match[2] == "h" else timedelta(minutes=int(match[1]))
