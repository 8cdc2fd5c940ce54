"""Exact lines -> rounded lines and totals that add up in every direction (docs/decisions, "Rounding")."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from ocpilot.pricing.exact import Numerator
from ocpilot.pricing.rounding import Units
from ocpilot.pricing.trace import VAT, Amount, Part, Sum
from ocpilot.wire.v230 import TaxAmount


class Group(msgspec.Struct, frozen=True, eq=False):
    """Lines that have a total: their places, all of them and by VAT rate."""

    places: tuple[int, ...]
    rates: Mapping[Decimal | None, tuple[int, ...]]


class Settled(msgspec.Struct, frozen=True, eq=False):
    """The lines rounded, the total of all and that of each part."""

    amounts: list[Amount]
    total: Sum
    parts: Mapping[Part, Sum]


class Layout:
    """Which lines of a bill are added: those of a part, and of these those of a VAT rate."""

    def __init__(self, parts: Sequence[Part], rates: Sequence[Decimal | None]) -> None:
        self.rates = rates
        self._all = _group(range(len(parts)), rates)
        self._parts = {
            part: _group([place for place, one in enumerate(parts) if one is part], rates) for part in parts
        }
        self._is_one_each = len(self._parts) == len(parts)

    def settled(
        self, net: Sequence[Numerator | None], gross: Sequence[Numerator | None], units: Units, *, gross_first: bool
    ) -> Settled:
        """Each line rounded. Net and tax are rounded and the gross is their sum; the other way around (`gross_first`)
        when the prices hold the tax, so that a driver pays exactly what the price says. Without the tax each side is
        rounded that is known."""
        taxes = [
            None if less is None or more is None else more - less for less, more in zip(net, gross, strict=True)
        ]
        first, second = (gross, net) if gross_first else (net, gross)
        base, vat = self._shares(first, units), self._shares(taxes, units)
        sign = -1 if gross_first else 1
        other = [
            units.rounded_if_known(exact) if one is None or tax is None else one + sign * tax
            for one, tax, exact in zip(base, vat, second, strict=True)
        ]
        excl, incl = (other, base) if gross_first else (base, other)
        amounts = list(map(units.amount, excl, vat, incl))
        sums = {part: _sum(group, excl, vat, incl, amounts, units) for part, group in self._parts.items()}
        total = _sum(self._all, excl, vat, incl, amounts, units)
        return Settled(amounts, total, sums)

    def _shares(self, values: Sequence[Numerator | None], units: Units) -> Sequence[int | None]:
        """Rounded from the total down: total, then each part of it, then the lines of the part."""
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return [units.rounded_if_known(value) for value in values]
        whole = units.rounded(sum(known))
        if self._is_one_each:
            return units.apportioned(known, whole)
        shares = [0] * len(known)
        groups = [group.places for group in self._parts.values()]
        sums = [sum([known[place] for place in group]) for group in groups]
        for group, share in zip(groups, units.apportioned(sums, whole), strict=True):
            if len(group) == 1:
                shares[group[0]] = share
                continue
            for place, value in zip(group, units.apportioned([known[place] for place in group], share), strict=True):
                shares[place] = value
        return shares


def _group(places: Sequence[int], rates: Sequence[Decimal | None]) -> Group:
    by_rate: dict[Decimal | None, list[int]] = {}
    for place in places:
        by_rate.setdefault(rates[place], []).append(place)
    return Group(tuple(places), {rate: tuple(some) for rate, some in by_rate.items()})


def _sum(  # noqa: PLR0917
    group: Group,
    excl: Sequence[int | None],
    vat: Sequence[int | None],
    incl: Sequence[int | None],
    amounts: Sequence[Amount],
    units: Units,
) -> Sum:
    places = group.places
    if len(places) == 1:
        amount = amounts[places[0]]
    else:
        amount = units.amount(_total(excl, places), _total(vat, places), _total(incl, places))
    if amount.vat is None:
        return Sum(amount=amount)
    if len(group.rates) == 1:
        shares = [(rate, amount.vat) for rate in group.rates]
    else:
        shares = [(rate, units.money(_total(vat, some) or 0)) for rate, some in group.rates.items()]
    taxes = tuple(
        [TaxAmount(name=VAT, percentage=rate, amount=share) for rate, share in shares if rate is not None or share]
    )
    return Sum(amount=amount, taxes=taxes)


def _total(values: Sequence[int | None], places: Sequence[int]) -> int | None:
    total = 0
    for place in places:
        value = values[place]
        if value is None:
            return None
        total += value
    return total
