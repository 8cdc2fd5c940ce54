"""Builders of tariffs and periods, short enough to read a test at a glance."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ocpilot.base.money import HALF_UP, RoundingPolicy
from ocpilot.pricing import PricedCharge, price
from ocpilot.wire.v230 import (
    CdrDimension,
    CdrDimensionType,
    ChargingPeriod,
    DisplayText,
    PriceComponent,
    PriceLimit,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TariffRestrictions,
    TaxIncluded,
)

#: A Monday.
START = datetime(2026, 11, 23, 10, tzinfo=UTC)


def component(kind: str, amount: str, vat: str | None = "25", step: int = 1) -> PriceComponent:
    return PriceComponent(
        type=TariffDimensionType(kind), price=Decimal(amount), vat=None if vat is None else Decimal(vat), step_size=step
    )


def element(*components: PriceComponent, **restrictions: object) -> TariffElement:
    return TariffElement(
        price_components=components, restrictions=TariffRestrictions(**restrictions) if restrictions else None
    )


def make_tariff(*elements: TariffElement | PriceComponent, tax: str = "NO", ident: str = "T", **more: object) -> Tariff:
    return Tariff(
        country_code="SE",
        party_id="LAD",
        id=ident,
        currency="SEK",
        elements=tuple(one if isinstance(one, TariffElement) else element(one) for one in elements),
        tax_included=TaxIncluded(tax),
        last_updated=START,
        **more,
    )


def make_period(minutes: float = 0, tariff_id: str | None = None, **volumes: str) -> ChargingPeriod:
    dimensions = (CdrDimension(type=CdrDimensionType(kind), volume=Decimal(size)) for kind, size in volumes.items())
    return ChargingPeriod(
        start_date_time=START + timedelta(minutes=minutes), dimensions=tuple(dimensions), tariff_id=tariff_id
    )


def limit(net: str, gross: str | None = None) -> PriceLimit:
    return PriceLimit(before_taxes=Decimal(net), after_taxes=None if gross is None else Decimal(gross))


def cost(
    periods: list[ChargingPeriod],
    *tariffs: Tariff,
    hours: float = 1,
    zone: str = "UTC",
    rounding: RoundingPolicy = HALF_UP,
    expired: bool = False,
) -> PricedCharge:
    return price(
        periods,
        tariffs,
        start=START,
        end=START + timedelta(hours=hours),
        zone=ZoneInfo(zone),
        currency="SEK",
        rounding=rounding,
        expired=expired,
    )


def told(text: str) -> Tariff:
    """A Tariff of 5 SEK per kWh with a text of its own."""
    return make_tariff(component("ENERGY", "5"), tariff_alt_text=(DisplayText(language="en", text=text),))


class Builders:
    """All of them, as tests cannot import each other."""

    start = START
    component = staticmethod(component)
    element = staticmethod(element)
    tariff: Callable[..., Tariff] = staticmethod(make_tariff)
    period: Callable[..., ChargingPeriod] = staticmethod(make_period)
    limit = staticmethod(limit)
    told = staticmethod(told)
    changed: Callable[..., Tariff] = staticmethod(replace)
    cost: Callable[..., PricedCharge] = staticmethod(cost)


@pytest.fixture(scope="session")
def b() -> Builders:
    return Builders()
