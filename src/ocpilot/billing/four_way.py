"""The four-way check: Session, CDR, invoice and payment of every charge, and what is missing, doubled or different.

A charge has sides: who pays us for it (SALE), and whom we pay (PURCHASE). A driver's charge at a partner's station has
both; one at our station by a partner's driver only the first.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.base.texts import mark
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
    """What is wrong. WAITS: nothing yet, and somebody has to go on. SETTLED: nothing any more, for somebody decided."""

    MISSING = "missing"
    DOUBLED = "doubled"
    DIFFERS = "differs"
    WAITS = "waits"
    SETTLED = "settled"


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


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """That what a credit note took back is given away: who decided that, when and why."""

    who: str
    day: date
    why: str


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """A bill item of the charge. `as_cdr`: it is to be what the CDR says. `credited_by` took its invoice back, and it
    is not billed again where it was `given` away."""

    side: Side
    purpose: str
    as_cdr: bool
    net: Decimal
    currency: str
    invoice: str | None = None
    credited_by: str | None = None
    given: Given | None = None


class CardTaken(msgspec.Struct, frozen=True, kw_only=True):
    """How the receipt of a charge was paid by card, here or at a terminal: what is `due` with taxes, `taken`, and
    `given_back` of that. `settled`: nothing more is to come; `late`: it ought to have, `why` says what is in the way.
    `booked`: the sale is in the ledger."""

    about: str
    due: Decimal
    taken: Decimal
    given_back: Decimal
    settled: bool
    late: bool
    booked: bool
    why: str = ""


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What the driver owes by a receipt that no card pays: `due` with taxes, `open` of that. `booked`: the sale is in
    the ledger; `fell`: it was taken out again."""

    receipt: str
    due: Decimal
    open: Decimal
    booked: bool
    fell: bool = False


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
    card: CardTaken | None = None
    owed: Owed | None = None
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


