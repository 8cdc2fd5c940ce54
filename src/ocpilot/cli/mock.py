"""`ocpilot mock`: a partner in memory to test a platform against."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.cli.reading import read_file
from ocpilot.wire.protocol import SUPPORTED, Version

_EPILOG = """\
The mock prints its versions URL and a token A with which your platform registers, or registers with yours (--register).
It keeps everything in memory and forgets it when it ends.

examples:
  ocpilot mock --role cpo
  ocpilot mock --role emsp --port 9000 --register https://ocpi.example.com/ocpi/versions --token 5f2a...
  ocpilot mock --role cpo --fault wrong-total --fault server-error=0.2
  ocpilot mock --role nap --data open-data.json.gz     the open data of a national access point, as one
  ocpilot mock --list-faults
"""


class MockOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the mock is told. `party` None is the usual one of the role. `register` is a versions URL of yours, `token`
    its token A."""

    role: str
    party: PartyId | None
    version: Version | None
    host: str
    port: int
    public_url: str
    objects: int
    data: bytes | None
    faults: tuple[str, ...]
    seed: int
    register: str | None
    token: str | None


class MockCommands(Protocol):
    """What this command needs."""

    def faults(self) -> Sequence[tuple[str, str]]:
        """Name and sentence of every fault."""

    async def serve(self, options: MockOptions, say: Callable[[str], None]) -> None:
        """Serve until cancelled; `say` gets each line for the person who started it."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot mock`."""
    parser = subparsers.add_parser(
        "mock",
        help="a roaming partner in memory, to test a platform against",
        description="Plays a roaming partner over real HTTP, with made-up objects and with faults on demand.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--role", choices=["cpo", "emsp", "hub", "both", "nap"], default="cpo", help="what to play (%(default)s)"
    )
    parser.add_argument(
        "--party", metavar="XX/YYY", help="as which party; SE/MCP, SE/MEM, SE/MHB, SE/MBO or SE/MNP by the role"
    )
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="offer only this version")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (%(default)s)")
    parser.add_argument(
        "--port", type=int, default=8700, help="the port to listen at; 0 takes a free one (%(default)s)"
    )
    parser.add_argument("--public-url", default="", metavar="URL", help="how others reach us, if not at host and port")
    parser.add_argument(
        "--objects", type=int, default=200, metavar="N", help="how many objects of each kind (%(default)s)"
    )
    parser.add_argument("--data", type=Path, metavar="FILE", help="serve the OCPI objects in this file instead")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[=RATE]", help="what to do wrong")
    parser.add_argument("--seed", type=int, default=0, help="other faults at other moments, other made-up objects")
    parser.add_argument("--list-faults", action="store_true", help="name all faults and end")
    parser.add_argument("--register", metavar="URL", help="register with the platform at this versions URL")
    parser.add_argument("--token", metavar="A", help="with --register: its token A; else the token A to give out")


async def run(args: argparse.Namespace, commands: MockCommands) -> int:
    """Serves until stopped; 0."""
    if args.list_faults:
        for name, sentence in commands.faults():
            print(f"{name:24} {sentence}")
        return 0
    if args.register and not args.token:
        raise UserError("--register needs --token, the token A that the other platform gave out")
    if args.objects < 0:
        raise UserError(f"--objects: found {args.objects}, expected 0 or more")
    options = MockOptions(
        role=args.role,
        party=_party(args.party),
        version=Version(args.version) if args.version else None,
        host=args.host,
        port=args.port,
        public_url=args.public_url.rstrip("/"),
        objects=args.objects,
        data=read_file(str(args.data)) if args.data else None,
        faults=tuple(args.fault),
        seed=args.seed,
        register=args.register,
        token=args.token,
    )
    await commands.serve(options, lambda line: print(line, flush=True))
    return 0


def _party(text: str | None) -> PartyId | None:
    try:
        return PartyId.parse(text) if text else None
    except ValueError as error:
        raise UserError(f"--party: {error}") from error
