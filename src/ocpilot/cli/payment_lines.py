"""What `ocpilot payment` and `ocpilot ledger` print, as lines or as JSON."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from ocpilot.app.books.bank_payments import Taken
from ocpilot.app.books.ledger_views import CustomerAccount
from ocpilot.app.books.payment_views import PaymentView
from ocpilot.app.kept.ledger_records import Balance, KeptEntry, LedgerFault
from ocpilot.base import time
from ocpilot.base.money import HALF_UP
from ocpilot.cli.tables import aligned

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class StepRow(msgspec.Struct, kw_only=True):
    """One step of a payment, as printed."""

    what: str
    invoice: str | None
    amount: Decimal
    who: str
    why: str
    at: str


class PaymentRow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A payment, as printed. `left` is on no invoice, `why` says why; `proposals` are invoices it may be for."""

    id: int
    day: str
    amount: Decimal
    currency: str
    state: str
    left: Decimal
    why: str
    customer: str | None
    payer: str
    references: list[str]
    text: str
    account: str
    bank_id: str
    reversal: bool
    charges: Decimal
    imported_at: str
    proposals: list[str]
    steps: list[StepRow] = msgspec.field(default_factory=list)
    raw: str = ""


def print_taken(taken: Sequence[Taken], as_json: bool) -> None:
    """What became of each file."""
    if as_json:
        rows = [
            {
                "file": one.file.name,
                "format": one.file.format,
                "new": len(one.new),
                "known": one.known,
                "settled": sum(not kept.open for kept in one.new),
                "payments": [kept.id for kept in one.new],
            }
            for one in taken
        ]
        print_json(rows)
        return
    for one in taken:
        settled = sum(not kept.open for kept in one.new)
        print(
            f"{one.file.name} ({one.file.format}): {len(one.new)} new, {settled} of them settled, "
            f"{len(one.new) - settled} wait, {one.known} were there already"
        )


def print_payments(views: Sequence[PaymentView], as_json: bool, empty: str) -> None:
    """A line each; `empty` where there is none."""
    if as_json:
        print_json([row_of(one) for one in views])
    elif not views:
        print(empty)
    else:
        print(*aligned([*_table(views)], left=True), sep="\n")


def print_payment(view: PaymentView, as_json: bool) -> None:
    """One, with what became of it."""
    row = row_of(view)
    if as_json:
        print_json(row)
        return
    print(f"payment {row.id}: {row.amount} {row.currency}, {row.day}, {row.state}")
    facts = {
        "payer": row.payer,
        "references": ", ".join(row.references),
        "text": row.text,
        "bank's id": row.bank_id,
        "account": row.account,
        "bank kept": str(row.charges) if row.charges else "",
        "customer": row.customer or "",
        "left": f"{row.left} {row.currency} ({row.why.replace('_', ' ')})" if row.left else "",
        "may be for": ", ".join(row.proposals),
    }
    for name, value in facts.items():
        if value:
            print(f"  {name}: {value}")
    for step in row.steps:
        on = f" {step.invoice}" if step.invoice else ""
        print(f"  {step.at}  {step.what}{on} {step.amount} by {step.who}{f': {step.why}' if step.why else ''}")
    print(row.raw)


def row_of(view: PaymentView) -> PaymentRow:
    """As printed."""
    kept, payment = view.kept, view.kept.payment
    return PaymentRow(
        id=kept.id,
        day=payment.day.isoformat(),
        amount=payment.amount,
        currency=payment.currency,
        state=kept.state,
        left=kept.open,
        why=kept.why,
        customer=view.customer,
        payer=payment.payer,
        references=[one.reference for one in payment.named],
        text=payment.text,
        account=payment.account,
        bank_id=payment.bank_id,
        reversal=payment.is_reversal,
        charges=payment.charges,
        imported_at=time.write(kept.at),
        proposals=[one.number for one in view.proposals],
        steps=[
            StepRow(
                what=one.what, invoice=one.invoice, amount=one.amount, who=one.who, why=one.why, at=time.write(one.at)
            )
            for one in view.steps
        ],
        raw=payment.raw if view.steps else "",
    )


