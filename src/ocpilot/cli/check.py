"""`ocpilot check`: a conformance run against a live platform."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import SUPPORTED, Version

_EPILOG = """\
The check registers with token A as a partner, asks everything that the platform offers with harmless requests, judges
the answers rule by rule, and unregisters. The platform must reach us at --host and --port, or at --public-url. Use a
token A and a test platform of their own: the check sends made-up objects that are worth nothing.

Ends with 0 when no rule failed, 1 when one did, 2 when the run could not take place or ended early.

examples:
  ocpilot check https://ocpi.example.com/ocpi/versions --token 5f2a... --public-url https://me.example.com
  ocpilot check http://127.0.0.1:8700/ocpi/versions --token 5f2a... --version all
  ocpilot check URL --token 5f2a... --junit check.xml --json > check.json
"""


class CheckOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is checked and how. `version` None is the newest; `every`: all that are offered."""

    url: str
    token: str
    version: Version | None
    every: bool
    party: PartyId
    host: str
    port: int
    public_url: str
    timeout: float
    keep: bool
    colour: bool
    whole: bool


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, written in three ways."""

    failed: bool
    warned: bool
    stopped: bool
    table: str
    json: str
    junit: bytes


class CheckCommands(Protocol):
    """What this command needs."""

    async def run(self, options: CheckOptions, say: Callable[[str], None]) -> CheckReport:
        """The run; `say` gets a line for each thing that begins."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot check`."""
    parser = subparsers.add_parser(
        "check",
        help="judge a live OCPI platform by the rules of the standard",
        description="A conformance run against any live OCPI platform: 2.1.1, 2.2.1 or 2.3.0, in any role.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    versions = [*(str(version) for version in SUPPORTED), "all"]
    parser.add_argument("url", metavar="URL", help="the versions URL of the platform")
    parser.add_argument("--token", required=True, metavar="A", help="the token A it gave out for registering")
    parser.add_argument("--version", choices=versions, help="the version to check (default: the newest; all: each)")
    parser.add_argument("--party", default="SE/CHK", metavar="XX/YYY", help="the party we play (default: SE/CHK)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address at which the platform can call us back (%(default)s)"
    )
    parser.add_argument("--port", type=int, default=0, help="the port for that; 0 takes a free one (default)")
    parser.add_argument("--public-url", default="", metavar="URL", help="how the platform reaches us, if another way")
    parser.add_argument(
        "--timeout", type=float, default=15.0, metavar="S", help="seconds an answer may take (%(default)s)"
    )
    parser.add_argument("--keep", action="store_true", help="stay registered at the end")
    parser.add_argument("--strict", action="store_true", help="a warning is a failure too")
    parser.add_argument("--verbose", action="store_true", help="name the rules that passed too")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML too")


async def run(args: argparse.Namespace, commands: CheckCommands) -> int:
    """0 nothing failed, 1 a rule failed, 2 the run could not take place."""
    try:
        report = await commands.run(_options(args), lambda line: print(line, file=sys.stderr, flush=True))
    except (UserError, OSError) as error:
        print(f"ocpilot: {error}", file=sys.stderr)
        return 2
    if args.junit:
        args.junit.write_bytes(report.junit)
    print(report.json if args.json else report.table)
    if report.stopped:
        return 2
    return int(report.failed or (args.strict and report.warned))


def _options(args: argparse.Namespace) -> CheckOptions:
    if not args.url.startswith(("http://", "https://")):
        raise UserError(f"found {args.url!r}, expected a versions URL such as https://ocpi.example.com/ocpi/versions")
    if args.timeout <= 0:
        raise UserError(f"--timeout: found {args.timeout:g}, expected more than 0 seconds")
    try:
        party = PartyId.parse(args.party)
    except ValueError as error:
        raise UserError(f"--party: {error}") from error
    every = args.version == "all"
    return CheckOptions(
        url=args.url,
        token=args.token,
        version=Version(args.version) if args.version and not every else None,
        every=every,
        party=party,
        host=args.host,
        port=args.port,
        public_url=args.public_url.rstrip("/"),
        timeout=args.timeout,
        keep=args.keep,
        colour=sys.stdout.isatty() and not args.json,
        whole=args.verbose,
    )
