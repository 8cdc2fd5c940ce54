"""Payments of bank files: taken into the books once, matched with invoices, unmatched, paid back; never lost.

Every step is a new ledger entry. What is on no invoice is on UNMATCHED until a person decides.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ocpilot.app import book_days
from ocpilot.app.books import held_payments
from ocpilot.app.books.payment_matching import Found, debt_of, found
from ocpilot.app.kept.bank_payment_records import BankFile, Deciding, KeptPayment, Move, PaymentStep, StepKind
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, InvalidObject, NotFound, UserError
from ocpilot.base.money import HALF_UP
from ocpilot.base.problem import Problem
from ocpilot.billing import bgmax, camt
from ocpilot.billing.bank_payment import LARGEST_FILE, BankPayment, PaymentFile
from ocpilot.billing.settling import (
    ZERO,
    Debt,
    Held,
    Left,
    Share,
    customer_of,
    entry_of_payment,
    shares,
    why_left,
)
from ocpilot.billing.told_twice import Told, told_before

#: Who matched what the bank's references decided.
_BY_ITSELF = "import"


class Taken(Record, frozen=True, kw_only=True):
    """What became of a file: payments that are new, and how many were there already."""

    file: BankFile
    new: tuple[KeptPayment, ...] = ()
    known: int = 0


def read_file(name: str, data: bytes) -> PaymentFile:
    """A bank's file of either format. InvalidObject names all that is wrong with it."""
    if bgmax.is_bgmax(data):
        return bgmax.read(data, name)
    if camt.is_camt(data):
        return camt.read(data, name)
    raise InvalidObject(
        [Problem(path="line 1", found=repr(data[:20])[1:], expected="BgMax (01BGMAX...) or camt.053 (XML)")], name
    )


async def take_file(platform: Platform, name: str, data: bytes, who: str) -> Taken:
    """Book every payment of a file that is not in the books yet. InvalidObject: it is broken, and nothing was booked.

    Each payment is one transaction; a run that was stopped is run again.
    """
    if len(data) > LARGEST_FILE:
        raise UserError(f"{name}: found {len(data)} bytes, expected at most {LARGEST_FILE}")
    content = await asyncio.to_thread(read_file, name, data)
    noted = BankFile(
        digest=hashlib.sha256(data).hexdigest(),
        name=name,
        format=content.format,
        payments=len(content.payments),
        who=who,
        at=platform.clock(),
    )
    file = await platform.store.bank_payments.add_file(noted)
    if file.finished:
        return Taken(file=file, known=len(content.payments))
    open_from = await platform.store.ledger.open_from()
    kept = [await _take(platform, file, payment, open_from) for payment in content.payments]
    await platform.store.bank_payments.finished(file.id)
    new = tuple(one for one in kept if one is not None)
    return Taken(file=msgspec.structs.replace(file, finished=True), new=new, known=len(kept) - len(new))


async def match(
    platform: Platform, payment_id: int, number: str, amount: Decimal | None, who: str, *, left: Decimal | None = None
) -> KeptPayment:
    """Settle an invoice with what is left of a payment, or with `amount` of it. `left` is what of it was left when
    somebody decided that.

    NotFound; Conflict when nothing is left, or not `left`, the currency is another, or more is wanted than is left or
    open.
    """
    debt = await debt_of(platform, number)
    return await _move(platform, payment_id, [debt.number], _matching(platform, debt, amount, who, left))


async def unmatch(platform: Platform, payment_id: int, why: str, who: str) -> KeptPayment:
    """Take a payment off every invoice it is on; what was paid back stays paid back. Conflict when it is on none."""
    if not why.strip():
        raise UserError("--why: say why the match was wrong")
    numbers = [*_on_invoices(await platform.store.bank_payments.steps(payment_id))]
    debts = {number: await debt_of(platform, number) for number in numbers}
    return await _move(platform, payment_id, numbers, _unmatching(platform, debts, why.strip(), who))


async def refund(platform: Platform, payment_id: int, by: int | None, who: str) -> KeptPayment:
    """What is left of a payment was paid back: by the payment `by` that a bank file told of, or, None, outside of all
    files. Conflict when nothing is left, or `by` is of another amount."""
    ids = [payment_id] if by is None else [payment_id, by]
    return (await platform.store.bank_payments.move(ids, [], _refunding(platform, who)))[0]


