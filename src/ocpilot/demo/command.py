"""`ocpilot demo`: two platforms to look at, or one story in fast-forward."""

import argparse
import asyncio
import contextlib
import random
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from ocpilot.base.errors import OcpilotError
from ocpilot.demo import live, people, story
from ocpilot.demo.pair import Pair, opened_pair, register
from ocpilot.demo.platforms import Opener, require_free
from ocpilot.simulator.make import OcppVersion
from ocpilot.wire import codec
from ocpilot.wire.protocol import SUPPORTED, Version

#: Of the demo's stations, in turn.
_OCPP = tuple(OcppVersion)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`ocpilot demo`."""
    parser = subparsers.add_parser(
        "demo",
        help="an operator, a provider and cars that charge, on this machine",
        description="Starts two platforms that roam with each other, with 26 sites in Sweden and simulated cars.",
        epilog="example: ocpilot demo --once --json --ocpi 2.2.1",
    )
    parser.add_argument("--once", action="store_true", help="play one charge in fast-forward and end")
    parser.add_argument("--json", action="store_true", help="with --once: print one JSON object")
    parser.add_argument("--ocpi", choices=[str(version) for version in SUPPORTED], help="the OCPI version to speak")
    parser.add_argument(
        "--ocpp", choices=[str(version) for version in OcppVersion], help="the OCPP version of stations"
    )
    parser.add_argument("--folder", type=Path, help="keep data here (default: demo-data; with --once a fresh folder)")
    parser.add_argument(
        "--port", type=int, default=8811, help="the operator's port (%(default)s); the provider takes the next one"
    )


async def run(args: argparse.Namespace, open_platform: Opener) -> int:
    """0: every step happened and both agree on the cost."""
    version = Version(args.ocpi) if args.ocpi else None
    ocpp = (OcppVersion(args.ocpp),) if args.ocpp else _OCPP
    if not args.once:
        return await _stay(args, open_platform, version, ocpp)
    receipts = args.folder or Path(tempfile.mkdtemp(prefix="ocpilot-receipt-"))
    receipts.mkdir(parents=True, exist_ok=True)
    outcome = await story.play(open_platform, version, ocpp, receipts, tell=not args.json)
    if args.json:
        print(codec.dumps(msgspec.to_builtins(outcome, builtin_types=(Decimal,))).decode())
    else:
        print(f"\n{outcome.kwh:f} kWh cost {outcome.total_cost:f} {outcome.currency}; receipt: {outcome.receipt}")
    if not outcome.agrees:
        raise OcpilotError(f"operator {outcome.total_cost:f}, provider {outcome.provider_total:f}: they do not agree")
    return 0


async def _stay(
    args: argparse.Namespace, open_platform: Opener, version: Version | None, ocpp: Sequence[OcppVersion]
) -> int:
    folder = (args.folder or Path("demo-data")).resolve()
    ports = (args.port, args.port + 1)
    for port in ports:
        require_free(port)
    print(f"Setting up an operator and a provider in {folder} ...", flush=True)
    async with opened_pair(folder, open_platform, ports=ports, cdr_delay=2.0) as pair:
        spoken = await register(pair, version)
        print(f"They registered with each other over OCPI {spoken}. Cars are coming ...", flush=True)
        chance = random.Random()
        with contextlib.suppress(asyncio.CancelledError):
            print(_welcome(pair), flush=True)
            await live.earlier_charges(pair, chance, ocpp)
            await live.first_invoices(pair.provider_view)
            await live.keep_charging(pair, chance, ocpp)
    return 0


def _welcome(pair: Pair) -> str:
    drivers = "\n".join(f"{'':19}{one.email:20}{one.language}  {one.pays}" for one in people.DRIVERS)
    return f"""
  Driver pages     {pair.provider.url}/           all of them with the password  {people.PASSWORD}
{drivers}
  Operator console {pair.operator.url}/console    {people.OPERATOR_EMAIL}  {people.PASSWORD}
  Provider console {pair.provider.url}/console    {people.PROVIDER_EMAIL}  {people.PASSWORD}
  OCPI             {pair.operator.url}/ocpi/versions and {pair.provider.url}/ocpi/versions

26 sites, and cars that charge all the time. Stop with Ctrl-C.
"""
