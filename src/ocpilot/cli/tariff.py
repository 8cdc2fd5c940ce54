"""`ocpilot tariff`: commands about tariffs in files, one file each. No database, no network."""

import argparse
from collections.abc import Callable

from ocpilot.cli import tariff_explain, tariff_lint

_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "lint": tariff_lint.run,
    "explain": tariff_explain.run,
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot tariff ...`."""
    parser = subparsers.add_parser("tariff", help="what a tariff means, and what is odd about it")
    commands = parser.add_subparsers(dest="tariff_command", required=True, metavar="COMMAND")
    for module in (tariff_lint, tariff_explain):
        module.add_parser(commands)
    return parser


def run(args: argparse.Namespace) -> int:
    """Runs one of them."""
    return _COMMANDS[args.tariff_command](args)
