"""Options that several commands take."""

import argparse
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ocpilot.base.errors import UserError

#: Digits to reckon with: a number of a CDR may have 40, whether that makes sense or not.
PRECISION = 200


def add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    about: str,
    example: str,
) -> argparse.ArgumentParser:
    """One of several things that a command does on a platform; `example` is one call or a few lines."""
    parser = actions.add_parser(
        name,
        help=about,
        description=about,
        epilog=example if "\n" in example else f"example: {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def add_pricing_options(parser: argparse.ArgumentParser) -> None:
    """What a price depends on besides the charge."""
    parser.add_argument(
        "--tariff",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="tariffs, one object or a list per file; may be given several times",
    )
    parser.add_argument(
        "--time-zone",
        metavar="Z",
        help="the Location's, such as Europe/Stockholm (else that of its country and place, else UTC)",
    )
    parser.add_argument("--reservation-expired", action="store_true", help="nobody came for the reservation")


def time_zone(name: str) -> ZoneInfo:
    """The zone of this name; UserError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(f"--time-zone {name}: no such time zone; write one such as Europe/Stockholm") from None
