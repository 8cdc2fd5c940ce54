"""`ocpilot schema`: the JSON Schema of a kind of OCPI object. Needs no database and no network."""

import argparse
import sys

import msgspec

from ocpilot.base.errors import BadRequest
from ocpilot.cli.validate import kinds_listed
from ocpilot.wire.kinds import KINDS
from ocpilot.wire.protocol import CANONICAL, READABLE, Version
from ocpilot.wire.schema import json_schema


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot schema`."""
    parser = subparsers.add_parser(
        "schema",
        help="write the JSON Schema of an OCPI object",
        description="Writes a JSON Schema (draft 2020-12) of what the standard says about a kind of object.",
        epilog=f"example: ocpilot schema --version 2.2.1 location\n\n{kinds_listed()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", metavar="KIND", choices=[kind.name for kind in KINDS], help="one of those below")
    parser.add_argument(
        "--version", choices=[str(version) for version in READABLE], default=str(CANONICAL), help="the OCPI version"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints the schema; 2 when the version has no such object."""
    kind = next(kind for kind in KINDS if kind.name == args.kind)
    try:
        schema = json_schema(kind, Version(args.version))
    except BadRequest as error:
        print(f"ocpilot schema: {error}", file=sys.stderr)
        return 2
    print(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode())
    return 0
