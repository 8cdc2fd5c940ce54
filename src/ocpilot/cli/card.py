"""`ocpilot card list|show|capture|release|refund`: card payments, and what a person decides about one."""

import argparse
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Protocol

import msgspec

from ocpilot.app.cards.terminal_payments import TerminalRow
from ocpilot.app.kept.card_records import CardPayment, CardStep
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.cli.tables import aligned

_CONFIG = "settings file (TOML)"


class CardCommands(Protocol):
    """What the platform does for this command."""

    async def all(self, limit: int, *, needing: bool) -> Sequence[CardPayment]:
        """The newest payments, or those that need a person."""

    async def terminals(self, limit: int) -> Sequence[TerminalRow]:
        """Those at terminals of a provider."""

    async def show(self, payment_id: str) -> tuple[CardPayment, Sequence[CardStep]]:
        """One with its steps."""

    async def capture(self, payment_id: str) -> CardPayment:
        """Try again to take what is due."""

    async def release(self, payment_id: str, why: str) -> CardPayment:
        """Take nothing."""

    async def refund(self, payment_id: str, amount: Decimal | None, why: str) -> CardPayment:
        """Give some of it back, or all."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot card list|show|capture|release|refund`."""
    parser = subparsers.add_parser("card", help="card payments: what was reserved, taken and given back")
    actions = parser.add_subparsers(dest="action", required=True)
    listing = actions.add_parser("list", help="the newest payments", epilog="example: ocpilot card list --needs-person")
    listing.add_argument("--needs-person", action="store_true", help="only those that do not go on by themselves")
    listing.add_argument("--terminals", action="store_true", help="those at terminals of a provider instead")
    listing.add_argument("--limit", type=int, default=50, metavar="N", help="how many (50)")
    words = {
        "show": "one payment with every step",
        "capture": "try again to take what a charge came to",
        "release": "take nothing: the driver has his money again",
        "refund": "give back what was taken, or a part of it",
    }
    for word, about in words.items():
        one = actions.add_parser(word, help=about, epilog=f"example: ocpilot card {word} PAYMENT{_MORE.get(word, '')}")
        one.add_argument("payment", help="id of the payment")
        if word in _MORE:
            one.add_argument("--why", required=True, help="kept with the step")
        if word == "refund":
            one.add_argument("--amount", metavar="A", help="how much (all that is left)")
    for one in actions.choices.values():
        one.add_argument("--config", help=_CONFIG)
        one.add_argument("--json", action="store_true", help="for programs")
    return parser


_MORE = {"release": ' --why "the station broke"', "refund": ' --amount 50 --why "it was slow"'}


async def run(args: argparse.Namespace, cards: CardCommands) -> int:
    """Prints, or does what a person decided; `ocpilot serve` goes on from there."""
    match args.action:
        case "list" if args.terminals:
            _print_terminals(await cards.terminals(args.limit), args.json)
        case "list":
            _print_all(await cards.all(args.limit, needing=args.needs_person), args.json)
        case "show":
            _print_one(*await cards.show(args.payment), args.json)
        case "capture":
            _print_done(await cards.capture(args.payment), args.json)
        case "release":
            _print_done(await cards.release(args.payment, args.why), args.json)
        case _:
            _print_done(await cards.refund(args.payment, _amount(args.amount), args.why), args.json)
    return 0


def _amount(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        raise UserError(f"--amount: found {text!r}, expected a number such as 12.50") from None


def _print_all(payments: Sequence[CardPayment], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode([_shown(one) for one in payments]).decode())
    elif not payments:
        print("no card payments; they are taken once [cards] is set, see docs/guides/cards.md")
    else:
        print(*aligned([*_rows(payments)], left=True), sep="\n")


def _rows(payments: Sequence[CardPayment]) -> Iterator[tuple[str, ...]]:
    yield "payment", "begun", "EVSE", "state", "reserved", "taken", "receipt", "needs"
    for one in payments:
        money = (f"{one.amount} {one.currency}", f"{one.captured - one.refunded}")
        yield one.id, time.write(one.created_at), one.evse_id, str(one.state), *money, one.receipt or "-", one.needs


def _print_terminals(rows: Sequence[TerminalRow], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode([_shown_terminal(row) for row in rows]).decode())
    elif not rows:
        print("nobody has paid at a terminal whose receipts are ours")
    else:
        table = [("receipt", "at", "provider", "reference", "due", "taken", "state", "why")]
        for row in rows:
            one = row.payment
            taken = "-" if one.captured is None else str(one.captured)
            place = (one.receipt, time.write(one.at), row.peer, one.reference)
            table.append((*place, f"{one.due} {one.currency}", taken, str(row.state), one.why))
        print(*aligned(table, left=True), sep="\n")


def _print_one(payment: CardPayment, steps: Sequence[CardStep], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(_shown(payment) | {"steps": [_step(one) for one in steps]}).decode())
        return
    for name, value in _shown(payment).items():
        print(f"{name}: {'-' if value is None or value == '' else value}")
    print(*aligned([(time.write(one.at), one.after, one.who, one.what) for one in steps], left=True), sep="\n")


def _print_done(payment: CardPayment, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(_shown(payment)).decode())
    else:
        print(f"{payment.id} is {payment.state}; `ocpilot serve` does the rest within seconds")


def _shown(one: CardPayment) -> dict[str, object]:
    """Without the link, which is the driver's alone."""
    amounts = {name: getattr(one, name) for name in ("amount", "due", "captured", "refunded")}
    return {
        "id": one.id,
        "state": str(one.state),
        "needs": one.needs,
        "why": one.why,
        "evse_id": one.evse_id,
        "place": one.place,
        "currency": one.currency,
        **{name: None if value is None else str(value) for name, value in amounts.items()},
        "card": one.card,
        "reference": one.reference,
        "session_id": one.session_id,
        "receipt": one.receipt,
        "created_at": time.write(one.created_at),
        "changed_at": time.write(one.changed_at),
    }


def _shown_terminal(row: TerminalRow) -> dict[str, object]:
    one = row.payment
    return {
        "receipt": one.receipt,
        "state": str(row.state),
        "why": one.why,
        "provider": row.peer,
        "cdr": f"{one.key.party}/{one.key.id}",
        "authorization_reference": one.reference,
        "currency": one.currency,
        "due": str(one.due),
        "captured": None if one.captured is None else str(one.captured),
        "confirmation": one.advice,
        "at": time.write(one.at),
    }


def _step(one: CardStep) -> dict[str, object]:
    return {"at": time.write(one.at), "state": str(one.after), "what": one.what, "who": one.who}
