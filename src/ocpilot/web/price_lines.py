"""The price of a Tariff for a driver in a hurry: per kWh, per minute, per session, in this order, then reservations and
limits (Regulation (EU) 2023/1804, article 5(4))."""

from zoneinfo import ZoneInfo

from ocpilot.base.texts import Translate
from ocpilot.pricing.sentences import describe_tariff
from ocpilot.wire.v230 import Tariff, TariffDimensionType, TariffElement

_ORDER = (
    TariffDimensionType.ENERGY,
    TariffDimensionType.TIME,
    TariffDimensionType.PARKING_TIME,
    TariffDimensionType.FLAT,
)


def price_lines(tariff: Tariff, translate: Translate, zone: ZoneInfo, locale: str) -> list[str]:
    """The sentences of `describe_tariff`, which begins with one per price component, in the order of the regulation."""
    places = [
        (_is_reservation(element), _ORDER.index(component.type))
        for element in tariff.elements
        for component in element.price_components
    ]
    lines = describe_tariff(tariff, translate, zone, locale)
    ordered = sorted(zip(places, lines, strict=False), key=lambda pair: pair[0])
    return [line for _, line in ordered] + lines[len(places) :]


def _is_reservation(element: TariffElement) -> bool:
    limit = element.restrictions
    return limit is not None and bool(limit.reservation or limit.booking)
