"""The sale of a receipt: in the books once, however it is paid, for as long as the receipt is what its driver owes.

One that no card pays is owed by its driver (RECEIVABLE in the name of the receipt), or given away where nobody knows
who he is. What a card or a terminal pays is booked with that (`app/cards`).
"""

from collections.abc import Mapping
from decimal import Decimal

from ocpilot.app.book_days import today
from ocpilot.app.job_tries import NotYet
from ocpilot.app.kept.card_records import CardPayment, PaymentState
from ocpilot.app.platform import Platform
from ocpilot.billing import card_sales
from ocpilot.billing.ledger import Account
from ocpilot.billing.receipt import Receipt

_ENDED_WITHOUT = frozenset({PaymentState.RELEASED, PaymentState.DECLINED})


async def sell(platform: Platform, token_uid: str, receipt: Receipt) -> None:
    """The sale is in the books, unless a card is to pay for it. NotYet while that is not known."""
    payment = await platform.store.cards.of_token(token_uid)
    if payment is not None and _pays(payment, receipt):
        return
    standing, turns = await _standing(platform, receipt.number)
    if standing:
        return
    guest = payment is not None or await platform.store.ad_hoc.by_token(token_uid) is not None
    rest = Account.BAD_DEBTS if guest else Account.RECEIVABLE
    sold = card_sales.sale(receipt, Decimal(0), today(platform), rest, turn=turns)
    if sold.lines:
        await platform.store.ledger.book(sold)


def _pays(payment: CardPayment, receipt: Receipt) -> bool:
    if payment.receipt is None and payment.state is PaymentState.RELEASING:
        raise NotYet(f"receipt {receipt.number}: card payment {payment.id} is being let go")
    return payment.receipt is not None or payment.state not in _ENDED_WITHOUT


async def take_back(platform: Platform, receipt: Receipt) -> None:
    """Its charge was credited, dropped, or is on an invoice: nothing was sold by it. What was taken for it by card is
    in the books until it is given back."""
    payment = await platform.store.cards.of_receipt(receipt.number)
    if payment is not None and payment.captured:
        return
    standing, turns = await _standing(platform, receipt.number)
    terminal = await platform.store.terminal_payments.of_receipt(receipt.number) is not None
    against = Account.UNMATCHED if terminal else Account.RECEIVABLE
    if standing:
        await platform.store.ledger.book(card_sales.unsold(receipt, standing, against, today(platform), turn=turns))


async def _standing(platform: Platform, number: str) -> tuple[Mapping[Account, Decimal], int]:
    """What of the sale of a receipt is in the books, by account, none when it was taken back; and how many entries sold
    it or took it back, which is part of the key of the next: of two who book it at once one does."""
    entries = await platform.store.ledger.of_invoice(number)
    key = f"{card_sales.SALE}{number}"
    turns = sum(one.entry.key == key or one.entry.key.startswith(f"{key}/") for one in entries)
    sums: dict[Account, Decimal] = {}
    for line in (line for one in entries for line in one.entry.lines if line.invoice == number):
        sums[line.account] = sums.get(line.account, Decimal(0)) + line.amount
    return {account: amount for account, amount in sums.items() if amount and account in card_sales.SOLD}, turns
