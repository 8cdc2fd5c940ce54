"""`ocpilot charge`: charges of our stations that wait for a person: listed with the reason, billed or dropped."""

import argparse
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ocpilot.app.charges.finding_words import WORDS
from ocpilot.app.transactions.held_charges import HeldCharge
from ocpilot.base import time


class ChargeCommands(Protocol):
    """What the platform does for `ocpilot charge`."""

    async def held(self) -> Sequence[HeldCharge]:
        """Those that wait for a person, oldest first."""

    async def release(self, number: int, uid: str | None, evse_uid: str | None) -> str:
        """Bill one; the id of its Session. NotFound, Conflict."""

    async def drop(self, number: int, why: str | None) -> None:
        """Never bill one. NotFound, Conflict."""


class HeldFacts(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A held charge as JSON. `kwh` and the cost are what it would come to, null where that cannot be said."""

    transaction: int
    session: str
    station: str
    evse: str
    id_tag: str
    start: str
    end: str | None
    kwh: str | None
    cost_before_taxes: str | None
    currency: str | None
    because: str
    findings: list[dict[str, str]]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot charge ACTION`."""
    parser = subparsers.add_parser("charge", help="charges that wait for a person: list, bill or drop them")
    actions = parser.add_subparsers(dest="action", required=True)
    held = actions.add_parser("held", help="those that wait, and why", epilog="example: ocpilot charge held --json")
    held.add_argument("--json", action="store_true", help="print JSON")
    release = actions.add_parser(
        "release",
        help="bill one as it is",
        epilog="example: ocpilot charge release 4711; of an unknown card: ocpilot charge release 4711 --token 04A1B2C3;"
        " at a connector its station did not have: ocpilot charge release 4711 --evse LOC1-3",
    )
    release.add_argument("number", type=int, help="the transaction, as `ocpilot charge held` shows it")
    release.add_argument("--token", metavar="UID", help="whose charge it was, where the station did not say")
    release.add_argument(
        "--evse",
        metavar="UID",
        help="which EVSE it was at, where the station named a connector that is not known; it is that one from now on, "
        "and all charges held there are judged again",
    )
    drop = actions.add_parser(
        "drop", help="never bill one", epilog='example: ocpilot charge drop 4711 --why "test of the electrician"'
    )
    drop.add_argument("number", type=int, help="the transaction, as `ocpilot charge held` shows it")
    drop.add_argument("--why", help="the reason that is kept with it")
    for action in (held, release, drop):
        action.add_argument("--config", help="settings file (TOML)")
    return parser


async def run(args: argparse.Namespace, charges: ChargeCommands) -> int:
    """Prints what waits, or what was done."""
    match args.action:
        case "held":
            print_held(await charges.held(), args.json)
        case "release":
            session = await charges.release(args.number, args.token, args.evse)
            print(f"transaction {args.number} will be billed: session {session}")
        case _:
            await charges.drop(args.number, args.why)
            print(f"transaction {args.number} will not be billed")
    return 0


def print_held(found: Sequence[HeldCharge], as_json: bool) -> None:
    """One after the other, with all that was odd about it."""
    if as_json:
        print(msgspec.json.encode([_facts(one) for one in found]).decode())
        return
    if not found:
        print("no charge waits for a person")
    for one in found:
        facts = _facts(one)
        cost = (
            f"{facts.kwh} kWh, {facts.cost_before_taxes} {facts.currency}" if facts.kwh else "energy and cost unknown"
        )
        print(f"{facts.transaction}  {facts.station} {facts.evse}  {facts.start} to {facts.end or '-'}  {cost}")
        print(f"    held: {facts.because}")
        for finding in one.findings:
            print(f"    {WORDS[finding.kind]}: {finding.found}")


def _facts(one: HeldCharge) -> HeldFacts:
    transaction, charge = one.transaction, one.charge
    cost = charge.priced.total_cost if charge else None
    return HeldFacts(
        transaction=transaction.id,
        session=transaction.session_id,
        station=transaction.station_id,
        evse=transaction.evse_uid,
        id_tag=transaction.id_tag,
        start=time.write(transaction.started_at),
        end=time.write(transaction.stopped_at) if transaction.stopped_at else None,
        kwh=f"{charge.measured.kwh.normalize():f}" if charge else None,
        cost_before_taxes=f"{cost.before_taxes:f}" if cost else None,
        currency=charge.currency if charge else None,
        because=transaction.held_because or "",
        findings=[
            {"kind": finding.kind, "found": finding.found, "words": WORDS[finding.kind]} for finding in one.findings
        ],
    )
