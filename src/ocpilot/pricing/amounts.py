"""Charges -> exact amounts over one denominator for the whole charge."""

from collections.abc import Sequence
from math import lcm

import msgspec

from ocpilot.pricing.charges import Charge
from ocpilot.pricing.exact import Exact, decimals, whole
from ocpilot.pricing.steps import Stepped
from ocpilot.pricing.trace import Unit


class Amounts(msgspec.Struct, frozen=True):
    """The exact amount of each charge, in their order, as numerators over `denominator`."""

    exact: tuple[Exact, ...]
    denominator: int


def amounts_of(charges: Sequence[Stepped]) -> Amounts:
    """Quantity times price, with and without tax."""
    scales = {id(one.charge.tariff): one.charge.tariff.scale for one in charges}
    common = lcm(*(scale.denominator for scale in scales.values()))
    places = max((decimals(one.charge.billed) for one in charges if one.charge.unit is Unit.KWH), default=0)
    exact = tuple(_exact(one.charge, places, common // one.charge.tariff.scale.denominator) for one in charges)
    return Amounts(exact, common * 10**places)


def _exact(charge: Charge, places: int, more: int) -> Exact:
    """`places`: decimals that all quantities are given; `more`: to the denominator of the whole charge."""
    quantity = whole(charge.billed, places) * more
    factors = charge.active.factors
    return Exact(
        None if factors.excl is None else factors.excl * quantity,
        None if factors.incl is None else factors.incl * quantity,
    )
