"""Payments as people and programs see them: what the bank says, what became of it, and what it may be for."""

from collections.abc import Sequence

from ocpilot.app.books.payment_matching import Proposal, proposals
from ocpilot.app.kept.bank_payment_records import KeptPayment, PaymentStep
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.billing.told_twice import is_same


class PaymentView(Record, frozen=True, kw_only=True):
    """A payment with the number of the customer whose rest it is, what it may be for, and its steps (of one only)."""

    kept: KeptPayment
    customer: str | None
    proposals: tuple[Proposal, ...]
    steps: tuple[PaymentStep, ...] = ()


async def listed(platform: Platform, *, unmatched: bool, limit: int) -> Sequence[PaymentView]:
    """The newest first, with proposals for those that are not settled."""
    return await _views(platform, await platform.store.bank_payments.page(unmatched=unmatched, limit=limit))


async def doubled(platform: Platform, limit: int) -> Sequence[PaymentView]:
    """Those in the books that another kind of file seems to have told of before, the newest first."""
    pairs = await platform.store.bank_payments.doubled(limit)
    ids = dict.fromkeys(one.number for one, other in pairs if is_same(one, other))
    every = [await platform.store.bank_payments.get(payment_id) for payment_id in ids]
    return await _views(platform, [one for one in every if one is not None])


async def of_invoice(platform: Platform, number: str) -> Sequence[PaymentView]:
    """Those that were ever matched with an invoice, the first one first."""
    steps = await platform.store.bank_payments.of_invoice(number)
    ids = dict.fromkeys(payment_id for payment_id, _ in steps)
    every = [await platform.store.bank_payments.get(payment_id) for payment_id in ids]
    return await _views(platform, [one for one in every if one is not None])


async def shown(platform: Platform, payment_id: int) -> PaymentView:
    """One with all that became of it. NotFound."""
    kept = await platform.store.bank_payments.get(payment_id)
    if kept is None:
        raise NotFound(f"no payment {payment_id}")
    (view,) = await _views(platform, [kept])
    steps = await platform.store.bank_payments.steps(payment_id)
    return PaymentView(kept=kept, customer=view.customer, proposals=view.proposals, steps=steps)


async def _views(platform: Platform, kept: Sequence[KeptPayment]) -> list[PaymentView]:
    proposed = await proposals(platform, kept)
    numbers = {}
    for customer_id in {one.customer_id for one in kept if one.customer_id is not None}:
        customer = await platform.store.customers.get(customer_id)
        numbers[customer_id] = customer.number if customer else None
    return [
        PaymentView(
            kept=one,
            customer=None if one.customer_id is None else numbers[one.customer_id],
            proposals=proposed.get(one.id, ()),
        )
        for one in kept
    ]
