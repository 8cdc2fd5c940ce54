"""Exact lines -> rounded lines and totals that add up in every direction (docs/decisions, "Rounding")."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from ocpilot.pricing.exact import Numerator
from ocpilot.pricing.rounding import Units
from ocpilot.pricing.trace import VAT, Amount, Part, Sum
from ocpilot.wire.v230 import TaxAmount

#: Of every line in smallest units; None is not known.
Column = Sequence[int | None]


class Group(msgspec.Struct, frozen=True, eq=False):
    """Lines that have a total: their places, all of them and by VAT rate."""

    places: tuple[int, ...]
    rates: tuple[tuple[Decimal | None, tuple[int, ...]], ...]


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
        self._parts = {part: _group([at for at, one in enumerate(parts) if one is part], rates) for part in parts}
        #: The places of the lines of each part, where one has several.
        self._several = [one.places for one in self._parts.values()] if len(self._parts) < len(parts) else []

    def settled(
        self, net: Sequence[Numerator | None], gross: Sequence[Numerator | None], units: Units, *, gross_first: bool
    ) -> Settled:
        """Each line rounded. Net and tax are rounded and the gross is their sum; the other way around (`gross_first`)
        when the prices hold the tax, so that a driver pays exactly what the price says. Without the tax each side is
        rounded that is known."""
        taxes = [None if less is None or more is None else more - less for less, more in zip(net, gross, strict=True)]
        first, second = (gross, net) if gross_first else (net, gross)
        base, vat = self._shares(first, units), self._shares(taxes, units)
        sign = -1 if gross_first else 1
        other = [
            _rounded(exact, units) if one is None or tax is None else one + sign * tax
            for one, tax, exact in zip(base, vat, second, strict=True)
        ]
        columns = (other, vat, base) if gross_first else (base, vat, other)
        amounts = list(map(units.amount, *columns))
        return Settled(
            amounts,
            _sum(self._all, columns, amounts, units),
            {part: _sum(group, columns, amounts, units) for part, group in self._parts.items()},
        )

    def _shares(self, values: Sequence[Numerator | None], units: Units) -> Column:
        """Rounded from the total down: total, then each part of it, then the lines of the part."""
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return [_rounded(value, units) for value in values]
        sums = [sum([known[place] for place in some]) for some in self._several] or known
        *parts, total = units.each([*sums, sum(sums)])
        shares = units.mended(parts, sums, total)
        return self._shared(known, shares, units) if self._several else shares

    def _shared(self, known: Sequence[Numerator], shares: Sequence[int], units: Units) -> Column:
        """What each line has of the share of its part."""
        lines = units.each(known)
        for some, share in zip(self._several, shares, strict=True):
            if len(some) == 1:
                lines[some[0]] = share
            else:
                rounded = units.mended([lines[place] for place in some], [known[place] for place in some], share)
                for place, value in zip(some, rounded, strict=True):
                    lines[place] = value
        return lines


def _group(places: Sequence[int], rates: Sequence[Decimal | None]) -> Group:
    by_rate: dict[Decimal | None, list[int]] = {}
    for place in places:
        by_rate.setdefault(rates[place], []).append(place)
    return Group(tuple(places), tuple((rate, tuple(some)) for rate, some in by_rate.items()))


def _sum(group: Group, columns: tuple[Column, Column, Column], amounts: Sequence[Amount], units: Units) -> Sum:
    """Of net, tax and gross. What is not known of one line is not known of the sum."""
    places, vat = group.places, columns[1]
    if len(places) == 1:
        amount = amounts[places[0]]
    else:
        amount = units.amount(*[_added(column, places) for column in columns])
    if amount.vat is None:
        return Sum(amount=amount)
    taxes = []
    for rate, some in group.rates:
        share = amount.vat if len(some) == len(places) else units.money(sum([vat[place] or 0 for place in some]))
        if rate is not None or share:
            taxes.append(TaxAmount(name=VAT, percentage=rate, amount=share))
    return Sum(amount=amount, taxes=tuple(taxes))


def _added(column: Column, places: Sequence[int]) -> int | None:
    known = [value for place in places if (value := column[place]) is not None]
    return sum(known) if len(known) == len(places) else None


def _rounded(value: Numerator | None, units: Units) -> int | None:
    return None if value is None else units.rounded(value)
