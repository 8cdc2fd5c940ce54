"""`ocpilot cdr`: lists CDRs, shows one, takes back one we sent, says which charges have none, checks those in files."""

import argparse
from collections.abc import Sequence
from typing import Protocol

from ocpilot.app.bill_views import CdrDetail, CdrRow
from ocpilot.app.cdr_match_records import MissingCdr
from ocpilot.base.errors import UserError
from ocpilot.cli import cdr_check, cdr_lines


class CdrCommands(Protocol):
    """What the platform does for `ocpilot cdr`."""

    async def credit(self, cdr_id: str, remark: str | None) -> str:
        """The id of the Credit CDR."""

    async def list(self, limit: int) -> Sequence[CdrRow]:
        """The newest CDRs, ours and peers'."""

    async def show(self, cdr_id: str) -> Sequence[CdrDetail]:
        """The CDRs with this id, priced, with what they belong to and what became of them; NotFound."""

    async def texts(self, cdr_id: str) -> Sequence[bytes]:
        """The CDRs with this id as OCPI writes them; NotFound."""

    async def missing(self) -> Sequence[MissingCdr]:
        """Charges, ours and peers', that should have a CDR by now."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot cdr ACTION`."""
    parser = subparsers.add_parser("cdr", help="list, show and check CDRs, or take back one of ours")
    actions = parser.add_subparsers(dest="action", required=True)
    credit = actions.add_parser(
        "credit",
        help="send a Credit CDR for a CDR we sent",
        epilog='example: ocpilot cdr credit 5f0c1a52-0f2f-5d0e-9c33-0c5b6f1b7a11 --remark "wrong tariff"',
    )
    credit.add_argument("id", help="the CDR that is taken back")
    credit.add_argument("--remark", help="why, for the provider; at most 255 characters")
    credit.add_argument("--config", help="settings file (TOML)")
    listed = actions.add_parser(
        "list", help="the newest CDRs, ours and peers'", epilog="example: ocpilot cdr list --limit 5"
    )
    listed.add_argument("--limit", metavar="N", type=int, default=20, help="at most so many (20)")
    show = actions.add_parser(
        "show",
        help="what a CDR costs, where it was sent, what it belongs to",
        epilog="example: ocpilot cdr show C-2041; with its price explained: "
        "ocpilot cdr show C-2041 --object | ocpilot price --cdr -",
    )
    show.add_argument("id", help="the CDR, ours or a peer's")
    show.add_argument("--object", action="store_true", help="print the CDR itself, as OCPI writes it")
    missing = actions.add_parser(
        "missing",
        help="charges that should have a CDR by now and have none",
        epilog="example: ocpilot cdr missing --json (hours: roaming.cdr_missing_after)",
    )
    for shown in (listed, show, missing):
        shown.add_argument("--config", help="settings file (TOML)")
        shown.add_argument("--json", action="store_true", help="print JSON")
    cdr_check.add_parser(actions)
    return parser


async def run(args: argparse.Namespace, cdrs: CdrCommands) -> int:
    """Prints the id of the Credit CDR (the same again when there is one), or what was asked; 1 when charges have no
    CDR."""
    match args.action:
        case "list":
            if args.limit < 1:
                raise UserError(f"--limit: found {args.limit}, expected 1 or more")
            cdr_lines.print_list(await cdrs.list(args.limit), args.json)
        case "show" if args.object:
            for text in await cdrs.texts(args.id):
                print(text.decode())
        case "show":
            cdr_lines.print_details(await cdrs.show(args.id), args.json)
        case "missing":
            found = await cdrs.missing()
            cdr_lines.print_missing(found, args.json)
            return 1 if found else 0
        case _:
            print(await cdrs.credit(args.id, args.remark))
    return 0
