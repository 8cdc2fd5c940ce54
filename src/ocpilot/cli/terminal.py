"""`ocpilot terminal list|assign`: payment terminals of providers, what they serve and who writes the receipts."""

import argparse
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ocpilot.app.cards.terminals import KnownTerminal
from ocpilot.base import time
from ocpilot.cli.tables import aligned
from ocpilot.wire.v230 import InvoiceCreator

_INVOICE = {"us": InvoiceCreator.CPO, "provider": InvoiceCreator.PTP}


class TerminalCommands(Protocol):
    """What the platform does for this command."""

    async def all(self) -> Sequence[KnownTerminal]:
        """Every terminal that a provider has sent us."""

    async def assign(
        self,
        peer: str,
        terminal: str,
        *,
        locations: Sequence[str] | None,
        evses: Sequence[str] | None,
        invoice: InvoiceCreator | None,
        party: str | None,
    ) -> None:
        """Tell its provider what it serves, and who writes the receipts."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot terminal list|assign`."""
    parser = subparsers.add_parser("terminal", help="payment terminals of providers at our stations")
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="every terminal", epilog="example: ocpilot terminal list")
    listing.add_argument("--json", action="store_true", help="for programs")
    assigning = actions.add_parser(
        "assign",
        help="say what a terminal serves, and who writes the receipts",
        epilog="example: ocpilot terminal assign payr T1 --location LOC1 --invoice us",
    )
    assigning.add_argument("peer", help="name of its provider, a peer")
    assigning.add_argument("terminal", help="id of the terminal")
    assigning.add_argument("--location", action="append", metavar="ID", help="a Location; may be given several times")
    assigning.add_argument("--evse", action="append", metavar="UID", help="an EVSE; may be given several times")
    assigning.add_argument("--invoice", choices=tuple(_INVOICE), help="who writes the driver's receipt")
    assigning.add_argument("--party", metavar="SE/LAD", help="the operator of ours that says so (our first)")
    for one in actions.choices.values():
        one.add_argument("--config", help="settings file (TOML)")
    return parser


async def run(args: argparse.Namespace, terminals: TerminalCommands) -> int:
    """Prints, or tells a provider."""
    if args.action == "list":
        _print_all(await terminals.all(), args.json)
        return 0
    invoice = _INVOICE[args.invoice] if args.invoice else None
    await terminals.assign(
        args.peer, args.terminal, locations=args.location, evses=args.evse, invoice=invoice, party=args.party
    )
    print(f"{args.peer} knows what {args.terminal} serves")
    return 0


def _print_all(found: Sequence[KnownTerminal], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode([_shown(one) for one in found]).decode())
    elif not found:
        print("no provider has sent a terminal; ask one that is a peer to do so")
    else:
        table = [("provider", "terminal", "locations", "EVSEs", "receipts by")]
        for one in found:
            serves = (", ".join(one.terminal.location_ids) or "-", ", ".join(one.terminal.evse_uids) or "-")
            table.append((one.peer, one.terminal.terminal_id, *serves, str(one.terminal.invoice_creator or "-")))
        print(*aligned(table, left=True), sep="\n")


def _shown(one: KnownTerminal) -> dict[str, object]:
    terminal = one.terminal
    return {
        "provider": one.peer,
        "terminal_id": terminal.terminal_id,
        "reference": terminal.reference,
        "location_ids": terminal.location_ids,
        "evse_uids": terminal.evse_uids,
        "invoice_creator": terminal.invoice_creator,
        "invoice_base_url": terminal.invoice_base_url,
        "last_updated": time.write(terminal.last_updated),
    }
