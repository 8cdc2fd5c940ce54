"""`ocpilot schema`: the JSON Schema of a kind of OCPI object. Needs no database and no network."""

import argparse
import sys

import msgspec

from ocpilot.base.errors import BadRequest
from ocpilot.cli.validate import kinds_listed
from ocpilot.wire.kinds import ALL_KINDS, kind_named, versions_of
from ocpilot.wire.protocol import CANONICAL, SUPPORTED, Version
from ocpilot.wire.schema import json_schema

_EPILOG = """\
examples:
  ocpilot schema location
  ocpilot schema --version 2.2.1 cdr > cdr.schema.json
  ocpilot schema --list
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot schema`."""
    parser = subparsers.add_parser(
        "schema",
        help="write the JSON Schema of an OCPI object",
        description="Writes a JSON Schema (draft 2020-12) of what the standard says about a kind of object.",
        epilog=f"{_EPILOG}\n{kinds_listed()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [kind.name for kind in ALL_KINDS]
    parser.add_argument("kind", metavar="KIND", nargs="?", choices=names, help="one of those below")
    parser.add_argument(
        "--version",
        choices=[str(version) for version in SUPPORTED],
        default=str(CANONICAL),
        help="the OCPI version (%(default)s)",
    )
    parser.add_argument("--list", action="store_true", help="name every kind with the versions that have it, and end")
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints the schema; 2 when no kind is named or the version has no such object."""
    if args.list:
        for each in ALL_KINDS:
            print(f"{each.name:32} {' '.join(versions_of(each))}")
        return 0
    kind = kind_named(args.kind) if args.kind else None
    if kind is None:
        print("ocpilot schema: found no KIND, expected one of those that --list names", file=sys.stderr)
        return 2
    try:
        schema = json_schema(kind, Version(args.version))
    except BadRequest as error:
        print(f"ocpilot schema: {error}", file=sys.stderr)
        return 2
    print(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode())
    return 0