async def book(platform: Platform, payment_id: int, who: str) -> KeptPayment:
    """One that is held is money of its own: it is booked as if no other file had told of it. NotFound; Conflict for one
    that is not held."""
    held = await platform.store.bank_payments.get(payment_id)
    if held is None:
        raise NotFound(f"no payment {payment_id}")
    named = await found(platform, held.payment)
    first = _first(platform, named, max(held.payment.day, await platform.store.ledger.open_from()), who)

    def decide(
        payments: Sequence[KeptPayment], steps: Sequence[PaymentStep], open_of: Mapping[str, Decimal]
    ) -> Sequence[Move]:
        if payments[0].why is not Left.TOLD_TWICE:
            raise Conflict(f"payment {payment_id} is {payments[0].state}, expected one that is held")
        return first(payments, steps, open_of)

    return await _move(platform, payment_id, [debt.number for debt in named.debts], decide)


async def _take(platform: Platform, file: BankFile, payment: BankPayment, open_from: date) -> KeptPayment | None:
    """A payment of a month that is closed is booked on the first day that is not."""
    named = await found(platform, payment)

    def decide(near: Sequence[Told]) -> Deciding:
        twin = told_before(payment, file.format, near, names_nothing=not named.debts)
        if twin is not None:
            return held_payments.holding(platform, twin, _BY_ITSELF)
        return _first(platform, named, max(payment.day, open_from), _BY_ITSELF)

    numbers = [debt.number for debt in named.debts]
    return await platform.store.bank_payments.add(payment, file, platform.clock(), numbers, decide)


async def _move(platform: Platform, payment_id: int, numbers: Sequence[str], decide: Deciding) -> KeptPayment:
    return (await platform.store.bank_payments.move([payment_id], numbers, decide))[0]


# ---- what is decided under the lock ----------------------------------------------------------------------------------


def _first(platform: Platform, named: Found, day: date, who: str) -> Deciding:
    """The payment goes onto what it names; the rest is its customer's where it is known."""

    def decide(
        payments: Sequence[KeptPayment], _: Sequence[PaymentStep], open_of: Mapping[str, Decimal]
    ) -> Sequence[Move]:
        payment = payments[0].payment
        debts = [msgspec.structs.replace(debt, open=open_of[debt.number]) for debt in named.debts]
        given = shares(payment.amount, debts) if named.why is Left.NOTHING else ()
        why = why_left(payment.amount, debts, given) if named.why is Left.NOTHING else named.why
        left = payment.amount - _sum(given)
        held = Held(amount=left, customer_id=customer_of(debts))
        text = f"{payment.payer} {named.by}".strip() or payment.bank_id
        entry = entry_of_payment(
            f"payment/{payments[0].id}",
            day,
            text,
            payment.currency,
            bank=payment.amount,
            settled=given,
            after=[held],
        )
        at = platform.clock()
        steps = [_matched(share, who, named.by, platform) for share in given]
        if left:
            steps.append(PaymentStep(what=StepKind.LEFT, amount=left, who=who, why=named.by, at=at))
        why = why if left else Left.NOTHING
        return [Move(open=left, customer_id=held.customer_id, why=why, steps=tuple(steps), entry=entry)]

    return decide


def _matching(platform: Platform, debt: Debt, wanted: Decimal | None, who: str, seen: Decimal | None) -> Deciding:
    def decide(
        payments: Sequence[KeptPayment], steps: Sequence[PaymentStep], open_of: Mapping[str, Decimal]
    ) -> Sequence[Move]:
        kept = payments[0]
        payment = kept.payment
        held_payments.require_booked(kept)
        if seen not in (None, kept.open):
            raise Conflict(f"payment {kept.id} was moved meanwhile: {kept.open} of it is left, no longer {seen}")
        share = Share(debt=debt, amount=_wanted(kept, debt, open_of[debt.number], wanted))
        left = kept.open - share.amount
        entry = entry_of_payment(
            f"payment/{kept.id}/{len(steps)}",
            book_days.today(platform),
            f"payment {kept.id} {debt.number}",
            payment.currency,
            settled=[share],
            before=[_held(kept)],
            after=[Held(amount=left, customer_id=debt.customer_id)],
        )
        why = Left.OVERPAID if share.amount == open_of[debt.number] else kept.why
        why = why if left else Left.NOTHING
        step = _matched(share, who, "", platform)
        return [Move(open=left, customer_id=debt.customer_id, why=why, steps=(step,), entry=entry)]

    return decide


