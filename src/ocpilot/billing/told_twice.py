"""Payments that two kinds of bank files tell of, such as Bankgirot's own (BgMax) and the bank's statement (camt.053).

Neither has the other's ids. What both say is taken for a likeness: who is sure is a person.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec

from ocpilot.billing.bank_payment import BankPayment
from ocpilot.billing.payment_words import plain, references_in, spellings

#: Days that both may be apart: a weekend.
APART = timedelta(days=3)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that is kept under a number, from a file of a format. `on_nothing`: all of it is on no invoice.
    `dropped`: a person said that it is the same as another one."""

    number: int
    format: str
    payment: BankPayment
    on_nothing: bool
    dropped: bool = False


def told_before(payment: BankPayment, form: str, near: Sequence[Told], *, names_nothing: bool) -> Told | None:
    """The one of another format that is likely to be this one: of the same amount with a reference both have, as often
    as it was told; or one is the deposit, as one sum for no invoice, that the other is in. `names_nothing`: it is for
    no invoice that we know."""
    others = [one for one in near if one.format != form and not one.dropped]
    alike = [one for one in others if _is_alike(one.payment, payment)]
    told = sum(one.format == form and _is_alike(one.payment, payment) for one in near)
    if len(alike) > told:
        return alike[told]
    return next((one for one in others if _is_deposit(one, payment, names_nothing)), None)


def is_same(one: Told, other: Told) -> bool:
    """Whether two, of two formats, are likely to be the same money: alike, or one is the deposit the other is in."""
    deposits = _is_deposit(one, other.payment, True), _is_deposit(other, one.payment, True)
    return _is_alike(one.payment, other.payment) or any(deposits)


def _is_alike(one: BankPayment, other: BankPayment) -> bool:
    return one.amount == other.amount and not _references(one).isdisjoint(_references(other))


def _is_deposit(one: Told, payment: BankPayment, names_nothing: bool) -> bool:
    if payment.deposit is not None:
        return one.on_nothing and one.payment.amount == payment.deposit
    return names_nothing and one.payment.deposit == payment.amount


def _references(payment: BankPayment) -> set[str]:
    texts = [*(named.reference for named in payment.named), payment.text]
    return {one for found in _written(texts) for one in spellings(found)}


def _written(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from references_in(text)
        if len(text.split()) == 1:
            yield plain(text)
