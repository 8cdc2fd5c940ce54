"""Which invoices a payment is for: by its payment reference, by a number in its text; by amount and name only as a
proposal that a person confirms."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from ocpilot.app.invoicing.receipts import paper_of
from ocpilot.app.kept.bank_payment_records import KeptPayment, MatchState
from ocpilot.app.kept.bill_records import KeptInvoice
from ocpilot.app.kept.ledger_records import OpenInvoice
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.billing import payment_words
from ocpilot.billing.bank_payment import BankPayment, Named
from ocpilot.billing.ledger import Account, debt_account, settled_with
from ocpilot.billing.settling import Debt, Left

#: References and numbers that are looked up of one payment.
_MOST = 50
#: The number that named it, and what of it is open.
_Named = tuple[str, Debt]


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
    by_reference: list[_Named] = []
    why = Left.NO_REFERENCE
    for one in payment.named[:_MOST]:
        debts = await _referenced(platform, one)
        if debts is None:
            return Found(why=Left.AMBIGUOUS, by=one.reference)
        wrong = payment_words.has_wrong_check_digit(payment_words.plain(one.reference))
        why = Left.WRONG_CHECK_DIGIT if wrong and not debts else Left.UNKNOWN_REFERENCE
        by_reference += debts
    if by_reference:
        return _found(payment, by_reference)
    in_text = await _in_text(platform, [payment.text, *(one.reference for one in payment.named)])
    return _found(payment, [(one.number, _debt(one)) for one in in_text]) if in_text else Found(why=why)


async def debt_of(platform: Platform, number: str) -> Debt:
    """The debt of an invoice of ours, of a receipt, or of an invoice that a partner wrote (`10001/2026-17`), with what
    of it is open now. NotFound."""
    kept = await platform.store.invoices.get(number)
    debt = _debt(kept) if kept else await _debt_of_partner(platform, number) or await _debt_of_receipt(platform, number)
    if debt is None:
        raise NotFound(f"no invoice {number}")
    return msgspec.structs.replace(debt, open=await platform.store.ledger.open_of(debt.number))


async def proposals(platform: Platform, payments: Sequence[KeptPayment]) -> Mapping[int, tuple[Proposal, ...]]:
    """Of each payment that is not settled: open invoices of its customer, and the one of exactly its amount whose
    customer has the payer's name. Nothing is ever matched by these alone."""
    waiting = [one for one in payments if one.open and one.state is not MatchState.HELD]
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


def _found(payment: BankPayment, named: Iterable[_Named]) -> Found:
    """In the payment's currency; another one is for a person."""
    every: dict[str, _Named] = {}
    for number, debt in named:
        every.setdefault(debt.number, (number, debt))
    debts = tuple(debt for _, debt in every.values() if debt.currency == payment.currency)
    by = " ".join(number for number, _ in every.values())
    if not debts:
        return Found(debts=tuple(debt for _, debt in every.values()), why=Left.OTHER_CURRENCY, by=by)
    return Found(debts=debts, why=Left.REVERSAL if payment.is_reversal else Left.NOTHING, by=by)


async def _referenced(platform: Platform, named: Named) -> Sequence[_Named] | None:
    """Invoices of one reference: ours by it or by their numbers in it, else one of a partner's. None: it may be one of
    several."""
    kept = await _by_reference(platform, payment_words.plain(named.reference))
    if len(kept) > 1:
        return None
    kept = kept or await _numbered(platform, [named.reference])
    if kept:
        stated = named.amount if len(kept) == 1 else None
        return [(one.number, _debt(one, stated)) for one in kept]
    numbers = await platform.store.partner_invoices.named(named.reference.strip())
    debts = [debt for number in numbers if (debt := await _debt_of_partner(platform, number, named.amount))]
    return None if len(debts) > 1 else [(debt.number, debt) for debt in debts]


async def _debt_of_partner(platform: Platform, number: str, stated: Decimal | None = None) -> Debt | None:
    """As it was booked (`billing.partner_entry`)."""
    booked = await platform.store.ledger.entry(f"partner-invoice/{number}")
    for line in booked.entry.lines if booked else ():
        if line.customer_id is not None:
            return Debt(
                number=number,
                account=line.account,
                customer_id=line.customer_id,
                currency=line.currency,
                stated=stated,
            )
    return None


async def _debt_of_receipt(platform: Platform, number: str) -> Debt | None:
    """One that its driver owes; what a card pays is nobody's debt."""
    receipt = await platform.store.documents.receipt(number)
    booked = await platform.store.ledger.of_invoice(number)
    owes = any(line.account is Account.RECEIVABLE for one in booked for line in one.entry.lines)
    if receipt is None or not owes:
        return None
    return Debt(number=number, account=Account.RECEIVABLE, currency=paper_of(receipt).currency)


def _debt(kept: KeptInvoice, stated: Decimal | None = None) -> Debt:
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
    numbers = [
        number for text in texts for number in payment_words.numbers_in(text, platform.settings.billing.document_series)
    ]
    every = [await platform.store.invoices.get(number) for number in dict.fromkeys(numbers[:_MOST])]
    return tuple(one for one in every if one is not None)
