"""min_price and max_price that contradict each other, the taxes, or the prices (mod_tariffs, "PriceLimit")."""

from collections.abc import Iterator
from decimal import Decimal

from ocpilot.pricing.exact import has_taxes, includes_taxes
from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject
from ocpilot.wire.v230 import PriceLimit, TariffDimensionType, TariffRestrictions

_SECTION = "mod_tariffs, PriceLimit"

CROSSING = Rule(
    code="limit.crossing",
    severity=Severity.ERROR,
    section="mod_tariffs, Tariff object, min_price and max_price",
    meaning="No total is above the one and below the other: every charge costs either, as the billing system likes.",
    mend="Make min_price less than max_price, before and after taxes.",
)
NEGATIVE = Rule(
    code="limit.negative",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="A limit below zero: the driver would be paid, or the limit means nothing.",
    mend="Correct it, or leave it out.",
)
AFTER_BELOW_BEFORE = Rule(
    code="limit.after_below_before",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="With taxes it is less than without them: the two limits say different things.",
    mend="Swap before_taxes and after_taxes, or correct them.",
)
UNTAXED = Rule(
    code="limit.untaxed",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="Before and after taxes are the same though prices are taxed: one of the two never counts.",
    mend="Write the amount without tax into before_taxes, with tax into after_taxes.",
)
TAXED = Rule(
    code="limit.taxed",
    severity=Severity.WARNING,
    section="mod_tariffs, TaxIncluded",
    meaning="No taxes apply, yet the limit differs with and without them: the lower, or the higher, one counts.",
    mend="Make them equal, leave after_taxes out, or correct tax_included.",
)
BELOW_FEE = Rule(
    code="limit.below_fee",
    severity=Severity.WARNING,
    section="mod_tariffs, Tariff object, max_price",
    meaning="The start fee alone is as much as a charge may cost: every charge costs the maximum.",
    mend="Correct the maximum or the fee.",
)
RULES = (CROSSING, NEGATIVE, AFTER_BELOW_BEFORE, UNTAXED, TAXED, BELOW_FEE)


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file."""
    low, high = subject.tariff.min_price, subject.tariff.max_price
    for path, limit in (("$.min_price", low), ("$.max_price", high)):
        if limit is not None:
            yield from _alone(subject, limit, path)
    if low is not None and high is not None:
        yield from _crossing(low, high)
    if high is not None:
        yield from _below_fee(subject, high)


def _alone(subject: Subject, limit: PriceLimit, path: str) -> Iterator[Finding]:
    before, after = limit.before_taxes, limit.after_taxes
    if min(before, before if after is None else after) < 0:
        yield NEGATIVE.at(path, _shown(limit))
    elif after is None:
        return
    elif not has_taxes(subject.tariff):
        if after != before:
            yield TAXED.at(path, _shown(limit))
    elif after < before:
        yield AFTER_BELOW_BEFORE.at(path, _shown(limit))
    elif after == before and before and _is_taxed(subject):
        yield UNTAXED.at(path, _shown(limit))


def _crossing(low: PriceLimit, high: PriceLimit) -> Iterator[Finding]:
    after = (low.after_taxes, high.after_taxes)
    if low.before_taxes > high.before_taxes:
        yield CROSSING.at("$.min_price", f"min_price {low.before_taxes}, max_price {high.before_taxes} before taxes")
    elif after[0] is not None and after[1] is not None and after[0] > after[1]:
        yield CROSSING.at("$.min_price", f"min_price {after[0]}, max_price {after[1]} after taxes")


def _below_fee(subject: Subject, high: PriceLimit) -> Iterator[Finding]:
    """A fee that is always due."""
    most = high.after_taxes if includes_taxes(subject.tariff) else high.before_taxes
    fees = [
        component.price
        for element in subject.tariff.elements
        for component in element.price_components
        if component.type is TariffDimensionType.FLAT and element.restrictions in (None, TariffRestrictions())
    ]
    if fees and most is not None and 0 < most <= fees[0]:
        yield BELOW_FEE.at("$.max_price", f"max_price {most}, start fee {fees[0]}")


def _is_taxed(subject: Subject) -> bool:
    rates = (component.vat for element in subject.tariff.elements for component in element.price_components)
    return any((vat or Decimal(0)) > 0 for vat in rates)


def _shown(limit: PriceLimit) -> str:
    after = "none" if limit.after_taxes is None else str(limit.after_taxes)
    return f"{limit.before_taxes} before taxes, {after} after taxes"
