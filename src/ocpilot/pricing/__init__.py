"""Tariff + what was measured -> a priced, explained cost. Pure, and of use without the rest of the platform."""

from ocpilot.pricing.changes import PriceChanges, price_changes
from ocpilot.pricing.engine import price
from ocpilot.pricing.trace import Amount, Part, PricedCharge, PriceLine, Reason, ReasonCode, Sum, Unit

__all__ = [
    "Amount",
    "Part",
    "PriceChanges",
    "PriceLine",
    "PricedCharge",
    "Reason",
    "ReasonCode",
    "Sum",
    "Unit",
    "price",
    "price_changes",
]