def print_balances(balances: Sequence[Balance], as_json: bool) -> None:
    """A line per account and currency, and that they come to nothing."""
    if as_json:
        print_json([{**msgspec.to_builtins(one, builtin_types=(Decimal,)), "balance": one.amount} for one in balances])
    elif not balances:
        print("nothing is booked yet")
    else:
        header = ("account", "debit", "credit", "balance", "")
        rows = [(str(one.account), *_sides(one), one.currency) for one in balances]
        print(*aligned([header, *rows]), sep="\n")


def print_entries(entries: Sequence[KeptEntry], as_json: bool) -> None:
    """Entries with their lines."""
    if as_json:
        print_json([{"number": one.number, "at": time.write(one.at), **_plain(one)} for one in entries])
    elif not entries:
        print("no entries")
    for kept in () if as_json else entries:
        print(f"{kept.number}  {kept.entry.day}  {kept.entry.key}  {kept.entry.text}")
        lines = [
            (f"    {line.account}", _money(line.amount, line.currency), line.currency, line.invoice or "")
            for line in kept.entry.lines
        ]
        print(*aligned(lines), sep="\n")


def print_account(account: CustomerAccount, as_json: bool) -> None:
    """A customer's lines, and what he owes."""
    customer = account.customer
    if as_json:
        rows = [msgspec.to_builtins(one, builtin_types=(Decimal,)) for one in account.rows]
        still_open = [msgspec.to_builtins(one, builtin_types=(Decimal,)) for one in account.open]
        owes = {"number": customer.number, "name": customer.name, "owes": account.owes}
        print_json({**owes, "open": still_open, "rows": rows})
        return
    print(f"{customer.number} {customer.name}")
    if not account.rows:
        print("nothing was booked for this customer")
        return
    header = ("day", "what", "invoice", "amount", "owes then", "")
    rows = []
    for one in account.rows:
        amounts = (_money(one.amount, one.currency), _money(one.balance, one.currency))
        rows.append((str(one.day), one.text, one.invoice or "", *amounts, one.currency))
    print(*aligned([header, *rows]), sep="\n")
    for left in account.open:
        print(f"open: {left.number} {_money(left.amount, left.currency)} {left.currency}")
    for currency, amount in account.owes.items():
        side = "owes us" if amount > 0 else "is owed by us" if amount < 0 else "owes us"
        print(f"{side}: {_money(abs(amount), currency)} {currency}")


def print_faults(faults: Sequence[LedgerFault], as_json: bool) -> None:
    """What does not hold."""
    if as_json:
        print_json(faults)
    elif not faults:
        print("the books hold: entries and accounts balance, invoices and payments agree with them, seals are whole")
    for one in () if as_json else faults:
        print(f"{one.what}: {one.about}: found {one.found} {one.currency}, expected {one.expected} {one.currency}")


def print_json(value: object) -> None:
    """Numbers as numbers."""
    print(_ENCODER.encode(value).decode())


def _table(views: Sequence[PaymentView]) -> Iterator[tuple[str, ...]]:
    yield "id", "day", "amount", "left", "", "state", "payer", "why or what for"
    for view in views:
        row = row_of(view)
        why = f"{row.why.replace('_', ' ')}{f'; {row.proposals[0]}?' if row.proposals else ''}" if row.left else ""
        amounts = (_money(row.amount, row.currency), _money(row.left, row.currency), row.currency)
        yield str(row.id), row.day, *amounts, row.state, row.payer, why


def _sides(one: Balance) -> tuple[str, str, str]:
    return _money(one.debit, one.currency), _money(one.credit, one.currency), _money(one.amount, one.currency)


def _money(amount: Decimal, currency: str) -> str:
    return str(HALF_UP.round(amount, currency))


def _plain(kept: KeptEntry) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(kept.entry, builtin_types=(Decimal,))
    return plain
