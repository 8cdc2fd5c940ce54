"""`ocpilot payment`: bank files into the books, and what is done with payments that are not matched."""

import argparse
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Protocol

from ocpilot.app.books.bank_payments import Taken
from ocpilot.app.books.payment_views import PaymentView
from ocpilot.base.errors import UserError
from ocpilot.cli import payment_lines
from ocpilot.cli.options import add_action

_EMPTY = "no payments; import them with: ocpilot payment import FILE"


class PaymentCommands(Protocol):
    """What the platform does for this command."""

    async def take(self, name: str, data: bytes) -> Taken:
        """Book what is new in a file; InvalidObject when it is broken."""

    async def listed(self, *, unmatched: bool, limit: int) -> Sequence[PaymentView]:
        """The newest payments."""

    async def doubled(self, limit: int) -> Sequence[PaymentView]:
        """Those in the books that another kind of file seems to have told of too."""

    async def of_invoice(self, number: str) -> Sequence[PaymentView]:
        """Those that were ever matched with an invoice."""

    async def show(self, payment_id: int) -> PaymentView:
        """One with what became of it; NotFound."""

    async def match(self, payment_id: int, number: str, amount: Decimal | None) -> None:
        """Settle an invoice with what is left of a payment, or some of it."""

    async def unmatch(self, payment_id: int, why: str) -> None:
        """Take a payment off its invoices."""

    async def refund(self, payment_id: int, by: int | None) -> None:
        """What is left of it was paid back."""

    async def book(self, payment_id: int) -> None:
        """One that is held is money of its own."""

    async def drop(self, payment_id: int, why: str) -> None:
        """It is the same as another one."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot payment import|list|show|match|unmatch|refund|book|drop`."""
    parser = subparsers.add_parser("payment", help="payments of bank files, and the invoices they settle")
    actions = parser.add_subparsers(dest="action", required=True)
    take = add_action(actions, "import", "book what is new in bank files", "ocpilot payment import november.bgmax")
    take.add_argument("files", nargs="+", metavar="FILE", help="BgMax (Bankgirot) or camt.053 (ISO 20022)")
    listed = add_action(actions, "list", "the newest payments", "ocpilot payment list --unmatched")
    listed.add_argument("--unmatched", action="store_true", help="only those of which something is on no invoice")
    listed.add_argument(
        "--doubled", action="store_true", help="only those in the books that another kind of bank file told of before"
    )
    listed.add_argument("--invoice", metavar="NUMBER", help="only those that were matched with this invoice")
    listed.add_argument("--limit", metavar="N", type=int, default=100, help="at most so many (100)")
    show = add_action(actions, "show", "one payment, and what became of it", "ocpilot payment show 17")
    match = add_action(actions, "match", "settle an invoice with a payment", "ocpilot payment match 17 F-000123")
    unmatch = add_action(
        actions, "unmatch", "take a payment off its invoices", 'ocpilot payment unmatch 17 --why "another customer"'
    )
    refund = add_action(actions, "refund", "what is left of one was paid back", "ocpilot payment refund 17 --by 21")
    book = add_action(actions, "book", "one that is held is money of its own: book it", "ocpilot payment book 18")
    drop = add_action(
        actions, "drop", "it is the same money as another payment", 'ocpilot payment drop 18 --why "payment 12"'
    )
    for one in (show, match, unmatch, refund, book, drop):
        one.add_argument("id", type=int, metavar="ID", help="number of the payment")
    match.add_argument("invoice", metavar="INVOICE", help="number of the invoice")
    match.add_argument("--amount", metavar="A", help="only so much of it (else as much as is left and open)")
    drop.add_argument("--why", required=True, help="which payment it is the same as")
    unmatch.add_argument("--why", required=True, help="why the match was wrong")
    refund.add_argument(
        "--by", type=int, metavar="ID", help="the payment out of a bank file by which it went back (else: another way)"
    )
    return parser


async def run(args: argparse.Namespace, payments: PaymentCommands) -> int:
    """Do `args.action` and print what there is then."""
    match args.action:
        case "import":
            taken = [await payments.take(Path(name).name, _read(name)) for name in args.files]
            payment_lines.print_taken(taken, args.json)
            return 0
        case "list" if args.invoice:
            payment_lines.print_payments(await payments.of_invoice(args.invoice), args.json, "it is matched with none")
            return 0
        case "list":
            if args.limit < 1:
                raise UserError(f"--limit: found {args.limit}, expected 1 or more")
            if args.doubled:
                found, empty = await payments.doubled(args.limit), "no payment in the books seems to be there twice"
            else:
                found = await payments.listed(unmatched=args.unmatched, limit=args.limit)
                empty = "every payment is matched" if args.unmatched else _EMPTY
            payment_lines.print_payments(found, args.json, empty)
            return 0
        case "match":
            await payments.match(args.id, args.invoice, amount_of(args.amount))
        case "unmatch":
            await payments.unmatch(args.id, args.why)
        case "refund":
            await payments.refund(args.id, args.by)
        case "book":
            await payments.book(args.id)
        case "drop":
            await payments.drop(args.id, args.why)
    payment_lines.print_payment(await payments.show(args.id), args.json)
    return 0


def amount_of(text: str | None) -> Decimal | None:
    """An amount above zero; UserError."""
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not (amount.is_finite() and amount > 0):
        raise UserError(f"--amount: found {text!r}, expected an amount such as 125.50")
    return amount


def _read(name: str) -> bytes:
    return Path(name).read_bytes()
