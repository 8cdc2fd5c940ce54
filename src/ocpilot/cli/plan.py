"""`ocpilot plan`: what customers pay for a charge."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from ocpilot.app.customers.plan_words import margin_words, words_of
from ocpilot.app.customers.plans import FIELDS
from ocpilot.base.errors import UserError
from ocpilot.base.time import now
from ocpilot.billing.plans import Plan
from ocpilot.cli.tables import aligned
from ocpilot.cli.tariff_files import tariffs_in
from ocpilot.wire.v230 import Tariff

_ADD = """\
A plan is never changed: make another one and give it to the customer (`ocpilot customer set 10001 plan=NAME`).

examples:
  ocpilot plan add FAIR --percent 8 --per-charge 2.50 --currency SEK --at "SE/LAD percent=0"
  ocpilot plan add FLAT --tariff tariff.json --currency SEK
  ocpilot plan add SPOT --series SE3 --per-kwh 0.15 --monthly-fee 39 --currency SEK
  ocpilot plan add GOLD --monthly-fee 299 --included-kwh 100 --currency SEK
"""


class PlanCommands(Protocol):
    """What the platform does for this command."""

    async def add(
        self,
        name: str,
        texts: Mapping[str, str],
        *,
        exceptions: Mapping[str, Mapping[str, str]],
        tariff: Tariff | None,
    ) -> Plan:
        """A new one."""

    async def all(self) -> Sequence[Plan]:
        """All of them."""

    async def show(self, name: str) -> Plan:
        """By name."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot plan add|list|show`."""
    parser = subparsers.add_parser("plan", help="what customers pay for a charge")
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser(
        "add", help="make a price plan", epilog=_ADD, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add.add_argument("name", metavar="NAME", help="what it is called on pages and at customers")
    for name, about in FIELDS.items():
        add.add_argument(f"--{name.replace('_', '-')}", metavar=name.rsplit("_", 1)[-1].upper(), help=about)
    add.add_argument("--tariff", metavar="FILE", help="OCPI Tariff (JSON) that every charge is priced by")
    add.add_argument(
        "--at",
        action="append",
        default=[],
        metavar="PARTY_AND_MARGIN",
        help='another margin at one operator, such as "SE/LAD percent=5 per_kwh=0.2"; may be repeated',
    )
    listing = actions.add_parser("list", help="all price plans", epilog="example: ocpilot plan list --json")
    show = actions.add_parser("show", help="one price plan", epilog="example: ocpilot plan show GOLD")
    show.add_argument("name", metavar="NAME", help="of the plan")
    for action in (add, listing, show):
        action.add_argument("--config", metavar="FILE", help="settings file (TOML)")
        action.add_argument("--json", action="store_true", help="print JSON")
    return parser


async def run(args: argparse.Namespace, plans: PlanCommands) -> int:
    """Do `args.action`."""
    match args.action:
        case "add":
            texts = {name: given for name in FIELDS if (given := getattr(args, name)) is not None}
            plan = await plans.add(args.name, texts, exceptions=_exceptions(args.at), tariff=_tariff(args.tariff))
            done = f"plan {plan.name}: give it with ocpilot customer set NUMBER plan={plan.name}"
            print(_json(plan) if args.json else done)
        case "show":
            plan = await plans.show(args.name)
            print(_json(plan) if args.json else "\n".join(_lines(plan)))
        case _:
            _print_all(await plans.all(), args.json)
    return 0


def _exceptions(given: Sequence[str]) -> dict[str, dict[str, str]]:
    found = {}
    for text in given:
        party, *margins = text.split()
        pairs = [margin.partition("=") for margin in margins]
        if not pairs or not all(sign for _, sign, _ in pairs):
            raise UserError(f'--at: found {text!r}, expected such as "SE/LAD percent=5 per_kwh=0.2"')
        found[party] = {name: value for name, _, value in pairs}
    return found


def _tariff(name: str | None) -> Tariff | None:
    if name is None:
        return None
    found = list(tariffs_in(name, None, now()))
    wrong = next((one for one in found if one.tariff is None), None)
    if wrong is not None:
        raise UserError(f"{wrong.where}: {wrong.wrong}")
    if len(found) != 1:
        raise UserError(f"--tariff {name}: found {len(found)} Tariffs, expected one")
    return found[0].tariff


def _print_all(plans: Sequence[Plan], as_json: bool) -> None:
    if as_json:
        print(_json(plans))
    elif not plans:
        print("no price plans yet, so customers pay what operators ask; `ocpilot plan add` makes one")
    else:
        rows = [("plan", "what a charge costs"), *((one.name, words_of(one, str)) for one in plans)]
        print(*aligned(rows, left=True), sep="\n")


def _lines(plan: Plan) -> list[str]:
    exceptions = [f"  at {one.party}: {margin_words(one.margin, plan.currency, str)}" for one in plan.exceptions]
    return [f"plan {plan.name}", f"  {words_of(plan, str)}", *exceptions]


def _json(value: object) -> str:
    return msgspec.json.Encoder(decimal_format="number").encode(value).decode()
