"""`ocpilot customer`: who gets invoices, and whose Tokens they are."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from ocpilot.app.books.closing import Closed
from ocpilot.app.customers.customer_fields import FIELDS, texts_of
from ocpilot.app.customers.customer_table import NUMBER, TOKENS, Row
from ocpilot.app.customers.customers import Saved
from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.cli.csv_table import csv_lines
from ocpilot.cli.options import add_action
from ocpilot.cli.reading import read_file
from ocpilot.cli.tables import aligned

_FIELD_LINES = "\n".join(f"  {name:<20} {about}".rstrip() for name, about in FIELDS.items() if name != "kind")
_ADD = f"""\
fields:
{_FIELD_LINES}

examples:
  ocpilot customer add driver name="Anna Ek" email=anna@example.org plan=GOLD
  ocpilot customer add company name="Bud AB" country=SE organisation_number=556703-7485 vat_number=SE556703748501
  ocpilot customer add provider name="Res AB" country=DE vat_number=DE136695976 party=DE/RES
  ocpilot customer add host name="Torget AB" locations=LOC1 share=15 bankgiro=5050-1055
  ocpilot customer add home name="Bo Ek" locations=BO-EK home_rate=1.85 currency=SEK
"""
_SET = """\
fields: see `ocpilot customer add --help`; an empty one is emptied

examples:
  ocpilot customer set 10001 plan=GOLD
  ocpilot customer set 10001 plan=GOLD plan_since=2026-12-01
  ocpilot customer set 10001 vat_number=
"""
_IMPORT = f"""\
A line per customer. Columns are the fields of `ocpilot customer add`; kind and name must be there. `{NUMBER}` names one
who is there and is changed; `{TOKENS}` are uids with spaces, his from now on.

    kind,name,country,email,plan,tokens
    driver,Anna Ek,SE,anna@example.org,GOLD,04A1B2C3 04D4E5F6

examples:
  ocpilot customer import customers.csv --dry-run
  ocpilot customer import customers.csv
"""
_GIVE = """\
examples:
  ocpilot customer token give 10001 04A1B2C3 --driver "Anna Ek" --cost-centre 4711
  ocpilot customer token give 10001 04A1B2C3 --since 2026-11-01T00:00:00+01:00 --take-over
  ocpilot customer token give 10001 --account anna@example.org
"""


class CustomerCommands(Protocol):
    """What the platform does for this command."""

    async def add(self, texts: Mapping[str, str]) -> Saved:
        """A new one."""

    async def change(self, number: str, texts: Mapping[str, str]) -> Saved:
        """Other fields of one."""

    async def all(self, kind: CustomerKind | None) -> Sequence[Customer]:
        """All of them, or of a kind."""

    async def show(self, number: str) -> tuple[Customer, Sequence[CustomerToken]]:
        """One with his Tokens."""

    async def take(self, rows: Sequence[Row], *, dry_run: bool) -> Sequence[Saved]:
        """Add or change those of a table."""

    async def give(
        self,
        number: str,
        uids: Sequence[str],
        *,
        account: str | None,
        driver: str,
        cost_centre: str,
        since: datetime | None,
        until: datetime | None,
        take_over: bool,
    ) -> tuple[Sequence[CustomerToken], Sequence[str]]:
        """Tokens are this customer's; which, and warnings."""

    async def close(self, number: str) -> Closed:
        """One leaves."""

    async def reopen(self, number: str) -> Customer:
        """He is one again."""

    async def take_token(self, uid: str, until: datetime | None) -> None:
        """A Token is nobody's."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot customer add|set|show|list|close|reopen|token|import`."""
    parser = subparsers.add_parser("customer", help="who gets invoices, and whose Tokens they are")
    actions = parser.add_subparsers(dest="action", required=True)
    add = add_action(actions, "add", "add a customer", _ADD)
    add.add_argument("kind", choices=[str(kind) for kind in CustomerKind], help="what he is to us")
    add.add_argument("fields", nargs="+", metavar="FIELD=TEXT", help="what is known of him")
    change = add_action(actions, "set", "change a customer", _SET)
    change.add_argument("number", metavar="NUMBER", help="customer number")
    change.add_argument("fields", nargs="+", metavar="FIELD=TEXT", help="what is to be another")
    show = add_action(actions, "show", "one customer with his Tokens", "ocpilot customer show 10001")
    show.add_argument("number", metavar="NUMBER", help="customer number")
    listing = add_action(actions, "list", "all customers", "ocpilot customer list --kind company --json")
    listing.add_argument("--kind", choices=[str(kind) for kind in CustomerKind], help="only these")
    closing = add_action(
        actions, "close", "a customer leaves: last invoice, Tokens blocked", "ocpilot customer close 10001"
    )
    closing.add_argument("number", metavar="NUMBER", help="customer number")
    reopening = add_action(actions, "reopen", "a closed customer is one again", "ocpilot customer reopen 10001")
    reopening.add_argument("number", metavar="NUMBER", help="customer number")
    taking = add_action(actions, "import", "add or change many from a table (CSV)", _IMPORT)
    taking.add_argument("file", help="CSV in UTF-8, with commas or semicolons; - is the input")
    taking.add_argument("--dry-run", action="store_true", help="only say what is wrong")
    _add_tokens(actions)
    return parser


