"""Invoices as `ocpilot invoice` prints them: a line each, one with all that is on it, or JSON."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from ocpilot.app.invoicing.invoicing import Due
from ocpilot.app.invoicing.sending import Outcome, Sent
from ocpilot.app.kept.bill_records import BillItem, KeptInvoice, Listed
from ocpilot.base import time
from ocpilot.cli.tables import aligned


class Written(msgspec.Struct, kw_only=True):
    """An invoice as JSON in short, amounts as decimal texts."""

    number: str
    kind: str
    customer: str
    name: str
    issued_on: str
    due_on: str | None
    currency: str
    net: Decimal
    tax: Decimal
    payable: Decimal
    lines: int
    payment_reference: str


class Totals:
    """What a run wrote, by kind and currency."""

    def __init__(self) -> None:
        self.count = 0
        self.sums: dict[tuple[str, str], tuple[int, Decimal]] = {}

    def add(self, kept: KeptInvoice) -> None:
        """One more."""
        self.count += 1
        key = str(kept.kind), kept.invoice.currency
        count, amount = self.sums.get(key, (0, Decimal(0)))
        self.sums[key] = count + 1, amount + kept.invoice.payable


def written(kept: KeptInvoice) -> Written:
    """In short."""
    invoice = kept.invoice
    return Written(
        number=kept.number,
        kind=kept.kind,
        customer=invoice.terms.customer_number,
        name=(invoice.terms.seller if kept.kind.we_buy else invoice.terms.buyer).name,
        issued_on=invoice.issued_on.isoformat(),
        due_on=None if invoice.due_on is None else invoice.due_on.isoformat(),
        currency=invoice.currency,
        net=invoice.net,
        tax=invoice.tax,
        payable=invoice.payable,
        lines=len(invoice.lines),
        payment_reference=invoice.payment_reference,
    )


def print_written(found: Iterable[KeptInvoice], *, as_json: bool) -> None:
    """What was just written."""
    facts = [written(one) for one in found]
    if as_json:
        _print_json(facts)
        return
    for one in facts:
        print(f"{one.number}: {one.kind} to {one.name}, {one.payable} {one.currency}")


def print_totals(totals: Totals) -> None:
    """What a run wrote in all."""
    if not totals.count:
        print("nothing is due")
    for (kind, currency), (count, amount) in sorted(totals.sums.items()):
        print(f"{count} {kind}, {amount} {currency}")


def print_due(found: Sequence[Due], *, as_json: bool) -> None:
    """What a run would write."""
    if as_json:
        _print_json([one.group for one in found])
        return
    if not found:
        print("nothing is due")
        return
    head = ("customer", "name", "what", "currency", "items", "first", "last")
    table = [
        (
            one.customer.number,
            one.customer.name,
            str(one.group.purpose),
            one.group.currency,
            str(one.group.items),
            time.write(one.group.first),
            time.write(one.group.last),
        )
        for one in found
    ]
    for line in aligned((head, *table), left=True):
        print(line)


def print_list(found: Sequence[Listed], *, as_json: bool) -> None:
    """A line each, the newest first."""
    if as_json:
        _print_json([_listed(one) for one in found])
        return
    if not found:
        print("no invoices: `ocpilot invoice run` writes what is due")
        return
    head = ("number", "issued", "due", "kind", "customer", "name", "amount", "open", "state")
    rows = [
        (
            facts.number,
            facts.issued_on,
            facts.due_on or "",
            facts.kind,
            facts.customer,
            facts.name,
            f"{facts.payable} {facts.currency}",
            str(one.open),
            one.state,
        )
        for one, facts in ((one, written(one.kept)) for one in found)
    ]
    for line in aligned((head, *rows), left=True):
        print(line)


def print_one(one: Listed, items: Sequence[BillItem], *, as_json: bool) -> None:
    """All of one."""
    invoice = one.kept.invoice
    if as_json:
        _print_json({"state": one.state, "open": one.open, "invoice": invoice, "cdrs": [_cdr(item) for item in items]})
        return
    facts = written(one.kept)
    print(f"{facts.kind} {facts.number} to {facts.name} (customer {facts.customer}), issued {facts.issued_on}")
    for line in invoice.lines:
        print(f"  {line.text}: {line.net} {invoice.currency} ({line.tax.category} {line.tax.rate} %)")
    for row in invoice.taxes:
        print(f"  {row.tax.name} {row.tax.rate} % of {row.base}: {row.amount} {row.tax.reason}".rstrip())
    due = f"to pay {invoice.payable} {invoice.currency} by {facts.due_on or '-'}"
    print(f"  total {invoice.total}, {due}, open {one.open}")
    print(f"  {one.state}; reference {invoice.payment_reference}; {len(items)} CDRs and fees")


def print_sent(sent: Sent, *, as_json: bool) -> None:
    """What became of one."""
    if as_json:
        _print_json(sent)
        return
    where = f"{sent.way} to {sent.recipient or '-'}"
    print(f"{sent.number}: {sent.outcome}, {where}" + (f": {sent.problem}" if sent.problem else ""))


def print_all_sent(count: Counter[Outcome]) -> None:
    """What became of all."""
    if not count:
        print("every invoice was sent")
        return
    print(", ".join(f"{number} {outcome}" for outcome, number in sorted(count.items())))


def _listed(one: Listed) -> dict[str, object]:
    return {**msgspec.to_builtins(written(one.kept), builtin_types=(Decimal,)), "open": one.open, "state": one.state}


def _cdr(item: BillItem) -> dict[str, object]:
    return {
        "party": str(item.key.party),
        "id": item.key.id,
        "at": time.write(item.at),
        "kwh": item.kwh,
        "net": item.net,
    }


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())
