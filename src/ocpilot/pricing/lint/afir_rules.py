"""The European Union's rules for ad hoc prices: Regulation (EU) 2023/1804 (AFIR), article 5(4).

What is checked, and nothing else of that article:
- at recharging points of 50 kW and more: there is a price per kWh; there is no price per session (FLAT) and no minimum
  price; a price of time is an occupancy fee, so it is not due from the first second of charging, and it is per minute,
  so it is not billed in larger blocks;
- below 50 kW: the components of an element stand in the order per kWh, per minute, per session, others.
Only for Tariffs of operators in the Union and the European Economic Area, and only when they are for ad hoc payment.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject, component_path, element_path
from ocpilot.wire.v230 import PriceComponent, TariffDimensionType, TariffElement

_SECTION = "Regulation (EU) 2023/1804, article 5(4)"

NO_KWH = Rule(
    code="afir.no_kwh_price",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="At 50 kW and more an ad hoc price is based on the energy delivered: drivers could not compare it.",
    mend="Add an ENERGY component with the price per kWh.",
)
SESSION_FEE = Rule(
    code="afir.session_fee",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="At 50 kW and more an ad hoc price is per kWh, with a fee per minute of occupancy at most.",
    mend="Put the fee into the price per kWh.",
)
MIN_PRICE = Rule(
    code="afir.min_price",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="A least price makes a small charge cost more than its energy: in effect a fee per session.",
    mend="Leave min_price out for ad hoc payment at 50 kW and more.",
)
TIME_FROM_START = Rule(
    code="afir.time_from_start",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="A price per minute may discourage long occupancy; from the first second on it prices the charge itself.",
    mend="Restrict it by min_duration, or price PARKING_TIME instead.",
)
NOT_PER_MINUTE = Rule(
    code="afir.not_per_minute",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="The occupancy fee is a price per minute, and this one is billed in larger blocks.",
    mend="Write a step_size of 60 or less.",
)
ORDER = Rule(
    code="afir.order",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="Drivers are shown the price per kWh, per minute, per session, in this order; some show them as they come.",
    mend="Put ENERGY first, then TIME and PARKING_TIME, then FLAT.",
)
RULES = (NO_KWH, SESSION_FEE, MIN_PRICE, TIME_FROM_START, NOT_PER_MINUTE, ORDER)

_FAST_KW = 50
_TIMES = (TariffDimensionType.TIME, TariffDimensionType.PARKING_TIME)
_ORDER = (TariffDimensionType.ENERGY, *_TIMES, TariffDimensionType.FLAT)
#: The Union, the European Economic Area, and ZZ: a Tariff of 2.1.1 does not say whose it is.
_COUNTRIES = frozenset(re.findall("..", "ATBEBGCYCZDEDKEEESFIFRGRHRHUIEISITLILTLULVMTNLNOPLPTROSESISKZZ"))


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file; nothing when the power is not known."""
    if not subject.ad_hoc or subject.power_kw is None or subject.tariff.country_code.upper() not in _COUNTRIES:
        return
    if subject.power_kw < _FAST_KW:
        yield from _order(subject)
        return
    priced = list(_priced(subject))
    if priced and not any(component.type is TariffDimensionType.ENERGY for _, _, component in priced):
        yield NO_KWH.at("$.elements", f"prices of {', '.join(sorted({one.type for _, _, one in priced}))} only")
    for path, element, component in priced:
        yield from _of(path, element, component)
    if subject.tariff.min_price is not None and subject.tariff.min_price.before_taxes > 0:
        yield MIN_PRICE.at("$.min_price", str(subject.tariff.min_price.before_taxes))


def _priced(subject: Subject) -> Iterator[tuple[str, TariffElement, PriceComponent]]:
    """What a charge costs; reservations and bookings are no recharging."""
    for place, element in enumerate(subject.tariff.elements):
        limit = element.restrictions
        if limit is not None and (limit.reservation or limit.booking):
            continue
        for number, component in enumerate(element.price_components):
            if component.price > Decimal(0):
                yield component_path(place, number), element, component


def _of(path: str, element: TariffElement, component: PriceComponent) -> Iterator[Finding]:
    if component.type is TariffDimensionType.FLAT:
        yield SESSION_FEE.at(path, f"FLAT {component.price}")
    if component.type is TariffDimensionType.TIME and not (element.restrictions and element.restrictions.min_duration):
        yield TIME_FROM_START.at(path, f"TIME {component.price} without min_duration")
    if component.type in _TIMES and component.step_size > 60:
        yield NOT_PER_MINUTE.at(f"{path}.step_size", f"{component.step_size} seconds")


def _order(subject: Subject) -> Iterator[Finding]:
    for place, element in enumerate(subject.tariff.elements):
        kinds = [component.type for component in element.price_components if component.price]
        if kinds != sorted(kinds, key=_ORDER.index):
            yield ORDER.at(f"{element_path(place)}.price_components", ", ".join(kinds))