def _unmatching(platform: Platform, debts: Mapping[str, Debt], why: str, who: str) -> Deciding:
    def decide(
        payments: Sequence[KeptPayment], steps: Sequence[PaymentStep], _: Mapping[str, Decimal]
    ) -> Sequence[Move]:
        kept = payments[0]
        on = _on_invoices(steps)
        if not on or not on.keys() <= debts.keys():
            raise Conflict(f"payment {kept.id} is on no invoice, or was moved meanwhile")
        off = [Share(debt=debts[number], amount=-amount) for number, amount in on.items()]
        left = kept.open - _sum(off)
        entry = entry_of_payment(
            f"payment/{kept.id}/{len(steps)}",
            book_days.today(platform),
            f"payment {kept.id}: {why}",
            kept.payment.currency,
            settled=off,
            before=[_held(kept)],
            after=[Held(amount=left)],
        )
        at = platform.clock()
        taken = tuple(
            PaymentStep(what=StepKind.UNMATCHED, invoice=one.debt.number, amount=one.amount, who=who, why=why, at=at)
            for one in off
        )
        return [Move(open=left, customer_id=None, why=Left.BY_HAND, steps=taken, entry=entry)]

    return decide


def _refunding(platform: Platform, who: str) -> Deciding:
    """Two payments take each other up, or the money left by another way."""

    def decide(
        payments: Sequence[KeptPayment], steps: Sequence[PaymentStep], _: Mapping[str, Decimal]
    ) -> Sequence[Move]:
        kept, others = payments[0], payments[1:]
        for one in payments:
            held_payments.require_booked(one)
        if not kept.open or (kept.open < 0 and not others):
            raise Conflict(f"payment {kept.id}: found {kept.open} left, expected money that can be paid back")
        for other in others:
            if (other.open, other.payment.currency) != (-kept.open, kept.payment.currency):
                raise Conflict(
                    f"payment {other.id}: found {other.open} {other.payment.currency} left, "
                    f"expected {-kept.open} {kept.payment.currency}"
                )
        entry = entry_of_payment(
            f"payment/{kept.id}/{len(steps)}",
            book_days.today(platform),
            f"payment {kept.id} paid back",
            kept.payment.currency,
            bank=ZERO if others else -kept.open,
            before=[_held(one) for one in payments],
        )
        at = platform.clock()
        whys = [f"by payment {one.id}" for one in others] or [""]
        moves = []
        for one, why in zip(payments, [*whys, f"of payment {kept.id}"], strict=False):
            step = PaymentStep(what=StepKind.REFUNDED, amount=one.open, who=who, why=why, at=at)
            moves.append(Move(open=ZERO, customer_id=one.customer_id, why=Left.NOTHING, steps=(step,)))
        return [msgspec.structs.replace(moves[0], entry=entry), *moves[1:]]

    return decide


def _wanted(kept: KeptPayment, debt: Debt, open_now: Decimal, wanted: Decimal | None) -> Decimal:
    """How much goes onto an invoice, with the sign of the payment. Only a reversal opens a paid invoice again."""
    payment, sign = kept.payment, -1 if kept.open < 0 else 1
    if not kept.open:
        raise Conflict(f"payment {kept.id}: nothing of it is left; take it off its invoices first (unmatch)")
    if payment.currency != debt.currency:
        raise Conflict(f"payment {kept.id} is in {payment.currency}, invoice {debt.number} in {debt.currency}")
    along = max(open_now * sign, ZERO)
    if wanted is None:
        wanted = abs(kept.open) if payment.is_reversal and not along else min(abs(kept.open), along)
    wanted = HALF_UP.round(wanted, payment.currency)
    most = abs(kept.open) if payment.is_reversal else min(abs(kept.open), along)
    if not ZERO < wanted <= most:
        raise Conflict(
            f"payment {kept.id}: found {wanted} for invoice {debt.number}, expected at most {most} {payment.currency} "
            f"({abs(kept.open)} of the payment is left, {open_now} of the invoice is open)"
        )
    return sign * wanted


def _on_invoices(steps: Sequence[PaymentStep]) -> dict[str, Decimal]:
    """What of a payment is on which invoice."""
    sums: dict[str, Decimal] = {}
    for step in steps:
        if step.invoice is not None:
            sums[step.invoice] = sums.get(step.invoice, ZERO) + step.amount
    return {number: amount for number, amount in sums.items() if amount}


def _matched(share: Share, who: str, why: str, platform: Platform) -> PaymentStep:
    number, at = share.debt.number, platform.clock()
    return PaymentStep(what=StepKind.MATCHED, invoice=number, amount=share.amount, who=who, why=why, at=at)


def _held(kept: KeptPayment) -> Held:
    return Held(amount=kept.open, customer_id=kept.customer_id)


def _sum(given: Sequence[Share]) -> Decimal:
    return sum((one.amount for one in given), ZERO)
