"""Which invoices a payment is for: by its payment reference, by a number in its text; by amount and name only as a
proposal that a person confirms."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from ocpilot.app.bank_payment_records import KeptPayment
from ocpilot.app.bill_records import KeptInvoice
from ocpilot.app.ledger_records import OpenInvoice
from ocpilot.app.platform import Platform
from ocpilot.app.records import Record
from ocpilot.billing import payment_words
from ocpilot.billing.bank_payment import BankPayment
from ocpilot.billing.ledger import debt_account, settled_with
from ocpilot.billing.settling import Debt, Left

#: References and numbers that are looked up of one payment.
_MOST = 50


class Found(Record, frozen=True, kw_only=True):
    """Invoices a payment names, and why it would be left when they are none. `by` is the word that named them."""

    debts: tuple[Debt, ...] = ()
    why: Left = Left.NO_REFERENCE
    by: str = ""


class Proposal(Record, frozen=True, kw_only=True):
    """An invoice that an unmatched payment may be for."""

    number: str
    customer_id: int
    customer: str
    open: Decimal


async def found(platform: Platform, payment: BankPayment) -> Found:
    """What the payment names: its references first, then what its text says."""
    by_reference: list[tuple[KeptInvoice, Decimal | None]] = []
    why = Left.NO_REFERENCE
    for named in payment.named[:_MOST]:
        reference = payment_words.plain(named.reference)
        kept = await _by_reference(platform, reference) or await _numbered(platform, [named.reference])
        if len(kept) > 1:
            return Found(why=Left.AMBIGUOUS, by=named.reference)
        wrong = payment_words.has_wrong_check_digit(reference)
        why = Left.WRONG_CHECK_DIGIT if wrong and not kept else Left.UNKNOWN_REFERENCE
        by_reference += [(one, named.amount) for one in kept]
    if by_reference:
        return _found(payment, by_reference)
    in_text = await _in_text(platform, [payment.text, *(one.reference for one in payment.named)])
    return _found(payment, [(one, None) for one in in_text]) if in_text else Found(why=why)


async def debt_of(platform: Platform, kept: KeptInvoice) -> Debt:
    """The debt of an invoice, with what of it is open now."""
    debt = _debt(kept, None)
    return msgspec.structs.replace(debt, open=await platform.store.ledger.open_of(debt.number))


async def proposals(platform: Platform, payments: Sequence[KeptPayment]) -> Mapping[int, tuple[Proposal, ...]]:
    """Of each payment that is not settled: open invoices of its customer, and the one of exactly its amount whose
    customer has the payer's name. Nothing is ever matched by these alone."""
    waiting = [one for one in payments if one.open]
    if not waiting:
        return {}
    every = await platform.store.ledger.open_invoices()
    amounts = {(one.payment.currency, one.open) for one in waiting}
    owners = {one.customer_id for one in waiting}
    near = [one for one in every if (one.currency, one.amount) in amounts or one.customer_id in owners]
    names = {one.customer_id: await _name(platform, one.customer_id) for one in near}
    return {one.id: tuple(_proposed(one, near, names)) for one in waiting}


def _proposed(kept: KeptPayment, near: Iterable[OpenInvoice], names: Mapping[int, str]) -> Iterable[Proposal]:
    along = [one for one in near if one.currency == kept.payment.currency and one.amount * kept.open > 0]
    own = [one for one in along if one.customer_id == kept.customer_id]
    like = [
        one
        for one in along
        if one.amount == kept.open and payment_words.is_like(names[one.customer_id], kept.payment.payer)
    ]
    for one in own or (like if len(like) == 1 else []):
        yield Proposal(number=one.number, customer_id=one.customer_id, customer=names[one.customer_id], open=one.amount)


async def _name(platform: Platform, customer_id: int) -> str:
    customer = await platform.store.customers.get(customer_id)
    return customer.name if customer else ""


def _found(payment: BankPayment, kept: Iterable[tuple[KeptInvoice, Decimal | None]]) -> Found:
    """In the payment's currency; another one is for a person."""
    every: dict[str, tuple[KeptInvoice, Debt]] = {}
    for one, stated in kept:
        debt = _debt(one, stated)
        every.setdefault(debt.number, (one, debt))
    debts = tuple(debt for _, debt in every.values() if debt.currency == payment.currency)
    by = " ".join(one.number for one, _ in every.values())
    if not debts:
        customer = tuple(debt for _, debt in every.values())
        return Found(debts=customer, why=Left.OTHER_CURRENCY, by=by)
    return Found(debts=debts, why=Left.REVERSAL if payment.is_reversal else Left.NOTHING, by=by)


def _debt(kept: KeptInvoice, stated: Decimal | None) -> Debt:
    return Debt(
        number=settled_with(kept.invoice),
        account=debt_account(kept.kind),
        customer_id=kept.customer_id,
        currency=kept.invoice.currency,
        stated=stated,
        credited=kept.credited_by is not None,
    )


async def _in_text(platform: Platform, texts: Sequence[str]) -> list[KeptInvoice]:
    """Numbers of invoices, and OCR numbers that are somebody's alone."""
    kept = list(await _numbered(platform, texts))
    for text in texts:
        for reference in [*payment_words.references_in(text)][:_MOST]:
            named = await _by_reference(platform, reference)
            kept += named if len(named) == 1 else ()
    return kept


async def _by_reference(platform: Platform, reference: str) -> tuple[KeptInvoice, ...]:
    for spelling in payment_words.spellings(reference):
        kept = await platform.store.invoices.by_reference(spelling) if spelling else ()
        if kept:
            return kept
    return ()


async def _numbered(platform: Platform, texts: Sequence[str]) -> tuple[KeptInvoice, ...]:
    numbers = [number for text in texts for number in payment_words.numbers_in(text, _series(platform))]
    every = [await platform.store.invoices.get(number) for number in dict.fromkeys(numbers[:_MOST])]
    return tuple(one for one in every if one is not None)


def _series(platform: Platform) -> tuple[str, ...]:
    billing = platform.settings.billing
    return (
        billing.invoice_series,
        billing.credit_series,
        billing.self_billed_series,
        billing.self_billed_credit_series,
        billing.advice_series,
    )
