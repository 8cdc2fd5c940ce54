"""`ocpilot cdr`: takes back a CDR we sent, and checks CDRs in files."""

import argparse
from typing import Protocol

from ocpilot.cli import cdr_check


class CdrCommands(Protocol):
    """What the platform does for `ocpilot cdr credit`."""

    async def credit(self, cdr_id: str, remark: str | None) -> str:
        """The id of the Credit CDR."""


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
    cdr_check.add_parser(actions)
    return parser


async def run(args: argparse.Namespace, cdrs: CdrCommands) -> int:
    """Prints the id of the Credit CDR; the same again when there is one."""
    print(await cdrs.credit(args.id, args.remark))
    return 0
