"""`ocpilot cdr`: takes back a CDR we sent, says what a CDR belongs to and which charges have none, checks CDRs in
files."""

import argparse
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ocpilot.app.cdr_match_records import CdrMatch, MissingCdr, Part
from ocpilot.base import time
from ocpilot.cli import cdr_check


class CdrCommands(Protocol):
    """What the platform does for `ocpilot cdr`."""

    async def credit(self, cdr_id: str, remark: str | None) -> str:
        """The id of the Credit CDR."""

    async def show(self, cdr_id: str) -> Sequence[CdrMatch]:
        """What the CDRs with this id belong to; NotFound."""

    async def missing(self) -> Sequence[MissingCdr]:
        """Charges, ours and peers', that should have a CDR by now."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot cdr credit` and `ocpilot cdr check`."""
    parser = subparsers.add_parser("cdr", help="check CDRs, or take back one of ours")
    actions = parser.add_subparsers(dest="action", required=True)
    credit = actions.add_parser(
        "credit",
        help="send a Credit CDR for a CDR we sent",
        epilog='example: ocpilot cdr credit 5f0c1a52-0f2f-5d0e-9c33-0c5b6f1b7a11 --remark "wrong tariff"',
    )
    credit.add_argument("id", help="the CDR that is taken back")
    credit.add_argument("--remark", help="why, for the provider; at most 255 characters")
    credit.add_argument("--config", help="settings file (TOML)")
    show = actions.add_parser(
        "show", help="what a CDR belongs to, and why", epilog="example: ocpilot cdr show C-2041 --json"
    )
    show.add_argument("id", help="the CDR, ours or a peer's")
    missing = actions.add_parser(
        "missing",
        help="charges that should have a CDR by now and have none",
        epilog="example: ocpilot cdr missing --json (hours: roaming.cdr_missing_after)",
    )
    for shown in (show, missing):
        shown.add_argument("--config", help="settings file (TOML)")
        shown.add_argument("--json", action="store_true", help="print JSON")
    cdr_check.add_parser(actions)
    return parser


async def run(args: argparse.Namespace, cdrs: CdrCommands) -> int:
    """Prints the id of the Credit CDR (the same again when there is one), or what was asked; 1 when charges have no
    CDR."""
    match args.action:
        case "show":
            _print_matches(await cdrs.show(args.id), args.json)
        case "missing":
            found = await cdrs.missing()
            _print_missing(found, args.json)
            return 1 if found else 0
        case _:
            print(await cdrs.credit(args.id, args.remark))
    return 0


def _print_matches(found: Sequence[CdrMatch], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    for one in found:
        print(f"CDR {one.key.id} of {one.key.party}, {time.write(one.starts)} to {time.write(one.ends)}")
        for part in Part:
            matched = one.of(part)
            print(f"  {part:<14} {f'{matched.id} (by {matched.clue})' if matched else 'none found'}")


def _print_missing(found: Sequence[MissingCdr], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    if not found:
        print("every charge has its CDR")
    for one in found:
        whose = "ours" if one.peer_id is None else f"peer {one.peer_id}"
        print(f"{one.key.party} {one.key.id} ({whose}): {one.status}, updated last {time.write(one.last_updated)}")
