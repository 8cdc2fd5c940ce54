"""Exact lines -> rounded lines and totals that add up in every direction (docs/decisions, "Rounding")."""

from collections.abc import Sequence
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
    parts: dict[Part, Sum]


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
        alone = [_alone(rate, amount) for rate, amount in zip(self.rates, amounts, strict=True)]
        sums = {part: _sum(group, columns, alone, units) for part, group in self._parts.items()}
        return Settled(amounts, _sum(self._all, columns, alone, units), sums)

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


def _alone(rate: Decimal | None, amount: Amount) -> Sum:
    """The total of one line."""
    if amount.vat is None or (rate is None and not amount.vat):
        return Sum(amount=amount)
    return Sum(amount=amount, taxes=(TaxAmount(name=VAT, percentage=rate, amount=amount.vat),))


def _sum(group: Group, columns: tuple[Column, Column, Column], alone: Sequence[Sum], units: Units) -> Sum:
    """What is not known of one line is not known of their sum."""
    if len(group.places) == 1:
        return alone[group.places[0]]
    excl, vat, incl = [_added(column, group.places) for column in columns]
    taxes: list[TaxAmount] = []
    for rate, places in group.rates if vat is not None else ():
        if len(places) == 1:
            taxes += alone[places[0]].taxes
        else:
            taxes += _alone(rate, units.amount(None, _added(columns[1], places), None)).taxes
    return Sum(amount=units.amount(excl, vat, incl), taxes=tuple(taxes))


def _added(column: Column, places: Sequence[int]) -> int | None:
    total = 0
    for place in places:
        value = column[place]
        if value is None:
            return None
        total += value
    return total


def _rounded(value: Numerator | None, units: Units) -> int | None:
    return None if value is None else units.rounded(value)
