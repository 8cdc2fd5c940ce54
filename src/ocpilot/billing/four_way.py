"""The four-way check: Session, CDR, invoice and payment of every charge, and what is missing, doubled or different.

A charge has sides: who pays us for it (SALE), and whom we pay (PURCHASE). A driver's charge at a partner's station has
both; one at our station by a partner's driver only the first.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.billing.invoice import InvoiceKind
from ocpilot.billing.ledger import side_of

#: How far the energy of Session and CDR may be apart, in kWh: a Session may miss the last meter value.
_ENERGY = Decimal("0.1")
#: What a partner is billed is the CDR's total, each of its lines rounded.
_ROUNDED = Decimal("0.02")


class Step(StrEnum):
    """Where in its life a charge is at fault."""

    SESSION = "session"
    CDR = "cdr"
    BILL = "bill"
    INVOICE = "invoice"
    PAYMENT = "payment"


class Fault(StrEnum):
    """What is wrong. WAITS: nothing yet, and somebody has to go on."""

    MISSING = "missing"
    DOUBLED = "doubled"
    DIFFERS = "differs"
    WAITS = "waits"


class Side(StrEnum):
    """Which way the money goes."""

    SALE = "sale"
    PURCHASE = "purchase"


class Standing(StrEnum):
    """Whether a CDR counts: what is accepted does, what is held or disputed waits, what was credited or dropped is
    gone."""

    COUNTS = "counts"
    HELD = "held"
    DISPUTED = "disputed"
    CREDITED = "credited"
    DROPPED = "dropped"


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """A bill item of the charge. `as_cdr`: it is to be what the CDR says. `credited_by` took its invoice back."""

    side: Side
    purpose: str
    as_cdr: bool
    net: Decimal
    currency: str
    invoice: str | None = None
    credited_by: str | None = None


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """One CDR and all that belongs to it. `cdr` is `SELAD/id`. `sides` are those it is billed on. `session` is the id
    of the Session it names, `session_kwh` None when that is not known. `bills` counts the CDRs of that Session that
    count. `named` counts the records of the partner it is on: then he bills it. `credit`: a Credit CDR."""

    cdr: str
    partner: str
    standing: Standing
    why: str
    currency: str
    total: Decimal
    kwh: Decimal
    sides: tuple[Side, ...]
    session: str | None = None
    session_kwh: Decimal | None = None
    bills: int = 1
    rated: bool = True
    receipt: str | None = None
    named: int = 0
    credit: bool = False
    items: tuple[Billed, ...] = ()


class Invoiced(msgspec.Struct, frozen=True, kw_only=True):
    """A document and what the ledger says of it: `booked` is what its entry made of the debt (None: it has none),
    `open` what is left of it. `items` is what the bill items on it come to, each as exact as it is, None when it has
    none or says more than they do; `lines` are its lines, each rounded once."""

    number: str
    partner: str
    kind: InvoiceKind
    currency: str
    net: Decimal
    to_pay: Decimal
    items: Decimal | None
    lines: int
    booked: Decimal | None
    open: Decimal
    due_on: date | None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One fault. `about` is a CDR, Session or invoice, as one looks it up; `where` says where to look, a path of the
    console."""

    step: Step
    fault: Fault
    about: str
    partner: str
    found: str
    expected: str
    amount: Decimal = Decimal(0)
    currency: str = ""
    where: str = ""


def of_charge(charge: Charge) -> Iterator[Finding]:
    """What is wrong with a charge up to its invoice."""
    if not charge.credit:
        yield from _session(charge)
    if charge.bills > 1 and charge.standing is Standing.COUNTS and not charge.credit:
        yield _of(charge, Step.CDR, Fault.DOUBLED, f"{charge.bills} CDRs of Session {charge.session}", "one")
    if charge.standing in {Standing.HELD, Standing.DISPUTED}:
        yield _of(charge, Step.CDR, Fault.WAITS, f"{charge.standing}: {charge.why}", "accepted, credited or dropped")
    for side in charge.sides:
        yield from _of_side(charge, side)


def _session(charge: Charge) -> Iterator[Finding]:
    """A reservation that nobody came for costs something and has no Session."""
    if charge.session_kwh is None and charge.kwh:
        found = f"no Session {charge.session}" if charge.session else "no Session"
        yield _of(charge, Step.SESSION, Fault.MISSING, found, "the Session of the charge")
    elif charge.session_kwh is not None and abs(charge.session_kwh - charge.kwh) > _ENERGY:
        yield _of(charge, Step.SESSION, Fault.DIFFERS, f"{charge.session_kwh} kWh", f"{charge.kwh} kWh as in the CDR")


