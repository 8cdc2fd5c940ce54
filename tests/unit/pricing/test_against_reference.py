"""The engine and a slow second reading of the standard come to the same cost, for anything that parses."""

import os
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from charges_generated import Charge, charges
from ocpilot.base.money import RoundingPolicy
from ocpilot.pricing import Part, PricedCharge
from reference_pricing import Cost, half_up, reference

TIMES = int(os.environ.get("OCPILOT_FUZZ", "1"))


def billed_by(priced: PricedCharge, charge: Charge) -> dict[tuple[int, int, int, bool], Fraction]:
    ids = [tariff.id for tariff in charge.tariffs]
    return {
        (ids.index(line.tariff_id), line.element, line.component, line.part is Part.RESERVATION): Fraction(line.billed)
        for line in priced.lines
        if line.part is not Part.LIMIT
    }


def expected_total(cost: Cost, decimals: int) -> tuple[Fraction | None, ...]:
    """Net, tax and gross as docs/decisions/20261123-rounding.md rounds them."""
    net, gross = cost.total
    if net is None or gross is None:
        return tuple(None if side is None else half_up(side, decimals) for side in (net, None, gross))
    vat = half_up(gross - net, decimals)
    if cost.includes_taxes:
        return (half_up(gross, decimals) - vat, vat, half_up(gross, decimals))
    return (half_up(net, decimals), vat, half_up(net, decimals) + vat)


def is_near(one: Fraction | None, other: Fraction | None, bound: Fraction) -> bool:
    return one is other if one is None or other is None else abs(one - other) <= bound


def total_of(priced: PricedCharge) -> tuple[Fraction | None, ...]:
    amount = priced.total.amount
    return tuple(None if side is None else Fraction(side) for side in (amount.excl, amount.vat, amount.incl))


@given(charges(), st.sampled_from([0, 2, 9]))
@settings(max_examples=200 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_engine_agrees_with_the_text_of_the_standard(charge: Charge, decimals: int) -> None:
    priced = charge.priced(rounding=RoundingPolicy(decimals=decimals))
    cost = reference(charge)
    assert billed_by(priced, charge) == cost.billed
    unit = Fraction(1, 10**decimals)
    # Without the tax the sides are not tied together: what is known of the other one is the sum of the lines.
    bound = 0 if priced.total.amount.vat is not None else len(priced.lines) * unit
    assert all(map(is_near, total_of(priced), expected_total(cost, decimals), [bound] * 3))
    ids = [tariff.id for tariff in charge.tariffs]
    for line in priced.lines:
        if line.part is not Part.LIMIT:
            key = (ids.index(line.tariff_id), line.element, line.component, line.part is Part.RESERVATION)
            for side, exact in ((line.amount.excl, cost.net[key]), (line.amount.incl, cost.gross[key])):
                assert side is None or exact is None or abs(Fraction(side) - exact) <= 2 * unit
