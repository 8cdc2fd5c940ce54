"""Prices that look like another unit, or that nobody asks (mod_tariffs, "PriceComponent")."""

from collections.abc import Iterator
from decimal import Decimal

from babel.core import get_global

from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject, component_path
from ocpilot.pricing.lint.plausible import Range, plausible
from ocpilot.wire.v230 import PriceComponent, TariffDimensionType

_SECTION = "mod_tariffs, PriceComponent"

PER_MINUTE = Rule(
    code="price.per_minute",
    severity=Severity.WARNING,
    section="mod_tariffs, TariffDimensionType",
    meaning="Time is priced per hour: if this is a price per minute, the driver pays a sixtieth of it.",
    mend="Multiply a price per minute by 60.",
)
MINOR_UNIT = Rule(
    code="price.minor_unit",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="Prices are in whole units of the currency: if this is in cents, the driver pays 100 times too much.",
    mend="Divide by 100.",
)
IMPLAUSIBLE = Rule(
    code="price.implausible",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="Nobody asks such a price: a unit or a decimal point may be wrong, and the driver pays what is written.",
    mend="Check it: per kWh for ENERGY, per hour for TIME and PARKING_TIME, in whole units of the currency.",
)
NEGATIVE = Rule(
    code="price.negative",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="The driver is paid for charging, parking or coming.",
    mend="Correct the sign. Energy given back is negative by its volume, not by its price.",
)
UNKNOWN_CURRENCY = Rule(
    code="currency.unknown",
    severity=Severity.ERROR,
    section="mod_tariffs, Tariff object, currency",
    meaning="It is no code of ISO 4217: no partner can bill in it.",
    mend="Write a code such as EUR or SEK.",
)
RULES = (PER_MINUTE, MINOR_UNIT, IMPLAUSIBLE, NEGATIVE, UNKNOWN_CURRENCY)

_TIMES = (TariffDimensionType.TIME, TariffDimensionType.PARKING_TIME)


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file."""
    currency = subject.tariff.currency
    if currency.upper() not in get_global("all_currencies"):
        yield UNKNOWN_CURRENCY.at("$.currency", currency)
    for place, element in enumerate(subject.tariff.elements):
        for number, component in enumerate(element.price_components):
            yield from _of(component, currency, f"{component_path(place, number)}.price")


def _of(component: PriceComponent, currency: str, path: str) -> Iterator[Finding]:
    price, dimension = component.price, component.type
    if price < 0:
        yield NEGATIVE.at(path, f"{price} {currency}")
        return
    usual = plausible(dimension, currency)
    if not price or usual is None or usual.holds(price):
        return
    rule = _unit(price, dimension, usual)
    yield rule.at(path, f"{price} {currency} {_per(dimension)}; usual is {_shown(usual)}")


def _unit(price: Decimal, dimension: TariffDimensionType, usual: Range) -> Rule:
    """In which unit the price would be a usual one."""
    if dimension in _TIMES and price < usual.least and usual.holds(price * 60):
        return PER_MINUTE
    if price > usual.most and usual.holds(price / 100):
        return MINOR_UNIT
    return IMPLAUSIBLE


def _per(dimension: TariffDimensionType) -> str:
    if dimension is TariffDimensionType.FLAT:
        return "per charge"
    return "per kWh" if dimension is TariffDimensionType.ENERGY else "per hour"


def _shown(usual: Range) -> str:
    return f"{usual.least.normalize():f} to {usual.most.normalize():f}"
