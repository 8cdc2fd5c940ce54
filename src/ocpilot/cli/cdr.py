"""`ocpilot cdr`: lists CDRs, shows one, says which charges have none, checks those in files, and moves them on."""

import argparse
from collections.abc import Sequence
from typing import Protocol

from ocpilot.app.invoicing.bill_views import CdrDetail, CdrRow
from ocpilot.app.kept.cdr_match_records import MissingCdr
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.base.errors import UserError
from ocpilot.cli import cdr_check, cdr_lines, clearing


class CdrCommands(Protocol):
    """What the platform does for `ocpilot cdr`."""

    async def list(self, limit: int) -> Sequence[CdrRow]:
        """The newest CDRs, ours and peers'."""

    async def standing(self, limit: int, states: Sequence[ClearingState], partner: str | None) -> Sequence[CdrRow]:
        """Those in these states (none: in any), with one partner or all, longest first; NotFound."""

    async def show(self, cdr_id: str) -> Sequence[CdrDetail]:
        """The CDRs with this id, priced, with what they belong to and what became of them; NotFound."""

    async def texts(self, cdr_id: str) -> Sequence[bytes]:
        """The CDRs with this id as OCPI writes them; NotFound."""

    async def missing(self) -> Sequence[MissingCdr]:
        """Charges, ours and peers', that should have a CDR by now."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot cdr ACTION`."""
    parser = subparsers.add_parser("cdr", help="list, show and check CDRs, decide about them, take back ours")
    actions = parser.add_subparsers(dest="action", required=True)
    listed = actions.add_parser(
        "list",
        help="the newest CDRs, ours and peers', or those that stand somewhere",
        epilog="example: ocpilot cdr list --limit 5; what waits for a person: "
        "ocpilot cdr list --state held --state disputed --partner lade",
    )
    listed.add_argument("--limit", metavar="N", type=int, default=20, help="at most so many (20)")
    listed.add_argument(
        "--state",
        action="append",
        default=[],
        choices=[str(state) for state in ClearingState],
        help="only in this state, longest first; may be given several times",
    )
    listed.add_argument("--partner", metavar="PEER", help="only from this peer, or for its drivers")
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
    clearing.add_parsers(actions)
    return parser


async def run(args: argparse.Namespace, cdrs: CdrCommands) -> int:
    """Prints what was asked; 1 when charges have no CDR."""
    match args.action:
        case "list":
            if args.limit < 1:
                raise UserError(f"--limit: found {args.limit}, expected 1 or more")
            cdr_lines.print_list(await _listed(args, cdrs), args.json)
        case "show" if args.object:
            for text in await cdrs.texts(args.id):
                print(text.decode())
        case "show":
            cdr_lines.print_details(await cdrs.show(args.id), args.json)
        case "missing":
            found = await cdrs.missing()
            cdr_lines.print_missing(found, args.json)
            return 1 if found else 0
    return 0


async def _listed(args: argparse.Namespace, cdrs: CdrCommands) -> Sequence[CdrRow]:
    if not args.state and args.partner is None:
        return await cdrs.list(args.limit)
    return await cdrs.standing(args.limit, [ClearingState(one) for one in args.state], args.partner)
