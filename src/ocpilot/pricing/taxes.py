"""Net and gross of a price component, exact; what is not known stays unknown (mod_tariffs, "TaxIncluded")."""

from collections.abc import Iterable
from fractions import Fraction

import msgspec

from ocpilot.pricing.charges import Charge
from ocpilot.wire.v230 import Tariff, TaxIncluded


class Exact(msgspec.Struct, frozen=True, kw_only=True):
    """An amount before rounding: net and gross; None is not known."""

    excl: Fraction | None
    incl: Fraction | None

    @property
    def vat(self) -> Fraction | None:
        """The tax, when both sides are known."""
        return None if self.excl is None or self.incl is None else self.incl - self.excl


def taxed(charge: Charge) -> Exact:
    """Net and gross of one charge. A component without `vat` has a tax we do not know, unless it costs nothing."""
    amount, vat = charge.amount, charge.active.price.vat
    if not amount or not has_taxes(charge.active.tariff):
        return Exact(excl=amount, incl=amount)
    if includes_taxes(charge.active.tariff):
        return Exact(excl=None if vat is None else amount / _with(vat), incl=amount)
    return Exact(excl=amount, incl=None if vat is None else amount * _with(vat))


def _with(vat: object) -> Fraction:
    return 1 + Fraction(str(vat)) / 100


def has_taxes(tariff: Tariff) -> bool:
    """Do taxes apply at all?"""
    return tariff.tax_included is not TaxIncluded.NOT_APPLICABLE


def includes_taxes(tariff: Tariff) -> bool:
    """Do the prices of this Tariff hold the taxes?"""
    return tariff.tax_included is TaxIncluded.YES


def added(amounts: Iterable[Fraction | None]) -> Fraction | None:
    """The sum, not known when one of them is not."""
    total = Fraction(0)
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
