"""What amounts in another currency are worth in that of the books, by the rates of days. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ocpilot.base.money import HALF_UP


class ExchangeRate(msgspec.Struct, frozen=True, kw_only=True):
    """What one of `currency` is worth in the currency of the books, from a day on."""

    currency: str
    since: date
    rate: Decimal


def rate_on(rates: Sequence[ExchangeRate], currency: str, day: date) -> Decimal | None:
    """The newest that holds on a day; None when there is none."""
    held = [one for one in rates if one.currency == currency and one.since <= day]
    return max(held, key=lambda one: one.since).rate if held else None


def worth(amounts: Sequence[Decimal], rate: Decimal, currency: str) -> tuple[Decimal, ...]:
    """Amounts of an entry, which come to zero, in the `currency` of the books: each rounded, and what that leaves is on
    the largest one."""
    found = [HALF_UP.round(one * rate, currency) for one in amounts]
    if found:
        largest = max(range(len(found)), key=lambda place: abs(found[place]))
        found[largest] -= sum(found, Decimal(0)) - HALF_UP.round(sum(amounts, Decimal(0)) * rate, currency)
    return tuple(found)