def _of_side(charge: Charge, side: Side) -> Iterator[Finding]:
    items = [item for item in charge.items if item.side is side]
    live = [item for item in items if item.credited_by is None]
    if charge.standing is Standing.DROPPED and side is Side.PURCHASE and live:
        yield _of(charge, Step.BILL, Fault.DIFFERS, "dropped, and billed all the same", "nothing billed")
    if charge.standing is not Standing.COUNTS:
        return
    named = charge.named if side is charge.sides[-1] else 0
    receipt = charge.receipt if side is Side.SALE else None
    if not live and not named and receipt is None:
        yield _unbilled(charge, side, items)
    yield from _twice(charge, live, named, receipt)
    for item in live:
        if item.as_cdr and (abs(item.net - charge.total) > _ROUNDED or item.currency != charge.currency):
            found, expected = f"{item.net} {item.currency}", f"{charge.total} {charge.currency} as in the CDR"
            yield _of(charge, Step.BILL, Fault.DIFFERS, f"{found} ({item.purpose})", expected)
        if item.invoice is None and not named:
            yield _of(charge, Step.INVOICE, Fault.WAITS, f"on no invoice ({item.purpose})", "an invoice")


def _unbilled(charge: Charge, side: Side, items: Sequence[Billed]) -> Finding:
    taken_back = next((item for item in items if item.credited_by is not None), None)
    if taken_back is not None:
        found = f"{taken_back.invoice} was taken back by {taken_back.credited_by}, and it was not billed again"
        return _of(charge, Step.BILL, Fault.MISSING, found, f"a {side}")
    if not charge.rated:
        return _of(charge, Step.BILL, Fault.WAITS, "not worked out yet what is billed", f"a {side}")
    return _of(charge, Step.BILL, Fault.MISSING, f"no {side}", "an invoice, a receipt or a record of the partner")


def _twice(charge: Charge, live: Sequence[Billed], named: int, receipt: str | None) -> Iterator[Finding]:
    purposes = [item.purpose for item in live]
    for purpose in sorted({one for one in purposes if purposes.count(one) > 1}):
        numbers = ", ".join(item.invoice or "none yet" for item in live if item.purpose == purpose)
        yield _of(charge, Step.BILL, Fault.DOUBLED, f"billed twice as {purpose}: {numbers}", "once")
    if live and receipt:
        found = f"receipt {receipt} and {live[0].invoice or 'a bill'}"
        yield _of(charge, Step.BILL, Fault.DOUBLED, found, "one of them")
    invoiced = next((item.invoice for item in live if item.invoice), None)
    if invoiced and named:
        yield _of(charge, Step.BILL, Fault.DOUBLED, f"on {invoiced} and on a record of the partner", "one of them")
    if named > 1:
        yield _of(charge, Step.BILL, Fault.DOUBLED, f"on {named} records of the partner", "one")


def of_invoice(invoice: Invoiced, today: date) -> Iterator[Finding]:
    """What is wrong with a document and its payment."""
    if invoice.items is not None and abs(abs(invoice.items) - abs(invoice.net)) > _ROUNDED * invoice.lines:
        found = f"{invoice.net}, and its charges come to {invoice.items}"
        yield _of_invoice(invoice, Step.INVOICE, Fault.DIFFERS, found, "the same")
    expected = side_of(invoice.kind) * invoice.to_pay
    if invoice.booked is None and invoice.to_pay:
        yield _of_invoice(invoice, Step.PAYMENT, Fault.MISSING, "not in the ledger", str(expected))
    elif invoice.booked is not None and invoice.booked != expected:
        yield _of_invoice(invoice, Step.PAYMENT, Fault.DIFFERS, f"{invoice.booked} in the ledger", str(expected))
    elif invoice.open * expected < 0:
        yield _of_invoice(invoice, Step.PAYMENT, Fault.DIFFERS, f"{abs(invoice.open)} paid too much", "nothing open")
    elif invoice.open:
        overdue = invoice.due_on is not None and invoice.due_on < today
        found = f"{abs(invoice.open)} open" + (f", due {invoice.due_on}" if invoice.due_on else "")
        yield _of_invoice(invoice, Step.PAYMENT, Fault.MISSING if overdue else Fault.WAITS, found, "paid")


def _of(charge: Charge, step: Step, fault: Fault, found: str, expected: str) -> Finding:
    return Finding(
        step=step,
        fault=fault,
        about=charge.cdr,
        partner=charge.partner,
        found=found,
        expected=expected,
        amount=charge.total,
        currency=charge.currency,
        where=f"/console/cdrs/{charge.cdr[:2]}/{charge.cdr[2:]}",
    )


def _of_invoice(invoice: Invoiced, step: Step, fault: Fault, found: str, expected: str) -> Finding:
    return Finding(
        step=step,
        fault=fault,
        about=invoice.number,
        partner=invoice.partner,
        found=found,
        expected=expected,
        amount=abs(invoice.open),
        currency=invoice.currency,
        where=f"/console/invoices/{invoice.number}",
    )