class Text(msgspec.Struct, frozen=True):
    """A sentence with places for values, as it is translated; `str` has it in English."""

    says: str
    values: dict[str, str] = {}

    def __str__(self) -> str:
        return self.says.format(**self.values)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One fault. `about` is a CDR, Session or invoice, as one looks it up; `where` says where to look, a path of the
    console."""

    step: Step
    fault: Fault
    about: str
    partner: str
    found: Text
    expected: Text
    amount: Decimal = Decimal(0)
    currency: str = ""
    where: str = ""


def text(says: str, **values: object) -> Text:
    """A sentence with its values."""
    return Text(says, {name: str(value) for name, value in values.items()})


#: What ought to be there.
_A_SESSION = text(mark("the Session of the charge"))
_ONE = text(mark("one"))
_ONCE = text(mark("once"))
_ONE_OF_THEM = text(mark("one of them"))
_DECIDED = text(mark("accepted, credited or dropped"))
_NOTHING = text(mark("nothing billed"))
_ON_INVOICE = text(mark("an invoice"))
_PAID = text(mark("paid"))
_DONE = text(mark("nothing more"))
_NOT_BOOKED = text(mark("not in the ledger"))
_BILLED = {
    Side.SALE: text(mark("an invoice to the driver or the partner, or a receipt")),
    Side.PURCHASE: text(mark("the partner's invoice, or ours in his name")),
}


def of_charge(charge: Charge) -> Iterator[Finding]:
    """What is wrong with a charge up to its invoice."""
    if not charge.credit:
        yield from _session(charge)
    if charge.bills > 1 and charge.standing is Standing.COUNTS and not charge.credit:
        found = text(mark("{count} CDRs of Session {session}"), count=charge.bills, session=charge.session)
        yield _of(charge, Step.CDR, Fault.DOUBLED, found, _ONE)
    if charge.standing is Standing.HELD:
        yield _of(charge, Step.CDR, Fault.WAITS, text(mark("held: {why}"), why=charge.why), _DECIDED)
    if charge.standing is Standing.DISPUTED:
        yield _of(charge, Step.CDR, Fault.WAITS, text(mark("disputed: {why}"), why=charge.why), _DECIDED)
    for side in charge.sides:
        yield from _of_side(charge, side)
    if charge.card is not None:
        yield from _by_card(charge, charge.card)
    elif charge.owed is not None:
        yield from _by_driver(charge, charge.owed)


def _by_card(charge: Charge, card: CardTaken) -> Iterator[Finding]:
    """Of what was credited or dropped nothing is due. Less than is due may be taken by design (what was reserved was
    used up), and settles it."""
    due = Decimal(0) if charge.standing in {Standing.CREDITED, Standing.DROPPED} else card.due
    kept = card.taken - card.given_back
    if kept > due or (0 < kept < due and not card.settled):
        yield _of(charge, Step.PAYMENT, Fault.DIFFERS, _taken(charge, card, kept, due), _PAID)
    elif due and not card.settled:
        fault = Fault.MISSING if card.late else Fault.WAITS
        yield _of(charge, Step.PAYMENT, fault, _taken(charge, card, kept, due), _PAID)
    elif due and not card.booked:
        expected = text(mark("{amount} in the ledger"), amount=card.due)
        yield _of(charge, Step.PAYMENT, Fault.MISSING, _NOT_BOOKED, expected)


def _by_driver(charge: Charge, owed: Owed) -> Iterator[Finding]:
    """A receipt is due when it is issued."""
    if not owed.booked and owed.due and charge.standing is Standing.COUNTS:
        expected = text(mark("{amount} in the ledger"), amount=owed.due)
        yield _of(charge, Step.PAYMENT, Fault.MISSING, _NOT_BOOKED, expected)
    elif owed.open:
        values = {"receipt": owed.receipt, "open": abs(owed.open), "currency": charge.currency}
        driver = mark("{open} {currency} of receipt {receipt} are open: no card and no invoice pays for it")
        us = mark("{open} {currency} were paid by receipt {receipt}, and are not owed")
        yield _of(charge, Step.PAYMENT, Fault.MISSING, text(driver if owed.open > 0 else us, **values), _PAID)


def _taken(charge: Charge, card: CardTaken, kept: Decimal, due: Decimal) -> Text:
    values = {"taken": kept, "due": due, "currency": charge.currency, "why": card.why}
    if card.why:
        return text(mark("{taken} of {due} {currency} were taken from the card: {why}"), **values)
    return text(mark("{taken} of {due} {currency} were taken from the card"), **values)


def of_card(payment_id: str, needs: str) -> Finding:
    """A card payment that does not go on by itself, and is for no receipt."""
    return Finding(
        step=Step.PAYMENT,
        fault=Fault.DIFFERS,
        about=payment_id,
        partner="",
        found=text(mark("a card payment without receipt: {needs}"), needs=needs),
        expected=text(mark("a receipt, or nothing taken")),
        where=f"/console/cards/{payment_id}",
    )


def _session(charge: Charge) -> Iterator[Finding]:
    """A reservation that nobody came for costs something and has no Session."""
    if charge.session_kwh is None and charge.kwh:
        named = text(mark("no Session {session}"), session=charge.session)
        found = named if charge.session else text(mark("no Session"))
        yield _of(charge, Step.SESSION, Fault.MISSING, found, _A_SESSION)
    elif charge.session_kwh is not None and abs(charge.session_kwh - charge.kwh) > _ENERGY:
        found = text("{kwh} kWh", kwh=charge.session_kwh)
        expected = text(mark("{kwh} kWh as in the CDR"), kwh=charge.kwh)
        yield _of(charge, Step.SESSION, Fault.DIFFERS, found, expected)


def _of_side(charge: Charge, side: Side) -> Iterator[Finding]:
    items = [item for item in charge.items if item.side is side]
    live = [item for item in items if item.credited_by is None]
    if charge.standing is Standing.DROPPED and side is Side.PURCHASE and any(item.invoice for item in live):
        yield _of(charge, Step.BILL, Fault.DIFFERS, text(mark("dropped, and billed all the same")), _NOTHING)
    if charge.standing is not Standing.COUNTS:
        return
    named = charge.named if side is charge.sides[-1] else 0
    fell = charge.card is None and charge.owed is not None and charge.owed.fell
    receipt = charge.receipt if side is Side.SALE and not fell else None
    if not live and not named and receipt is None:
        yield _unbilled(charge, side, items)
    yield from _twice(charge, live, named, receipt)
    for item in live:
        if item.as_cdr and (abs(item.net - charge.total) > _ROUNDED or item.currency != charge.currency):
            found = text("{net} {currency} ({purpose})", net=item.net, currency=item.currency, purpose=item.purpose)
            expected = text(mark("{total} {currency} as in the CDR"), total=charge.total, currency=charge.currency)
            yield _of(charge, Step.BILL, Fault.DIFFERS, found, expected)
        if item.invoice is None and not named:
            found = text(mark("on no invoice ({purpose})"), purpose=item.purpose)
            yield _of(charge, Step.INVOICE, Fault.WAITS, found, _ON_INVOICE)


def _unbilled(charge: Charge, side: Side, items: Sequence[Billed]) -> Finding:
    taken_back = next((item for item in reversed(items) if item.credited_by is not None), None)
    if taken_back is not None and taken_back.given is not None:
        given = taken_back.given
        found = text(
            mark("given away with {credit} by {who} on {day}: {why}"),
            credit=taken_back.credited_by,
            who=given.who,
            day=given.day,
            why=given.why,
        )
        return _of(charge, Step.BILL, Fault.SETTLED, found, _DONE)
    if taken_back is not None:
        found = text(
            mark("{invoice} was taken back by {credit}, and it was not billed again"),
            invoice=taken_back.invoice,
            credit=taken_back.credited_by,
        )
        return _of(charge, Step.BILL, Fault.MISSING, found, _BILLED[side])
    if not charge.rated:
        found = text(mark("not worked out yet what is billed"))
        return _of(charge, Step.BILL, Fault.WAITS, found, _BILLED[side])
    found = text(mark("nobody pays for it")) if side is Side.SALE else text(mark("nothing says what we pay for it"))
    return _of(charge, Step.BILL, Fault.MISSING, found, _BILLED[side])


def _twice(charge: Charge, live: Sequence[Billed], named: int, receipt: str | None) -> Iterator[Finding]:
    purposes = [item.purpose for item in live]
    for purpose in sorted({one for one in purposes if purposes.count(one) > 1}):
        numbers = ", ".join(item.invoice or "–" for item in live if item.purpose == purpose)
        found = text(mark("billed twice as {purpose}: {numbers}"), purpose=purpose, numbers=numbers)
        yield _of(charge, Step.BILL, Fault.DOUBLED, found, _ONCE)
    if live and receipt:
        found = text(mark("receipt {receipt} and {invoice}"), receipt=receipt, invoice=live[0].invoice or "–")
        yield _of(charge, Step.BILL, Fault.DOUBLED, found, _ONE_OF_THEM)
    invoiced = next((item.invoice for item in live if item.invoice), None)
    if invoiced and named:
        found = text(mark("on {invoice} and on a record of the partner"), invoice=invoiced)
        yield _of(charge, Step.BILL, Fault.DOUBLED, found, _ONE_OF_THEM)
    if named > 1:
        found = text(mark("on {count} records of the partner"), count=named)
        yield _of(charge, Step.BILL, Fault.DOUBLED, found, _ONE)


def of_invoice(invoice: Invoiced, today: date) -> Iterator[Finding]:
    """What is wrong with a document and its payment."""
    if invoice.items is not None and abs(abs(invoice.items) - abs(invoice.net)) > _ROUNDED * invoice.lines:
        found = text(mark("{net}, and its charges come to {items}"), net=invoice.net, items=invoice.items)
        yield _of_invoice(invoice, Step.INVOICE, Fault.DIFFERS, found, text(mark("the same")))
    expected = side_of(invoice.kind) * invoice.to_pay
    booked = text(mark("{amount} in the ledger"), amount=expected)
    if invoice.booked is None and invoice.to_pay:
        yield _of_invoice(invoice, Step.PAYMENT, Fault.MISSING, _NOT_BOOKED, booked)
    elif invoice.booked is not None and invoice.booked != expected:
        found = text(mark("{amount} in the ledger"), amount=invoice.booked)
        yield _of_invoice(invoice, Step.PAYMENT, Fault.DIFFERS, found, booked)
    elif invoice.open * expected < 0:
        found = text(mark("{amount} paid too much"), amount=abs(invoice.open))
        yield _of_invoice(invoice, Step.PAYMENT, Fault.DIFFERS, found, text(mark("nothing open")))
    elif invoice.open:
        overdue = invoice.due_on is not None and invoice.due_on < today
        dated = text(mark("{amount} open, due {day}"), amount=abs(invoice.open), day=invoice.due_on)
        found = dated if invoice.due_on else text(mark("{amount} open"), amount=abs(invoice.open))
        yield _of_invoice(invoice, Step.PAYMENT, Fault.MISSING if overdue else Fault.WAITS, found, _PAID)


def _of(charge: Charge, step: Step, fault: Fault, found: Text, expected: Text) -> Finding:
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


def _of_invoice(invoice: Invoiced, step: Step, fault: Fault, found: Text, expected: Text) -> Finding:
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
