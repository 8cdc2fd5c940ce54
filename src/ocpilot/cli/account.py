"""`ocpilot account add`: the people who can sign in."""

import argparse
import getpass
import os
import sys
from typing import Protocol

from ocpilot.base.errors import UserError
from ocpilot.base.texts import languages


class AccountCommands(Protocol):
    """What the platform does for this command."""

    async def create_operator(self, *, email: str, name: str, password: str, language: str) -> str:
        """A new employee of the operator; returns the email."""

    async def create_driver(
        self, *, email: str, name: str, password: str, language: str, cards: tuple[str, ...]
    ) -> str:
        """A new driver with an app Token and one for each card; returns the email."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot account add`."""
    parser = subparsers.add_parser("account", help="add people who can sign in")
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser(
        "add",
        help="add a driver or an operator's employee",
        epilog="example: OCPILOT_PASSWORD=... ocpilot account add driver anna@example.org --name Anna --card 04A1B2C3",
    )
    add.add_argument("role", choices=("driver", "operator"), help="what he signs in as")
    add.add_argument("email", help="by which he signs in")
    add.add_argument("--name", default="", help="what he is called on pages")
    add.add_argument(
        "--language",
        choices=languages(),
        default="en",
        help="of pages and receipts (default: %(default)s); the console is in en and sv",
    )
    add.add_argument("--card", action="append", default=[], help="RFID uid of a driver's card; may be repeated")
    add.add_argument("--config", help="settings file (TOML)")
    return parser


async def run(args: argparse.Namespace, accounts: AccountCommands) -> int:
    """The password comes from OCPILOT_PASSWORD or is asked for; never from the command line, where others see it."""
    password = os.environ.get("OCPILOT_PASSWORD") or _asked()
    if args.role == "operator":
        if args.card:
            raise UserError("--card is for drivers")
        email = await accounts.create_operator(
            email=args.email, name=args.name, password=password, language=args.language
        )
    else:
        email = await accounts.create_driver(
            email=args.email, name=args.name, password=password, language=args.language, cards=tuple(args.card)
        )
    print(f"{args.role} {email} can sign in now")
    return 0


def _asked() -> str:
    if not sys.stdin.isatty():
        raise UserError("password: found nobody to ask, expected a terminal or OCPILOT_PASSWORD")
    return getpass.getpass("password: ")
