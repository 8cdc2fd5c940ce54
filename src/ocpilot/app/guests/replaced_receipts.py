"""A receipt that stands in for another one of the same charge, whose CDR was taken back: what was paid for the one is
paid for the other, in the books too."""

from collections.abc import Collection
from decimal import Decimal

from msgspec.structs import replace

from ocpilot.app.book_days import today
from ocpilot.app.guests import card_payments
from ocpilot.app.job_tries import NotYet
from ocpilot.app.kept.card_records import CardPayment, PaymentState
from ocpilot.app.platform import Platform
from ocpilot.billing import card_sales
from ocpilot.billing.ledger import Account
from ocpilot.billing.receipt import Receipt

#: Nothing goes on by itself in these, and what there is to book is booked.
_AT_REST = frozenset({PaymentState.PAID, PaymentState.RELEASED, PaymentState.REFUNDED})


async def take_over(platform: Platform, token_uid: str, receipt: Receipt, earlier: Collection[str]) -> None:
    """The card payment of a charge, whose Token nobody else has, is for this receipt and for no `earlier` one; money
    that was taken beyond it goes back. Done again it changes nothing. NotYet while the payment is between two steps."""
    payment = await platform.store.cards.of_token(token_uid) if earlier else None
    if payment is None or payment.receipt is None:
        return
    if payment.receipt == receipt.number:
        await book(platform, receipt, earlier)
    elif payment.state is PaymentState.CAPTURING:
        await card_payments.billed(platform, replace(payment, attempt=payment.attempt + 1), receipt)
    elif payment.state in _AT_REST:
        await _tie(platform, payment, receipt)
        await book(platform, receipt, earlier)
    else:
        raise NotYet(f"receipt {receipt.number} waits for card payment {payment.id}, which is {payment.state}")


async def _tie(platform: Platform, payment: CardPayment, receipt: Receipt) -> None:
    """In one step with that what was taken too much is on its way back, so that nobody decides that twice."""
    total = receipt.total.shown
    beyond = payment.captured - payment.refunded - max(total, Decimal(0))
    what = f"receipt {receipt.number} instead of {payment.receipt}: {total} {payment.currency}"
    tied = replace(payment, receipt=receipt.number, due=total, needs="")
    if beyond > 0:
        tied, what = replace(tied, refunding=beyond), f"{what}, so {beyond} are given back"
        moved = await card_payments.move(platform, tied, PaymentState.REFUNDING, what, next_at=platform.clock())
    else:
        moved = await card_payments.move(platform, tied, payment.state, what, next_at=None)
    if moved.version != tied.version + 1:
        raise NotYet(f"card payment {payment.id} has just become {moved.state}")


async def book(
    platform: Platform, receipt: Receipt, earlier: Collection[str], rest: Account = Account.BAD_DEBTS
) -> bool:
    """The sale of a receipt instead of the earlier ones; False when none of these is in the books."""
    lines = [
        line
        for number in earlier
        for kept in await platform.store.ledger.of_invoice(number)
        for line in kept.entry.lines
        if line.invoice == number
    ]
    if lines:
        await platform.store.ledger.book(card_sales.instead(receipt, lines, today(platform), rest))
    return bool(lines)
