"""`ocpilot openapi`: the OpenAPI document of everything the server can answer. Needs no database and no network."""

import argparse
from collections.abc import Callable

import msgspec

from ocpilot.wire.jsontext import Body, dumps
from ocpilot.wire.protocol import SUPPORTED, Version

_EPILOG = """\
The document lists what all roles together offer; a running platform serves that of its own roles at /openapi.json.

examples:
  ocpilot openapi > ocpi.json
  ocpilot openapi --version 2.2.1 --url https://ocpi.example.com
  ocpilot openapi --api > api.json
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot openapi`."""
    parser = subparsers.add_parser(
        "openapi",
        help="write the OpenAPI document of the server",
        description="Writes an OpenAPI 3.1 document of every path and method in one OCPI version.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    versions = [str(version) for version in SUPPORTED]
    parser.add_argument("--version", choices=versions, default=versions[0], help="the OCPI version (%(default)s)")
    parser.add_argument("--api", action="store_true", help="that of the JSON API for back offices instead")
    parser.add_argument("--url", default="http://127.0.0.1:8080", help="where the server is reached (%(default)s)")
    return parser


def run(args: argparse.Namespace, ocpi: Callable[[Version, str], Body], api: Callable[[str], Body]) -> int:
    """Prints the document of a version at a URL, which `ocpi` makes, or that of `api`; 0."""
    url = args.url.rstrip("/")
    made = api(url) if args.api else ocpi(Version(args.version), url)
    print(msgspec.json.format(dumps(made), indent=2).decode())
    return 0
