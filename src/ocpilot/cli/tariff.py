"""`ocpilot tariff`: commands about tariffs in files, one file each. No database, no network."""

import argparse
from collections.abc import Callable

from ocpilot.cli import tariff_explain, tariff_lint, tariff_simulate

_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "lint": tariff_lint.run,
    "explain": tariff_explain.run,
    "simulate": tariff_simulate.run,
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot tariff ...`."""
    parser = subparsers.add_parser(
        "tariff", help="what a tariff means, what is odd about it, and what a charge by it will cost"
    )
    commands = parser.add_subparsers(dest="tariff_command", required=True, metavar="COMMAND")
    for module in (tariff_lint, tariff_explain, tariff_simulate):
        module.add_parser(commands)
    return parser


def run(args: argparse.Namespace) -> int:
    """Runs one of them."""
    return _COMMANDS[args.tariff_command](args)
