"""Which prices are plausible in which currency: ranges in euro, and how much of a currency is about one euro."""

from decimal import Decimal

import msgspec

from ocpilot.wire.v230 import TariffDimensionType

#: About one euro (2026). Being off by a third does no harm: the ranges are wide.
PER_EURO = {
    "EUR": Decimal(1),
    "SEK": Decimal(11),
    "NOK": Decimal("11.5"),
    "DKK": Decimal("7.5"),
    "ISK": Decimal(145),
    "GBP": Decimal("0.85"),
    "CHF": Decimal("0.95"),
    "PLN": Decimal("4.3"),
    "CZK": Decimal(25),
    "HUF": Decimal(395),
    "RON": Decimal(5),
    "BGN": Decimal("1.96"),
    "TRY": Decimal(45),
    "USD": Decimal("1.1"),
    "CAD": Decimal("1.55"),
    "AUD": Decimal("1.7"),
    "NZD": Decimal("1.9"),
    "JPY": Decimal(165),
    "INR": Decimal(95),
    "CNY": Decimal("7.9"),
}


class Range(msgspec.Struct, frozen=True):
    """Least and most of a price that somebody would ask, in some currency."""

    least: Decimal
    most: Decimal

    def holds(self, price: Decimal) -> bool:
        """Whether a price is plausible."""
        return self.least <= price <= self.most


_IN_EURO = {
    TariffDimensionType.ENERGY: Range(Decimal("0.05"), Decimal("1.50")),
    TariffDimensionType.TIME: Range(Decimal("0.50"), Decimal(60)),
    TariffDimensionType.PARKING_TIME: Range(Decimal("0.50"), Decimal(60)),
    TariffDimensionType.FLAT: Range(Decimal("0.05"), Decimal(25)),
}


def plausible(dimension: TariffDimensionType, currency: str) -> Range | None:
    """The range of a dimension (per kWh, per hour, per charge) in a currency; None for one we know nothing of."""
    worth = PER_EURO.get(currency.upper())
    if worth is None:
        return None
    euro = _IN_EURO[dimension]
    return Range(euro.least * worth, euro.most * worth)
