"""The price of a Tariff for a driver in a hurry: what a kWh costs comes first."""

from zoneinfo import ZoneInfo

from ocpilot.base.texts import Translate
from ocpilot.pricing.sentences import describe_tariff
from ocpilot.wire.v230 import Tariff, TariffDimensionType


def price_lines(tariff: Tariff, translate: Translate, zone: ZoneInfo, locale: str) -> list[str]:
    """The sentences of `describe_tariff`, which begins with one per price component, those per kWh to the front."""
    components = [component for element in tariff.elements for component in element.price_components]
    lines = describe_tariff(tariff, translate, zone, locale)
    priced = zip(components, lines, strict=False)
    ordered = sorted(priced, key=lambda pair: pair[0].type != TariffDimensionType.ENERGY)
    return [line for _, line in ordered] + lines[len(components) :]
