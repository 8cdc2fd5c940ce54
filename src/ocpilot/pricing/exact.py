"""Amounts as exact whole numbers over one denominator: nothing is rounded before the end.

A unit price times a quantity, with or without the tax, is a fraction whose denominator is known beforehand: the
decimals of prices, rates and quantities, the seconds of an hour, and, where prices hold the tax, the rates
(mod_tariffs, "TaxIncluded"). `Scale.of` finds that denominator for a Tariff.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Self

import msgspec

from ocpilot.wire.v230 import PriceComponent, Tariff, TariffDimensionType, TaxIncluded

#: Seconds of an hour: time is priced per hour.
HOUR = 3600
#: A whole number over a denominator that both sides know; a price limit may make it a fraction.
Numerator = int | Fraction


class Exact(msgspec.Struct, frozen=True):
    """An amount before rounding: net and gross; None is not known."""

    excl: Numerator | None
    incl: Numerator | None

    @property
    def vat(self) -> Numerator | None:
        """The tax, when both sides are known."""
        return None if self.excl is None or self.incl is None else self.incl - self.excl


class Factors(msgspec.Struct, frozen=True):
    """What the quantity of a component (kWh, seconds, 1) is multiplied with, over `denominator`; None: a tax we do not
    know."""

    excl: int | None
    incl: int | None
    denominator: int


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How the prices of a Tariff become whole numbers over `denominator`."""

    price_decimals: int
    rate_decimals: int
    #: Of prices that hold the tax: a multiple of all `100 + vat`, else None.
    gross: int | None
    denominator: int

    @classmethod
    def of(cls, tariff: Tariff) -> Self:
        """The scale on which every component of a Tariff is exact."""
        prices = [one for element in tariff.elements for one in element.price_components]
        price_decimals = max(decimals(one.price) for one in prices)
        rate_decimals = max((decimals(one.vat) for one in prices if one.vat is not None), default=0)
        gross = None
        if includes_taxes(tariff):
            gross = lcm(*(_with(one.vat, rate_decimals) or 1 for one in prices if one.vat is not None))
        ratio = 10 ** (rate_decimals + 2) if gross is None else gross
        return cls(
            price_decimals=price_decimals,
            rate_decimals=rate_decimals,
            gross=gross,
            denominator=10**price_decimals * HOUR * ratio,
        )

    def factors(self, tariff: Tariff, component: PriceComponent) -> Factors:
        """Net and gross per unit of a component. A tax is not known without `vat`, unless the component is free."""
        price = whole(component.price, self.price_decimals)
        if component.type in (TariffDimensionType.ENERGY, TariffDimensionType.FLAT):
            price *= HOUR
        hundred: int = 10 ** (self.rate_decimals + 2)
        with_tax = None if component.vat is None else _with(component.vat, self.rate_decimals)
        if not price or not has_taxes(tariff):
            same = price * (hundred if self.gross is None else self.gross)
            return Factors(same, same, self.denominator)
        if self.gross is None:
            return Factors(price * hundred, None if with_tax is None else price * with_tax, self.denominator)
        net = price * hundred * (self.gross // with_tax) if with_tax else None
        return Factors(net, price * self.gross, self.denominator)


def _with(vat: Decimal, rate_decimals: int) -> int:
    """`100 + vat` as a whole number."""
    hundred: int = 10 ** (rate_decimals + 2)
    return hundred + whole(vat, rate_decimals)


def decimals(value: Decimal) -> int:
    """How many decimals a number has."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def whole(value: Decimal, places: int) -> int:
    """`value` times 10^places, which is whole."""
    return int(value.scaleb(places))


def has_taxes(tariff: Tariff) -> bool:
    """Do taxes apply at all?"""
    return tariff.tax_included is not TaxIncluded.NOT_APPLICABLE


def includes_taxes(tariff: Tariff) -> bool:
    """Do the prices of this Tariff hold the taxes?"""
    return tariff.tax_included is TaxIncluded.YES


def added(amounts: Iterable[Numerator | None]) -> Numerator | None:
    """The sum, not known when one of them is not."""
    total: Numerator = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
