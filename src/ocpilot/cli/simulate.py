"""`ocpilot simulate`: many stations with cars that come and go, to try a platform or to load it."""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.wire import codec

#: Of OCPP, the default one first.
VERSIONS = ("1.6", "2.0.1", "2.1")
_EPILOG = """\
The stations are independent clients over real sockets. Their password is OCPILOT_PASSWORD. Station ids are given, or
made: PREFIX0001, PREFIX0002 ... The report at the end says what really flowed, to compare a platform's CDRs with.

examples:
  ocpilot simulate CP-1 CP-2 --url ws://127.0.0.1:8080/ocpp --card 04A1B2C3 --version 1.6 --version 2.1
  ocpilot simulate --stations 50 --mix --speed 3600 --minutes 1440 --url ws://127.0.0.1:8080/ocpp --card 04A1B2C3 --json
  ocpilot simulate --stations 2500 --first 2501 --lean --heartbeat 30 --meter-interval 10 --url ... --card ...
  ocpilot simulate CP-1 --url ... --card ... --fault drop --fault duplicate=0.2 --seed 7
  ocpilot simulate --faults
"""


class SimulateOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the stations are told. `minutes`, `between` and `stay` of simulated time, `heartbeat` and `meter_interval`
    seconds of it; `speed` simulated seconds a second."""

    url: str
    password: str | None
    ids: Sequence[str]
    versions: Sequence[str]
    cards: Sequence[str]
    evses: int
    dc: float
    between: float
    stay: float
    charges: int | None
    minutes: float | None
    speed: float
    heartbeat: float | None
    meter_interval: float
    faults: Sequence[str]
    seed: int
    signed: bool
    checked: bool
    lean: bool
    connects: float


class SimulateCommands(Protocol):
    """What this command needs."""

    def faults(self) -> Sequence[tuple[str, str]]:
        """Name and sentence of every fault."""

    async def simulate(self, options: SimulateOptions, say: Callable[[str], None]) -> Mapping[str, object]:
        """Run until it is over or cancelled; `say` gets a line a second. The report, as JSON has it."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot simulate`."""
    parser = subparsers.add_parser(
        "simulate",
        help="play many charging stations, to try or load a platform",
        description="Plays charging stations of OCPP 1.6, 2.0.1 and 2.1 with cars that come, charge, stay and leave.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", nargs="*", help="OCPP identities of the stations")
    parser.add_argument("--url", help="where stations connect, such as ws://127.0.0.1:8080/ocpp")
    _add_fleet(parser)
    _add_charges(parser)
    _add_run(parser)
    _add_faults(parser)


def _add_fleet(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stations", type=int, metavar="N", help="make so many ids instead of naming them")
    parser.add_argument("--prefix", default="SIM-", help="with --stations: what the ids begin with (SIM-)")
    parser.add_argument("--first", type=int, default=1, metavar="N", help="with --stations: the first number (1)")
    parser.add_argument(
        "--version", action="append", choices=VERSIONS, help="the OCPP version (1.6); several take turns"
    )
    parser.add_argument("--mix", action="store_true", help="all versions in turn")
    parser.add_argument("--evses", type=int, default=1, metavar="N", help="EVSEs of each station (1)")
    parser.add_argument("--dc", type=float, default=0.2, metavar="SHARE", help="how many are fast stations (0.2)")
    parser.add_argument("--signed", action="store_true", help="sign meter values (OCMF) with a key for each station")


def _add_charges(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--card", action="append", default=[], metavar="UID", help="a Token; several are drawn from")
    parser.add_argument("--between", type=float, default=30.0, metavar="M", help="minutes from car to car (30)")
    parser.add_argument("--stay", type=float, default=60.0, metavar="M", help="minutes a car charges at most (60)")
    parser.add_argument("--charges", type=int, metavar="N", help="end after so many cars at each EVSE")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=float, metavar="M", help="end after so many minutes of simulated time")
    parser.add_argument("--speed", type=float, default=1.0, metavar="N", help="so many simulated seconds a second (1)")
    parser.add_argument("--heartbeat", type=float, metavar="S", help="seconds between heartbeats, whatever is told")
    parser.add_argument("--meter-interval", type=float, default=60.0, metavar="S", help="between meter values (60)")
    parser.add_argument("--connects", type=float, default=100.0, metavar="N", help="new connections a second (100)")
    parser.add_argument("--unchecked", action="store_true", help="check no message by its schema: 20 times as many fit")
    parser.add_argument(
        "--lean", action="store_true", help="for thousands: no calls from the platform but refused ones"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")


def _add_faults(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[=RATE]", help="what goes wrong")
    parser.add_argument("--seed", type=int, default=0, help="other cars, and faults at other moments")
    parser.add_argument("--faults", action="store_true", help="name all faults and end")


async def run(args: argparse.Namespace, commands: SimulateCommands) -> int:
    """0: it ran, whatever the platform answered; the report says that."""
    if args.faults:
        for name, sentence in commands.faults():
            print(f"{name:18} {sentence}")
        return 0
    options = _options(args)
    quiet = args.json
    report = await commands.simulate(options, lambda line: None if quiet else print(line, flush=True))
    if args.json:
        print(codec.dumps(report).decode())
    return 0


def _options(args: argparse.Namespace) -> SimulateOptions:
    _check(args)
    ids = args.id or [f"{args.prefix}{number:04}" for number in range(args.first, args.first + args.stations)]
    return SimulateOptions(
        url=args.url.rstrip("/"),
        password=os.environ.get("OCPILOT_PASSWORD"),
        ids=tuple(ids),
        versions=VERSIONS if args.mix else tuple(args.version or VERSIONS[:1]),
        cards=tuple(args.card),
        evses=args.evses,
        dc=args.dc,
        between=args.between,
        stay=args.stay,
        charges=args.charges,
        minutes=args.minutes,
        speed=args.speed,
        heartbeat=args.heartbeat,
        meter_interval=args.meter_interval,
        faults=tuple(args.fault),
        seed=args.seed,
        signed=args.signed,
        checked=not args.unchecked,
        lean=args.lean,
        connects=args.connects,
    )


def _check(args: argparse.Namespace) -> None:
    if not args.url:
        raise UserError("--url is missing: where stations connect, such as ws://127.0.0.1:8080/ocpp")
    if not args.card:
        raise UserError("--card is missing: the uid of a Token that may charge there")
    if bool(args.id) == bool(args.stations):
        raise UserError("name the stations, or say how many with --stations; not both")
    for name in ("stations", "evses", "between", "stay", "charges", "minutes", "speed", "heartbeat", "connects"):
        found = getattr(args, name)
        if found is not None and not found > 0:
            raise UserError(f"--{name}: found {found}, expected more than 0")
    if not args.meter_interval > 0:
        raise UserError(f"--meter-interval: found {args.meter_interval}, expected more than 0")
    if args.lean and (args.fault or args.signed or args.evses > 1):
        raise UserError("--lean stations have one EVSE, no faults and no signatures")
    if not 0 <= args.dc <= 1:
        raise UserError(f"--dc: found {args.dc}, expected a share from 0 to 1")
