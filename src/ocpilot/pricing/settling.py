"""Exact lines -> rounded lines and totals that add up in every direction (docs/decisions, "Rounding")."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from ocpilot.base.money import RoundingPolicy
from ocpilot.pricing.rounding import apportioned, rounded
from ocpilot.pricing.taxes import Exact, added
from ocpilot.pricing.trace import VAT, Amount, Part, PriceLine, Sum
from ocpilot.wire.v230 import TaxAmount


def amounts(
    exact: Sequence[Exact], parts: Sequence[Part], currency: str, policy: RoundingPolicy, *, gross_first: bool
) -> list[Amount]:
    """The rounded amount of each line. Net and tax are rounded and the gross is their sum; the other way around
    (`gross_first`) when the prices hold the tax, so that a driver pays exactly what the price says."""
    base = _shares([one.incl if gross_first else one.excl for one in exact], parts, currency, policy)
    tax = _shares([one.vat for one in exact], parts, currency, policy)
    if gross_first:
        return [Amount(excl=_minus(incl, vat), vat=vat, incl=incl) for incl, vat in zip(base, tax, strict=True)]
    return [Amount(excl=excl, vat=vat, incl=_plus(excl, vat)) for excl, vat in zip(base, tax, strict=True)]


def _shares(
    values: Sequence[Fraction | None], parts: Sequence[Part], currency: str, policy: RoundingPolicy
) -> list[Decimal | None]:
    """Rounded from the total down: total, then each part of it, then the lines of the part."""
    total = added(values)
    if total is None:
        return [None if value is None else rounded(value, currency, policy) for value in values]
    known = [value or Fraction(0) for value in values]
    names = list(dict.fromkeys(parts))
    places = [[place for place, part in enumerate(parts) if part is name] for name in names]
    sums = [sum((known[place] for place in group), Fraction(0)) for group in places]
    shares: list[Decimal | None] = [None] * len(known)
    for group, share in zip(places, apportioned(sums, rounded(total, currency, policy), currency, policy), strict=True):
        for place, value in zip(
            group, apportioned([known[place] for place in group], share, currency, policy), strict=True
        ):
            shares[place] = value
    return shares


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _minus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


def summed(lines: Iterable[PriceLine], currency: str, policy: RoundingPolicy) -> Sum:
    """The total of some lines, with the tax per rate."""
    known = list(lines)
    zero = policy.round(Decimal(0), currency)
    amount = Amount(
        excl=_total((line.amount.excl for line in known), zero),
        vat=_total((line.amount.vat for line in known), zero),
        incl=_total((line.amount.incl for line in known), zero),
    )
    return Sum(amount=amount, taxes=() if amount.vat is None else tuple(_per_rate(known)))


def _total(values: Iterable[Decimal | None], zero: Decimal) -> Decimal | None:
    total = zero
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _per_rate(lines: Sequence[PriceLine]) -> Iterable[TaxAmount]:
    rates: dict[Decimal | None, Decimal] = {}
    for line in lines:
        rates[line.vat] = rates.get(line.vat, Decimal(0)) + (line.amount.vat or Decimal(0))
    for rate, amount in rates.items():
        if rate is not None or amount:
            yield TaxAmount(name=VAT, percentage=rate, amount=amount)
