"""VAT that contradicts itself (mod_tariffs, "PriceComponent", "TaxIncluded")."""

from collections.abc import Iterator
from decimal import Decimal

from ocpilot.pricing.exact import has_taxes
from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject, component_path
from ocpilot.wire.v230 import PriceComponent, TariffDimensionType

_SECTION = "mod_tariffs, PriceComponent"

FRACTION = Rule(
    code="tax.fraction",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="`vat` is in per cent: the driver pays nearly no tax, and the operator owes it.",
    mend="Multiply by 100: 25 for 25 %.",
)
HIGH = Rule(
    code="tax.high",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="No country has so much VAT (27 % is the most): the driver pays too much.",
    mend="Correct the rate.",
)
NEGATIVE = Rule(
    code="tax.negative",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="A tax below zero makes the price with tax lower than the one without.",
    mend="Correct the rate.",
)
NOT_APPLICABLE = Rule(
    code="tax.not_applicable",
    severity=Severity.ERROR,
    section="mod_tariffs, TaxIncluded",
    meaning="tax_included N/A says that no tax applies, a rate that one does: one party bills it, the other not.",
    mend="Write YES or NO into tax_included, or leave `vat` out.",
)
MIXED = Rule(
    code="tax.mixed",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="The same thing is taxed at different rates depending on when it is bought.",
    mend="Use one rate per dimension, unless the law really has several.",
)
MISSING = Rule(
    code="tax.missing",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="Other prices have a rate, this one has none: the total with tax is not known, or lacks this tax.",
    mend="Add the rate, 0 if there is no tax on it.",
)
UNKNOWN = Rule(
    code="tax.unknown",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="The standard takes that for no VAT, most who send it just did not say: the price with tax is not known.",
    mend="Add `vat` to every component; tax_included N/A where no tax applies.",
)
RULES = (FRACTION, HIGH, NEGATIVE, NOT_APPLICABLE, MIXED, MISSING, UNKNOWN)

_MOST = 30


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file."""
    for path, component in _priced(subject):
        yield from _rate(subject, component.vat, path)
    if has_taxes(subject.tariff) and subject.has_rates:
        yield from _together(subject)


def _priced(subject: Subject) -> list[tuple[str, PriceComponent]]:
    return [
        (component_path(place, number), component)
        for place, element in enumerate(subject.tariff.elements)
        for number, component in enumerate(element.price_components)
    ]


def _rate(subject: Subject, vat: Decimal | None, path: str) -> Iterator[Finding]:
    if not vat:
        return
    if not has_taxes(subject.tariff):
        yield NOT_APPLICABLE.at(path, f"vat {vat} and tax_included {subject.tariff.tax_included}")
    elif vat < 0:
        yield NEGATIVE.at(f"{path}.vat", str(vat))
    elif vat < 1:
        yield FRACTION.at(f"{path}.vat", f"{vat}, which is {vat} %")
    elif vat > _MOST:
        yield HIGH.at(f"{path}.vat", f"{vat} %")


def _together(subject: Subject) -> Iterator[Finding]:
    """Rates held against each other; what is free needs none."""
    priced = [(path, one) for path, one in _priced(subject) if one.price]
    if priced and all(one.vat is None for _, one in priced):
        yield UNKNOWN.at("$.elements", "no vat in any price component")
        return
    rates: dict[TariffDimensionType, Decimal] = {}
    for path, one in priced:
        if one.vat is None:
            yield MISSING.at(path, "no vat, where others have one")
            continue
        first = rates.setdefault(one.type, one.vat)
        if one.vat != first:
            yield MIXED.at(f"{path}.vat", f"{one.vat} %, where an earlier {one.type} has {first} %")