def _add_tokens(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    tokens = actions.add_parser("token", help="whose a Token is").add_subparsers(dest="token_action", required=True)
    give = add_action(tokens, "give", "a customer pays what is charged with a Token", _GIVE)
    give.add_argument("number", metavar="NUMBER", help="customer number")
    give.add_argument("uids", nargs="*", metavar="UID", help="uids of Tokens")
    give.add_argument("--account", metavar="EMAIL", help="all Tokens of a driver who signs in so")
    give.add_argument("--driver", default="", metavar="NAME", help="the customer's word for who charges")
    give.add_argument("--cost-centre", default="", metavar="TEXT", help="the customer's cost centre")
    give.add_argument("--since", metavar="TIME", help="from when on, such as 2026-11-01T00:00:00+01:00 (now)")
    give.add_argument("--until", metavar="TIME", help="until when (for ever)")
    give.add_argument("--take-over", action="store_true", help="even if it is another customer's now")
    take = add_action(tokens, "take", "a Token is nobody's", "ocpilot customer token take 04A1B2C3")
    take.add_argument("uid", metavar="UID", help="uid of the Token")
    take.add_argument("--until", metavar="TIME", help="from when on (now)")


async def run(args: argparse.Namespace, customers: CustomerCommands) -> int:
    """Do `args.action`."""
    match args.action:
        case "add":
            _print_saved(await customers.add({**_texts(args.fields), "kind": args.kind}), args.json)
        case "set":
            _print_saved(await customers.change(args.number, _texts(args.fields)), args.json)
        case "show":
            _print_one(*await customers.show(args.number), args.json)
        case "list":
            _print_all(await customers.all(CustomerKind(args.kind) if args.kind else None), args.json)
        case "close":
            _print_closed(await customers.close(args.number), args.json)
        case "reopen":
            _print_saved(Saved(customer=await customers.reopen(args.number)), args.json)
        case "import":
            lines = csv_lines(read_file(args.file), ("kind", "name"), (*FIELDS, NUMBER, TOKENS))
            rows = [Row(line=line, texts=texts) for line, texts in lines]
            _print_taken(await customers.take(rows, dry_run=args.dry_run), args)
        case _:
            await _tokens(args, customers)
    return 0


async def _tokens(args: argparse.Namespace, customers: CustomerCommands) -> None:
    if args.token_action == "take":  # noqa: S105 - no password
        await customers.take_token(args.uid, _moment("--until", args.until))
        print(_json({"uid": args.uid}) if args.json else f"Token {args.uid} is nobody's")
        return
    if not args.uids and not args.account:
        raise UserError("found no Token, expected uids or --account EMAIL")
    given, warnings = await customers.give(
        args.number,
        args.uids,
        account=args.account,
        driver=args.driver,
        cost_centre=args.cost_centre,
        since=_moment("--since", args.since),
        until=_moment("--until", args.until),
        take_over=args.take_over,
    )
    if args.json:
        print(_json({"tokens": [_token_row(one) for one in given], "warnings": warnings}))
        return
    for one in given:
        print(f"Token {one.uid} is customer {args.number}'s from {time.write(one.since)}")
    _print_warnings(warnings)


def _texts(fields: Sequence[str]) -> dict[str, str]:
    found = {}
    for field in fields:
        name, sign, text = field.partition("=")
        if not sign:
            raise UserError(f"found {field!r}, expected FIELD=TEXT such as country=SE")
        found[name] = text
    return found


def _moment(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return time.parse(text)
    except ValueError:
        raise UserError(f"{option}: found {text!r}, expected a time such as 2026-11-01T00:00:00+01:00") from None


def _print_saved(saved: Saved, as_json: bool) -> None:
    if as_json:
        print(_json({**_customer_row(saved.customer), "warnings": saved.warnings}))
        return
    print(f"customer {saved.customer.number}: {saved.customer.name} ({saved.customer.kind})")
    _print_warnings(saved.warnings)


def _print_closed(closed: Closed, as_json: bool) -> None:
    customer, written = closed.customer, [kept.number for kept in closed.invoices]
    if as_json:
        owes = {currency: f"{amount:f}" for currency, amount in closed.owes.items()}
        print(_json({**_customer_row(customer), "tokens": closed.tokens, "invoices": written, "owes": owes}))
        return
    print(f"customer {customer.number} is closed since {_written(customer.closed_at)}")
    print(f"  Tokens blocked: {', '.join(closed.tokens) or 'none'}")
    print(f"  last invoices: {', '.join(written) or 'none, nothing was left to bill'}")
    for currency, amount in closed.owes.items():
        if amount:
            print(f"  {'owes us' if amount > 0 else 'is owed by us'} {abs(amount)} {currency}")


def _written(at: datetime | None) -> str:
    return time.write(at) if at else ""


def _print_taken(taken: Sequence[Saved], args: argparse.Namespace) -> None:
    if args.json:
        print(_json([{**_customer_row(one.customer), "warnings": one.warnings} for one in taken]))
        return
    for one in taken:
        print(f"{one.customer.number or 'new':<8} {one.customer.kind:<9} {one.customer.name}")
        _print_warnings(one.warnings)
    print(f"{len(taken)} customers {'would be' if args.dry_run else 'are'} taken over")


def _print_warnings(warnings: Sequence[str]) -> None:
    for warning in warnings:
        print(f"  note: {warning}")


def _print_one(customer: Customer, tokens: Sequence[CustomerToken], as_json: bool) -> None:
    if as_json:
        print(_json({**_customer_row(customer), "tokens": [_token_row(one) for one in tokens]}))
        return
    print(f"customer {customer.number}")
    print(*(f"  {name:<20} {text}" for name, text in _customer_row(customer).items() if text), sep="\n")
    if not tokens:
        print(f"no Tokens yet: ocpilot customer token give {customer.number} UID")
        return
    rows = [("Token", "driver", "cost centre", "since", "until")]
    for one in tokens:
        until = time.write(one.until) if one.until else "-"
        rows.append((one.uid, one.driver or "-", one.cost_centre or "-", time.write(one.since), until))
    print(*aligned(rows, left=True), sep="\n")


def _print_all(customers: Sequence[Customer], as_json: bool) -> None:
    if as_json:
        print(_json([_customer_row(one) for one in customers]))
        return
    if not customers:
        print("no customers yet: `ocpilot customer add` makes one")
        return
    rows = [("number", "kind", "name", "country", "VAT number", "plan", "party")]
    rows += [
        (
            one.number,
            str(one.kind),
            one.name,
            one.party_facts.country,
            one.party_facts.vat_number or "-",
            one.plan or "-",
            str(one.party or "-"),
        )
        for one in customers
    ]
    print(*aligned(rows, left=True), sep="\n")


def _customer_row(customer: Customer) -> dict[str, str]:
    had = ", ".join(f"{one.plan or '-'} until {time.write(one.until)}" for one in customer.earlier_plans)
    return {
        "number": customer.number,
        **texts_of(customer),
        "plan_since": _written(customer.plan_since),
        "earlier_plans": had,
        "created_at": time.write(customer.created_at),
        "closed_at": _written(customer.closed_at),
    }


def _token_row(token: CustomerToken) -> dict[str, str | None]:
    return {
        "uid": token.uid,
        "driver": token.driver,
        "cost_centre": token.cost_centre,
        "since": time.write(token.since),
        "until": time.write(token.until) if token.until else None,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
