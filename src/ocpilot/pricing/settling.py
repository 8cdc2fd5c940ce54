"""Exact lines -> rounded lines and totals that add up in every direction (docs/decisions, "Rounding")."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from ocpilot.pricing.exact import Exact, Numerator, added
from ocpilot.pricing.rounding import Units
from ocpilot.pricing.trace import VAT, Amount, Part, PriceLine, Sum
from ocpilot.wire.v230 import TaxAmount


def amounts(exact: Sequence[Exact], parts: Sequence[Part], units: Units, *, gross_first: bool) -> list[Amount]:
    """The rounded amount of each line. Net and tax are rounded and the gross is their sum; the other way around
    (`gross_first`) when the prices hold the tax, so that a driver pays exactly what the price says."""
    base = _shares([one.incl if gross_first else one.excl for one in exact], parts, units)
    tax = _shares([one.vat for one in exact], parts, units)
    places = -units.decimals
    if gross_first:
        return [_amount(_less(incl, vat), vat, incl, places) for incl, vat in zip(base, tax, strict=True)]
    return [_amount(excl, vat, _more(excl, vat), places) for excl, vat in zip(base, tax, strict=True)]


def _amount(excl: int | None, vat: int | None, incl: int | None, places: int) -> Amount:
    return Amount(excl=_money(excl, places), vat=_money(vat, places), incl=_money(incl, places))


def _money(units: int | None, places: int) -> Decimal | None:
    return None if units is None else Decimal(units).scaleb(places)


def _more(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _less(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def _shares(values: Sequence[Numerator | None], parts: Sequence[Part], units: Units) -> Sequence[int | None]:
    """Rounded from the total down: total, then each part of it, then the lines of the part."""
    total = added(values)
    if total is None:
        return [None if value is None else units.rounded(value) for value in values]
    known = [value or 0 for value in values]
    groups: dict[Part, list[int]] = {}
    for place, part in enumerate(parts):
        groups.setdefault(part, []).append(place)
    sums = [sum(known[place] for place in group) for group in groups.values()]
    shares = [0] * len(known)
    for group, share in zip(groups.values(), units.apportioned(sums, units.rounded(total)), strict=True):
        if len(group) == 1:
            shares[group[0]] = share
            continue
        for place, value in zip(group, units.apportioned([known[place] for place in group], share), strict=True):
            shares[place] = value
    return shares


def summed(lines: Iterable[PriceLine], zero: Decimal) -> Sum:
    """The total of some lines, with the tax per rate; `zero` has the decimals of the currency."""
    known = list(lines)
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
