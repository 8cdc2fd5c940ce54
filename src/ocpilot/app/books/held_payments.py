"""Payments that another kind of bank file seems to tell of too: not booked until a person says that they are others."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from ocpilot.app import book_days
from ocpilot.app.kept.bank_payment_records import Deciding, KeptPayment, Move, PaymentStep, StepKind
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, UserError
from ocpilot.billing.settling import ZERO, Held, Left, entry_of_payment
from ocpilot.billing.told_twice import Told


def holding(platform: Platform, twin: Told, who: str) -> Deciding:
    """It is kept, and booked by nobody yet."""
    why = f"payment {twin.number} of a {twin.format} file seems to be the same: drop one of them, or book this one too"

    def decide(payments: Sequence[KeptPayment], _: Sequence[PaymentStep], __: Mapping[str, Decimal]) -> Sequence[Move]:
        amount = payments[0].payment.amount
        step = PaymentStep(what=StepKind.HELD, amount=amount, who=who, why=why, at=platform.clock())
        return [Move(open=amount, customer_id=None, why=Left.TOLD_TWICE, steps=(step,))]

    return decide


def require_booked(kept: KeptPayment) -> None:
    """Conflict for one that is not in the books."""
    if kept.why in {Left.TOLD_TWICE, Left.DROPPED}:
        raise Conflict(
            f"payment {kept.id} is {kept.state} and not in the books: book it first, if it is money of its own"
        )


async def drop(platform: Platform, payment_id: int, why: str, who: str) -> KeptPayment:
    """It is the same money as another payment: it is not booked, or, where it was and is on no invoice, taken out of
    the books again. Conflict for one of which something is on an invoice or was paid back."""
    if not why.strip():
        raise UserError("--why: say which payment it is the same as")

    def decide(
        payments: Sequence[KeptPayment], steps: Sequence[PaymentStep], _: Mapping[str, Decimal]
    ) -> Sequence[Move]:
        kept = payments[0]
        amount = kept.payment.amount
        if kept.open != amount or kept.why is Left.DROPPED:
            raise Conflict(f"payment {kept.id}: found {kept.open} on no invoice, expected all of it, {amount}")
        entry = None
        if kept.why is not Left.TOLD_TWICE:
            entry = entry_of_payment(
                f"payment/{kept.id}/{len(steps)}",
                book_days.today(platform),
                f"payment {kept.id} dropped: {why.strip()}",
                kept.payment.currency,
                bank=-amount,
                before=[Held(amount=amount, customer_id=kept.customer_id)],
            )
        step = PaymentStep(what=StepKind.DROPPED, amount=amount, who=who, why=why.strip(), at=platform.clock())
        return [Move(open=ZERO, customer_id=None, why=Left.DROPPED, steps=(step,), entry=entry)]

    return (await platform.store.bank_payments.move([payment_id], [], decide))[0]
