"""`ocpilot station simulate`: a station and a car that charges, to try a platform with."""

import argparse
import os
from collections.abc import Callable
from typing import Protocol

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.cli.simulate import VERSIONS

_EPILOG = """\
The station is an independent client over OCPP 1.6, 2.0.1 or 2.1. It charges in a moment what takes the minutes given,
and ends now.

example:
  OCPILOT_PASSWORD=station-secret \\
    ocpilot station simulate CP-1 --url ws://127.0.0.1:8080/ocpp --card 04A1B2C3 --minutes 45
"""


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """One charge. `url` is the server's without the station's id; times in minutes."""

    station_id: str
    url: str
    password: str | None
    version: str
    card: str
    connector: int
    minutes: float
    parked: float
    kw: float


class SimulationCommands(Protocol):
    """What this command needs."""

    async def charge(self, simulation: Simulation, say: Callable[[str], None]) -> bool:
        """Let the car charge; `say` gets what happens. False when the card may not charge."""


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot station simulate`."""
    parser = actions.add_parser(
        "simulate",
        help="play a station and a car that charges",
        description="Connects to a platform as a station would, lets a car charge with a card, and ends.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", help="the station's OCPP identity")
    parser.add_argument("--url", required=True, help="where stations connect, such as ws://127.0.0.1:8080/ocpp")
    parser.add_argument("--version", choices=VERSIONS, default=VERSIONS[0], help="the OCPP version to speak (1.6)")
    parser.add_argument("--card", required=True, metavar="UID", help="the Token that is held to the reader")
    parser.add_argument("--connector", type=int, default=1, metavar="N", help="where the car is plugged in (1)")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="M", help="how long it charges (30)")
    parser.add_argument("--parked", type=float, default=0.0, metavar="M", help="how long it stays when it is full (0)")
    parser.add_argument("--kw", type=float, default=11.0, metavar="KW", help="what the car takes at most (11)")


async def run(args: argparse.Namespace, commands: SimulationCommands) -> int:
    """The password comes from OCPILOT_PASSWORD. 1 when the card may not charge."""
    for name in ("minutes", "kw", "connector"):
        if not getattr(args, name) > 0:
            raise UserError(f"--{name}: found {getattr(args, name)}, expected more than 0")
    if args.parked < 0:
        raise UserError(f"--parked: found {args.parked}, expected 0 or more")
    simulation = Simulation(
        station_id=args.id,
        url=args.url.rstrip("/"),
        password=os.environ.get("OCPILOT_PASSWORD"),
        version=args.version,
        card=args.card,
        connector=args.connector,
        minutes=args.minutes,
        parked=args.parked,
        kw=args.kw,
    )
    return 0 if await commands.charge(simulation, lambda line: print(line, flush=True)) else 1
