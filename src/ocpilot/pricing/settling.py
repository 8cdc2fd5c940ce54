"""Exact lines -> rounded lines and totals that add up in every direction (docs/decisions, "Rounding")."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from ocpilot.pricing.exact import Exact, Numerator, added
from ocpilot.pricing.rounding import Units
from ocpilot.pricing.trace import VAT, Amount, Part, Sum
from ocpilot.wire.v230 import TaxAmount


class Settled(msgspec.Struct, frozen=True):
    """One line: its part, its VAT rate, and net, tax and gross in whole smallest units; None is not known."""

    part: Part
    rate: Decimal | None
    excl: int | None
    vat: int | None
    incl: int | None
    amount: Amount


def settled(
    exact: Sequence[Exact], parts: Sequence[Part], rates: Sequence[Decimal | None], units: Units, *, gross_first: bool
) -> list[Settled]:
    """Each line rounded. Net and tax are rounded and the gross is their sum; the other way around (`gross_first`) when
    the prices hold the tax, so that a driver pays exactly what the price says. Without the tax each side is rounded
    that is known."""
    base = _shares([one.incl if gross_first else one.excl for one in exact], parts, units)
    tax = _shares([one.vat for one in exact], parts, units)
    found = []
    for part, rate, one, first, vat in zip(parts, rates, exact, base, tax, strict=True):
        if first is None or vat is None:
            second = one.excl if gross_first else one.incl
            other = None if second is None else units.rounded(second)
        else:
            other = first - vat if gross_first else first + vat
        excl, incl = (other, first) if gross_first else (first, other)
        found.append(Settled(part, rate, excl, vat, incl, units.amount(excl, vat, incl)))
    return found


def _shares(values: Sequence[Numerator | None], parts: Sequence[Part], units: Units) -> Sequence[int | None]:
    """Rounded from the total down: total, then each part of it, then the lines of the part."""
    total = added(values)
    if total is None:
        return [None if value is None else units.rounded(value) for value in values]
    known = [value or 0 for value in values]
    whole = units.rounded(total)
    if len(set(parts)) == len(parts):
        return units.apportioned(known, whole)
    groups: dict[Part, list[int]] = {}
    for place, part in enumerate(parts):
        groups.setdefault(part, []).append(place)
    shares = [0] * len(known)
    sums = [sum(known[place] for place in group) for group in groups.values()]
    for group, share in zip(groups.values(), units.apportioned(sums, whole), strict=True):
        if len(group) == 1:
            shares[group[0]] = share
            continue
        for place, value in zip(group, units.apportioned([known[place] for place in group], share), strict=True):
            shares[place] = value
    return shares


def sums_of(lines: Sequence[Settled], units: Units) -> tuple[Sum, dict[Part, Sum]]:
    """The total of all lines and that of each part, with the tax per rate."""
    parts: dict[Part, list[Settled]] = {}
    for line in lines:
        parts.setdefault(line.part, []).append(line)
    return _sum(lines, units), {part: _sum(some, units) for part, some in parts.items()}


def _sum(lines: Sequence[Settled], units: Units) -> Sum:
    if len(lines) == 1:
        amount, vat = lines[0].amount, lines[0].vat
    else:
        vat = _total([line.vat for line in lines])
        amount = units.amount(_total([line.excl for line in lines]), vat, _total([line.incl for line in lines]))
    return Sum(amount=amount, taxes=() if vat is None else _per_rate(lines, units))


def _total(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _per_rate(lines: Sequence[Settled], units: Units) -> tuple[TaxAmount, ...]:
    rates: dict[Decimal | None, int] = {}
    for line in lines:
        rates[line.rate] = rates.get(line.rate, 0) + (line.vat or 0)
    return tuple(
        TaxAmount(name=VAT, percentage=rate, amount=units.money(vat))
        for rate, vat in rates.items()
        if rate is not None or vat
    )
