"""`ocpilot site-limit set|list|show|remove`: what a site may draw, and who gets how much of it, and why."""

import argparse
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Protocol

import msgspec

from ocpilot.app.kept.site_limit_records import LimitGroup
from ocpilot.app.sites import site_shown, site_words
from ocpilot.app.sites.site_limits import SiteView
from ocpilot.base.errors import UserError
from ocpilot.cli.tables import aligned

_GROUP = "NAME,amps=32,evse=UID,evse=UID"


class SiteLimitCommands(Protocol):
    """What the platform does for this command."""

    async def set(
        self,
        location_id: str,
        *,
        amps: Decimal | None,
        watts: Decimal | None,
        offline_amps: Decimal | None,
        groups: Sequence[LimitGroup],
    ) -> None:
        """Set or replace the limit of a Location of ours."""

    async def remove(self, location_id: str) -> None:
        """Limit it no more."""

    async def all(self) -> Sequence[SiteView]:
        """Every limited site."""

    async def show(self, location_id: str) -> SiteView:
        """One limited site with its charges."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot site-limit set|list|show|remove`."""
    parser = subparsers.add_parser("site-limit", help="limit what a site draws, and see how that is shared")
    actions = parser.add_subparsers(dest="action", required=True)
    _add_set(actions)
    for word, about in (("show", "who gets how much at a site now, and why"), ("remove", "limit a site no more")):
        one = actions.add_parser(word, help=about, epilog=f"example: ocpilot site-limit {word} LOC1")
        one.add_argument("location", help="id of the Location")
        one.add_argument("--config", help="settings file (TOML)")
        if word == "show":
            one.add_argument("--json", action="store_true", help="for programs")
    listing = actions.add_parser("list", help="every limited site", epilog="example: ocpilot site-limit list")
    listing.add_argument("--config", help="settings file (TOML)")
    listing.add_argument("--json", action="store_true", help="for programs")
    return parser


def _add_set(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    setting = actions.add_parser(
        "set",
        help="limit a site, or change its limit as a whole",
        epilog="example: ocpilot site-limit set LOC1 --amps 63 --group left,amps=32,evse=LOC1-1,evse=LOC1-2",
    )
    setting.add_argument("location", help="id of the Location")
    setting.add_argument("--amps", metavar="A", help="ampere per phase")
    setting.add_argument("--watts", metavar="W", help="watts in all")
    setting.add_argument(
        "--group",
        action="append",
        default=[],
        metavar=_GROUP,
        help="a part with a fuse of its own (amps= or watts=, parent= a group before it); may be given several times",
    )
    setting.add_argument(
        "--offline-amps",
        metavar="A",
        help="what an EVSE without connection may draw per phase by itself (else: the most it can give)",
    )
    setting.add_argument("--config", help="settings file (TOML)")


async def run(args: argparse.Namespace, sites: SiteLimitCommands) -> int:
    """Sets, removes, or prints."""
    match args.action:
        case "set":
            await sites.set(
                args.location,
                amps=_amount("--amps", args.amps),
                watts=_amount("--watts", args.watts),
                offline_amps=_amount("--offline-amps", args.offline_amps),
                groups=tuple(_group(text) for text in args.group),
            )
            print(f"{args.location} is limited; charges that run are told within seconds by `ocpilot serve`")
        case "remove":
            await sites.remove(args.location)
            print(f"{args.location} is limited no more")
        case "list":
            _print_all(await sites.all(), args.json)
        case _:
            _print_one(await sites.show(args.location), args.json)
    return 0


def _amount(option: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise UserError(f"{option}: found {text!r}, expected a number such as 63")
    return amount


def _group(text: str) -> LimitGroup:
    name, *settings = text.split(",")
    fields: dict[str, Decimal | str] = {}
    evses = []
    for setting in settings:
        key, _, value = setting.partition("=")
        if key == "evse":
            evses.append(value)
        elif key in ("amps", "watts"):
            fields[key] = _amount(f"--group {name}, {key}", value) or Decimal(0)
        elif key == "parent":
            fields[key] = value
        else:
            raise UserError(f"--group {name}: found {setting!r}, expected such as {_GROUP}")
    return msgspec.convert({**fields, "name": name, "evses": evses}, LimitGroup)


def _print_all(views: Sequence[SiteView], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode([site_shown.site(one) for one in views]).decode())
    elif not views:
        print("no site is limited; limit one with: ocpilot site-limit set LOCATION --amps 63")
    for one in () if as_json else views:
        print(f"{one.limit.location_id}  {_limits(one)}, {len(one.shares)} charges")


def _print_one(view: SiteView, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(site_shown.site(view)).decode())
        return
    print(f"{view.limit.location_id} ({view.name}): {_limits(view)}")
    for part in view.groups[1:]:
        print(
            f"  {part.group.name}: {_of(part.group.amps, part.group.watts)}; {_number(part.counts_a)} A reckoned with"
        )
    if not view.shares:
        print("nobody charges")
        return
    print(*aligned([*_rows(view)], left=True), sep="\n")
    for share in view.shares:
        print(f"{share.evse_uid}: {site_words.reason(share, str)} ({site_words.told(share, str)})")
    for evse in view.idle:
        print(f"{evse.evse_uid}: its station {evse.station_id} is away; it counts with {_number(evse.counts_a)} A")


def _rows(view: SiteView) -> Iterator[tuple[str, ...]]:
    yield "EVSE", "station", "limit", "draws", "counts", "station says"
    for one in view.shares:
        draws = "-" if one.draws_a is None else f"{_number(one.draws_a)} A"
        limits = (f"{_number(one.wanted_a)} A", draws, f"{_number(one.counts_a)} A")
        yield one.evse_uid, one.station_id, *limits, str(one.told)


def _limits(view: SiteView) -> str:
    over = "; MORE MAY BE DRAWN than the limit" if view.over else ""
    return f"{_of(view.limit.amps, view.limit.watts)}; {_number(view.counts_a)} A reckoned with{over}"


def _of(amps: Decimal | None, watts: Decimal | None) -> str:
    parts = [
        f"{_number(amount)} {unit}" for amount, unit in ((amps, "A per phase"), (watts, "W")) if amount is not None
    ]
    return " and ".join(parts) or "no limit of its own"


def _number(value: Decimal) -> str:
    return site_words.amount(value)
